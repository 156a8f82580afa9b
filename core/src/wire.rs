//! The frames of `tessera.v1`: one JSON object per WebSocket text message (`docs/protocol.md`).
//!
//! Unknown fields are ignored in both directions, so that either side may be newer. An unknown frame type is an error
//! to the gateway, which answers it, and is skipped by the client. Nothing here reads or writes a socket.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::generated::codes;
use crate::generated::status::Platform;
use crate::id::{AppId, DeviceId, InstanceId, SessionId};
use crate::ticket::Ticket;
use crate::time::Millis;

/// Frames are the one place where a ticket's text is written out.
impl Serialize for Ticket {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Ticket {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Ticket::new)
    }
}

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Claims a session, or resumes it on a new connection.
    Login(Box<Login>),
    /// Puts a new ticket under a session that is logged in (C7, C15).
    Renew(Renew),
    /// Ends a session, also for attempts to log it in that are still under way (G4).
    Logout(Logout),
    /// Confirms that a kick arrived, so that the gateway may forget it (G4).
    KickAck(KickAck),
    /// Asks for a sign of life; answered by `pong`.
    Ping {},
}

/// The claim of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The app.
    pub app: AppId,
    /// The user, unchecked: the gateway answers a malformed one with 70003 (G1).
    pub user: String,
    /// The ticket.
    pub ticket: Ticket,
    /// The installation that it comes from.
    pub device: DeviceId,
    /// What the installation runs on.
    pub platform: Platform,
    /// The session, named by the client, so that it can end it before it was acknowledged.
    pub session: SessionId,
    /// The client object that it comes from.
    pub instance: InstanceId,
    /// Rises with each login frame of one instance; a number lower than the highest seen has no effect (G4).
    pub attempt: u64,
    /// True if the session was acknowledged before and this is a new connection for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resume: bool,
    /// Sessions of this client that ended while the gateway could not be told; it ends them first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Logout>,
    /// How long the session should stay without a connection; the gateway takes at most its own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Millis>,
}

/// A new ticket for a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renew {
    /// The session, which must be the one of this connection.
    pub session: SessionId,
    /// Echoed in the answer.
    pub attempt: u64,
    /// The new ticket.
    pub ticket: Ticket,
}

/// The end of a session, by its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logout {
    /// The app.
    pub app: AppId,
    /// The user whose session it is.
    pub user: String,
    /// The session.
    pub session: SessionId,
}

/// The confirmation of a kick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KickAck {
    /// The app.
    pub app: AppId,
    /// The user whose session was kicked.
    pub user: String,
    /// The session.
    pub session: SessionId,
}

/// What a gateway sends. Every frame but `error` carries the gateway's Unix time in milliseconds (C14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GatewayFrame {
    /// The first frame on a connection that was opened without a login.
    Hello(Hello),
    /// The session is in the registry.
    LoginOk(LoginOk),
    /// The login or resume was refused; the gateway closes.
    LoginRefused(Refused),
    /// The session has the new ticket.
    Renewed(Renewed),
    /// The new ticket was refused; the session keeps its old one.
    RenewRefused(Refused),
    /// The session is ended.
    LoggedOut(SessionNote),
    /// Somebody else ended the session (C12).
    Kicked(Kicked),
    /// The session's ticket has expired (C14).
    Expired(SessionNote),
    /// The answer to `ping`, and the notice that the gateway's clock was set.
    Pong(Time),
    /// The gateway is about to stop: reconnect, after the given time.
    Drain(Drain),
    /// No login came in time; the gateway closes (C22).
    Bye(Time),
    /// The last frame was not understood, or met a limit.
    Error(Fault),
}

/// Greets a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Gateway time.
    pub time: Millis,
    /// How long the gateway waits for a login.
    pub login_within: Millis,
}

/// Acknowledges a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginOk {
    /// The session.
    pub session: SessionId,
    /// The attempt that it answers.
    pub attempt: u64,
    /// Gateway time.
    pub time: Millis,
    /// When the ticket expires, in gateway time.
    pub expires: Millis,
    /// True if the session was still there, false if it was claimed anew.
    pub resumed: bool,
    /// True if this login signed the user up (G2).
    pub created: bool,
}

/// Refuses a login or a renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The session.
    pub session: SessionId,
    /// The attempt that it answers.
    pub attempt: u64,
    /// Gateway time.
    pub time: Millis,
    /// The number of the code table.
    pub code: Code,
    /// A sentence for a person.
    pub desc: String,
    /// Whether the same frame can succeed later.
    pub retryable: bool,
    /// When to try again at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Millis>,
}

/// Acknowledges a renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// The session.
    pub session: SessionId,
    /// The attempt that it answers.
    pub attempt: u64,
    /// Gateway time.
    pub time: Millis,
    /// When the new ticket expires, in gateway time.
    pub expires: Millis,
}

/// Says something of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionNote {
    /// The session.
    pub session: SessionId,
    /// Gateway time.
    pub time: Millis,
}

/// Why a session was kicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KickReason {
    /// A newer login took its place (G3).
    Policy,
    /// An operator kicked the user (G5).
    Admin,
    /// The ticket was revoked, found out at a resume (70052).
    Revoked,
    /// The account is disabled (70051).
    Disabled,
    /// The ticket was refused at a resume; the code says why (C11).
    TicketRefused,
    /// A reason that a newer gateway knows.
    #[serde(other)]
    Other,
}

impl KickReason {
    /// The name, as it is on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            KickReason::Policy => "policy",
            KickReason::Admin => "admin",
            KickReason::Revoked => "revoked",
            KickReason::Disabled => "disabled",
            KickReason::TicketRefused => "ticket_refused",
            KickReason::Other => "other",
        }
    }
}

/// Ends a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kicked {
    /// The session.
    pub session: SessionId,
    /// Gateway time now.
    pub time: Millis,
    /// Why.
    pub reason: KickReason,
    /// The platform of the device that took the place, for a policy kick; one that is unknown here counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known_platform")]
    pub platform: Option<Platform>,
    /// Gateway time of the kick.
    pub at: Millis,
}

/// A kick holds whatever the platform is called.
fn known_platform<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Platform>, D::Error> {
    let name = Option::<Cow<'de, str>>::deserialize(deserializer)?;
    Ok(name.and_then(|name| Platform::parse(&name)))
}

/// Tells the gateway's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// Gateway time.
    pub time: Millis,
}

/// Asks a client to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// Gateway time.
    pub time: Millis,
    /// When to connect again, from now.
    pub retry_after: Millis,
}

/// Answers a frame that was not understood, or that met a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The number of the code table.
    pub code: Code,
    /// A sentence for a person.
    pub desc: String,
    /// When to try again at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Millis>,
}

/// Why a text is no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not JSON, not an object, or without `type`.
    #[error("a frame is a JSON object with a text in \"type\"")]
    NotAFrame,
    /// A type that this version does not know.
    #[error("frames of this type are unknown here")]
    UnknownType,
    /// A known type with a field that is missing, doubled or of the wrong form.
    #[error("{0}")]
    Field(String),
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Error {
        Error::new(codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, error.to_string())
    }
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
}

fn tag(text: &str) -> Result<Cow<'_, str>, WireError> {
    // serde also reads a struct from an array; a frame is an object.
    if !text.trim_start().starts_with('{') {
        return Err(WireError::NotAFrame);
    }
    serde_json::from_str::<Tag<'_>>(text).map(|tag| tag.r#type).map_err(|_| WireError::NotAFrame)
}

fn body<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WireError> {
    serde_json::from_str(text).map_err(|error| WireError::Field(describe(&error)))
}

/// serde's own text, unless it could repeat a value: a ticket in the wrong field must not get into an error text.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(':').map_or(text.as_str(), |(head, _)| head) {
        "invalid type" | "invalid value" => {
            format!("a field has the wrong form (line {}, column {})", error.line(), error.column())
        }
        head if head.starts_with("unknown variant") => {
            format!(
                "a field has a value that is not in its list (line {}, column {})",
                error.line(),
                error.column()
            )
        }
        _ => text,
    }
}

impl ClientFrame {
    /// Reads one text message.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        Ok(match &*tag(text)? {
            "login" => ClientFrame::Login(body(text)?),
            "renew" => ClientFrame::Renew(body(text)?),
            "logout" => ClientFrame::Logout(body(text)?),
            "kick_ack" => ClientFrame::KickAck(body(text)?),
            "ping" => ClientFrame::Ping {},
            _ => return Err(WireError::UnknownType),
        })
    }

    /// Writes one text message.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("frames have only string keys")
    }
}

impl GatewayFrame {
    /// Reads one text message.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        Ok(match &*tag(text)? {
            "hello" => GatewayFrame::Hello(body(text)?),
            "login_ok" => GatewayFrame::LoginOk(body(text)?),
            "login_refused" => GatewayFrame::LoginRefused(body(text)?),
            "renewed" => GatewayFrame::Renewed(body(text)?),
            "renew_refused" => GatewayFrame::RenewRefused(body(text)?),
            "logged_out" => GatewayFrame::LoggedOut(body(text)?),
            "kicked" => GatewayFrame::Kicked(body(text)?),
            "expired" => GatewayFrame::Expired(body(text)?),
            "pong" => GatewayFrame::Pong(body(text)?),
            "drain" => GatewayFrame::Drain(body(text)?),
            "bye" => GatewayFrame::Bye(body(text)?),
            "error" => GatewayFrame::Error(body(text)?),
            _ => return Err(WireError::UnknownType),
        })
    }

    /// Writes one text message.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("frames have only string keys")
    }

    /// The gateway's time in it (C14).
    pub fn time(&self) -> Option<Millis> {
        match self {
            GatewayFrame::Hello(Hello { time, .. })
            | GatewayFrame::LoginOk(LoginOk { time, .. })
            | GatewayFrame::LoginRefused(Refused { time, .. })
            | GatewayFrame::Renewed(Renewed { time, .. })
            | GatewayFrame::RenewRefused(Refused { time, .. })
            | GatewayFrame::LoggedOut(SessionNote { time, .. })
            | GatewayFrame::Kicked(Kicked { time, .. })
            | GatewayFrame::Expired(SessionNote { time, .. })
            | GatewayFrame::Pong(Time { time })
            | GatewayFrame::Drain(Drain { time, .. })
            | GatewayFrame::Bye(Time { time }) => Some(*time),
            GatewayFrame::Error(_) => None,
        }
    }
}

impl Login {
    /// The login as the parameter of `Authorization: Tessera …` in the upgrade request.
    pub fn to_authorization(&self) -> String {
        let frame = ClientFrame::Login(Box::new(self.clone()));
        URL_SAFE_NO_PAD.encode(frame.to_text())
    }

    /// Reads the parameter of `Authorization: Tessera …`.
    pub fn from_authorization(parameter: &str) -> Result<Self, WireError> {
        let bytes = URL_SAFE_NO_PAD.decode(parameter).map_err(|_| WireError::NotAFrame)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| WireError::NotAFrame)?;
        match ClientFrame::parse(text)? {
            ClientFrame::Login(login) => Ok(*login),
            ClientFrame::Renew(_)
            | ClientFrame::Logout(_)
            | ClientFrame::KickAck(_)
            | ClientFrame::Ping {} => {
                Err(WireError::Field("only a login frame may stand in the upgrade request".to_owned()))
            }
        }
    }
}

//! What happened, and who was logged in then.

use tessera_client::{KickReason, LoginStatus, Platform};

use crate::error::ErrorInfo;

/// Who is logged in, as of one moment. Of two stamps the one with the higher `epoch` is newer.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Stamp {
    /// Rises with each change of status or user.
    pub epoch: u64,
    /// The login status.
    pub status: LoginStatus,
    /// The user, while logged in (C21).
    pub user: Option<String>,
}

/// Something that happened to a client.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Event {
    /// Who was logged in when it happened.
    pub stamp: Stamp,
    /// Which initialisation it belongs to. One that is lower than that of the newest [`crate::Ending`] is void.
    pub init: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum EventKind {
    /// A call has its result.
    Completed {
        /// [`crate::Started::call`] of the call.
        call: u64,
        /// Why it failed; nothing if it succeeded.
        error: Option<ErrorInfo>,
    },
    /// The connection is being made, at first or again.
    Connecting,
    /// The connection is there.
    ConnectSuccess,
    /// A try to connect has failed; the next follows by itself.
    ConnectFailed {
        /// Why.
        error: ErrorInfo,
    },
    /// The connection has dropped. V2TIM has it in its C API alone.
    Disconnected {
        /// Why.
        error: ErrorInfo,
    },
    /// Somebody else ended the session (C12).
    KickedOffline {
        /// Who, and why.
        kick: Kick,
    },
    /// The ticket has expired (C14).
    UserSigExpired,
    /// The ticket provider is asked (C15).
    TicketRequest {
        /// Names the request in its answer.
        request: u64,
        /// Whose ticket.
        user: String,
    },
}

/// Why somebody else ended the session (C12).
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Kick {
    /// Why.
    pub reason: KickReason,
    /// The platform of the device that took the place, for a kick by policy.
    pub platform: Option<Platform>,
    /// When, in gateway time as Unix milliseconds.
    pub at_ms: u64,
    /// The gateway's code, where the ticket was refused at a resume.
    pub code: Option<i32>,
}

/// Why a session was kicked.
#[uniffi::remote(Enum)]
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
    Other,
}

/// Login state of a client (C1).
#[uniffi::remote(Enum)]
pub enum LoginStatus {
    /// Nobody is logged in.
    LoggedOut,
    /// A login is under way, or an account switch.
    LoggingIn,
    /// A user is logged in, connected or reconnecting.
    LoggedIn,
    /// A logout waits for the gateway.
    LoggingOut,
}

/// Platform of a device (G3).
#[uniffi::remote(Enum)]
pub enum Platform {
    /// An Android device.
    Android,
    /// An iPhone.
    Iphone,
    /// An iPad.
    Ipad,
    /// A Windows computer.
    Windows,
    /// A Mac.
    Mac,
    /// A Linux computer.
    Linux,
    /// A browser.
    Web,
}

impl From<tessera_client::Stamp> for Stamp {
    fn from(stamp: tessera_client::Stamp) -> Self {
        let user = stamp.user.map(|user| user.to_string());
        Stamp { epoch: stamp.epoch, status: stamp.status, user }
    }
}

impl From<tessera_client::Event> for Event {
    fn from(event: tessera_client::Event) -> Self {
        Event { stamp: event.stamp.into(), init: event.init, kind: event.kind.into() }
    }
}

impl From<tessera_client::EventKind> for EventKind {
    fn from(kind: tessera_client::EventKind) -> Self {
        use tessera_client::EventKind as Kind;
        match kind {
            Kind::Completed(call, result) => {
                EventKind::Completed { call: call.0, error: result.err().map(ErrorInfo::from) }
            }
            Kind::Connecting => EventKind::Connecting,
            Kind::ConnectSuccess => EventKind::ConnectSuccess,
            Kind::ConnectFailed(error) => EventKind::ConnectFailed { error: error.into() },
            Kind::Disconnected(error) => EventKind::Disconnected { error: error.into() },
            Kind::KickedOffline(kick) => EventKind::KickedOffline { kick: kick.into() },
            Kind::UserSigExpired => EventKind::UserSigExpired,
            Kind::TicketRequest(request, user) => {
                EventKind::TicketRequest { request: request.0, user: user.to_string() }
            }
        }
    }
}

impl From<tessera_client::Kick> for Kick {
    fn from(kick: tessera_client::Kick) -> Self {
        Kick {
            reason: kick.reason,
            platform: kick.platform,
            at_ms: kick.at.0,
            code: kick.code.map(|code| code.0),
        }
    }
}

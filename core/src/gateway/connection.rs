//! The gateway's connection machine: one socket from its upgrade to its close.
//!
//! It reads no socket and knows no session: it asks for checks and registry requests, and passes the answers on.

use super::registry::UserKey;
use super::throttle::Bucket;
use crate::error::Error;
use crate::generated::codes;
use crate::generated::limits::GatewayLimits;
use crate::id::{SessionId, UserId};
use crate::time::Millis;
use crate::wire::{
    ClientFrame, Drain, Fault, GatewayFrame, Hello, KickAck, Login, Logout, Renew, Time, WireError,
};

use super::registry::refusal;

/// Where a connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has no session, and a deadline for the next login.
    AwaitLogin {
        /// When the gateway closes it.
        deadline: Millis,
    },
    /// A login is being checked, claimed or written.
    AwaitVerdict {
        /// Whose login it is, once the ticket was good.
        claimed: Option<(UserKey, SessionId)>,
    },
    /// It carries a session.
    LoggedIn {
        /// The user.
        user: UserKey,
        /// The session.
        session: SessionId,
    },
    /// It is closed, or about to be.
    Closed,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub enum Event {
    /// The upgrade is done; it may have brought a login.
    Opened(Option<Box<Login>>),
    /// The client sent a frame.
    Frame(ClientFrame),
    /// The client sent something that is no frame.
    BadFrame(WireError),
    /// The ticket of the login is good, and its claim is on its way to the registry.
    Claimed(UserKey, SessionId),
    /// The registry, or the check of a ticket, has an answer.
    Answer(GatewayFrame),
    /// The registry closes it, after a last frame if there is one.
    CloseOrder(Option<GatewayFrame>),
    /// Its deadline has passed.
    Deadline,
    /// The gateway is about to stop.
    Drain(Millis),
    /// The gateway's clock was set.
    ClockSet,
    /// The socket is gone.
    Lost,
}

/// What the caller has to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a frame.
    Send(GatewayFrame),
    /// Close the socket.
    Close,
    /// End a session, and confirm if `confirm`.
    Logout {
        /// The user.
        user: UserKey,
        /// The session.
        session: SessionId,
        /// Whether the client waits for `logged_out`.
        confirm: bool,
    },
    /// Check the ticket, then claim.
    Claim(Box<Login>),
    /// Check the ticket of this user, then renew.
    Renew(UserKey, Renew),
    /// Forget a kick.
    KickAck(UserKey, SessionId),
    /// Tell the registry that the session has no connection any more.
    Lost(UserKey, SessionId),
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    state: State,
    frames: Bucket,
}

impl Connection {
    /// A connection whose upgrade was just accepted.
    pub fn new(now: Millis, limits: &GatewayLimits) -> Self {
        Connection {
            state: State::AwaitLogin { deadline: now + Millis(limits.login_within_ms) },
            frames: Bucket::full(now, limits.frames_per_minute),
        }
    }

    /// Where it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// When [`Event::Deadline`] is due.
    pub fn deadline(&self) -> Option<Millis> {
        match self.state {
            State::AwaitLogin { deadline } => Some(deadline),
            State::AwaitVerdict { .. } | State::LoggedIn { .. } | State::Closed => None,
        }
    }

    /// Handles one event.
    pub fn handle(&mut self, now: Millis, event: Event, limits: &GatewayLimits) -> Vec<Action> {
        if matches!(event, Event::Frame(_) | Event::BadFrame(_))
            && self.state != State::Closed
            && let Err(wait) = self.frames.take(now, limits.frames_per_minute)
        {
            return self.over_limit(wait);
        }
        #[cfg(feature = "transitions")]
        let (before, name) = (name_of_state(&self.state), name_of_event(&event));
        let state = std::mem::replace(&mut self.state, State::Closed);
        let (next, actions) = step(now, state, event, limits);
        self.state = next;
        #[cfg(feature = "transitions")]
        crate::transitions::note(
            "gateway connection",
            [&Plain(before), &Plain(name), &Plain(name_of_state(&self.state))],
        );
        actions
    }

    fn over_limit(&mut self, wait: Millis) -> Vec<Action> {
        let state = std::mem::replace(&mut self.state, State::Closed);
        let fault = Fault {
            code: codes::ERR_SVR_SSO_FREQ_LIMIT,
            desc: "too many frames on this connection".to_owned(),
            retry_after: Some(wait),
        };
        let mut actions = vec![Action::Send(GatewayFrame::Error(fault)), Action::Close];
        actions.extend(lose(state));
        actions
    }
}

fn step(now: Millis, state: State, event: Event, limits: &GatewayLimits) -> (State, Vec<Action>) {
    let idle = || State::AwaitLogin { deadline: now + Millis(limits.login_within_ms) };
    let time = Time { time: now };
    match (state, event) {
        (state @ State::AwaitLogin { .. }, Event::Opened(None)) => {
            let login_within = Millis(limits.login_within_ms);
            (state, vec![Action::Send(GatewayFrame::Hello(Hello { time: now, login_within }))])
        }
        (state @ State::AwaitLogin { .. }, Event::Opened(Some(login))) => {
            login_frame(now, state, login, limits)
        }

        (state @ State::AwaitLogin { .. }, Event::Frame(ClientFrame::Login(login))) => {
            login_frame(now, state, login, limits)
        }
        // A connection carries one session: the newest login on it ends the one before.
        (
            State::LoggedIn { user, session } | State::AwaitVerdict { claimed: Some((user, session)) },
            Event::Frame(ClientFrame::Login(login)),
        ) => {
            let named = login.session;
            let (next, mut actions) = login_frame(now, State::LoggedIn { user, session }, login, limits);
            if matches!(next, State::AwaitVerdict { .. }) && named != session {
                actions.insert(0, Action::Logout { user, session, confirm: false });
            }
            (next, actions)
        }
        (state @ State::AwaitVerdict { claimed: None }, Event::Frame(ClientFrame::Login(login))) => {
            login_frame(now, state, login, limits)
        }

        (State::LoggedIn { user, session }, Event::Frame(ClientFrame::Renew(renew)))
            if renew.session == session =>
        {
            (State::LoggedIn { user, session }, vec![Action::Renew(user, renew)])
        }
        (
            state @ (State::LoggedIn { .. } | State::AwaitLogin { .. } | State::AwaitVerdict { .. }),
            Event::Frame(ClientFrame::Renew(renew)),
        ) => {
            let error =
                Error::new(codes::ERR_SDK_NOT_LOGGED_IN, "this connection does not have that session");
            let refused = refusal(now, renew.session, renew.attempt, error);
            (state, vec![Action::Send(GatewayFrame::RenewRefused(refused))])
        }

        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::Frame(ClientFrame::Logout(logout)),
        ) => (state, vec![end(&logout, true)]),
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::Frame(ClientFrame::KickAck(ack)),
        ) => (state, vec![kick_ack(&ack)]),
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::Frame(ClientFrame::Ping {}) | Event::ClockSet,
        ) => (state, vec![Action::Send(GatewayFrame::Pong(time))]),
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::BadFrame(error),
        ) => (state, vec![invalid(&error.to_string())]),

        (State::AwaitVerdict { .. }, Event::Claimed(user, session)) => {
            (State::AwaitVerdict { claimed: Some((user, session)) }, Vec::new())
        }
        (State::AwaitVerdict { claimed }, Event::Answer(frame)) => {
            let next = match (&frame, claimed) {
                (GatewayFrame::LoginOk(ok), Some((user, session))) if ok.session == session => {
                    State::LoggedIn { user, session }
                }
                (GatewayFrame::Kicked(kicked), Some((_, session))) if kicked.session == session => idle(),
                (_, claimed) => State::AwaitVerdict { claimed },
            };
            (next, vec![Action::Send(frame)])
        }
        (State::LoggedIn { user, session }, Event::Answer(frame)) => {
            let next = if ends_session(&frame, session) { idle() } else { State::LoggedIn { user, session } };
            (next, vec![Action::Send(frame)])
        }
        // The answer to a logout that named the session of another connection.
        (state @ State::AwaitLogin { .. }, Event::Answer(frame)) => (state, vec![Action::Send(frame)]),

        // The refusal of a login that a newer one on this connection has overtaken.
        (
            State::AwaitVerdict { claimed: Some((user, session)) },
            Event::CloseOrder(Some(GatewayFrame::LoginRefused(refused))),
        ) if refused.session != session => {
            let actions = vec![Action::Send(GatewayFrame::LoginRefused(refused))];
            (State::AwaitVerdict { claimed: Some((user, session)) }, actions)
        }
        // The order may be about an older claim of this connection; the registry knows whether the newest one still
        // has it, and then starts its lease.
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::CloseOrder(frame),
        ) => {
            let mut actions: Vec<Action> =
                frame.map(Action::Send).into_iter().chain([Action::Close]).collect();
            actions.extend(lose(state));
            (State::Closed, actions)
        }
        (State::AwaitLogin { deadline }, Event::Deadline) if now >= deadline => {
            (State::Closed, vec![Action::Send(GatewayFrame::Bye(time)), Action::Close])
        }
        // The login came just in time.
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::Deadline,
        ) => (state, Vec::new()),
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::Drain(retry_after),
        ) => {
            let drain = GatewayFrame::Drain(Drain { time: now, retry_after });
            let mut actions = vec![Action::Send(drain), Action::Close];
            actions.extend(lose(state));
            (State::Closed, actions)
        }
        (
            state @ (State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::LoggedIn { .. }),
            Event::Lost,
        ) => (State::Closed, lose(state)),

        // The check of a ticket always follows a login on this connection; a second upgrade cannot be.
        (state @ (State::AwaitLogin { .. } | State::LoggedIn { .. }), Event::Claimed(..))
        | (state @ (State::AwaitVerdict { .. } | State::LoggedIn { .. }), Event::Opened(_)) => {
            (state, Vec::new())
        }
        // A claim that was granted after the socket was gone: the session starts its lease.
        (State::Closed, Event::Claimed(user, session)) => (State::Closed, vec![Action::Lost(user, session)]),
        // Nothing reaches a closed socket.
        (
            State::Closed,
            Event::Opened(_)
            | Event::Frame(_)
            | Event::BadFrame(_)
            | Event::Answer(_)
            | Event::CloseOrder(_)
            | Event::Deadline
            | Event::Drain(_)
            | Event::ClockSet
            | Event::Lost,
        ) => (State::Closed, Vec::new()),
    }
}

fn login_frame(now: Millis, state: State, login: Box<Login>, limits: &GatewayLimits) -> (State, Vec<Action>) {
    if login.ends.len() as u64 > limits.ends_per_login {
        let desc = format!("a login may name at most {} sessions in `ends`", limits.ends_per_login);
        let error = Error::new(codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, desc);
        let refused = refusal(now, login.session, login.attempt, error);
        let mut actions = vec![Action::Send(GatewayFrame::LoginRefused(refused)), Action::Close];
        actions.extend(lose(state));
        return (State::Closed, actions);
    }
    let mut actions: Vec<Action> = login.ends.iter().map(|logout| end(logout, false)).collect();
    actions.push(Action::Claim(login));
    (State::AwaitVerdict { claimed: None }, actions)
}

fn end(logout: &Logout, confirm: bool) -> Action {
    match UserId::parse(&logout.user) {
        Ok(user) => Action::Logout { user: (logout.app, user), session: logout.session, confirm },
        Err(error) => invalid(&error.desc),
    }
}

fn kick_ack(ack: &KickAck) -> Action {
    match UserId::parse(&ack.user) {
        Ok(user) => Action::KickAck((ack.app, user), ack.session),
        Err(error) => invalid(&error.desc),
    }
}

fn invalid(desc: &str) -> Action {
    let code = codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS;
    Action::Send(GatewayFrame::Error(Fault { code, desc: desc.to_owned(), retry_after: None }))
}

fn lose(state: State) -> Vec<Action> {
    match state {
        State::LoggedIn { user, session } | State::AwaitVerdict { claimed: Some((user, session)) } => {
            vec![Action::Lost(user, session)]
        }
        State::AwaitLogin { .. } | State::AwaitVerdict { claimed: None } | State::Closed => Vec::new(),
    }
}

fn ends_session(frame: &GatewayFrame, session: SessionId) -> bool {
    match frame {
        GatewayFrame::LoggedOut(note) | GatewayFrame::Expired(note) => note.session == session,
        GatewayFrame::Kicked(kicked) => kicked.session == session,
        GatewayFrame::Hello(_)
        | GatewayFrame::LoginOk(_)
        | GatewayFrame::LoginRefused(_)
        | GatewayFrame::Renewed(_)
        | GatewayFrame::RenewRefused(_)
        | GatewayFrame::Pong(_)
        | GatewayFrame::Drain(_)
        | GatewayFrame::Bye(_)
        | GatewayFrame::Error(_) => false,
    }
}

#[cfg(feature = "transitions")]
struct Plain(&'static str);

#[cfg(feature = "transitions")]
impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(feature = "transitions")]
fn name_of_state(state: &State) -> &'static str {
    match state {
        State::AwaitLogin { .. } => "AwaitLogin",
        State::AwaitVerdict { .. } => "AwaitVerdict",
        State::LoggedIn { .. } => "LoggedIn",
        State::Closed => "Closed",
    }
}

#[cfg(feature = "transitions")]
fn name_of_event(event: &Event) -> &'static str {
    match event {
        Event::Opened(None) => "Opened",
        Event::Opened(Some(_)) => "OpenedWithLogin",
        Event::Frame(ClientFrame::Login(_)) => "Login",
        Event::Frame(ClientFrame::Renew(_)) => "Renew",
        Event::Frame(ClientFrame::Logout(_)) => "Logout",
        Event::Frame(ClientFrame::KickAck(_)) => "KickAck",
        Event::Frame(ClientFrame::Ping {}) => "Ping",
        Event::BadFrame(_) => "BadFrame",
        Event::Claimed(..) => "Claimed",
        Event::Answer(_) => "Answer",
        Event::CloseOrder(_) => "CloseOrder",
        Event::Deadline => "Deadline",
        Event::Drain(_) => "Drain",
        Event::ClockSet => "ClockSet",
        Event::Lost => "Lost",
    }
}

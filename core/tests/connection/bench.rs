//! One connection, and what it asks for, in short.

use tessera_core::error::Error;
use tessera_core::gateway::connection::{Action, Connection, Event};
use tessera_core::gateway::registry::{UserKey, refusal};
use tessera_core::generated::codes;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId, UserId};
use tessera_core::ticket::Ticket;
use tessera_core::time::Millis;
use tessera_core::wire::{
    ClientFrame, GatewayFrame, KickAck, KickReason, Kicked, Login, LoginOk, Logout, Renew, SessionNote,
};

pub(crate) const APP: AppId = AppId(1_400_000_001);
pub(crate) const START: Millis = Millis(1_700_000_000_000);

pub(crate) fn alice() -> UserKey {
    (APP, UserId::parse("alice").unwrap())
}

pub(crate) fn session(n: u8) -> SessionId {
    SessionId([n; 16])
}

pub(crate) fn login(n: u8) -> Box<Login> {
    Box::new(Login {
        app: APP,
        user: "alice".into(),
        ticket: Ticket::new("t"),
        device: DeviceId([1; 16]),
        platform: Platform::Web,
        session: session(n),
        instance: InstanceId([1; 16]),
        attempt: n.into(),
        resume: false,
        ends: Vec::new(),
        lease: None,
    })
}

pub(crate) fn logout(user: &str, n: u8) -> Logout {
    Logout { app: APP, user: user.into(), session: session(n) }
}

pub(crate) fn logs_in(n: u8) -> Event {
    Event::Frame(ClientFrame::Login(login(n)))
}

pub(crate) fn logs_out(user: &str, n: u8) -> Event {
    Event::Frame(ClientFrame::Logout(logout(user, n)))
}

pub(crate) fn acks(user: &str, n: u8) -> Event {
    Event::Frame(ClientFrame::KickAck(KickAck { app: APP, user: user.into(), session: session(n) }))
}

pub(crate) fn renews(n: u8) -> Event {
    Event::Frame(ClientFrame::Renew(Renew { session: session(n), attempt: 9, ticket: Ticket::new("u") }))
}

pub(crate) fn ping() -> Event {
    Event::Frame(ClientFrame::Ping {})
}

pub(crate) fn ok(n: u8) -> Event {
    let time = START;
    let (attempt, resumed, created) = (n.into(), false, false);
    let ok = LoginOk { session: session(n), attempt, time, expires: time, resumed, created };
    Event::Answer(GatewayFrame::LoginOk(ok))
}

pub(crate) fn logged_out(n: u8) -> Event {
    Event::Answer(GatewayFrame::LoggedOut(SessionNote { session: session(n), time: START }))
}

pub(crate) fn expired(n: u8) -> Event {
    Event::Answer(GatewayFrame::Expired(SessionNote { session: session(n), time: START }))
}

pub(crate) fn kicked(n: u8) -> Event {
    let (reason, platform) = (KickReason::Policy, Some(Platform::Web));
    let kicked = Kicked { session: session(n), time: START, reason, platform, at: START };
    Event::Answer(GatewayFrame::Kicked(kicked))
}

/// The refusal of a login, after which the registry wants the connection closed.
pub(crate) fn refused(n: u8) -> Event {
    let error = Error::of(codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
    let refused = refusal(START, session(n), n.into(), error);
    Event::CloseOrder(Some(GatewayFrame::LoginRefused(refused)))
}

/// A connection.
pub(crate) struct Bench {
    pub(crate) now: Millis,
    pub(crate) machine: Connection,
    pub(crate) limits: GatewayLimits,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let limits = GatewayLimits::default();
        Bench { now: START, machine: Connection::new(START, &limits), limits }
    }

    /// A connection that has session 1.
    pub(crate) fn logged_in() -> Self {
        let mut bench = Bench::awaiting();
        assert_eq!(bench.on(ok(1)), ["send ok 1"]);
        bench
    }

    /// A connection whose login of session 1 is claimed and not answered.
    pub(crate) fn awaiting() -> Self {
        let mut bench = Bench::new();
        assert_eq!(bench.on(Event::Opened(Some(login(1)))), ["claim 1"]);
        assert!(bench.claimed(1).is_empty());
        bench
    }

    pub(crate) fn on(&mut self, event: Event) -> Vec<String> {
        self.machine.handle(self.now, event, &self.limits).iter().map(told).collect()
    }

    pub(crate) fn claimed(&mut self, n: u8) -> Vec<String> {
        self.on(Event::Claimed(alice(), session(n)))
    }
}

fn told(action: &Action) -> String {
    let number = |session: &SessionId| session.0[0];
    match action {
        Action::Send(frame) => format!("send {}", frame_of(frame)),
        Action::Close => "close".into(),
        Action::Logout { user, session, confirm } => {
            assert_eq!(user.0, APP);
            let confirm = if *confirm { "" } else { " silently" };
            format!("end {} of {}{confirm}", number(session), user.1)
        }
        Action::Claim(login) => format!("claim {}", number(&login.session)),
        Action::Renew(user, renew) => format!("renew {} of {}", number(&renew.session), user.1),
        Action::KickAck(user, session) => format!("ack {} of {}", number(session), user.1),
        Action::Lost(user, session) => format!("lost {} of {}", number(session), user.1),
    }
}

fn frame_of(frame: &GatewayFrame) -> String {
    match frame {
        GatewayFrame::Hello(hello) => format!("hello, login within {}", hello.login_within),
        GatewayFrame::LoginOk(ok) => format!("ok {}", ok.session.0[0]),
        GatewayFrame::LoginRefused(refused) => format!("refused {} {}", refused.session.0[0], refused.code),
        GatewayFrame::Renewed(renewed) => format!("renewed {}", renewed.session.0[0]),
        GatewayFrame::RenewRefused(refused) => {
            format!("renewal refused {} {} {}", refused.session.0[0], refused.attempt, refused.code)
        }
        GatewayFrame::LoggedOut(note) => format!("logged out {}", note.session.0[0]),
        GatewayFrame::Kicked(kicked) => format!("kicked {}", kicked.session.0[0]),
        GatewayFrame::Expired(note) => format!("expired {}", note.session.0[0]),
        GatewayFrame::Pong(time) => format!("pong +{}", time.time - START),
        GatewayFrame::Drain(drain) => format!("drain, back after {}", drain.retry_after),
        GatewayFrame::Bye(_) => "bye".into(),
        GatewayFrame::Error(fault) => match fault.retry_after {
            Some(after) => format!("error {}, again in {after}", fault.code),
            None => format!("error {}", fault.code),
        },
    }
}

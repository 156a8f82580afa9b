//! A client under test, and what it orders and raises, in short.

use tessera_core::client::{Client, Config, EventKind, Init, Order, Report, TicketRequestId};
use tessera_core::error::{Code, Error};
use tessera_core::generated::codes;
use tessera_core::generated::settings::ClientSettings;
use tessera_core::generated::status::{LoginStatus, Platform};
use tessera_core::id::{AppId, DeviceId, SessionId};
use tessera_core::ticket::{Key, Ticket, peek_lifetime, sign};
use tessera_core::time::Millis;
use tessera_core::wire::{
    ClientFrame, Drain, GatewayFrame, Hello, KickReason, Kicked, Login, LoginOk, Refused, Renewed,
    SessionNote, Time,
};

pub(crate) const APP: AppId = AppId(1_400_000_001);
/// Gateway time when the client's clock shows [`BOOT`].
pub(crate) const START: Millis = Millis(1_700_000_000_000);
const BOOT: Millis = Millis(77_000);

/// A ticket that was signed at START, told apart by its lifetime.
pub(crate) fn ticket(user: &str, seconds: u64) -> Ticket {
    let key = Key::new("secret").unwrap();
    sign(&key, APP.0, user, START, seconds, None).unwrap()
}

pub(crate) struct Rig {
    pub(crate) now: Millis,
    /// How far the gateway's clock is ahead of what it was at the start.
    pub(crate) skew: Millis,
    pub(crate) client: Client,
    pub(crate) settings: ClientSettings,
    sessions: Vec<SessionId>,
    /// The last login or renewal that was sent, with its connection.
    pub(crate) last: Option<(Login, u64)>,
    renewal: u64,
    /// The connection that was ordered last.
    pub(crate) connection: u64,
}

impl Rig {
    /// A client that is not initialised.
    pub(crate) fn new() -> Self {
        Rig {
            now: BOOT,
            skew: Millis::ZERO,
            client: Client::new([7; 32]),
            settings: ClientSettings { connect_at_init: false, ..ClientSettings::default() },
            sessions: Vec::new(),
            last: None,
            renewal: 0,
            connection: 0,
        }
    }

    /// A client that is initialised and has no connection.
    pub(crate) fn idle() -> Self {
        let mut rig = Rig::new();
        assert!(rig.init().is_empty());
        rig
    }

    /// A client with an open connection, number 1, and nobody logged in.
    pub(crate) fn connected() -> Self {
        let mut rig = Rig::new();
        rig.settings.connect_at_init = true;
        assert_eq!(rig.init(), ["> connect 1", "connecting"]);
        assert_eq!(rig.hello(1), ["connected"]);
        rig
    }

    /// Alice logs in as session 1 on connection 1, with a ticket of one day.
    pub(crate) fn logged_in() -> Self {
        let mut rig = Rig::connected();
        assert_eq!(rig.login("alice", 86_400), ["> 1: login s1"]);
        assert_eq!(rig.ok(1, 1), ["result 1 ok"]);
        rig
    }

    /// The same, with a connection that was just lost.
    pub(crate) fn reconnecting() -> Self {
        let mut rig = Rig::logged_in();
        assert_eq!(rig.fail(1), ["dropped", "connecting"]);
        rig
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    pub(crate) fn init(&mut self) -> Vec<String> {
        let config = Config {
            app: APP,
            device: DeviceId([1; 16]),
            platform: Platform::Android,
            settings: self.settings.clone(),
        };
        assert_eq!(self.client.init(self.now, config), Ok(Init::Started));
        self.take()
    }

    pub(crate) fn un_init(&mut self) -> Vec<String> {
        self.client.un_init(self.now);
        self.take()
    }

    pub(crate) fn login(&mut self, user: &str, seconds: u64) -> Vec<String> {
        self.client.login(self.now, user, ticket(user, seconds)).unwrap();
        self.take()
    }

    pub(crate) fn logout(&mut self) -> Vec<String> {
        self.client.logout(self.now).unwrap();
        self.take()
    }

    pub(crate) fn hint(&mut self) -> Vec<String> {
        self.client.hint(self.now);
        self.take()
    }

    pub(crate) fn provider(&mut self, has: bool) -> Vec<String> {
        self.client.set_has_provider(self.now, has);
        self.take()
    }

    pub(crate) fn provide(&mut self, request: u64, seconds: u64) -> Vec<String> {
        let user = self.user();
        let user = if user.is_empty() { "alice" } else { &user };
        self.client.provide_ticket(self.now, TicketRequestId(request), Ok(ticket(user, seconds)));
        self.take()
    }

    pub(crate) fn provide_error(&mut self, request: u64) -> Vec<String> {
        self.client.provide_ticket(self.now, TicketRequestId(request), Err("no".into()));
        self.take()
    }

    // ---- the world ----------------------------------------------------------------------------------------------

    pub(crate) fn gateway_now(&self) -> Millis {
        START + (self.now - BOOT) + self.skew
    }

    pub(crate) fn frame(&mut self, connection: u64, frame: GatewayFrame) -> Vec<String> {
        self.client.handle_report(self.now, connection, Report::Frame(frame));
        self.take()
    }

    pub(crate) fn hello(&mut self, connection: u64) -> Vec<String> {
        let hello = Hello { time: self.gateway_now(), login_within: Millis(30_000) };
        self.frame(connection, GatewayFrame::Hello(hello))
    }

    pub(crate) fn pong(&mut self, connection: u64) -> Vec<String> {
        self.frame(connection, GatewayFrame::Pong(Time { time: self.gateway_now() }))
    }

    pub(crate) fn bye(&mut self, connection: u64) -> Vec<String> {
        self.frame(connection, GatewayFrame::Bye(Time { time: self.gateway_now() }))
    }

    pub(crate) fn drain(&mut self, connection: u64, retry_after: Millis) -> Vec<String> {
        self.frame(connection, GatewayFrame::Drain(Drain { time: self.gateway_now(), retry_after }))
    }

    pub(crate) fn session(&self, n: usize) -> SessionId {
        self.sessions[n - 1]
    }

    fn expires(&self) -> Millis {
        let ticket = self.last.as_ref().map(|(login, _)| login.ticket.clone());
        let lifetime = ticket.and_then(|ticket| peek_lifetime(ticket.expose()));
        lifetime.map_or(Millis::NEVER, |lifetime| lifetime.expires_at())
    }

    pub(crate) fn ok_frame(&self, n: usize) -> GatewayFrame {
        GatewayFrame::LoginOk(LoginOk {
            session: self.session(n),
            attempt: self.last.as_ref().map_or(0, |(login, _)| login.attempt),
            time: self.gateway_now(),
            expires: self.expires(),
            resumed: false,
            created: false,
        })
    }

    pub(crate) fn ok(&mut self, connection: u64, n: usize) -> Vec<String> {
        let frame = self.ok_frame(n);
        self.frame(connection, frame)
    }

    pub(crate) fn refusal(&self, n: usize, code: Code, retry_after: Option<u64>) -> Refused {
        let error = Error::of(code);
        Refused {
            session: self.session(n),
            attempt: self.last.as_ref().map_or(0, |(login, _)| login.attempt),
            time: self.gateway_now(),
            code,
            desc: error.desc,
            retryable: error.retryable,
            retry_after: retry_after.map(Millis),
        }
    }

    pub(crate) fn refuse(&mut self, connection: u64, n: usize, code: Code) -> Vec<String> {
        let refused = self.refusal(n, code, None);
        self.frame(connection, GatewayFrame::LoginRefused(refused))
    }

    /// Refuses for now.
    pub(crate) fn put_off(&mut self, connection: u64, n: usize, after: u64) -> Vec<String> {
        let refused = self.refusal(n, codes::ERR_SVR_SSO_OVERLOAD, Some(after));
        self.frame(connection, GatewayFrame::LoginRefused(refused))
    }

    /// The answer to the last renewal that was sent.
    pub(crate) fn renewed_frame(&self, n: usize, seconds: u64) -> GatewayFrame {
        let expires = START + Millis::from_secs(seconds);
        let (session, attempt, time) = (self.session(n), self.renewal, self.gateway_now());
        GatewayFrame::Renewed(Renewed { session, attempt, time, expires })
    }

    pub(crate) fn renewed(&mut self, connection: u64, n: usize, seconds: u64) -> Vec<String> {
        let frame = self.renewed_frame(n, seconds);
        self.frame(connection, frame)
    }

    pub(crate) fn renewal_refused(&mut self, connection: u64, n: usize, code: Code) -> Vec<String> {
        let refused = Refused { attempt: self.renewal, ..self.refusal(n, code, None) };
        self.frame(connection, GatewayFrame::RenewRefused(refused))
    }

    pub(crate) fn kicked_frame(&self, n: usize) -> GatewayFrame {
        let (time, platform) = (self.gateway_now(), Some(Platform::Ipad));
        let kicked =
            Kicked { session: self.session(n), time, reason: KickReason::Policy, platform, at: time };
        GatewayFrame::Kicked(kicked)
    }

    pub(crate) fn kicked(&mut self, connection: u64, n: usize) -> Vec<String> {
        let frame = self.kicked_frame(n);
        self.frame(connection, frame)
    }

    pub(crate) fn note(&self, n: usize) -> SessionNote {
        SessionNote { session: self.session(n), time: self.gateway_now() }
    }

    pub(crate) fn expired(&mut self, connection: u64, n: usize) -> Vec<String> {
        let note = self.note(n);
        self.frame(connection, GatewayFrame::Expired(note))
    }

    pub(crate) fn logged_out(&mut self, connection: u64, n: usize) -> Vec<String> {
        let note = self.note(n);
        self.frame(connection, GatewayFrame::LoggedOut(note))
    }

    pub(crate) fn fail(&mut self, connection: u64) -> Vec<String> {
        self.fail_with(connection, Error::of(codes::ERR_SDK_NET_CONN_REFUSE), false)
    }

    pub(crate) fn fail_with(&mut self, connection: u64, error: Error, answered: bool) -> Vec<String> {
        self.client.handle_report(self.now, connection, Report::Failed { error, answered });
        self.take()
    }

    pub(crate) fn heard(&mut self, connection: u64) -> Vec<String> {
        self.client.handle_report(self.now, connection, Report::Heard);
        self.take()
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    /// Lets time pass, with every timeout when it is due.
    pub(crate) fn pass(&mut self, ms: u64) -> Vec<String> {
        let end = self.now + Millis(ms);
        let mut told = Vec::new();
        let mut turns = 0;
        while self.client.next_timeout() <= end {
            self.now = self.now.max(self.client.next_timeout());
            self.client.handle_timeout(self.now);
            told.extend(self.take());
            turns += 1;
            assert!(turns < 100_000, "the client spins");
        }
        self.now = end;
        told
    }

    /// Lets time pass as in a suspend: nothing happens until the test lets it.
    pub(crate) fn jump(&mut self, ms: u64) {
        self.now = self.now + Millis(ms);
    }

    /// Handles what is due, at once.
    pub(crate) fn wake(&mut self) -> Vec<String> {
        self.client.handle_timeout(self.now);
        self.take()
    }

    /// Lets the next try begin, and returns what that brought.
    pub(crate) fn retry(&mut self) -> Vec<String> {
        let ms = self.next_timeout() - self.now;
        self.pass(ms.0)
    }

    /// When something is due next, which there must be.
    pub(crate) fn next_timeout(&self) -> Millis {
        let next = self.client.next_timeout();
        assert!(next < Millis::NEVER, "nothing is due any more");
        next
    }

    // ---- what there is ------------------------------------------------------------------------------------------

    pub(crate) fn status(&self) -> LoginStatus {
        self.client.stamp().status
    }

    pub(crate) fn user(&self) -> String {
        self.client.stamp().user.map_or_else(String::new, |user| user.to_string())
    }

    fn name(&mut self, session: SessionId) -> String {
        let at = self.sessions.iter().position(|known| *known == session).unwrap_or_else(|| {
            self.sessions.push(session);
            self.sessions.len() - 1
        });
        format!("s{}", at + 1)
    }

    /// Orders, then events.
    pub(crate) fn take(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(order) = self.client.poll_order() {
            told.push(self.order(order));
        }
        told.extend(self.events());
        told
    }

    pub(crate) fn take_orders(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(order) = self.client.poll_order() {
            told.push(self.order(order));
        }
        told
    }

    pub(crate) fn events(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.client.poll_event()).map(|event| told(&event.kind)).collect()
    }

    fn order(&mut self, order: Order) -> String {
        match order {
            Order::Connect { connection, login } => {
                self.connection = connection;
                match login {
                    Some(login) => format!("> connect {connection}: {}", self.login_text(*login, connection)),
                    None => format!("> connect {connection}"),
                }
            }
            Order::Disconnect { connection } => format!("> close {connection}"),
            Order::Send { connection, frame } => {
                let text = match frame {
                    ClientFrame::Login(login) => self.login_text(*login, connection),
                    ClientFrame::Renew(renew) => {
                        self.renewal = renew.attempt;
                        format!("renew {}", self.name(renew.session))
                    }
                    ClientFrame::Logout(logout) => format!("logout {}", self.name(logout.session)),
                    ClientFrame::KickAck(ack) => format!("ack {}", self.name(ack.session)),
                    ClientFrame::Ping {} => "ping".into(),
                };
                format!("> {connection}: {text}")
            }
        }
    }

    fn login_text(&mut self, login: Login, connection: u64) -> String {
        let ends: Vec<String> = login.ends.iter().map(|end| self.name(end.session)).collect();
        let ends = if ends.is_empty() { String::new() } else { format!(" ends {}", ends.join(" ")) };
        let what = if login.resume { "resume" } else { "login" };
        let session = login.session;
        self.last = Some((login, connection));
        format!("{what} {}{ends}", self.name(session))
    }
}

pub(crate) fn told(kind: &EventKind) -> String {
    match kind {
        EventKind::Completed(call, Ok(())) => format!("result {} ok", call.0),
        EventKind::Completed(call, Err(error)) => format!("result {} {}", call.0, error.code),
        EventKind::Connecting => "connecting".into(),
        EventKind::ConnectSuccess => "connected".into(),
        EventKind::ConnectFailed(error) => format!("failed {}", error.code),
        EventKind::Disconnected(_) => "dropped".into(),
        EventKind::KickedOffline(kick) => match kick.code {
            Some(code) => format!("kicked {:?} {code}", kick.reason),
            None => format!("kicked {:?}", kick.reason),
        },
        EventKind::UserSigExpired => "expired".into(),
        EventKind::TicketRequest(request, user) => format!("asked {} for {user}", request.0),
    }
}

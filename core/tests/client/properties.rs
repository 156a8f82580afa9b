//! Random calls, frames, faults and times, sensible or not: what holds whatever happens.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use tessera_core::client::{CallId, Client, Config, EventKind, Order, Report, Stamp, TicketRequestId};
use tessera_core::error::{Code, Error};
use tessera_core::generated::codes;
use tessera_core::generated::settings::ClientSettings;
use tessera_core::generated::status::{LoginStatus, Platform};
use tessera_core::id::{DeviceId, SessionId};
use tessera_core::time::Millis;
use tessera_core::wire::{
    ClientFrame, Drain, Fault, GatewayFrame, Hello, KickReason, Kicked, LoginOk, Refused, Renewed,
    SessionNote, Time,
};

use crate::rig::{APP, START, ticket};
use crate::steps::{CODES, Frame, LIVES, Step, step};

struct Model {
    now: Millis,
    ahead: Millis,
    client: Client,
    connect_at_init: bool,
    stamp: Stamp,
    calls: BTreeSet<CallId>,
    /// Whether a session has not been seen to end.
    alive: bool,
    initialised: bool,
    open: Option<u64>,
    /// Whether its failure was just reported; what was ordered before the client took that in is no mistake.
    failed: bool,
    last_connection: u64,
    /// The newest last.
    sessions: Vec<SessionId>,
    attempt: u64,
    renewal: u64,
    requests: u64,
    asked: Option<Millis>,
    /// Whether something may have counted as a provider's error since it was asked.
    erred: bool,
}

impl Model {
    fn new(connect_at_init: bool) -> Self {
        let client = Client::new([3; 32]);
        Model {
            now: Millis(77_000),
            ahead: Millis::ZERO,
            stamp: client.stamp(),
            client,
            connect_at_init,
            calls: BTreeSet::new(),
            alive: false,
            initialised: false,
            open: None,
            failed: false,
            last_connection: 0,
            sessions: vec![SessionId([0; 16])],
            attempt: 0,
            renewal: 0,
            requests: 0,
            asked: None,
            erred: false,
        }
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Init => self.init(),
            Step::UnInit => self.un_init(),
            Step::Login { user, life } => {
                let user = ["alice", "bob"][*user];
                let call = self.client.login(self.now, user, ticket(user, LIVES[*life]));
                self.calls.extend(call);
            }
            Step::Logout => self.calls.extend(self.client.logout(self.now)),
            Step::Hint => self.client.hint(self.now),
            Step::Provider(has) => self.client.set_has_provider(self.now, *has),
            Step::Provide { back, life } => {
                self.erred = true;
                let answer = life.map(|life| ticket("alice", LIVES[life] + 7)).ok_or("no".to_owned());
                let request = TicketRequestId(self.requests.saturating_sub(*back));
                self.client.provide_ticket(self.now, request, answer);
            }
            Step::Frame { older, session, attempt, frame } => {
                self.erred |= matches!(frame, Frame::RenewRefused { .. });
                let at = self.sessions.len().saturating_sub(1 + session);
                let frame = self.frame(self.sessions[at], *attempt, frame);
                self.report(*older, Report::Frame(frame));
            }
            Step::Failed { older, answered, after } => {
                let error = Error::of(codes::ERR_SVR_SSO_OVERLOAD).retry_after(after.map(Millis));
                self.report(*older, Report::Failed { error, answered: *answered });
                self.failed = !older;
            }
            Step::Heard => self.report(false, Report::Heard),
            Step::Due => {
                let next = self.client.next_timeout();
                if next != Millis::NEVER {
                    self.now = self.now.max(next);
                    self.client.handle_timeout(self.now);
                }
            }
            Step::Pass { ms } => self.pass(Millis(*ms)),
            Step::Jump { ms } => self.now = self.now + Millis(*ms),
        }
        self.judge();
    }

    fn init(&mut self) {
        let settings = ClientSettings { connect_at_init: self.connect_at_init, ..ClientSettings::default() };
        let device = DeviceId([1; 16]);
        let config = Config { app: APP, device, platform: Platform::Web, settings };
        self.client.init(self.now, config).expect("it is the same app each time");
        self.initialised = true;
    }

    /// C9: everything is completed, and nothing is ordered but goodbyes.
    fn un_init(&mut self) {
        let waiting = self.calls.len();
        self.client.un_init(self.now);
        while let Some(order) = self.client.poll_order() {
            assert!(
                matches!(order, Order::Disconnect { .. } | Order::Send { frame: ClientFrame::Logout(_), .. }),
                "unInit orders {order:?}"
            );
        }
        let mut completed = 0;
        while let Some(event) = self.client.poll_event() {
            let EventKind::Completed(call, Err(error)) = event.kind else {
                panic!("unInit raises {event:?}")
            };
            assert_eq!(error.code, codes::ERR_SDK_COMM_INTERRUPT);
            assert!(self.calls.remove(&call), "{call:?} twice");
            completed += 1;
        }
        assert_eq!(completed, waiting, "unInit leaves {:?}", self.calls);
        assert_eq!(self.client.next_timeout(), Millis::NEVER);
        self.stamp = self.client.stamp();
        assert_eq!((self.stamp.status, self.stamp.user), (LoginStatus::LoggedOut, None));
        (self.initialised, self.alive, self.open) = (false, false, None);
    }

    fn report(&mut self, older: bool, report: Report) {
        let connection = self.last_connection.saturating_sub(u64::from(older));
        self.client.handle_report(self.now, connection, report);
    }

    fn pass(&mut self, span: Millis) {
        let end = self.now + span;
        let mut turns = 0;
        while self.client.next_timeout() <= end {
            self.now = self.now.max(self.client.next_timeout());
            self.client.handle_timeout(self.now);
            self.judge();
            turns += 1;
            assert!(turns < 100_000, "the client spins");
        }
        self.now = end;
    }

    fn frame(&mut self, session: SessionId, back: u64, frame: &Frame) -> GatewayFrame {
        use GatewayFrame as G;
        if let Frame::Pong { ahead } = frame {
            self.ahead = Millis(*ahead);
        }
        let time = START + (self.now - Millis(77_000)) + self.ahead;
        let expires = time + Millis(20_000);
        let note = SessionNote { session, time };
        let refused = |attempt: u64, code: usize, after: Option<u64>| {
            let error = Error::of(Code(CODES[code]));
            let (code, desc, retryable) = (error.code, error.desc, error.retryable);
            let attempt = attempt.saturating_sub(back);
            Refused { session, attempt, time, code, desc, retryable, retry_after: after.map(Millis) }
        };
        let attempt = self.attempt.saturating_sub(back);
        match frame {
            Frame::Hello => G::Hello(Hello { time, login_within: Millis(30_000) }),
            Frame::Ok => {
                G::LoginOk(LoginOk { session, attempt, time, expires, resumed: false, created: false })
            }
            Frame::Refused { code, after } => G::LoginRefused(refused(self.attempt, *code, *after)),
            Frame::Renewed => {
                let attempt = self.renewal.saturating_sub(back);
                G::Renewed(Renewed { session, attempt, time, expires: expires + Millis(60_000) })
            }
            Frame::RenewRefused { code } => G::RenewRefused(refused(self.renewal, *code, None)),
            Frame::LoggedOut => G::LoggedOut(note),
            Frame::Kicked => {
                let reason = KickReason::Admin;
                G::Kicked(Kicked { session, time, reason, platform: None, at: time })
            }
            Frame::Expired => G::Expired(note),
            Frame::Pong { .. } => G::Pong(Time { time }),
            Frame::Drain { after } => G::Drain(Drain { time, retry_after: Millis(*after) }),
            Frame::Bye => G::Bye(Time { time }),
            Frame::Fault { after } => {
                let code = codes::ERR_SVR_SSO_FREQ_LIMIT;
                G::Error(Fault { code, desc: String::new(), retry_after: after.map(Millis) })
            }
        }
    }

    /// Takes everything that the last input brought, and holds it against the contract.
    fn judge(&mut self) {
        while let Some(order) = self.client.poll_order() {
            assert!(self.initialised, "{order:?} without init");
            self.judge_order(order);
        }
        if std::mem::take(&mut self.failed) {
            self.open = None;
        }
        while let Some(event) = self.client.poll_event() {
            self.judge_stamp(event.stamp);
            self.judge_event(event.kind);
        }
        self.judge_stamp(self.client.stamp());
        self.alive = self.stamp.status == LoginStatus::LoggedIn;
        if !matches!(self.stamp.status, LoginStatus::LoggedIn) {
            self.asked = None;
        }
    }

    fn judge_order(&mut self, order: Order) {
        match order {
            Order::Connect { connection, login } => {
                if std::mem::take(&mut self.failed) {
                    self.open = None;
                }
                assert_eq!(self.open, None, "a second connection");
                assert!(connection > self.last_connection, "the number {connection} a second time");
                (self.open, self.last_connection) = (Some(connection), connection);
                if let Some(login) = login {
                    self.judge_frame(&ClientFrame::Login(login));
                } else {
                    assert!(self.connect_at_init, "nobody needs this connection");
                }
            }
            Order::Send { connection, frame } => {
                assert_eq!(self.open, Some(connection), "{frame:?} on a connection that is not there");
                self.judge_frame(&frame);
            }
            Order::Disconnect { connection } => {
                assert_eq!(self.open.take(), Some(connection), "a second close");
                self.failed = false;
            }
        }
    }

    fn judge_frame(&mut self, frame: &ClientFrame) {
        match frame {
            ClientFrame::Login(login) => {
                assert!(login.attempt > self.attempt, "attempts rise");
                assert!(login.ends.len() <= 8);
                assert!(login.ends.iter().all(|end| end.session != login.session), "it ends itself");
                self.attempt = login.attempt;
                if self.sessions.last() != Some(&login.session) {
                    assert!(!self.sessions.contains(&login.session), "an old session comes back");
                    assert!(!login.resume, "a session is resumed that was never claimed");
                    self.sessions.push(login.session);
                }
            }
            ClientFrame::Renew(renew) => {
                assert_eq!(Some(&renew.session), self.sessions.last());
                self.renewal = renew.attempt;
            }
            ClientFrame::Logout(_) | ClientFrame::KickAck(_) | ClientFrame::Ping {} => {}
        }
    }

    /// C1, C21: one edge at a time, and a user only while logged in.
    fn judge_stamp(&mut self, next: Stamp) {
        use LoginStatus::{LoggedIn, LoggedOut, LoggingIn, LoggingOut};
        let edge = (self.stamp.status, next.status);
        let is_edge = matches!(
            edge,
            (LoggedOut, LoggingIn)
                | (LoggingIn, LoggedIn | LoggedOut)
                | (LoggedIn, LoggingIn | LoggingOut | LoggedOut)
                | (LoggingOut, LoggedOut)
        );
        assert!(edge.0 == edge.1 || is_edge, "{edge:?} is no edge");
        assert_eq!(next.user.is_some(), next.status == LoggedIn, "{next:?}");
        assert!(next.epoch >= self.stamp.epoch);
        assert_eq!(next.epoch == self.stamp.epoch, next == self.stamp, "{next:?} after {:?}", self.stamp);
        self.alive |= next.status == LoggedIn;
        self.stamp = next;
    }

    fn judge_event(&mut self, event: EventKind) {
        match event {
            EventKind::Completed(call, result) => {
                assert!(self.calls.remove(&call), "{call:?} is completed twice");
                if let Err(error) = result {
                    assert_ne!(error.code, codes::ERR_SDK_COMM_INTERRUPT, "7009 without unInit");
                }
            }
            EventKind::KickedOffline(_) | EventKind::UserSigExpired => {
                assert!(std::mem::take(&mut self.alive), "{event:?} of a session that has ended");
                assert_eq!(self.stamp.status, LoginStatus::LoggedOut);
            }
            EventKind::TicketRequest(request, user) => {
                assert_eq!(self.stamp.user, Some(user), "C15: asked while not logged in");
                assert_eq!(request.0, self.requests + 1);
                self.requests = request.0;
                let least = if self.erred { 1_000 } else { 10_000 };
                let soon = self.asked.is_some_and(|asked| self.now < asked + Millis(least));
                assert!(!soon, "asked at {} and {:?}", self.now, self.asked);
                (self.asked, self.erred) = (Some(self.now), false);
            }
            EventKind::Connecting
            | EventKind::ConnectSuccess
            | EventKind::ConnectFailed(_)
            | EventKind::Disconnected(_) => assert!(self.initialised),
        }
    }

    /// Every call is completed by time alone.
    fn finish(&mut self) {
        self.pass(Millis(40_000));
        self.judge();
        assert!(self.calls.is_empty(), "{:?} never completed", self.calls);
        self.un_init();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_a_client(connect_at_init in any::<bool>(), steps in vec(step(), 1..100)) {
        // C1 C9 C10 C15 C18 C21 G4
        let mut model = Model::new(connect_at_init);
        model.init();
        model.judge();
        for step in &steps {
            model.run(step);
        }
        model.finish();
    }
}

//! The simulated gateway: the real connection machines and registry, and the glue between them and the store.

mod faults;

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::net::{IpAddr, Ipv4Addr};

use tessera_core::error::Error;
use tessera_core::gateway::admission::{self, Presented};
use tessera_core::gateway::connection::{Action, Connection, Event, State};
use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{
    AdminAnswer, AdminOrder, AppRules, Claim, Effect, Peer, Registry, Request, SessionInfo, TicketFacts,
    UserKey, refusal,
};
use tessera_core::gateway::throttle::FailureThrottle;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::{AppId, SessionId, UserId};
use tessera_core::ticket::{Key, Limits, Scratch};
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, GatewayFrame, KickReason, Login, Renew};

use crate::sabotage::Sabotage;
use crate::seen::{Claimed, Seen, Shown};
use crate::store::{Store, Write};

/// What a simulated gateway starts with.
#[derive(Debug)]
pub struct GatewaySetup {
    /// The apps, with their keys and rules.
    pub apps: BTreeMap<AppId, (Vec<Key>, AppRules)>,
    /// Limits and times.
    pub limits: GatewayLimits,
}

/// What the gateway wants from the world.
#[derive(Debug)]
pub(crate) enum Want {
    Send(u64, GatewayFrame),
    Close(u64),
    /// A commit begins; it is to end in a while.
    Commit,
}

#[derive(Debug)]
pub(crate) struct Gateway {
    setup: GatewaySetup,
    registry: Registry<(), BuildHasherDefault<DefaultHasher>>,
    connections: BTreeMap<u64, Connection>,
    throttle: FailureThrottle,
    scratch: Scratch,
    pub(crate) store: Store,
    pub(crate) store_fails: bool,
    pub(crate) logins_counted: u64,
    answers: BTreeMap<u64, AdminAnswer>,
    calls: u64,
    wants: Vec<Want>,
    /// What happened, if somebody watches.
    pub(crate) seen: Option<Vec<Seen>>,
    pub(crate) sabotage: Option<Sabotage>,
    /// Where each session was claimed from, for a fault that needs it.
    places: BTreeMap<SessionId, (u64, SessionInfo)>,
}

impl Gateway {
    pub(crate) fn new(setup: GatewaySetup) -> Self {
        Gateway {
            registry: registry(&setup),
            connections: BTreeMap::new(),
            throttle: throttle(&setup.limits),
            scratch: Scratch::new(Limits {
                text_bytes_max: setup.limits.ticket_bytes_max as usize,
                document_bytes_max: setup.limits.ticket_inflated_bytes_max as usize,
            }),
            store: Store::default(),
            store_fails: false,
            logins_counted: 0,
            answers: BTreeMap::new(),
            calls: 0,
            wants: Vec::new(),
            seen: None,
            sabotage: None,
            places: BTreeMap::new(),
            setup,
        }
    }

    /// Loses everything that is not durable (G9).
    pub(crate) fn restart(&mut self, rng: &mut fastrand::Rng) {
        self.registry = registry(&self.setup);
        self.throttle = throttle(&self.setup.limits);
        self.connections.clear();
        self.wants.clear();
        self.store.crash(rng);
        self.see(|| Seen::Restarted);
    }

    fn see(&mut self, what: impl FnOnce() -> Seen) {
        if let Some(seen) = &mut self.seen {
            seen.push(what());
        }
    }

    /// A user's sessions, oldest first.
    pub(crate) fn sessions(&self, user: &UserKey) -> Vec<SessionInfo> {
        self.registry.sessions_of_user(user)
    }

    /// The session that a connection carries.
    pub(crate) fn session_on(&self, connection: u64) -> Option<SessionId> {
        match self.connections.get(&connection)?.state() {
            State::LoggedIn { session, .. } => Some(*session),
            State::AwaitLogin { .. } | State::AwaitVerdict { .. } | State::Closed => None,
        }
    }

    pub(crate) fn limits(&self) -> &GatewayLimits {
        &self.setup.limits
    }

    pub(crate) fn take_wants(&mut self) -> Vec<Want> {
        std::mem::take(&mut self.wants)
    }

    pub(crate) fn set_rules(&mut self, app: AppId, rules: AppRules) {
        self.registry.set_rules(app, rules.clone());
        if let Some((_, known)) = self.setup.apps.get_mut(&app) {
            *known = rules;
        }
    }

    // ---- connections --------------------------------------------------------------------------------------------

    pub(crate) fn open(&mut self, now: Millis, connection: u64, login: Option<Box<Login>>) {
        self.connections.insert(connection, Connection::new(now, &self.setup.limits));
        self.event(now, connection, Event::Opened(login));
    }

    pub(crate) fn text(&mut self, now: Millis, connection: u64, text: &str) {
        let event = match ClientFrame::parse(text) {
            Ok(frame) => Event::Frame(frame),
            Err(error) => Event::BadFrame(error),
        };
        self.event(now, connection, event);
    }

    pub(crate) fn lost(&mut self, now: Millis, connection: u64) {
        self.event(now, connection, Event::Lost);
        self.connections.remove(&connection);
    }

    pub(crate) fn drain(&mut self, now: Millis, retry_after: Millis) {
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.event(now, connection, Event::Drain(retry_after));
        }
    }

    pub(crate) fn clock_set(&mut self, now: Millis) {
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.event(now, connection, Event::ClockSet);
        }
        self.tick(now);
    }

    pub(crate) fn tick(&mut self, now: Millis) {
        let mut effects = Vec::new();
        self.registry.tick(now, &mut effects);
        self.carry_out(now, effects);
        let due = |connection: &Connection| connection.deadline().is_some_and(|at| at <= now);
        let due: Vec<u64> = self.connections.iter().filter(|(_, c)| due(c)).map(|(id, _)| *id).collect();
        for connection in due {
            self.event(now, connection, Event::Deadline);
        }
    }

    pub(crate) fn next_wake(&self) -> Option<Millis> {
        let deadlines = self.connections.values().filter_map(Connection::deadline);
        deadlines.chain(self.registry.next_wake()).min()
    }

    /// The commit under way ends.
    pub(crate) fn commit(&mut self, now: Millis) {
        let committed = self.store.commit(self.store_fails);
        let durable = committed.durable;
        self.see(|| Seen::Committed {
            writes: committed.writes.iter().map(|write| (write.user, write.record.clone())).collect(),
            durable,
        });
        for write in committed.writes.iter().filter(|write| write.awaited) {
            let mut effects = Vec::new();
            self.registry.written(now, write.user, durable, &mut effects);
            self.carry_out(now, effects);
        }
        if self.store.begin() {
            self.wants.push(Want::Commit);
        }
    }

    fn event(&mut self, now: Millis, connection: u64, event: Event) {
        let Some(machine) = self.connections.get_mut(&connection) else { return };
        for action in machine.handle(now, event, &self.setup.limits) {
            self.act(now, connection, action);
        }
    }

    fn act(&mut self, now: Millis, connection: u64, action: Action) {
        let peer = Peer { connection, handle: () };
        match action {
            Action::Send(frame) => self.wants.push(Want::Send(connection, frame)),
            Action::Close => {
                self.connections.remove(&connection);
                self.wants.push(Want::Close(connection));
            }
            Action::Claim(login) => self.claim(now, peer, &login),
            Action::Renew(user, renew) => self.renew(now, peer, user, &renew),
            Action::Logout { user, session, confirm } => {
                self.see(|| Seen::LoggedOut { session });
                self.request(now, user, Request::Logout { peer, session, confirm });
            }
            Action::KickAck(user, session) => self.request(now, user, Request::KickAck { session }),
            Action::Lost(user, session) => {
                self.see(|| Seen::Lost { connection, session });
                self.request(now, user, Request::Lost { session, connection });
            }
        }
    }

    fn claim(&mut self, now: Millis, peer: Peer<()>, login: &Login) {
        let connection = peer.connection;
        match self.admit(now, login.app, &login.user, &login.ticket) {
            Ok((user, ticket)) => {
                self.event(now, connection, Event::Claimed((login.app, user), login.session));
                self.see(|| Seen::Claimed { connection, claim: noted((login.app, user), login, &ticket) });
                self.note_place(connection, login);
                let claim = Claim::new(peer, login, ticket);
                self.request(now, (login.app, user), Request::Claim(Box::new(claim)));
            }
            Err(error) => {
                let frame = GatewayFrame::LoginRefused(refusal(now, login.session, login.attempt, error));
                self.see(|| Seen::Decided { connection, frame: frame.clone() });
                self.event(now, connection, Event::CloseOrder(Some(frame)));
            }
        }
    }

    fn renew(&mut self, now: Millis, peer: Peer<()>, user: UserKey, renew: &Renew) {
        match self.admit(now, user.0, user.1.as_str(), &renew.ticket) {
            Ok((_, ticket)) => {
                let (session, attempt) = (renew.session, renew.attempt);
                self.see(|| Seen::Renewed { user, session, ticket: shown(&ticket) });
                self.request(now, user, Request::Renew { peer, session, attempt, ticket });
            }
            Err(error) => {
                let refused = refusal(now, renew.session, renew.attempt, error);
                self.event(now, peer.connection, Event::Answer(GatewayFrame::RenewRefused(refused)));
            }
        }
    }

    fn admit(
        &mut self,
        now: Millis,
        app: AppId,
        user: &str,
        ticket: &tessera_core::ticket::Ticket,
    ) -> Result<(UserId, TicketFacts), Error> {
        let limits = &self.setup.limits;
        let keys = self.setup.apps.get(&app).map(|(keys, _)| keys.as_slice());
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let presented = Presented { app, user, ticket };
        admission::admit(now, address, presented, keys, limits, &mut self.throttle, &mut self.scratch)
    }

    // ---- registry -----------------------------------------------------------------------------------------------

    fn request(&mut self, now: Millis, user: UserKey, request: Request<()>) {
        let mut effects = Vec::new();
        self.registry.handle(now, user, request, &self.store, &mut effects);
        self.carry_out(now, effects);
    }

    /// Carries out an operator's order; the answer is there once the write it needs is reported.
    pub(crate) fn admin(&mut self, now: Millis, user: UserKey, call: u64, order: AdminOrder) {
        self.request(now, user, Request::Admin { call, order });
    }

    /// The number of the next operator's order.
    pub(crate) fn next_call(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }

    pub(crate) fn take_answer(&mut self, call: u64) -> Option<AdminAnswer> {
        self.answers.remove(&call)
    }

    fn carry_out(&mut self, now: Millis, effects: Vec<Effect<()>>) {
        for effect in effects {
            match effect {
                Effect::Send(peer, frame) => self.send(now, &peer, frame),
                Effect::SendAndClose(peer, frame) => {
                    self.see(|| Seen::Decided { connection: peer.connection, frame: frame.clone() });
                    self.event(now, peer.connection, Event::CloseOrder(Some(frame)));
                }
                Effect::Close(peer) => self.event(now, peer.connection, Event::CloseOrder(None)),
                Effect::Write { user, record, awaited } => self.write(now, user, record, awaited),
                Effect::Count(_) => self.logins_counted += 1,
                Effect::Answer(call, answer) => {
                    self.see(|| Seen::Answered { call, answer: answer.clone() });
                    self.answers.insert(call, answer);
                }
            }
        }
    }

    fn send(&mut self, now: Millis, peer: &Peer<()>, frame: GatewayFrame) {
        if let GatewayFrame::Kicked(kicked) = &frame {
            match self.sabotage {
                Some(Sabotage::SilentKick) if kicked.reason == KickReason::Policy => return,
                Some(Sabotage::KickByPlatform) => self.kick_platform(now, kicked),
                Some(_) | None => {}
            }
        }
        self.see(|| Seen::Decided { connection: peer.connection, frame: frame.clone() });
        self.event(now, peer.connection, Event::Answer(frame));
    }

    fn write(&mut self, now: Millis, user: UserKey, mut record: UserRecord, mut awaited: bool) {
        self.see(|| Seen::Pushed { user, record: record.clone() });
        let mut acknowledged_early = false;
        match self.sabotage {
            Some(Sabotage::LostMark) => record.marks.clear(),
            Some(Sabotage::LostFloor) => record.floor = 0,
            Some(Sabotage::SilentKick) => record.kicks.retain(|kick| kick.reason != KickReason::Policy),
            Some(Sabotage::UnsyncedAccount) if awaited && self.store.durable(&user).is_none() => {
                acknowledged_early = true;
                awaited = false;
            }
            Some(_) | None => {}
        }
        if self.store.push(Write { user, record, awaited }) {
            self.wants.push(Want::Commit);
        }
        if acknowledged_early {
            let mut effects = Vec::new();
            self.registry.written(now, user, true, &mut effects);
            self.carry_out(now, effects);
        }
    }
}

fn noted(user: UserKey, login: &Login, ticket: &TicketFacts) -> Claimed {
    Claimed {
        user,
        session: login.session,
        device: login.device,
        platform: login.platform,
        instance: login.instance,
        attempt: login.attempt,
        resume: login.resume,
        ticket: shown(ticket),
    }
}

fn shown(ticket: &TicketFacts) -> Shown {
    Shown { second: ticket.second, expires: ticket.expires, sig: ticket.sig }
}

fn registry(setup: &GatewaySetup) -> Registry<(), BuildHasherDefault<DefaultHasher>> {
    let rules = setup.apps.iter().map(|(app, (_, rules))| (*app, rules.clone())).collect();
    Registry::new(rules, setup.limits.clone(), BuildHasherDefault::default())
}

fn throttle(limits: &GatewayLimits) -> FailureThrottle {
    FailureThrottle::new(limits.ticket_failures_max, Millis(limits.ticket_failures_block_ms))
}

//! The simulated gateway: the real connection machines and registry over a store that is a map.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::net::{IpAddr, Ipv4Addr};

use tessera_core::gateway::admission::{self, Presented};
use tessera_core::gateway::connection::{Action, Connection, Event};
use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{
    AdminAnswer, AdminOrder, AppRules, Claim, Effect, Peer, Records, Registry, Request, UserKey, refusal,
};
use tessera_core::gateway::throttle::FailureThrottle;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::{AppId, UserId};
use tessera_core::ticket::{Key, Limits, Scratch};
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, GatewayFrame, Login, Renew};

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
    /// Report the user's write as durable in a while.
    Written(UserKey),
}

#[derive(Debug, Default)]
struct Store(BTreeMap<UserKey, UserRecord>);

impl Records for Store {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, String> {
        Ok(self.0.get(user).cloned())
    }
}

#[derive(Debug)]
pub(crate) struct Gateway {
    setup: GatewaySetup,
    registry: Registry<(), BuildHasherDefault<DefaultHasher>>,
    connections: BTreeMap<u64, Connection>,
    throttle: FailureThrottle,
    store: Store,
    /// Records that are written but not reported yet.
    unreported: BTreeMap<UserKey, UserRecord>,
    pub(crate) store_fails: bool,
    pub(crate) logins_counted: u64,
    answers: BTreeMap<u64, AdminAnswer>,
    calls: u64,
    wants: Vec<Want>,
}

impl Gateway {
    pub(crate) fn new(setup: GatewaySetup) -> Self {
        Gateway {
            registry: registry(&setup),
            connections: BTreeMap::new(),
            throttle: throttle(&setup.limits),
            store: Store::default(),
            unreported: BTreeMap::new(),
            store_fails: false,
            logins_counted: 0,
            answers: BTreeMap::new(),
            calls: 0,
            wants: Vec::new(),
            setup,
        }
    }

    /// Loses everything that is not durable (G9).
    pub(crate) fn restart(&mut self) {
        self.registry = registry(&self.setup);
        self.throttle = throttle(&self.setup.limits);
        self.connections.clear();
        self.unreported.clear();
        self.wants.clear();
    }

    pub(crate) fn limits(&self) -> &GatewayLimits {
        &self.setup.limits
    }

    pub(crate) fn take_wants(&mut self) -> Vec<Want> {
        std::mem::take(&mut self.wants)
    }

    pub(crate) fn set_rules(&mut self, app: AppId, rules: AppRules) {
        self.registry.set_rules(app, rules);
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

    pub(crate) fn written(&mut self, now: Millis, user: UserKey) {
        let Some(record) = self.unreported.remove(&user) else { return };
        if !self.store_fails {
            self.store.0.insert(user, record);
        }
        let mut effects = Vec::new();
        self.registry.written(now, user, !self.store_fails, &mut effects);
        self.carry_out(now, effects);
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
                self.request(now, user, Request::Logout { peer, session, confirm });
            }
            Action::KickAck(user, session) => self.request(now, user, Request::KickAck { session }),
            Action::Lost(user, session) => self.request(now, user, Request::Lost { session, connection }),
        }
    }

    fn claim(&mut self, now: Millis, peer: Peer<()>, login: &Login) {
        let connection = peer.connection;
        match self.admit(now, login.app, &login.user, &login.ticket) {
            Ok((user, ticket)) => {
                self.event(now, connection, Event::Claimed((login.app, user), login.session));
                let claim = Claim {
                    peer,
                    session: login.session,
                    device: login.device,
                    platform: login.platform,
                    instance: login.instance,
                    attempt: login.attempt,
                    resume: login.resume,
                    lease: login.lease,
                    ticket,
                };
                self.request(now, (login.app, user), Request::Claim(Box::new(claim)));
            }
            Err(error) => {
                let frame = GatewayFrame::LoginRefused(refusal(now, login.session, login.attempt, error));
                self.event(now, connection, Event::CloseOrder(Some(frame)));
            }
        }
    }

    fn renew(&mut self, now: Millis, peer: Peer<()>, user: UserKey, renew: &Renew) {
        match self.admit(now, user.0, user.1.as_str(), &renew.ticket) {
            Ok((_, ticket)) => {
                let (session, attempt) = (renew.session, renew.attempt);
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
    ) -> Result<(UserId, tessera_core::gateway::registry::TicketFacts), tessera_core::error::Error> {
        let limits = &self.setup.limits;
        let mut scratch = Scratch::new(Limits {
            text_bytes_max: limits.ticket_bytes_max as usize,
            document_bytes_max: limits.ticket_inflated_bytes_max as usize,
        });
        let keys = self.setup.apps.get(&app).map(|(keys, _)| keys.as_slice());
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let presented = Presented { app, user, ticket };
        admission::admit(now, address, presented, keys, limits, &mut self.throttle, &mut scratch)
    }

    // ---- registry -----------------------------------------------------------------------------------------------

    fn request(&mut self, now: Millis, user: UserKey, request: Request<()>) {
        let mut effects = Vec::new();
        self.registry.handle(now, user, request, &self.store, &mut effects);
        self.carry_out(now, effects);
    }

    /// Carries out an operator's order; the answer is there once the write it needs is reported.
    pub(crate) fn admin(&mut self, now: Millis, user: UserKey, order: AdminOrder) -> u64 {
        self.calls += 1;
        let call = self.calls;
        self.request(now, user, Request::Admin { call, order });
        call
    }

    pub(crate) fn take_answer(&mut self, call: u64) -> Option<AdminAnswer> {
        self.answers.remove(&call)
    }

    fn carry_out(&mut self, now: Millis, effects: Vec<Effect<()>>) {
        for effect in effects {
            match effect {
                Effect::Send(peer, frame) => self.event(now, peer.connection, Event::Answer(frame)),
                Effect::SendAndClose(peer, frame) => {
                    self.event(now, peer.connection, Event::CloseOrder(Some(frame)));
                }
                Effect::Close(peer) => self.event(now, peer.connection, Event::CloseOrder(None)),
                Effect::Write { user, record, awaited: true } => {
                    self.unreported.insert(user, record);
                    self.wants.push(Want::Written(user));
                }
                Effect::Write { user, record, awaited: false } => {
                    if !self.store_fails {
                        self.store.0.insert(user, record);
                    }
                }
                Effect::Count(_) => self.logins_counted += 1,
                Effect::Answer(call, answer) => {
                    self.answers.insert(call, answer);
                }
            }
        }
    }
}

fn registry(setup: &GatewaySetup) -> Registry<(), BuildHasherDefault<DefaultHasher>> {
    let rules = setup.apps.iter().map(|(app, (_, rules))| (*app, rules.clone())).collect();
    Registry::new(rules, setup.limits.clone(), BuildHasherDefault::default())
}

fn throttle(limits: &GatewayLimits) -> FailureThrottle {
    FailureThrottle::new(limits.ticket_failures_max, Millis(limits.ticket_failures_block_ms))
}

//! Random claims, losses, logouts, kicks, ticks, write outcomes and restarts, over two users with five devices each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};

use proptest::collection::vec;
use proptest::prelude::*;
use tessera_core::gateway::policy::Preset;
use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{
    AdminAnswer, AdminOrder, AppRules, Effect, Registry, Request, TicketFacts, UserKey,
};
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::generated::status::Platform;
use tessera_core::id::SessionId;
use tessera_core::time::Millis;
use tessera_core::wire::GatewayFrame;

use crate::bench::{APP, Login, START, Store, peer, phone, rules, session, ticket, user};

const DEVICES: [Platform; 5] =
    [Platform::Android, Platform::Iphone, Platform::Web, Platform::Web, Platform::Mac];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Fresh,
    Retry,
    Resume,
    Late,
}

#[derive(Clone, Debug)]
enum Step {
    Claim { user: usize, device: usize, kind: Kind, short: bool, signed: u64 },
    Lost { nth: usize },
    Logout { user: usize, device: usize },
    Ack { user: usize, device: usize },
    Renew { user: usize, device: usize },
    Admin { user: usize, order: AdminOrder },
    Written { durable: bool },
    Pass { ms: u64 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || (0usize..2, 0usize..5);
    let kind = prop_oneof![
        4 => Just(Kind::Fresh), 2 => Just(Kind::Retry), 4 => Just(Kind::Resume), 1 => Just(Kind::Late)
    ];
    let order = prop_oneof![
        2 => Just(AdminOrder::Kick),
        1 => Just(AdminOrder::SetDisabled(true)),
        2 => Just(AdminOrder::SetDisabled(false)),
    ];
    prop_oneof![
        10 => (who(), kind, prop::bool::weighted(0.2), 0u64..3).prop_map(|((user, device), kind, short, signed)| {
            Step::Claim { user, device, kind, short, signed }
        }),
        4 => (0usize..8).prop_map(|nth| Step::Lost { nth }),
        2 => who().prop_map(|(user, device)| Step::Logout { user, device }),
        2 => who().prop_map(|(user, device)| Step::Ack { user, device }),
        1 => who().prop_map(|(user, device)| Step::Renew { user, device }),
        1 => (0usize..2, order).prop_map(|(user, order)| Step::Admin { user, order }),
        8 => prop::bool::weighted(0.8).prop_map(|durable| Step::Written { durable }),
        3 => prop_oneof![Just(1), Just(900), Just(5_000), Just(59_999), Just(61_000)].prop_map(|ms| Step::Pass { ms }),
        1 => Just(Step::Restart),
    ]
}

/// What a connection was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Waits(SessionId),
    Has(SessionId),
    Over,
}

struct Device {
    session: u8,
    attempt: u64,
}

/// The registry, and what its peers have to believe.
struct Model {
    now: Millis,
    rules: AppRules,
    registry: Registry<(), BuildHasherDefault<DefaultHasher>>,
    store: Store,
    writes: VecDeque<(UserKey, UserRecord)>,
    users: [UserKey; 2],
    devices: Vec<Device>,
    seen: BTreeMap<u64, Seen>,
    /// Connections of which the registry was told that they are gone.
    gone: BTreeSet<u64>,
    of_user: BTreeMap<u64, usize>,
    last_connection: u64,
    last_session: u8,
    /// Kicks that a client has heard of and not confirmed, with their device.
    kicks: BTreeMap<SessionId, (usize, usize)>,
    /// Sessions whose kick a client has confirmed, even if it has not heard of it yet.
    confirmed: BTreeSet<SessionId>,
    expires: BTreeMap<SessionId, Millis>,
    signed_up: BTreeSet<usize>,
    floors: [u64; 2],
}

fn registry(rules: &AppRules) -> Registry<(), BuildHasherDefault<DefaultHasher>> {
    let rules = BTreeMap::from([(APP, rules.clone())]);
    Registry::new(rules, GatewayLimits::default(), BuildHasherDefault::default())
}

impl Model {
    fn new(rules: AppRules) -> Self {
        let device = |n: u8| Device { session: n, attempt: 1 };
        Model {
            now: Millis::from_secs(START),
            registry: registry(&rules),
            rules,
            store: Store::default(),
            writes: VecDeque::new(),
            users: [user("alice"), user("bob")],
            devices: (0..10).map(device).collect(),
            seen: BTreeMap::new(),
            gone: BTreeSet::new(),
            of_user: BTreeMap::new(),
            last_connection: 0,
            last_session: 10,
            kicks: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            expires: BTreeMap::new(),
            signed_up: BTreeSet::new(),
            floors: [0; 2],
        }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Claim { user, device, kind, short, signed } => {
                self.claim(user, device, kind, short, signed)
            }
            Step::Lost { nth } => self.lose(nth),
            Step::Logout { user, device } => {
                self.last_connection += 1;
                let session = session(self.devices[user * 5 + device].session);
                let peer = peer(self.last_connection);
                self.ask(user, Request::Logout { peer, session, confirm: true });
            }
            Step::Ack { user, device } => {
                let session = session(self.devices[user * 5 + device].session);
                self.kicks.remove(&session);
                self.confirmed.insert(session);
                self.ask(user, Request::KickAck { session });
            }
            Step::Renew { user, device } => {
                let session = session(self.devices[user * 5 + device].session);
                let mut open = self.seen.iter().filter(|(n, _)| !self.gone.contains(*n));
                let has = open.find(|(_, seen)| **seen == Seen::Has(session));
                let Some((&connection, _)) = has else { return };
                let ticket = ticket(self.now.as_secs(), 200);
                self.ask(user, Request::Renew { peer: peer(connection), session, attempt: 1, ticket });
            }
            Step::Admin { user, order } => self.ask(user, Request::Admin { call: user as u64, order }),
            Step::Written { durable } => self.written(durable),
            Step::Pass { ms } => {
                self.now = self.now + Millis(ms);
                let mut out = Vec::new();
                self.registry.tick(self.now, &mut out);
                self.take(out);
            }
            Step::Restart => self.restart(),
        }
        self.check_places();
    }

    fn claim(&mut self, user: usize, device: usize, kind: Kind, short: bool, signed: u64) {
        self.last_connection += 1;
        let connection = self.last_connection;
        let state = &mut self.devices[user * 5 + device];
        let old_attempt = state.attempt - 1;
        state.attempt += 1;
        if matches!(kind, Kind::Fresh) {
            self.last_session += 1;
            state.session = self.last_session;
            self.kicks.retain(|_, at| *at != (user, device));
        }
        let second = [START - 3600, self.now.as_secs(), self.now.as_secs() + 1][signed as usize];
        let facts = ticket(second, self.last_connection as u8);
        let expires = if short { self.now + Millis(3_000) } else { facts.expires };
        let n = (user * 5 + device) as u8;
        let login = Login {
            platform: DEVICES[device],
            attempt: if matches!(kind, Kind::Late) { old_attempt } else { state.attempt },
            resume: matches!(kind, Kind::Resume),
            ticket: TicketFacts { expires, ..facts },
            ..phone(n, state.session, connection)
        };
        self.seen.insert(connection, Seen::Waits(session(state.session)));
        self.of_user.insert(connection, user);
        self.ask(user, login.request());
    }

    fn lose(&mut self, nth: usize) {
        let mut open = self.seen.iter().filter(|(n, seen)| **seen != Seen::Over && !self.gone.contains(*n));
        let Some((&connection, &seen)) = open.nth(nth) else { return };
        let (Seen::Waits(session) | Seen::Has(session)) = seen else { return };
        let user = self.of_user[&connection];
        if !self.is_writing(user) {
            self.gone.insert(connection);
        }
        self.ask(user, Request::Lost { session, connection });
    }

    fn is_writing(&self, user: usize) -> bool {
        self.writes.iter().any(|(of, _)| *of == self.users[user])
    }

    fn ask(&mut self, user: usize, request: Request<()>) {
        let mut out = Vec::new();
        self.registry.handle(self.now, self.users[user], request, &self.store, &mut out);
        self.take(out);
    }

    fn written(&mut self, durable: bool) {
        let Some((user, record)) = self.writes.pop_front() else { return };
        if durable {
            self.store.records.insert(user, record);
        }
        let mut out = Vec::new();
        self.registry.written(self.now, user, durable, &mut out);
        self.take(out);
    }

    fn restart(&mut self) {
        self.registry = registry(&self.rules);
        self.writes.clear();
        self.seen.values_mut().for_each(|seen| *seen = Seen::Over);
        // G9: what was acknowledged is there.
        for user in &self.signed_up {
            assert!(self.store.records.contains_key(&self.users[*user]), "an account was lost");
        }
        for (user, floor) in self.floors.iter().enumerate().filter(|(_, floor)| **floor > 0) {
            assert_eq!(self.store.records[&self.users[user]].floor, *floor, "a floor was lost");
        }
        for (session, (user, _)) in self.kicks.iter().filter(|(s, _)| self.now <= self.expires[*s]) {
            let record = &self.store.records[&self.users[*user]];
            assert!(record.kick_of(*session).is_some(), "the kick of {session:?} was lost");
        }
    }

    fn take(&mut self, out: Vec<Effect<()>>) {
        for effect in out {
            match effect {
                Effect::Send(peer, frame) => self.told(peer.connection, &frame),
                Effect::SendAndClose(peer, frame) => {
                    self.told(peer.connection, &frame);
                    self.seen.insert(peer.connection, Seen::Over);
                }
                Effect::Close(peer) => {
                    let before = self.seen.insert(peer.connection, Seen::Over);
                    assert!(before.is_some_and(|seen| seen != Seen::Over), "a second close of {peer:?}");
                }
                Effect::Write { user, record, awaited: true } => {
                    assert!(self.writes.iter().all(|(of, _)| *of != user), "two writes of one user");
                    self.writes.push_back((user, record));
                }
                Effect::Write { user, record, awaited: false } => {
                    assert!(
                        self.writes.iter().all(|(of, _)| *of != user),
                        "a change beside an awaited write"
                    );
                    self.store.records.insert(user, record);
                }
                Effect::Count(_) => {}
                Effect::Answer(call, AdminAnswer::Kicked { sign_after, .. }) => {
                    self.floors[call as usize] = sign_after.as_secs() - 1;
                }
                Effect::Answer(..) => {}
            }
        }
    }

    fn told(&mut self, connection: u64, frame: &GatewayFrame) {
        assert!(!self.gone.contains(&connection), "{connection} is gone and is told {frame:?}");
        // Logouts come from connections of their own in this model.
        let Some(seen) = self.seen.get(&connection).copied() else {
            return assert!(matches!(frame, GatewayFrame::LoggedOut(_)), "{connection}: {frame:?}");
        };
        let next = match (seen, frame) {
            (Seen::Waits(session), GatewayFrame::LoginOk(ok)) if ok.session == session => {
                self.signed_up.insert(self.of_user[&connection]);
                self.expires.insert(session, ok.expires);
                self.kicks.remove(&session);
                Seen::Has(session)
            }
            (Seen::Waits(session), GatewayFrame::LoginRefused(refused)) if refused.session == session => {
                Seen::Over
            }
            (Seen::Waits(session), GatewayFrame::Kicked(kicked)) if kicked.session == session => Seen::Over,
            (Seen::Has(session), GatewayFrame::Kicked(kicked)) if kicked.session == session => {
                let at = self.devices.iter().position(|d| crate::bench::session(d.session) == session);
                // A device that has drawn another session since cannot be found, and its login clears the kick.
                if let Some(at) = at.filter(|_| !self.confirmed.contains(&session)) {
                    self.kicks.insert(session, (at / 5, at % 5));
                }
                Seen::Over
            }
            (Seen::Has(session), GatewayFrame::Expired(note)) if note.session == session => Seen::Over,
            (Seen::Has(session), GatewayFrame::Renewed(renewed)) if renewed.session == session => {
                self.expires.insert(session, renewed.expires);
                seen
            }
            (Seen::Has(_) | Seen::Over, GatewayFrame::RenewRefused(_)) => seen,
            _ => panic!("{connection}, which is {seen:?}, was told {frame:?}"),
        };
        self.seen.insert(connection, next);
    }

    /// G3 G4: one session for a device, no platform over its cap, no two platforms of a set.
    fn check_places(&mut self) {
        let policy = &self.rules.policy;
        for user in &self.users {
            let live = self.registry.sessions_of_user(user);
            let devices: BTreeSet<_> = live.iter().map(|info| info.device).collect();
            assert_eq!(devices.len(), live.len(), "two sessions on one device: {live:?}");
            let orders: BTreeSet<_> = live.iter().map(|info| info.order).collect();
            assert_eq!(orders.len(), live.len(), "two sessions with one place: {live:?}");
            for info in &live {
                let same = live.iter().filter(|other| other.platform == info.platform).count();
                assert!(same <= policy.cap(info.platform), "too many on {:?}: {live:?}", info.platform);
                let occupant = |info: &tessera_core::gateway::registry::SessionInfo| {
                    tessera_core::gateway::policy::Occupant {
                        session: info.session,
                        platform: info.platform,
                        order: info.order,
                    }
                };
                let others: Vec<_> =
                    live.iter().filter(|other| other.session != info.session).map(occupant).collect();
                assert!(policy.evictions(&others, info.platform).is_empty(), "who was let stay? {live:?}");
            }
        }
    }

    /// Lets every write succeed and all time pass: whoever asked has its answer, and nothing stays in memory.
    fn finish(&mut self) {
        while !self.writes.is_empty() {
            self.written(true);
        }
        for (connection, seen) in &self.seen {
            assert!(!matches!(seen, Seen::Waits(_)), "{connection} was never answered");
        }
        while let Some(wake) = self.registry.next_wake() {
            assert!(wake > self.now, "a wake in the past");
            self.now = wake;
            let mut out = Vec::new();
            self.registry.tick(self.now, &mut out);
            self.take(out);
        }
        assert_eq!(self.registry.users(), 0);
    }
}

fn any_rules() -> impl Strategy<Value = AppRules> {
    (0usize..4, 1u8..=3, any::<bool>()).prop_map(|(preset, cap, offline_kick_error)| {
        let caps = [(Platform::Web, cap), (Platform::Android, cap.min(2))];
        AppRules { offline_kick_error, ..rules(Preset::ALL[preset], &caps) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_two_users(rules in any_rules(), steps in vec(step(), 1..80)) {
        // G3 G4 G5 G6 G9
        let mut model = Model::new(rules);
        for step in &steps {
            model.run(step);
        }
        model.finish();
    }
}

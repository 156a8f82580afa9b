//! A registry on records in memory, driven by hand, and what it told to whom, in short.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};

use tessera_core::gateway::policy::{Policy, PolicyText, Preset};
use tessera_core::gateway::record::{Signature, UserRecord};
use tessera_core::gateway::registry::{
    AdminAnswer, AdminOrder, AppRules, Claim, Effect, Peer, Records, Registry, Request, SessionInfo,
    TicketFacts, UserKey,
};
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId, UserId};
use tessera_core::time::Millis;
use tessera_core::wire::{GatewayFrame, Refused};

pub(crate) const APP: AppId = AppId(1_400_000_001);
/// The gateway's second at the start of each test.
pub(crate) const START: u64 = 1_700_000_000;
/// How long the tickets of these tests last.
pub(crate) const DAY: u64 = 86_400;

pub(crate) fn user(name: &str) -> UserKey {
    (APP, UserId::parse(name).unwrap())
}

pub(crate) fn session(n: u8) -> SessionId {
    SessionId([n; 16])
}

/// A ticket that was signed at a second, told apart by `n`.
pub(crate) fn ticket(second: u64, n: u8) -> TicketFacts {
    TicketFacts { second, expires: Millis::from_secs(second + DAY), sig: Signature([n; 32]) }
}

/// A claim in the making: by default a fresh login, on a connection of its own, with an old enough ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login {
    pub(crate) device: u8,
    pub(crate) session: u8,
    pub(crate) connection: u64,
    pub(crate) platform: Platform,
    pub(crate) instance: u8,
    pub(crate) attempt: u64,
    pub(crate) resume: bool,
    pub(crate) lease: Option<Millis>,
    pub(crate) ticket: TicketFacts,
}

/// An Android device that logs in.
pub(crate) fn phone(device: u8, session: u8, connection: u64) -> Login {
    Login {
        device,
        session,
        connection,
        platform: Platform::Android,
        instance: device,
        attempt: connection,
        resume: false,
        lease: None,
        ticket: ticket(START - 3600, device),
    }
}

impl Login {
    pub(crate) fn resumes(self, connection: u64) -> Self {
        Login { connection, attempt: connection, resume: true, ..self }
    }

    pub(crate) fn from(self, platform: Platform) -> Self {
        Login { platform, ..self }
    }

    pub(crate) fn with(self, ticket: TicketFacts) -> Self {
        Login { ticket, ..self }
    }

    pub(crate) fn attempt(self, attempt: u64) -> Self {
        Login { attempt, ..self }
    }

    pub(crate) fn instance(self, instance: u8) -> Self {
        Login { instance, ..self }
    }

    pub(crate) fn peer(&self) -> Peer<()> {
        peer(self.connection)
    }

    pub(crate) fn request(self) -> Request<()> {
        Request::Claim(Box::new(Claim {
            peer: self.peer(),
            session: session(self.session),
            device: DeviceId([self.device; 16]),
            platform: self.platform,
            instance: InstanceId([self.instance; 16]),
            attempt: self.attempt,
            resume: self.resume,
            lease: self.lease,
            ticket: self.ticket,
        }))
    }
}

pub(crate) fn peer(connection: u64) -> Peer<()> {
    Peer { connection, handle: () }
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) records: BTreeMap<UserKey, UserRecord>,
    pub(crate) unreadable: bool,
}

impl Records for Store {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, String> {
        if self.unreadable { Err("broken".to_owned()) } else { Ok(self.records.get(user).cloned()) }
    }
}

/// The registry of one user, alice, unless the test names another.
pub(crate) struct Bench {
    pub(crate) now: Millis,
    pub(crate) registry: Registry<(), BuildHasherDefault<DefaultHasher>>,
    pub(crate) store: Store,
    pub(crate) rules: AppRules,
    limits: GatewayLimits,
    /// While true, writes wait for [`Bench::written`].
    pub(crate) holds: bool,
    pub(crate) writes: VecDeque<(UserKey, UserRecord)>,
    /// Changes that nobody waits for and that a crash loses while this is true.
    pub(crate) loses_lazy: bool,
    pub(crate) user: UserKey,
    pub(crate) last: Vec<Effect<()>>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Bench::with(AppRules::default(), &[])
    }

    /// `offline_kick_error` on.
    pub(crate) fn telling() -> Self {
        Bench::with(AppRules { offline_kick_error: true, ..AppRules::default() }, &[])
    }

    pub(crate) fn with(rules: AppRules, limits: &[(&str, u64)]) -> Self {
        let mut all = GatewayLimits::default();
        limits.iter().for_each(|(name, value)| all.set(name, &value.to_string()).unwrap());
        Bench {
            now: Millis::from_secs(START),
            registry: Registry::new(
                BTreeMap::from([(APP, rules.clone())]),
                all.clone(),
                BuildHasherDefault::default(),
            ),
            store: Store::default(),
            rules,
            limits: all,
            holds: false,
            writes: VecDeque::new(),
            loses_lazy: false,
            user: user("alice"),
            last: Vec::new(),
        }
    }

    /// Kills the gateway and starts it on its records.
    pub(crate) fn restart(&mut self) {
        self.registry = Registry::new(
            BTreeMap::from([(APP, self.rules.clone())]),
            self.limits.clone(),
            BuildHasherDefault::default(),
        );
        self.writes.clear();
    }

    pub(crate) fn set_rules(&mut self, rules: AppRules) {
        self.rules = rules.clone();
        self.registry.set_rules(APP, rules);
    }

    // ---- requests -----------------------------------------------------------------------------------------------

    pub(crate) fn ask(&mut self, request: Request<()>) -> Vec<String> {
        let mut out = Vec::new();
        self.registry.handle(self.now, self.user, request, &self.store, &mut out);
        self.settle(out)
    }

    pub(crate) fn claim(&mut self, login: Login) -> Vec<String> {
        self.ask(login.request())
    }

    pub(crate) fn lost(&mut self, of: u8, connection: u64) -> Vec<String> {
        self.ask(Request::Lost { session: session(of), connection })
    }

    pub(crate) fn logout(&mut self, of: u8, connection: u64) -> Vec<String> {
        self.ask(Request::Logout { peer: peer(connection), session: session(of), confirm: true })
    }

    pub(crate) fn ack(&mut self, of: u8) -> Vec<String> {
        self.ask(Request::KickAck { session: session(of) })
    }

    pub(crate) fn renew(&mut self, of: u8, connection: u64, ticket: TicketFacts) -> Vec<String> {
        self.ask(Request::Renew { peer: peer(connection), session: session(of), attempt: 99, ticket })
    }

    pub(crate) fn admin(&mut self, order: AdminOrder) -> Vec<String> {
        self.ask(Request::Admin { call: 7, order })
    }

    pub(crate) fn tick(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        self.registry.tick(self.now, &mut out);
        self.settle(out)
    }

    /// Lets time pass, and ticks once at its end.
    pub(crate) fn pass(&mut self, span: Millis) -> Vec<String> {
        self.now = self.now + span;
        self.tick()
    }

    /// Reports the oldest write that waits.
    pub(crate) fn written(&mut self, durable: bool) -> Vec<String> {
        let (user, record) = self.writes.pop_front().expect("a write waits");
        if durable {
            self.store.records.insert(user, record);
        }
        let mut out = Vec::new();
        self.registry.written(self.now, user, durable, &mut out);
        self.settle(out)
    }

    fn settle(&mut self, out: Vec<Effect<()>>) -> Vec<String> {
        self.last.clone_from(&out);
        let mut told = Vec::new();
        for effect in out {
            match effect {
                Effect::Write { user, record, awaited: true } => self.writes.push_back((user, record)),
                Effect::Write { user, record, awaited: false } => {
                    if !self.loses_lazy {
                        self.store.records.insert(user, record);
                    }
                }
                told_effect => told.push(told_of(&told_effect)),
            }
        }
        while !self.holds && !self.writes.is_empty() {
            told.extend(self.written(true));
        }
        told
    }

    // ---- what there is ------------------------------------------------------------------------------------------

    pub(crate) fn record(&self) -> &UserRecord {
        &self.store.records[&self.user]
    }

    pub(crate) fn sessions(&mut self) -> Vec<SessionInfo> {
        let mut out = Vec::new();
        let request = Request::Admin { call: 0, order: AdminOrder::Sessions };
        self.registry.handle(self.now, self.user, request, &self.store, &mut out);
        match out.pop() {
            Some(Effect::Answer(0, AdminAnswer::Sessions { sessions, .. })) => sessions,
            Some(Effect::Answer(0, AdminAnswer::Failed(_))) => Vec::new(),
            other => panic!("unexpected {other:?}"),
        }
    }

    /// The live sessions by their number; those without a connection are negative.
    pub(crate) fn live(&mut self) -> Vec<i16> {
        let number = |info: SessionInfo| {
            let n = i16::from(info.session.0[0]);
            if info.connected { n } else { -n }
        };
        self.sessions().into_iter().map(number).collect()
    }
}

pub(crate) fn rules(preset: Preset, caps: &[(Platform, u8)]) -> AppRules {
    let text = PolicyText { preset: Some(preset), sets: None, caps: caps.iter().copied().collect() };
    AppRules { policy: Policy::try_from(text).unwrap(), offline_kick_error: false }
}

fn told_of(effect: &Effect<()>) -> String {
    match effect {
        Effect::Send(peer, frame) => format!("{}: {}", peer.connection, frame_of(frame)),
        Effect::SendAndClose(peer, frame) => {
            format!("{}: {}, closed", peer.connection, frame_of(frame))
        }
        Effect::Close(peer) => format!("{}: closed", peer.connection),
        Effect::Count(_) => "counted".to_owned(),
        Effect::Answer(_, answer) => match answer {
            AdminAnswer::Sessions { sessions, .. } => format!("admin: {} sessions", sessions.len()),
            AdminAnswer::Kicked { sessions, sign_after } => {
                format!("admin: kicked {sessions}, sign after +{}", sign_after.as_secs() - START)
            }
            AdminAnswer::Disabled { sessions } => format!("admin: disabled {sessions}"),
            AdminAnswer::Expired { sessions } => format!("admin: expired {sessions}"),
            AdminAnswer::Failed(error) => format!("admin: failed {}", error.code),
        },
        Effect::Write { .. } => unreachable!("writes are taken before"),
    }
}

fn frame_of(frame: &GatewayFrame) -> String {
    let refused = |what: &str, refused: &Refused| {
        let again = match (refused.retryable, refused.retry_after) {
            (true, Some(after)) => format!(", again in {after}"),
            (true, None) => ", again".to_owned(),
            (false, _) => String::new(),
        };
        format!("{what} {} {}{again}", refused.session.0[0], refused.code)
    };
    match frame {
        GatewayFrame::LoginOk(ok) => {
            let resumed = if ok.resumed { " resumed" } else { "" };
            let created = if ok.created { " created" } else { "" };
            format!("ok {}{resumed}{created}", ok.session.0[0])
        }
        GatewayFrame::LoginRefused(error) => refused("refused", error),
        GatewayFrame::RenewRefused(error) => refused("renewal refused", error),
        GatewayFrame::Renewed(renewed) => format!("renewed {}", renewed.session.0[0]),
        GatewayFrame::LoggedOut(note) => format!("logged out {}", note.session.0[0]),
        GatewayFrame::Expired(note) => format!("expired {}", note.session.0[0]),
        GatewayFrame::Kicked(kicked) => {
            let by =
                kicked.platform.map_or_else(String::new, |platform| format!(" by {}", platform.as_str()));
            format!("kicked {} {:?}{by}", kicked.session.0[0], kicked.reason)
        }
        other => panic!("the registry never sends {other:?}"),
    }
}

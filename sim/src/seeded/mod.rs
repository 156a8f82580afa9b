//! Random worlds: one seed is one world, with its clients, its troubles and its judge.
//!
//! A run is a function of its seed and of this code. [`run`] plays one; a run that breaks an invariant says which, and
//! the same seed breaks it again.

mod operations;
mod plan;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

use fastrand::Rng;
use tessera_core::client::{Config, EventKind, TicketRequestId};
use tessera_core::gateway::registry::UserKey;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::UserId;
use tessera_core::ticket::{Key, Ticket};
use tessera_core::time::Millis;

use self::plan::Plan;
use crate::check::Checker;
use crate::gateway::GatewaySetup;
use crate::sabotage::Sabotage;
use crate::seen::{Input, Seen};
use crate::store::Store;
use crate::world::{APP, Network, World};

const KEY: &str = "an app's secret key, of a simulation";
/// C11: silence, the longest back-off, and 5 s.
const BACK_WITHIN: Millis = Millis(60_000 + 30_000 + 5_000);
/// Until a session that nobody has any more is gone: two missed pings, then its lease.
const AT_REST_AFTER: Millis = Millis(4 * 25_000 + 60_000 + 5_000);
/// A world that does this many things is in a loop.
const STEPS_MAX: u64 = 200_000;

/// What became of a seed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What is wrong and when, if anything is.
    pub violation: Option<String>,
    /// All that happened, a line each; empty unless it was asked for.
    pub trace: String,
    /// How often what is checked has happened.
    pub tally: BTreeMap<&'static str, u64>,
}

/// Plays one seed; `sabotage` breaks something in it on purpose.
pub fn run(seed: u64, sabotage: Option<Sabotage>, trace: bool) -> Outcome {
    Run::new(seed, sabotage, trace).outcome()
}

/// Plays one seed with the store on the disk, though the seed may have chosen the map.
pub fn run_on_disk(seed: u64, trace: bool) -> Outcome {
    let mut run = Run::new(seed, None, trace);
    run.world.gateway.store = Store::on_disk();
    run.outcome()
}

/// Something that will happen to the world at a later time.
#[derive(Debug)]
enum Later {
    NetworkUp(usize),
    /// The stalled connections die, then the network is up.
    NetworkUpAnew(usize),
    Wake(usize),
    HostAwake(usize),
    StoreWorks,
    Restart,
    Provide(usize, u64, TicketRequestId, Answer),
    LogInAgain(usize),
}

/// What a ticket provider answers.
#[derive(Clone, Copy, Debug)]
enum Answer {
    New,
    Same,
    Error,
}

/// A ticket, for the hosts.
#[derive(Clone, Debug)]
struct Issued {
    text: Ticket,
    user: usize,
    expires: Millis,
}

/// The app on a device.
#[derive(Debug, Default)]
struct Host {
    /// The ticket that it used last.
    ticket: Option<usize>,
    initialised: bool,
    /// The process it is in, counted.
    process: u64,
}

struct Run {
    world: World,
    checker: Checker,
    plan: Plan,
    rng: Rng,
    key: Key,
    users: Vec<UserId>,
    hosts: Vec<Host>,
    tickets: Vec<Issued>,
    later: BTreeMap<(Millis, u64), Later>,
    laters: u64,
    steps: u64,
    bad_tickets: u32,
    /// The faults have ended, and nobody does anything new.
    resting: bool,
    trace: Option<String>,
    sabotage: Option<Sabotage>,
    /// Results that a broken host lost or doubled.
    results: u64,
    spare: VecDeque<Seen>,
}

impl Run {
    fn outcome(mut self) -> Outcome {
        let verdict = self.play();
        let violation = verdict.err().map(|what| format!("at {}: {what}", self.world.now()));
        Outcome { violation, trace: self.trace.unwrap_or_default(), tally: self.checker.tally().0.clone() }
    }

    fn new(seed: u64, sabotage: Option<Sabotage>, trace: bool) -> Run {
        let mut rng = Rng::with_seed(seed);
        let plan = Plan::draw(&mut rng, sabotage);
        let key = Key::new(KEY).expect("is not empty");
        let mut rules = plan.rules.clone();
        if sabotage == Some(Sabotage::Overbooked) {
            rules.policy = operations::overbooked(&rules.policy);
        }
        let apps = BTreeMap::from([(APP, (vec![key.clone()], rules))]);
        let mut world = World::new(GatewaySetup { apps, limits: GatewayLimits::default() });
        world.gateway.seen = Some(Vec::new());
        world.gateway.sabotage = sabotage;
        world.paces = plan.paces;
        world.rng = rng.fork();
        if plan.on_disk {
            world.gateway.store = Store::on_disk();
        }
        let users: Vec<UserId> = ["alice", "bob", "carol"]
            .iter()
            .take(plan.users)
            .filter_map(|name| UserId::parse(name).ok())
            .collect();
        for device in &plan.devices {
            let at = world.push_device(entropy(&mut rng));
            world.device_mut(at).clock = device.clock;
        }
        let keys: Vec<UserKey> = users.iter().map(|user| (APP, *user)).collect();
        let checker = Checker::new(plan.devices.len(), &keys, plan.rules.clone());
        let hosts = plan.devices.iter().map(|_| Host::default()).collect();
        let trace = trace.then(|| format!("seed {seed}: {plan:?}\n"));
        Run {
            world,
            checker,
            plan,
            rng,
            key,
            users,
            hosts,
            tickets: Vec::new(),
            later: BTreeMap::new(),
            laters: 0,
            steps: 0,
            bad_tickets: 0,
            resting: false,
            trace,
            sabotage,
            results: 0,
            spare: VecDeque::new(),
        }
    }

    fn play(&mut self) -> Result<(), String> {
        for device in 0..self.hosts.len() {
            self.init(device);
        }
        for _ in 0..self.plan.operations {
            let gap = match self.rng.u8(..8) {
                0 => 0,
                1..=5 => self.rng.u64(..self.plan.gap_ms / 10),
                _ => self.rng.u64(..self.plan.gap_ms),
            };
            self.advance(Millis(gap))?;
            self.operate();
            self.look()?;
        }
        self.end_troubles();
        self.look()?;
        self.advance(BACK_WITHIN)?;
        self.checker.everybody_is_connected(&self.world)?;
        self.advance(AT_REST_AFTER)?;
        self.checker.everybody_is_connected(&self.world)?;
        self.checker.nothing_is_left_over(&self.world)
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    fn advance(&mut self, span: Millis) -> Result<(), String> {
        let end = self.world.now() + span;
        loop {
            let next = self.later.first_key_value().map_or(Millis::NEVER, |((at, _), _)| *at);
            let until = end.min(next.max(self.world.now()));
            while self.world.step(until) {
                self.steps += 1;
                self.look()?;
                if self.later.first_key_value().is_some_and(|((at, _), _)| *at < until) {
                    break;
                }
                if self.steps > STEPS_MAX {
                    return Err("the world does not come to rest".to_owned());
                }
            }
            let now = self.world.now();
            let due = self.later.first_entry().filter(|first| first.key().0 <= now);
            match due.map(|first| first.remove()) {
                Some(later) => {
                    self.note(|| format!("{later:?}"));
                    self.do_later(later);
                    self.look()?;
                }
                None if now >= end => return Ok(()),
                None => {}
            }
        }
    }

    fn after(&mut self, delay_ms: u64, later: Later) {
        self.laters += 1;
        self.later.insert((self.world.now() + Millis(delay_ms), self.laters), later);
    }

    fn do_later(&mut self, later: Later) {
        match later {
            Later::NetworkUp(device) => self.world.set_network_of(device, Network::Up),
            Later::NetworkUpAnew(device) => {
                self.world.lose_connections(device);
                self.world.set_network_of(device, Network::Up);
            }
            Later::Wake(device) => self.wake(device),
            Later::HostAwake(device) => {
                self.world.device_mut(device).delivers = true;
                self.world.settle();
            }
            Later::StoreWorks => self.world.set_store_fails(false),
            Later::Restart => self.world.crash_gateway(Millis::ZERO, true),
            Later::Provide(device, process, request, answer) => {
                self.provide(device, process, request, answer);
            }
            Later::LogInAgain(device) => {
                if !self.resting && self.hosts[device].initialised {
                    self.log_in(device);
                }
            }
        }
    }

    fn wake(&mut self, device: usize) {
        if self.world.device(device).suspended {
            self.world.set_suspended_of(device, false);
            if self.rng.bool() {
                self.hint(device);
            }
        }
    }

    /// From now on nothing fails any more, and nobody does anything new.
    fn end_troubles(&mut self) {
        self.note(|| "the troubles end".to_owned());
        self.resting = true;
        self.later.retain(|_, later| matches!(later, Later::Provide(..)));
        self.world.paces.slow_share = 0;
        self.world.end_drain();
        self.world.set_store_fails(false);
        self.world.heal();
    }

    // ---- watching -----------------------------------------------------------------------------------------------

    fn look(&mut self) -> Result<(), String> {
        let mut seen = std::mem::take(self.world.gateway.seen.get_or_insert_default());
        if let Some(trace) = &mut self.trace {
            for what in &seen {
                // Writing to a String cannot fail.
                let _ = writeln!(trace, "{:>8} {what:?}", self.world.now().0);
            }
        }
        if self.sabotage.is_some() {
            operations::break_results(self.sabotage, &mut self.results, &mut seen, &mut self.spare);
        }
        for what in &seen {
            self.host(what);
        }
        let verdict = self.checker.look(&self.world, &seen);
        if let (Err(what), Some(trace)) = (&verdict, &mut self.trace) {
            let _ = writeln!(trace, "{:>8} {what}", self.world.now().0);
        }
        seen.clear();
        let more = self.world.gateway.seen.replace(seen).unwrap_or_default();
        self.world.gateway.seen.get_or_insert_default().extend(more);
        verdict
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.trace.is_some() {
            let what = what();
            self.world.gateway.seen.get_or_insert_default().push(Seen::Note(what));
        }
    }

    /// What a host does about what happened to it.
    fn host(&mut self, what: &Seen) {
        let Seen::Delivered { device, event } = what else { return };
        match &event.kind {
            EventKind::TicketRequest(request, _) => {
                let answer = match self.rng.u8(..8) {
                    0 if !self.resting => Answer::Error,
                    1 if !self.resting => Answer::Same,
                    2 if !self.resting => return,
                    _ => Answer::New,
                };
                let delay =
                    if self.resting { 10 } else { *plan::pick(&mut self.rng, &[0, 50, 2_000, 12_000]) };
                let process = self.hosts[*device].process;
                self.after(delay, Later::Provide(*device, process, *request, answer));
            }
            EventKind::KickedOffline(_) | EventKind::UserSigExpired
                if self.plan.devices[*device].comes_back && !self.resting =>
            {
                let delay = *plan::pick(&mut self.rng, &[0, 100, 5_000]);
                self.after(delay, Later::LogInAgain(*device));
            }
            _ => {}
        }
    }

    fn init(&mut self, device: usize) {
        let plan = &self.plan.devices[device];
        let config =
            Config { app: APP, device: plan.id, platform: plan.platform, settings: plan.settings.clone() };
        let has_provider = plan.has_provider;
        let started = self.world.input(device, |client, now| client.init(now, config), |_| Input::Init);
        self.hosts[device].initialised = started.is_ok();
        if has_provider {
            self.world.input(device, |client, now| client.set_has_provider(now, true), |()| Input::Other);
        }
        self.world.settle();
    }
}

fn entropy(rng: &mut Rng) -> [u8; 32] {
    let mut entropy = [0; 32];
    rng.fill(&mut entropy);
    entropy
}

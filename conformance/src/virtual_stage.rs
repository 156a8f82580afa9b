//! The stage in virtual time: the machines of the core in one thread, and a host for each device.

use std::collections::{BTreeMap, VecDeque};

use tessera_core::client::{Client, Config, Event as ClientEvent, EventKind};
use tessera_core::error::{Code, Error};
use tessera_core::gateway::policy::Policy;
use tessera_core::gateway::registry::{AdminAnswer, AdminOrder, AppRules, SessionInfo, UserKey};
use tessera_core::generated::codes;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::generated::settings::ClientSettings;
use tessera_core::generated::status::{Numbering, Platform};
use tessera_core::id::{AppId, DeviceId, UserId};
use tessera_core::ticket::{Key, Ticket};
use tessera_core::time::Millis;
use tessera_sim::{APP, GatewaySetup, Network, World};

use crate::play::{KEY, Stage, init_reply, play};
use crate::protocol::{Act, Answer, Event, Reply, State};
use crate::scenario::{Fault, Scenario};

/// The numbering of the virtual host: the one that has all four states apart.
const NUMBERING: Numbering = Numbering::C;

/// Plays a scenario in virtual time.
///
/// # Errors
/// As [`play`].
pub fn play_virtually(scenario: &Scenario) -> Result<(), String> {
    let mut stage = VirtualStage::new(scenario)?;
    play(scenario, &mut stage)
}

/// What an app would be on a device.
#[derive(Debug)]
struct Host {
    platform: Platform,
    device: DeviceId,
    calls: BTreeMap<u64, String>,
    answers: VecDeque<Answer>,
    listeners: Vec<String>,
    hooks: Vec<(String, Act)>,
    seen: usize,
    events: VecDeque<Event>,
    last_error: i32,
}

struct VirtualStage {
    world: World,
    hosts: BTreeMap<String, Host>,
}

impl VirtualStage {
    fn new(scenario: &Scenario) -> Result<Self, String> {
        let policy = Policy::try_from(scenario.gateway.policy.clone()).map_err(|error| error.to_string())?;
        let rules = AppRules { policy, offline_kick_error: scenario.gateway.offline_kick_error };
        let mut limits = GatewayLimits::default();
        for (name, value) in &scenario.gateway.limits {
            limits.set(name, &value.to_string()).map_err(|error| error.to_string())?;
        }
        let key = Key::new(KEY).map_err(|error| error.to_string())?;
        let mut world =
            World::new(GatewaySetup { apps: BTreeMap::from([(APP, (vec![key], rules))]), limits });
        let mut hosts = BTreeMap::new();
        for (name, text) in &scenario.devices {
            world.add_device(name);
            let platform = text.platform.as_deref().unwrap_or("android");
            let platform = Platform::parse(platform).ok_or_else(|| format!("no platform {platform}"))?;
            let host = Host {
                platform,
                device: device_id(text.installation.as_deref().unwrap_or(name)),
                calls: BTreeMap::new(),
                answers: VecDeque::new(),
                listeners: Vec::new(),
                hooks: Vec::new(),
                seen: 0,
                events: VecDeque::new(),
                last_error: 0,
            };
            hosts.insert(name.clone(), host);
        }
        Ok(VirtualStage { world, hosts })
    }

    fn host(&mut self, device: &str) -> &mut Host {
        self.hosts.get_mut(device).expect("the player knows the scenario's devices only")
    }

    fn state(&mut self, device: &str) -> State {
        self.world.call(device, |client, _| state_of(client))
    }

    fn act(&mut self, device: &str, act: Act) -> bool {
        match act {
            Act::Init { app, settings } => return self.init(device, app, &settings),
            Act::UnInit => self.world.call(device, |client, now| client.un_init(now)),
            Act::Login { user, ticket, call } => self.call(device, call, |client, now| {
                client.login(now, &user, Ticket::new(ticket)).map(|id| id.0)
            }),
            // A host that would block in its callback is told so at once (C18); the core never blocks.
            Act::BlockingLogin { call, .. } => {
                let code = codes::ERR_SDK_INVALID_OPERATION.0;
                let state = self.state(device);
                let event = Event { event: "result".to_owned(), call, code, state, ..Event::default() };
                self.host(device).events.push_back(event);
            }
            Act::Logout { call } => {
                self.call(device, call, |client, now| client.logout(now).map(|id| id.0));
            }
            Act::Hint => self.world.call(device, |client, now| client.hint(now)),
            Act::Provider { answers } => {
                self.host(device).answers = answers.into();
                self.world.call(device, |client, now| client.set_has_provider(now, true));
            }
            Act::AddListener { name, .. } => {
                let host = self.host(device);
                if !host.listeners.contains(&name) {
                    host.listeners.push(name);
                }
            }
            Act::RemoveListener { name } => self.host(device).listeners.retain(|known| *known != name),
            Act::When { event, then } => self.host(device).hooks.push((event, *then)),
            Act::State | Act::Reset => {}
        }
        true
    }

    fn call(
        &mut self,
        device: &str,
        call: String,
        start: impl FnOnce(&mut Client, Millis) -> Result<u64, Error>,
    ) {
        // The name has to be known before the result can come, which it may in the same breath of the world.
        let started = self.world.call(device, start);
        match started {
            Ok(id) => {
                self.host(device).calls.insert(id, call);
            }
            Err(error) => {
                let state = self.state(device);
                let event = result_event(call, Err(error), state);
                self.host(device).events.push_back(event);
            }
        }
    }

    fn init(&mut self, device: &str, app: u64, settings: &BTreeMap<String, String>) -> bool {
        let mut all = ClientSettings::default();
        let mut code = 0;
        for (name, value) in settings {
            if all.set(name, value).is_err() {
                code = codes::ERR_INVALID_PARAMETERS.0;
            }
        }
        let (platform, id) = (self.host(device).platform, self.host(device).device);
        let config = Config { app: AppId(app), device: id, platform, settings: all };
        let (ok, failed) =
            if code == 0 { init_reply(self.world.init(device, config)) } else { (false, code) };
        self.host(device).last_error = failed;
        if ok && !self.host(device).listeners.contains(&"main".to_owned()) {
            self.host(device).listeners.push("main".to_owned());
        }
        ok
    }

    /// Runs the hosts' callbacks for what was delivered.
    fn deliver(&mut self) {
        for device in self.hosts.keys().cloned().collect::<Vec<_>>() {
            loop {
                let seen = self.host(&device).seen;
                let Some(event) = self.world.delivered(&device).get(seen).map(|d| d.event.clone()) else {
                    break;
                };
                self.host(&device).seen += 1;
                self.callback(&device, event);
            }
        }
    }

    fn callback(&mut self, device: &str, event: ClientEvent) {
        let state = self.state(device);
        if let EventKind::TicketRequest(request, _) = event.kind {
            let answer = self.host(device).answers.pop_front();
            let answer = match answer {
                Some(Answer::Ticket(text)) => Some(Ok(Ticket::new(text))),
                Some(Answer::Error(text)) => Some(Err(text)),
                Some(Answer::Hang) => None,
                None => Some(Err("no more tickets".to_owned())),
            };
            let event = Event { event: "ticket_request".to_owned(), state, ..Event::default() };
            self.host(device).events.push_back(event);
            if let Some(answer) = answer {
                self.world.call(device, |client, now| client.provide_ticket(now, request, answer));
            }
            return;
        }
        let base = match event.kind {
            EventKind::Completed(call, result) => {
                let name = self.host(device).calls.get(&call.0).cloned().unwrap_or_default();
                result_event(name, result, state)
            }
            EventKind::Connecting => named("connecting", state),
            EventKind::ConnectSuccess => named("connect_success", state),
            EventKind::ConnectFailed(error) => Event { code: error.code.0, ..named("connect_failed", state) },
            EventKind::Disconnected(_) => named("disconnected", state),
            EventKind::UserSigExpired => named("user_sig_expired", state),
            EventKind::KickedOffline(kick) => Event {
                reason: serde_json::to_value(kick.reason)
                    .ok()
                    .and_then(|value| value.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                platform: kick.platform.map_or_else(String::new, |platform| platform.as_str().to_owned()),
                code: kick.code.map_or(0, |code| code.0),
                ..named("kicked_offline", state)
            },
            EventKind::TicketRequest(..) => return,
        };
        let name = base.event.clone();
        if name == "result" {
            self.host(device).events.push_back(base);
        } else {
            for listener in self.host(device).listeners.clone() {
                self.host(device).events.push_back(Event { listener, ..base.clone() });
            }
        }
        let hooks = &mut self.host(device).hooks;
        if let Some(at) = hooks.iter().position(|(event, _)| *event == name) {
            let (_, then) = hooks.remove(at);
            let ended = then == Act::UnInit;
            self.act(device, then);
            if ended {
                self.host(device).listeners.clear();
            }
        }
    }

    /// Lets time pass until something was delivered to any host.
    fn run_until_delivery(&mut self, at_most: Millis) -> bool {
        let seen: BTreeMap<&str, usize> =
            self.hosts.iter().map(|(name, host)| (&**name, host.seen)).collect();
        let any = |world: &World| seen.iter().any(|(name, seen)| world.delivered(name).len() > *seen);
        self.world.run_until(at_most, any)
    }
}

impl Stage for VirtualStage {
    fn numbering(&self) -> Numbering {
        NUMBERING
    }

    fn command(&mut self, device: &str, act: Act) -> Result<Reply, String> {
        let un_init = act == Act::UnInit;
        let ok = self.act(device, act);
        let state = self.state(device);
        let code = self.host(device).last_error;
        self.deliver();
        if un_init {
            self.host(device).listeners.clear();
        }
        Ok(Reply { reply: 0, ok, code: if ok { 0 } else { code }, state })
    }

    fn next_event(&mut self, device: &str, within: Millis) -> Option<Event> {
        let end = self.world.now() + within;
        loop {
            self.deliver();
            if let Some(event) = self.host(device).events.pop_front() {
                return Some(event);
            }
            let left = end - self.world.now();
            if left == Millis::ZERO || !self.run_until_delivery(left) {
                return None;
            }
        }
    }

    fn wait(&mut self, span: Millis) {
        let end = self.world.now() + span;
        while self.world.now() < end {
            let left = end - self.world.now();
            if !self.run_until_delivery(left) {
                self.world.run_for(end - self.world.now());
            }
            self.deliver();
        }
    }

    fn gateway_now(&self) -> Millis {
        self.world.gateway_now()
    }

    fn move_clock(&mut self, by_ms: i64) {
        self.world.move_gateway_clock(by_ms);
    }

    fn network(&mut self, device: &str, fault: Fault) {
        match fault {
            Fault::Cut => self.world.cut(device),
            Fault::Down => {
                self.world.set_network(device, Network::Refusing);
                self.world.cut(device);
            }
            Fault::Refuse => self.world.set_network(device, Network::Refusing),
            Fault::Stall => self.world.set_network(device, Network::Stalled),
            Fault::Up => self.world.set_network(device, Network::Up),
        }
    }

    fn admin(&mut self, user: &str, order: AdminOrder) -> Result<(), Error> {
        match self.world.admin(key_of(user)?, order) {
            AdminAnswer::Failed(error) => Err(error),
            AdminAnswer::Sessions { .. }
            | AdminAnswer::Kicked { .. }
            | AdminAnswer::Disabled { .. }
            | AdminAnswer::Expired { .. } => Ok(()),
        }
    }

    fn sessions(&mut self, user: &str) -> Result<Vec<SessionInfo>, Error> {
        match self.world.admin(key_of(user)?, AdminOrder::Sessions) {
            AdminAnswer::Sessions { sessions, .. } => Ok(sessions),
            AdminAnswer::Failed(error) => Err(error),
            AdminAnswer::Kicked { .. } | AdminAnswer::Disabled { .. } | AdminAnswer::Expired { .. } => {
                Err(Error::new(Code(-1), "the answer of another order"))
            }
        }
    }

    fn set_rules(&mut self, rules: AppRules) -> Result<(), String> {
        self.world.set_rules(rules);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), String> {
        self.world.restart_gateway();
        Ok(())
    }

    fn drain(&mut self, back_after: Millis) -> Result<(), String> {
        self.world.drain_gateway(back_after);
        Ok(())
    }

    fn store_fails(&mut self, fails: bool) {
        self.world.set_store_fails(fails);
    }

    fn logins_counted(&mut self) -> u64 {
        self.world.logins_counted()
    }

    fn epilogue(&self) -> Millis {
        Millis(2_000)
    }
}

fn state_of(client: &Client) -> State {
    let stamp = client.stamp();
    State {
        status: stamp.status.number(NUMBERING),
        user: stamp.user.map_or_else(String::new, |user| user.to_string()),
        connection: client.connection_status().number(),
    }
}

fn named(name: &str, state: State) -> Event {
    Event { event: name.to_owned(), state, ..Event::default() }
}

fn result_event(call: String, result: Result<(), Error>, state: State) -> Event {
    let (code, desc, retryable) = match result {
        Ok(()) => (0, String::new(), None),
        Err(error) => (error.code.0, error.desc, Some(error.retryable)),
    };
    Event { call, code, desc, retryable, ..named("result", state) }
}

fn key_of(user: &str) -> Result<UserKey, Error> {
    UserId::parse(user).map(|user| (APP, user))
}

fn device_id(name: &str) -> DeviceId {
    let mut id = [0; 16];
    name.bytes().zip(id.iter_mut()).for_each(|(from, to)| *to = from);
    DeviceId(id)
}

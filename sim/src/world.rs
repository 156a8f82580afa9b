//! The world: virtual time, a network with faults for each client, and what was delivered to each host.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use tessera_core::client::{Client, Config, Event, Init, Order, Report};
use tessera_core::error::Error;
use tessera_core::gateway::registry::{AdminAnswer, AdminOrder, AppRules, UserKey};
use tessera_core::generated::codes;
use tessera_core::id::AppId;
use tessera_core::time::Millis;
use tessera_core::wire::{GatewayFrame, Login};

use crate::gateway::{Gateway, GatewaySetup, Want};

/// The app of every simulated world.
pub const APP: AppId = AppId(1_400_000_001);

/// Gateway time at the start of the world.
const EPOCH: Millis = Millis::from_secs(1_700_000_000);
/// One way, each way.
const LATENCY: Millis = Millis(1);
/// How long a write takes to be durable.
const WRITE: Millis = Millis(2);
/// Each client's clock starts elsewhere, so that nothing can mistake it for the gateway's.
const CLIENT_CLOCK: Millis = Millis(77_000);

/// The network of one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Everything gets through.
    #[default]
    Up,
    /// New connections are reset as soon as they are made.
    Refusing,
    /// Nothing gets through and nothing is closed.
    Stalled,
}

/// What a host got, and when.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// World time.
    pub at: Millis,
    /// The event.
    pub event: Event,
}

#[derive(Debug)]
struct Device {
    client: Client,
    network: Network,
    /// World connections by the client's number.
    connections: BTreeMap<u64, u64>,
    delivered: Vec<Delivered>,
    /// False while the host does not take events.
    delivers: bool,
    suspended: bool,
    missed: VecDeque<Happening>,
}

#[derive(Debug)]
struct Socket {
    device: String,
    number: u64,
    /// Pings since anything was heard.
    unanswered: u64,
    /// False once the gateway has closed it, or never saw it.
    at_gateway: bool,
    /// What waits for a stalled network, in order.
    held: VecDeque<Happening>,
}

/// Something on its way.
#[derive(Clone, Debug)]
enum Happening {
    Opens { socket: u64, login: Option<Box<Login>> },
    ToGateway { socket: u64, text: String },
    ToClient { socket: u64, text: String },
    ClosedByClient { socket: u64 },
    ClosedByGateway { socket: u64 },
    Fails { device: String, number: u64, error: Error, answered: bool },
    Ping { socket: u64 },
    PingArrives { socket: u64 },
    Written(UserKey),
}

/// Clients and a gateway, under virtual time.
#[derive(Debug)]
pub struct World {
    now: Millis,
    gateway: Gateway,
    gateway_offset: i64,
    draining: Option<Millis>,
    devices: BTreeMap<String, Device>,
    sockets: BTreeMap<u64, Socket>,
    agenda: BinaryHeap<Reverse<(Millis, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    serial: u64,
}

impl World {
    /// A world with a gateway and no client.
    pub fn new(setup: GatewaySetup) -> Self {
        World {
            now: Millis::ZERO,
            gateway: Gateway::new(setup),
            gateway_offset: 0,
            draining: None,
            devices: BTreeMap::new(),
            sockets: BTreeMap::new(),
            agenda: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            serial: 0,
        }
    }

    // ---- clocks -------------------------------------------------------------------------------------------------

    /// World time: milliseconds since its start.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Gateway time.
    pub fn gateway_now(&self) -> Millis {
        Millis((EPOCH + self.now).0.saturating_add_signed(self.gateway_offset))
    }

    fn client_now(&self) -> Millis {
        self.now + CLIENT_CLOCK
    }

    /// Moves the gateway's clock, and tells connected clients.
    pub fn move_gateway_clock(&mut self, by_ms: i64) {
        self.gateway_offset += by_ms;
        let now = self.gateway_now();
        self.gateway.clock_set(now);
        self.settle();
    }

    // ---- devices ------------------------------------------------------------------------------------------------

    /// Adds a client that is not initialised.
    pub fn add_device(&mut self, name: &str) {
        let mut entropy = [0; 32];
        let seed = format!("{}/{name}", self.devices.len());
        seed.bytes().zip(entropy.iter_mut()).for_each(|(from, to)| *to = from);
        let device = Device {
            client: Client::new(entropy),
            network: Network::Up,
            connections: BTreeMap::new(),
            delivered: Vec::new(),
            delivers: true,
            suspended: false,
            missed: VecDeque::new(),
        };
        self.devices.insert(name.to_owned(), device);
    }

    fn device(&mut self, name: &str) -> &mut Device {
        self.devices.get_mut(name).unwrap_or_else(|| panic!("no device {name}"))
    }

    /// Calls into a client, at its own time.
    pub fn call<T>(&mut self, name: &str, call: impl FnOnce(&mut Client, Millis) -> T) -> T {
        let now = self.client_now();
        let result = call(&mut self.device(name).client, now);
        self.settle();
        result
    }

    /// Initialises a client.
    ///
    /// # Errors
    /// As [`Client::init`].
    pub fn init(&mut self, name: &str, config: Config) -> Result<Init, Error> {
        self.call(name, |client, now| client.init(now, config))
    }

    /// What the host of a client got so far, in order.
    pub fn delivered(&self, name: &str) -> &[Delivered] {
        self.devices.get(name).map_or(&[], |device| &device.delivered)
    }

    /// Stops or resumes the host's taking of events.
    pub fn set_delivers(&mut self, name: &str, delivers: bool) {
        self.device(name).delivers = delivers;
        self.settle();
    }

    /// Sets a client's network. Going up delivers what waited.
    pub fn set_network(&mut self, name: &str, network: Network) {
        self.device(name).network = network;
        if network == Network::Up {
            let own = self.sockets.iter_mut().filter(|(_, socket)| socket.device == name);
            let held: Vec<Happening> = own.flat_map(|(_, socket)| std::mem::take(&mut socket.held)).collect();
            held.into_iter().for_each(|happening| self.after(LATENCY, happening));
        }
    }

    /// Resets the client's connections; new ones get through unless its network says otherwise.
    pub fn cut(&mut self, name: &str) {
        let sockets: Vec<(u64, u64)> =
            self.sockets.iter().filter(|(_, s)| s.device == name).map(|(id, s)| (*id, s.number)).collect();
        for (socket, number) in sockets {
            self.after(LATENCY, Happening::ClosedByClient { socket });
            let error = Error::new(codes::ERR_SDK_NET_RESET_BY_PEER, "the connection was reset");
            self.report(name, number, Report::Failed { error, answered: false });
        }
        self.settle();
    }

    /// Suspends a client's process, or wakes it: what came meanwhile arrives then.
    pub fn set_suspended(&mut self, name: &str, suspended: bool) {
        self.device(name).suspended = suspended;
        if !suspended {
            let missed = std::mem::take(&mut self.device(name).missed);
            let now = self.client_now();
            self.device(name).client.handle_timeout(now);
            missed.into_iter().for_each(|happening| self.happen(happening));
            self.settle();
        }
    }

    // ---- the gateway --------------------------------------------------------------------------------------------

    /// Carries out an operator's order.
    pub fn admin(&mut self, user: UserKey, order: AdminOrder) -> AdminAnswer {
        let now = self.gateway_now();
        let call = self.gateway.admin(now, user, order);
        self.settle();
        for _ in 0..100 {
            if let Some(answer) = self.gateway.take_answer(call) {
                return answer;
            }
            self.run_for(Millis(1));
        }
        panic!("an admin call was not answered");
    }

    /// Sets the rules of the app.
    pub fn set_rules(&mut self, rules: AppRules) {
        self.gateway.set_rules(APP, rules);
    }

    /// Makes the store refuse writes, or take them again.
    pub fn set_store_fails(&mut self, fails: bool) {
        self.gateway.store_fails = fails;
    }

    /// How many logins were counted (G11).
    pub fn logins_counted(&self) -> u64 {
        self.gateway.logins_counted
    }

    /// Kills the gateway and starts it again on its store; every connection is reset.
    pub fn restart_gateway(&mut self) {
        self.gateway.restart();
        self.draining = None;
        for (_, socket) in std::mem::take(&mut self.sockets) {
            let error = Error::new(codes::ERR_SDK_NET_RESET_BY_PEER, "the connection was reset");
            self.report(&socket.device, socket.number, Report::Failed { error, answered: false });
        }
        self.settle();
    }

    /// Drains the gateway: clients are told to come back after a time, and new connections are refused until then.
    pub fn drain_gateway(&mut self, retry_after: Millis) {
        self.draining = Some(self.now + retry_after);
        let now = self.gateway_now();
        self.gateway.drain(now, retry_after);
        self.settle();
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    /// Runs for a while.
    pub fn run_for(&mut self, span: Millis) {
        let end = self.now + span;
        loop {
            self.settle();
            let next = self.next_time();
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            self.do_due();
        }
        self.now = end;
        self.do_due();
        self.settle();
    }

    /// Runs until `done`, for `at_most`; false if it was not done by then.
    pub fn run_until(&mut self, at_most: Millis, mut done: impl FnMut(&World) -> bool) -> bool {
        let end = self.now + at_most;
        self.settle();
        while !done(self) {
            let next = self.next_time();
            if next > end {
                return false;
            }
            self.now = self.now.max(next);
            self.do_due();
            self.settle();
        }
        true
    }

    fn next_time(&self) -> Millis {
        let happening = self.agenda.peek().map(|Reverse((at, _))| *at);
        let clients = self.devices.values().filter(|device| !device.suspended);
        let clients = clients.map(|device| device.client.next_timeout() - CLIENT_CLOCK).min();
        let gateway = self.gateway.next_wake().map(|at| self.now + (at - self.gateway_now()));
        happening.into_iter().chain(clients).chain(gateway).min().unwrap_or(Millis::NEVER)
    }

    fn do_due(&mut self) {
        while let Some(&Reverse((at, serial))) = self.agenda.peek() {
            if at > self.now {
                break;
            }
            self.agenda.pop();
            if let Some(happening) = self.happenings.remove(&serial) {
                self.happen(happening);
                self.settle();
            }
        }
        let gateway_now = self.gateway_now();
        self.gateway.tick(gateway_now);
        let now = self.client_now();
        for device in self.devices.values_mut().filter(|device| !device.suspended) {
            if device.client.next_timeout() <= now {
                device.client.handle_timeout(now);
            }
        }
    }

    fn after(&mut self, delay: Millis, happening: Happening) {
        self.serial += 1;
        self.agenda.push(Reverse((self.now + delay, self.serial)));
        self.happenings.insert(self.serial, happening);
    }

    // ---- what moves ---------------------------------------------------------------------------------------------

    /// Carries out what machines have ordered, until none orders more.
    fn settle(&mut self) {
        loop {
            let mut idle = true;
            for name in self.devices.keys().cloned().collect::<Vec<_>>() {
                while let Some(order) = self.device(&name).client.poll_order() {
                    idle = false;
                    self.order(&name, order);
                }
                let now = self.now;
                let device = self.device(&name);
                while device.delivers && device.client.has_events() {
                    idle = false;
                    if let Some(event) = device.client.poll_event() {
                        device.delivered.push(Delivered { at: now, event });
                    }
                }
            }
            for want in self.gateway.take_wants() {
                idle = false;
                self.want(want);
            }
            if idle {
                return;
            }
        }
    }

    fn order(&mut self, name: &str, order: Order) {
        match order {
            Order::Connect { connection, login } => self.connect(name, connection, login),
            Order::Send { connection, frame } => {
                if let Some(&socket) = self.device(name).connections.get(&connection) {
                    self.after(LATENCY, Happening::ToGateway { socket, text: frame.to_text() });
                }
            }
            Order::Disconnect { connection } => {
                if let Some(socket) = self.device(name).connections.remove(&connection) {
                    self.after(LATENCY, Happening::ClosedByClient { socket });
                }
            }
        }
    }

    fn connect(&mut self, name: &str, number: u64, login: Option<Box<Login>>) {
        let fails =
            |error: Error, answered| Happening::Fails { device: name.to_owned(), number, error, answered };
        match (self.device(name).network, self.draining) {
            (Network::Stalled, _) => {}
            (Network::Refusing, _) => {
                let error = Error::new(codes::ERR_SDK_NET_RESET_BY_PEER, "the connection was reset");
                self.after(LATENCY, fails(error, false));
            }
            (Network::Up, Some(until)) if self.now < until => {
                let error = Error::new(codes::ERR_SVR_SSO_OVERLOAD, "the gateway is stopping");
                self.after(LATENCY, fails(error.retry_after(Some(until - self.now)), true));
            }
            (Network::Up, _) => {
                self.serial += 1;
                let socket = self.serial;
                let device = name.to_owned();
                let held = VecDeque::new();
                let new = Socket { device, number, unanswered: 0, at_gateway: true, held };
                self.sockets.insert(socket, new);
                self.device(name).connections.insert(number, socket);
                self.after(LATENCY, Happening::Opens { socket, login });
                let ping = Millis(self.gateway.limits().ping_interval_ms);
                self.after(ping, Happening::Ping { socket });
            }
        }
    }

    fn want(&mut self, want: Want) {
        match want {
            Want::Send(socket, frame) => {
                self.after(LATENCY, Happening::ToClient { socket, text: frame.to_text() });
            }
            Want::Close(socket) => {
                if let Some(socket) = self.sockets.get_mut(&socket) {
                    socket.at_gateway = false;
                }
                self.after(LATENCY, Happening::ClosedByGateway { socket });
            }
            Want::Written(user) => self.after(WRITE, Happening::Written(user)),
        }
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.gateway_now();
        let Some(happening) = self.hold(happening) else { return };
        match happening {
            Happening::Opens { socket, login } => self.gateway.open(now, socket, login),
            Happening::ToGateway { socket, text } => {
                if let Some(found) = self.sockets.get_mut(&socket) {
                    found.unanswered = 0;
                    self.gateway.text(now, socket, &text);
                }
            }
            Happening::ToClient { socket, text } => {
                let frame = GatewayFrame::parse(&text);
                self.report_on(socket, frame.map_or(Report::Heard, Report::Frame));
            }
            Happening::ClosedByClient { socket } => {
                if self.sockets.remove(&socket).is_some() {
                    self.gateway.lost(now, socket);
                }
            }
            Happening::ClosedByGateway { socket } => {
                let error = Error::new(codes::ERR_SDK_NET_DISCONNECT, "the gateway closed the connection");
                self.report_on(socket, Report::Failed { error, answered: false });
                self.sockets.remove(&socket);
            }
            Happening::Fails { device, number, error, answered } => {
                self.report(&device, number, Report::Failed { error, answered });
            }
            Happening::Ping { socket } => self.ping(socket),
            Happening::PingArrives { socket } => {
                if let Some(found) = self.sockets.get_mut(&socket) {
                    found.unanswered = 0;
                }
                self.report_on(socket, Report::Heard);
            }
            Happening::Written(user) => self.gateway.written(now, user),
        }
    }

    /// Keeps back what a stalled network or a suspended process does not let through.
    fn hold(&mut self, happening: Happening) -> Option<Happening> {
        let (socket, to_client) = match &happening {
            Happening::Opens { socket, .. }
            | Happening::ToGateway { socket, .. }
            | Happening::ClosedByClient { socket } => (*socket, false),
            Happening::ToClient { socket, .. }
            | Happening::ClosedByGateway { socket }
            | Happening::PingArrives { socket } => (*socket, true),
            Happening::Fails { .. } | Happening::Ping { .. } | Happening::Written(_) => {
                return Some(happening);
            }
        };
        let Some(found) = self.sockets.get_mut(&socket) else { return Some(happening) };
        let Some(device) = self.devices.get_mut(&found.device) else { return Some(happening) };
        if device.network == Network::Stalled {
            found.held.push_back(happening);
            return None;
        }
        if device.suspended && to_client {
            device.missed.push_back(happening);
            return None;
        }
        Some(happening)
    }

    /// G6: a ping at every interval, and death after the misses.
    fn ping(&mut self, socket: u64) {
        let limits = self.gateway.limits();
        let (interval, misses) = (Millis(limits.ping_interval_ms), limits.ping_misses);
        let Some(found) = self.sockets.get_mut(&socket).filter(|socket| socket.at_gateway) else { return };
        if found.unanswered >= misses {
            found.at_gateway = false;
            let now = self.gateway_now();
            self.gateway.lost(now, socket);
            self.after(LATENCY, Happening::ClosedByGateway { socket });
            return;
        }
        found.unanswered += 1;
        self.after(LATENCY, Happening::PingArrives { socket });
        self.after(interval, Happening::Ping { socket });
    }

    fn report_on(&mut self, socket: u64, report: Report) {
        if let Some(found) = self.sockets.get(&socket) {
            let (device, number) = (found.device.clone(), found.number);
            self.report(&device, number, report);
        }
    }

    fn report(&mut self, device: &str, number: u64, report: Report) {
        let now = self.client_now();
        if matches!(report, Report::Failed { .. }) {
            self.device(device).connections.remove(&number);
        }
        self.device(device).client.handle_report(now, number, report);
    }
}

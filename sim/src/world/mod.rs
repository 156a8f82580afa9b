//! The world: virtual time, a network with faults for each client, and what was delivered to each host.
//!
//! `network.rs` moves frames, `time.rs` runs the clocks, `faults.rs` has the faults that random scenarios need.

mod device;
mod faults;
mod network;
mod time;

use std::collections::BTreeMap;

use tessera_core::client::{Client, Config, Init, Report};
use tessera_core::error::Error;
use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{AdminAnswer, AdminOrder, AppRules, UserKey};
use tessera_core::generated::codes;
use tessera_core::id::{AppId, SessionId};
use tessera_core::time::Millis;

use self::device::Device;
pub use self::device::{Delivered, Network};
pub(crate) use self::faults::Told;
use self::network::{Happening, Socket};
use crate::gateway::{Gateway, GatewaySetup};
use crate::seen::{Input, Seen};

/// The app of every simulated world.
pub const APP: AppId = AppId(1_400_000_001);

/// Gateway time at the start of the world.
const EPOCH: Millis = Millis::from_secs(1_700_000_000);
/// One way, each way, unless the paces say otherwise.
const LATENCY: u64 = 1;
/// How long a write takes to be durable, unless the paces say otherwise.
const WRITE: u64 = 2;

/// How long things take, in milliseconds, each drawn anew from a range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paces {
    /// A frame, one way.
    pub(crate) latency: (u64, u64),
    /// One in this many frames takes up to `slow` instead; 0 for none.
    pub(crate) slow_share: u32,
    pub(crate) slow: u64,
    /// A commit.
    pub(crate) write: (u64, u64),
}

/// Clients and a gateway, under virtual time.
#[derive(Debug)]
pub struct World {
    now: Millis,
    pub(crate) gateway: Gateway,
    gateway_offset: i64,
    draining: Option<Millis>,
    /// Until when nothing listens.
    down_until: Millis,
    devices: Vec<Device>,
    names: BTreeMap<String, usize>,
    sockets: BTreeMap<u64, Socket>,
    agenda: BTreeMap<(Millis, u64), Happening>,
    serial: u64,
    pub(crate) paces: Paces,
    pub(crate) rng: fastrand::Rng,
}

impl World {
    /// A world with a gateway and no client.
    pub fn new(setup: GatewaySetup) -> Self {
        let paces = Paces { latency: (LATENCY, LATENCY), slow_share: 0, slow: 0, write: (WRITE, WRITE) };
        World {
            now: Millis::ZERO,
            gateway: Gateway::new(setup),
            gateway_offset: 0,
            draining: None,
            down_until: Millis::ZERO,
            devices: Vec::new(),
            names: BTreeMap::new(),
            sockets: BTreeMap::new(),
            agenda: BTreeMap::new(),
            serial: 0,
            paces,
            rng: fastrand::Rng::with_seed(0),
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
        self.names.insert(name.to_owned(), self.devices.len());
        self.devices.push(Device::new(entropy));
    }

    fn index(&self, name: &str) -> usize {
        *self.names.get(name).unwrap_or_else(|| panic!("no device {name}"))
    }

    pub(crate) fn device(&self, device: usize) -> &Device {
        &self.devices[device]
    }

    pub(crate) fn device_mut(&mut self, device: usize) -> &mut Device {
        &mut self.devices[device]
    }

    fn client_now(&self, device: usize) -> Millis {
        self.devices[device].clock.at(self.now)
    }

    /// Calls into a client, at its own time.
    pub fn call<T>(&mut self, name: &str, call: impl FnOnce(&mut Client, Millis) -> T) -> T {
        let device = self.index(name);
        let result = self.input(device, call, |_| Input::Other);
        self.settle();
        result
    }

    /// Gives something to a client's machine, and tells whoever watches.
    pub(crate) fn input<T>(
        &mut self,
        device: usize,
        act: impl FnOnce(&mut Client, Millis) -> T,
        input: impl FnOnce(&T) -> Input,
    ) -> T {
        let now = self.client_now(device);
        let client = &mut self.devices[device].client;
        let (before, believed) = (client.stamp(), client.gateway_time(now));
        let result = act(client, now);
        let (after, gateway_time) = (client.stamp(), [believed, client.gateway_time(now)]);
        if let Some(seen) = &mut self.gateway.seen {
            seen.push(Seen::Input { device, input: input(&result), before, after, gateway_time });
        }
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
        self.names.get(name).map_or(&[], |device| &self.devices[*device].delivered)
    }

    /// Stops or resumes the host's taking of events.
    pub fn set_delivers(&mut self, name: &str, delivers: bool) {
        let device = self.index(name);
        self.devices[device].delivers = delivers;
        self.settle();
    }

    /// Sets a client's network. Going up delivers what waited.
    pub fn set_network(&mut self, name: &str, network: Network) {
        self.set_network_of(self.index(name), network);
    }

    /// Resets the client's connections; new ones get through unless its network says otherwise.
    pub fn cut(&mut self, name: &str) {
        let device = self.index(name);
        for socket in self.sockets_of(device) {
            self.travel_up(socket, Happening::ClosedByClient { socket });
            self.report_on(socket, Report::Failed { error: reset(), answered: false });
        }
        self.settle();
    }

    /// Suspends a client's process, or wakes it: what came meanwhile arrives then.
    pub fn set_suspended(&mut self, name: &str, suspended: bool) {
        self.set_suspended_of(self.index(name), suspended);
    }

    // ---- the gateway --------------------------------------------------------------------------------------------

    /// Carries out an operator's order.
    pub fn admin(&mut self, user: UserKey, order: AdminOrder) -> AdminAnswer {
        let call = self.start_admin(user, order, |_| ());
        for _ in 0..100 {
            if let Some(answer) = self.gateway.take_answer(call) {
                return answer;
            }
            self.run_for(Millis(1));
        }
        panic!("an admin call was not answered");
    }

    /// Starts an operator's order, after telling its number; its answer is seen later.
    pub(crate) fn start_admin(&mut self, user: UserKey, order: AdminOrder, tell: impl FnOnce(u64)) -> u64 {
        let now = self.gateway_now();
        let call = self.gateway.next_call();
        tell(call);
        self.gateway.admin(now, user, call, order);
        self.settle();
        call
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
        self.kill_gateway();
        for (id, socket) in std::mem::take(&mut self.sockets) {
            self.report(socket.device, id, socket.number, Report::Failed { error: reset(), answered: false });
        }
        self.settle();
    }

    /// What a start of the gateway would find of a user in its store.
    pub(crate) fn durable(&self, user: &UserKey) -> Option<UserRecord> {
        self.gateway.store.durable(user)
    }

    /// The session that the gateway has on a device's connection.
    pub(crate) fn session_of(&self, device: usize) -> Option<SessionId> {
        let connections = &self.devices[device].connections;
        connections.values().find_map(|socket| self.gateway.session_on(*socket))
    }

    /// Drains the gateway: clients are told to come back after a time, and new connections are refused until then.
    pub fn drain_gateway(&mut self, retry_after: Millis) {
        self.draining = Some(self.now + retry_after);
        let now = self.gateway_now();
        self.gateway.drain(now, retry_after);
        self.settle();
    }
}

/// The error of a connection that was reset.
fn reset() -> Error {
    Error::new(codes::ERR_SDK_NET_RESET_BY_PEER, "the connection was reset")
}

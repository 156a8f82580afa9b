//! The real stage: a gateway of the test kit, a driver process for each device, real sockets between them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tessera_core::error::Error;
use tessera_core::gateway::policy::PolicyText;
use tessera_core::gateway::registry::{AdminOrder, AppRules, SessionInfo};
use tessera_core::generated::status::Numbering;
use tessera_core::time::Millis;
use tessera_testkit::{Options, TestGateway};
use tokio::runtime::Handle;

use crate::driver::Driver;
use crate::play::{KEY, Stage, play};
use crate::protocol::{Act, Event, Reply};
use crate::scenario::{Fault, Scenario};

/// Drivers of one language that wait for their next scenario.
pub struct Pool {
    command: Vec<String>,
    idle: Mutex<Vec<Driver>>,
}

impl Pool {
    /// A pool whose drivers are started by this command line.
    pub fn new(command: Vec<String>) -> Pool {
        Pool { command, idle: Mutex::new(Vec::new()) }
    }

    fn take(&self) -> Result<Driver, String> {
        let idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        idle.map_or_else(|| Driver::start(&self.command), Ok)
    }

    /// Whether the language has calls that block.
    fn has_blocking_calls(&self) -> Result<bool, String> {
        let driver = self.take()?;
        let blocking = driver.hello.blocking;
        self.give_back(driver);
        Ok(blocking)
    }

    /// A driver that fails its reset is not used again.
    fn give_back(&self, mut driver: Driver) {
        if driver.reset().is_ok() {
            self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(driver);
        }
    }
}

/// Plays a scenario with real drivers.
///
/// # Errors
/// As [`play`], or a text if the stage cannot be set.
pub fn play_for_real(scenario: &Scenario, pool: &Pool, runtime: &Handle) -> Result<(), String> {
    let mut stage = RealStage::new(scenario, pool, runtime)?;
    let outcome = play(scenario, &mut stage);
    for (_, device) in std::mem::take(&mut stage.devices) {
        pool.give_back(device.driver);
    }
    runtime.block_on(stage.gateway.stop());
    outcome
}

struct Device {
    driver: Driver,
    settings: BTreeMap<String, String>,
}

struct RealStage {
    runtime: Handle,
    gateway: TestGateway,
    devices: BTreeMap<String, Device>,
    numbering: Numbering,
}

impl RealStage {
    fn new(scenario: &Scenario, pool: &Pool, runtime: &Handle) -> Result<Self, String> {
        let options = Options {
            key: KEY.to_owned(),
            policy: scenario.gateway.policy.clone(),
            offline_kick_error: scenario.gateway.offline_kick_error,
            limits: scenario.gateway.limits.clone(),
            ..Options::default()
        };
        let mut gateway = runtime.block_on(TestGateway::start(options)).map_err(|error| error.to_string())?;
        let mut devices = BTreeMap::new();
        let mut numbering = Numbering::Android;
        for (name, text) in &scenario.devices {
            let url = runtime.block_on(gateway.url_of(name)).map_err(|error| error.to_string())?;
            let installation = text.installation.as_deref().unwrap_or(name);
            let settings = BTreeMap::from([
                ("server_url".to_owned(), url),
                ("allow_plain".to_owned(), "true".to_owned()),
                ("device_id".to_owned(), device_id(installation)),
                ("platform".to_owned(), text.platform.clone().unwrap_or_else(|| "android".to_owned())),
            ]);
            let driver = pool.take()?;
            numbering = Numbering::parse(&driver.hello.numbering)
                .ok_or_else(|| format!("no numbering {}", driver.hello.numbering))?;
            devices.insert(name.clone(), Device { driver, settings });
        }
        Ok(RealStage { runtime: runtime.clone(), gateway, devices, numbering })
    }

    fn device(&mut self, name: &str) -> Result<&mut Device, String> {
        self.devices.get_mut(name).ok_or_else(|| format!("no device {name}"))
    }
}

impl Stage for RealStage {
    fn numbering(&self) -> Numbering {
        self.numbering
    }

    fn command(&mut self, device: &str, act: Act) -> Result<Reply, String> {
        let device = self.device(device)?;
        let act = match act {
            Act::Init { app, settings } => {
                let mut all = device.settings.clone();
                all.extend(settings);
                Act::Init { app, settings: all }
            }
            other => other,
        };
        device.driver.command(act)
    }

    fn next_event(&mut self, device: &str, within: Millis) -> Option<Event> {
        let device = self.device(device).ok()?;
        device.driver.next_event(Duration::from_millis(within.0))
    }

    fn wait(&mut self, span: Millis) {
        std::thread::sleep(Duration::from_millis(span.0));
    }

    fn gateway_now(&self) -> Millis {
        self.gateway.now()
    }

    fn move_clock(&mut self, by_ms: i64) {
        self.gateway.move_clock(by_ms);
    }

    fn network(&mut self, device: &str, fault: Fault) {
        let Some(proxy) = self.gateway.network(device) else { return };
        match fault {
            Fault::Cut => proxy.cut(),
            Fault::Down => proxy.down(),
            Fault::Refuse => proxy.refuse(),
            Fault::Stall => proxy.stall(),
            Fault::Up => proxy.restore(),
        }
    }

    fn admin(&mut self, user: &str, order: AdminOrder) -> Result<(), Error> {
        let gateway = &self.gateway;
        self.runtime.block_on(async {
            match order {
                AdminOrder::Sessions => gateway.sessions(user).await.map(drop),
                AdminOrder::Kick => gateway.kick(user).await.map(drop),
                AdminOrder::SetDisabled(disabled) => gateway.set_disabled(user, disabled).await,
                AdminOrder::ExpireNow => gateway.expire_now(user).await,
            }
        })
    }

    fn sessions(&mut self, user: &str) -> Result<Vec<SessionInfo>, Error> {
        self.runtime.block_on(self.gateway.sessions(user))
    }

    fn set_rules(&mut self, rules: AppRules) -> Result<(), String> {
        let policy = PolicyText::from(&rules.policy);
        let set = self.gateway.set_policy(policy, rules.offline_kick_error);
        self.runtime.block_on(set).map_err(|error| error.to_string())
    }

    fn restart(&mut self) -> Result<(), String> {
        self.runtime.block_on(self.gateway.restart()).map_err(|error| error.to_string())
    }

    fn drain(&mut self, back_after: Millis) -> Result<(), String> {
        let back_after = Duration::from_millis(back_after.0);
        self.runtime.block_on(self.gateway.drain(back_after)).map_err(|error| error.to_string())
    }

    fn store_fails(&mut self, fails: bool) {
        self.gateway.fail_writes(fails);
    }

    fn logins_counted(&mut self) -> u64 {
        self.gateway.gateway().counters().logins
    }

    fn epilogue(&self) -> Millis {
        Millis(50)
    }
}

/// A device id that is the same for devices of one installation.
fn device_id(installation: &str) -> String {
    let digits: String = installation.bytes().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{digits:0<32}")
}

/// What became of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It held.
    Passed(Duration),
    /// It did not; the text says where.
    Failed(String),
    /// It was not played, for the reason given.
    Skipped(String),
}

/// Plays scenarios side by side, and says what became of each, in their order.
pub fn play_all(scenarios: &[Scenario], pool: &Pool, runtime: &Handle, side_by_side: usize) -> Vec<Outcome> {
    let next = Mutex::new(0);
    let outcomes = Mutex::new(vec![Outcome::Skipped("not reached".to_owned()); scenarios.len()]);
    std::thread::scope(|scope| {
        for _ in 0..side_by_side.max(1) {
            scope.spawn(|| {
                loop {
                    let at = {
                        let mut next = next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        *next += 1;
                        *next - 1
                    };
                    let Some(scenario) = scenarios.get(at) else { break };
                    let outcome = play_one(scenario, pool, runtime);
                    outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at] = outcome;
                }
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn play_one(scenario: &Scenario, pool: &Pool, runtime: &Handle) -> Outcome {
    if let Some(reason) = &scenario.virtual_only {
        return Outcome::Skipped(format!("virtual time only: {reason}"));
    }
    if scenario.makes_blocking_calls() {
        match pool.has_blocking_calls() {
            Ok(true) => {}
            Ok(false) => return Outcome::Skipped("the language has no calls that block".to_owned()),
            Err(what) => return Outcome::Failed(what),
        }
    }
    let start = Instant::now();
    match play_for_real(scenario, pool, runtime) {
        Ok(()) => Outcome::Passed(start.elapsed()),
        Err(what) => Outcome::Failed(what),
    }
}

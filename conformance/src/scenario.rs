//! The format of `scenarios/*.toml` (described for writers in `scenarios/README.md`).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tessera_core::gateway::policy::PolicyText;

/// One scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// What happens, in a sentence.
    pub title: String,
    /// The clauses that it proves.
    pub clauses: Vec<String>,
    /// Why it is not played in real time.
    pub virtual_only: Option<String>,
    /// Why it is not played in virtual time.
    pub real_only: Option<String>,
    /// The gateway.
    #[serde(default)]
    pub gateway: GatewayText,
    /// Settings of every device.
    #[serde(default)]
    pub settings: BTreeMap<String, toml::Value>,
    /// The devices.
    pub devices: BTreeMap<String, DeviceText>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// A scenario's gateway.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayText {
    /// The app's policy.
    #[serde(default)]
    pub policy: PolicyText,
    /// The app's switch (C13).
    #[serde(default)]
    pub offline_kick_error: bool,
    /// Limits by their names (`docs/limits.md`).
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
}

/// A scenario's device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceText {
    /// Its platform; default android.
    pub platform: Option<String>,
    /// Names the installation: devices of one name share their device id.
    pub installation: Option<String>,
    /// Settings of its own.
    #[serde(default)]
    pub settings: BTreeMap<String, toml::Value>,
}

/// A ticket to sign.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketText {
    /// Whose.
    pub user: String,
    /// Its lifetime in seconds; default a day.
    pub expire_s: Option<u64>,
    /// When it was signed, in seconds from gateway time now; default now.
    #[serde(default)]
    pub at_s: i64,
    /// Another app than the scenario's.
    pub app: Option<u64>,
    /// Sign with a key that the gateway does not have.
    #[serde(default)]
    pub wrong_key: bool,
    /// Cut so many characters off its end.
    #[serde(default)]
    pub cut: usize,
}

/// One step. A name that a step introduces (`as`) can be used by later ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Initialise a device.
    Init(InitStep),
    /// Uninitialise a device, and wait for it.
    UnInit(OnDevice),
    /// Sign a ticket for later.
    Sign {
        /// Its name.
        r#as: String,
        /// What is signed.
        ticket: TicketText,
    },
    /// Log a device in.
    Login(LoginStep),
    /// Log a device out.
    Logout {
        /// The device.
        on: String,
        /// The name of the call.
        r#as: String,
        /// The login status when the call returns (C1).
        status: Option<String>,
    },
    /// Tell a device that the network is there.
    Hint(OnDevice),
    /// Wait for the result of a call.
    Result(ResultStep),
    /// Wait for an event. Connect events before it are passed over; any other is a failure.
    Event(EventStep),
    /// See that nothing happens on a device for a while.
    Quiet {
        /// The device.
        on: String,
        /// For how long.
        ms: u64,
        /// Which events are meant; empty means every event but the connect events, and results.
        #[serde(default)]
        events: Vec<String>,
    },
    /// Check what the getters give now.
    State(StateStep),
    /// Let time pass.
    Wait {
        /// How much.
        ms: u64,
    },
    /// Move the gateway's clock; connected clients are told.
    MoveClock {
        /// By how much.
        ms: i64,
    },
    /// Change a device's network.
    Network {
        /// The device.
        on: String,
        /// The fault, or its end.
        fault: Fault,
    },
    /// An operator kicks a user.
    Kick(Admin),
    /// An operator disables an account.
    Disable(Admin),
    /// An operator enables an account.
    Enable(Admin),
    /// The tickets of a user's sessions count as expired from now on.
    ExpireNow(Admin),
    /// An operator sets the app's policy.
    Policy {
        /// The policy.
        #[serde(default)]
        policy: PolicyText,
        /// The app's switch.
        #[serde(default)]
        offline_kick_error: bool,
    },
    /// Check a user's sessions at the gateway.
    Sessions {
        /// The user.
        user: String,
        /// Their platforms, oldest first; a `-` in front means that it has no connection.
        are: Vec<String>,
    },
    /// Kill the gateway and start it again on its store.
    Restart {},
    /// Drain the gateway; it comes back after the time.
    Drain {
        /// When clients may come back.
        ms: u64,
    },
    /// Make the gateway's store refuse writes, or take them again.
    Store {
        /// Whether writes fail.
        fails: bool,
    },
    /// Set the answers of a device's ticket provider.
    Provider {
        /// The device.
        on: String,
        /// `error`, `hang`, or the name of a signed ticket.
        answers: Vec<String>,
    },
    /// Add a listener to a device.
    AddListener {
        /// The device.
        on: String,
        /// Its name.
        listener: String,
        /// Whether it throws.
        #[serde(default)]
        throws: bool,
    },
    /// Remove a listener from a device.
    RemoveListener {
        /// The device.
        on: String,
        /// Its name.
        listener: String,
    },
    /// Do something inside the next callback of this event.
    When {
        /// The device.
        on: String,
        /// The event, or `result`.
        event: String,
        /// What to do.
        then: Then,
    },
    /// Check how many logins were counted (G11).
    Counted {
        /// How many.
        logins: u64,
    },
}

/// A step that needs a device only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDevice {
    /// The device.
    pub on: String,
}

/// A step that an operator takes on a user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// The user.
    pub user: String,
    /// The code of the refusal; 0 for success.
    #[serde(default)]
    pub code: i32,
}

/// Initialises a device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitStep {
    /// The device.
    pub on: String,
    /// Another app than the scenario's.
    pub app: Option<u64>,
    /// The code that it fails with; 0 for success.
    #[serde(default)]
    pub code: i32,
}

/// Logs a device in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginStep {
    /// The device.
    pub on: String,
    /// The user.
    pub user: String,
    /// The name of a signed ticket; default a ticket of the user that is good for a day, always the same one.
    pub ticket: Option<String>,
    /// A literal text instead of a ticket.
    pub text: Option<String>,
    /// The name of the call.
    pub r#as: String,
    /// The login status when the call returns (C1).
    pub status: Option<String>,
}

/// Waits for a result.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultStep {
    /// The call.
    pub of: String,
    /// Its code.
    #[serde(default)]
    pub code: i32,
    /// Whether a retry can help.
    pub retryable: Option<bool>,
    /// What the description holds.
    pub desc: Option<String>,
    /// How long to wait for it at most; default 5 s.
    pub within_ms: Option<u64>,
}

/// Waits for an event.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventStep {
    /// The device.
    pub on: String,
    /// The event.
    pub event: String,
    /// The listener; default `main`.
    pub listener: Option<String>,
    /// Its code.
    pub code: Option<i32>,
    /// The reason of a kick.
    pub reason: Option<String>,
    /// The platform of a kick.
    pub platform: Option<String>,
    /// How long to wait for it at most; default 5 s.
    pub within_ms: Option<u64>,
}

/// Checks the getters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateStep {
    /// The device.
    pub on: String,
    /// The login status by its name; the driver's number for it is compared.
    pub status: Option<String>,
    /// The user; empty for none.
    pub user: Option<String>,
    /// The connection status by its name.
    pub connection: Option<String>,
}

/// A fault of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Open connections are reset; new ones get through.
    Cut,
    /// Open connections are reset, and new ones as soon as they are made.
    Down,
    /// New connections are reset as soon as they are made.
    Refuse,
    /// Nothing gets through, nothing is closed.
    Stall,
    /// None.
    Up,
}

/// Something done inside a callback.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Then {
    /// Log in.
    Login(LoginThen),
    /// Log in and block.
    BlockingLogin(LoginThen),
    /// Log out.
    Logout {
        /// The name of the call.
        r#as: String,
    },
    /// Uninitialise.
    UnInit {},
    /// Remove a listener.
    RemoveListener {
        /// Its name.
        listener: String,
    },
}

/// A login inside a callback.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginThen {
    /// The user.
    pub user: String,
    /// The name of a signed ticket.
    pub ticket: Option<String>,
    /// The name of the call.
    pub r#as: String,
}

impl Scenario {
    /// Whether some device makes a call that blocks, which not every language has.
    pub fn makes_blocking_calls(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::When { then, .. } => matches!(then, Then::BlockingLogin(_)),
            _ => false,
        })
    }

    /// Reads one file.
    ///
    /// # Errors
    /// A text with the file, the line and what is wrong.
    pub fn read(path: &Path) -> Result<Scenario, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut scenario: Scenario =
            toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        scenario.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(scenario)
    }

    /// Reads a folder, in the order of the names.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn read_all(folder: &Path) -> Result<Vec<Scenario>, String> {
        let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        paths.iter().map(|path| Scenario::read(path)).collect()
    }
}

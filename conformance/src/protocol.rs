//! What a driver speaks: one JSON command per line in, one JSON line per reply or event out (`docs/drivers.md`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The first line of a driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The language, as in `cargo xtask conformance <language>`.
    pub driver: String,
    /// The numbering of its login status (`docs/login-status.md`).
    pub numbering: String,
    /// Whether the language has calls that block. Without them a scenario that makes one is not played.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub blocking: bool,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Echoed in the reply.
    pub id: u64,
    /// What to do.
    #[serde(flatten)]
    pub act: Act,
}

/// What a driver can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Initialise, with settings by their names (`docs/settings.md`). The listener `main` is there from then on.
    Init {
        /// The app.
        app: u64,
        /// The settings.
        settings: BTreeMap<String, String>,
    },
    /// Uninitialise, and wait for it.
    UnInit,
    /// Log in; the result is an event named by `call`.
    Login {
        /// The user.
        user: String,
        /// The ticket.
        ticket: String,
        /// The name of the call.
        call: String,
    },
    /// Log in and block until there is a result.
    BlockingLogin {
        /// The user.
        user: String,
        /// The ticket.
        ticket: String,
        /// The name of the call.
        call: String,
    },
    /// Log out; the result is an event named by `call`.
    Logout {
        /// The name of the call.
        call: String,
    },
    /// Tell that the network is available.
    Hint,
    /// Answer ticket requests with these, in order, then with errors.
    Provider {
        /// The answers.
        answers: Vec<Answer>,
    },
    /// Add a listener.
    AddListener {
        /// Its name in events. Adding the same name again adds the same listener object again.
        name: String,
        /// Whether it throws in every callback, after reporting it.
        #[serde(default)]
        throws: bool,
    },
    /// Remove a listener.
    RemoveListener {
        /// Its name.
        name: String,
    },
    /// The next time that the main listener gets this event (or `result` of a call), do this inside the callback.
    When {
        /// The event.
        event: String,
        /// What to do.
        then: Box<Act>,
    },
    /// Only reply with the state.
    State,
    /// Forget everything: uninitialise, no listeners, no hooks, and say nothing more of what was before.
    Reset,
}

/// The answer of a ticket provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A ticket.
    Ticket(String),
    /// An error.
    Error(String),
    /// None, for as long as the driver lives.
    Hang,
}

/// A line that a driver writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// The reply to a command, when its call has returned.
    Reply(Reply),
    /// An event.
    Event(Event),
}

/// The reply to a command, with the state that the getters give then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The command.
    pub reply: u64,
    /// False if the call itself reported an error.
    pub ok: bool,
    /// The code of that error, or the last error's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub code: i32,
    /// The state.
    #[serde(flatten)]
    pub state: State,
}

/// What the getters give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The login status, in the driver's numbering.
    pub status: i32,
    /// The login user; empty if there is none.
    pub user: String,
    /// The connection status: 0 connected, 1 disconnected, 2 connecting.
    pub connection: i32,
}

/// What a callback was called with, and the state that the getters gave inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `connecting`, `connect_success`, `connect_failed`, `disconnected`, `kicked_offline`, `user_sig_expired`,
    /// `ticket_request`, or `result`.
    pub event: String,
    /// The listener; `main` unless added by a command. Empty for results and ticket requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub listener: String,
    /// The call, for a result.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub call: String,
    /// The code, for a result or a failed connection.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub code: i32,
    /// The description that came with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub desc: String,
    /// Why, for a kick.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The platform that took the place, for a kick by policy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// Whether a retry can help, for a result with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// True if it came while the call that caused it had not returned (C18 forbids that).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inside_call: bool,
    /// The state.
    #[serde(flatten)]
    pub state: State,
}

fn yes() -> bool {
    true
}

fn is_yes(flag: &bool) -> bool {
    *flag
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}

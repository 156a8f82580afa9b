//! The one error shape of every API: a number of the code table, a text, and what can help.

use std::fmt;

use crate::generated::codes;
use crate::time::Millis;

/// A number of the error-code table (`spec/codes.toml`). Unknown numbers of a newer peer are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Code(pub i32);

impl Code {
    /// The table's row for this number, if it has one.
    pub fn row(self) -> Option<&'static CodeRow> {
        codes::CODES.binary_search_by_key(&self, |row| row.code).ok().map(|at| &codes::CODES[at])
    }

    /// What it is about. A number that only a newer peer knows counts as a fault.
    pub fn kind(self) -> Kind {
        self.row().map_or(Kind::Internal, |row| row.kind)
    }

    /// Only these mean "get a new ticket" (C17).
    pub fn needs_new_ticket(self) -> bool {
        self.row().is_some_and(|row| row.needs_new_ticket)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What an error is about, coarse and stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No error.
    Success,
    /// A parameter of the call is wrong; the same call will fail again.
    Argument,
    /// The call does not fit the state that the client is in.
    State,
    /// The gateway was not reached or did not answer.
    Network,
    /// The ticket was refused.
    Ticket,
    /// The account or the app is unknown or disabled.
    Account,
    /// The session was ended by somebody else.
    Kicked,
    /// A limit was met.
    Limit,
    /// A fault of the gateway or of this library.
    Internal,
}

/// One row of the error-code table.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// The number.
    pub code: Code,
    /// The published name, with its published spelling.
    pub name: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// Whether the same call can succeed later without a change.
    pub retryable: bool,
    /// Whether a new ticket is what helps (C17).
    pub needs_new_ticket: bool,
    /// The meaning, in a sentence.
    pub meaning: &'static str,
}

/// Why a call or a session failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {desc}")]
pub struct Error {
    /// The number of the code table.
    pub code: Code,
    /// A sentence for a person. Never holds a ticket or a key.
    pub desc: String,
    /// Whether the same call can succeed later without a change.
    pub retryable: bool,
    /// When to try again at the earliest, if the gateway said so.
    pub retry_after: Option<Millis>,
}

impl Error {
    /// An error with the table's word on whether a retry helps.
    pub fn new(code: Code, desc: impl Into<String>) -> Self {
        let retryable = code.row().is_some_and(|row| row.retryable);
        Error { code, desc: desc.into(), retryable, retry_after: None }
    }

    /// An error with the table's own meaning as its text.
    pub fn of(code: Code) -> Self {
        Error::new(code, code.row().map_or("unknown error", |row| row.meaning))
    }

    /// The same error with the gateway's word on when to come back.
    pub fn retry_after(mut self, after: Option<Millis>) -> Self {
        self.retry_after = after;
        self
    }
}

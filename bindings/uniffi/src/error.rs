//! The one error shape of the boundary.

use tessera_client::{Code, Error, Kind as ErrorKind};

/// Why a call or a session failed.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ErrorInfo {
    /// What it is about, coarse and stable.
    pub kind: ErrorKind,
    /// The number of `docs/error-codes.md`.
    pub code: i32,
    /// A sentence for a person. Never holds a ticket or a key.
    pub desc: String,
    /// Whether the same call can succeed later without a change.
    pub retryable: bool,
    /// When to try again at the earliest, in milliseconds from now, if the gateway said so.
    pub retry_after_ms: Option<u64>,
}

/// What a call itself fails with, if it does not leave that to its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// The call had no effect.
    #[error("{}: {}", info.code, info.desc)]
    Refused {
        /// Why.
        info: ErrorInfo,
    },
}

/// What an error is about.
#[uniffi::remote(Enum)]
pub enum ErrorKind {
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

/// The error with this code and the table's own meaning: for those that a host raises itself, 7009 and 7014.
#[uniffi::export]
pub fn error_of(code: i32) -> ErrorInfo {
    Error::of(Code(code)).into()
}

impl From<Error> for ErrorInfo {
    fn from(error: Error) -> Self {
        ErrorInfo {
            kind: error.code.kind(),
            code: error.code.0,
            desc: error.desc,
            retryable: error.retryable,
            retry_after_ms: error.retry_after.map(|after| after.0),
        }
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        CallError::Refused { info: error.into() }
    }
}

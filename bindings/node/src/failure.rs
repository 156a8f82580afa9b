//! Errors on their way to JavaScript.

use napi_derive::napi;
use tessera_client::Error;

/// Why something failed.
#[napi(object)]
pub struct Failure {
    /// The number of the code table.
    pub code: i32,
    /// A sentence for a person.
    pub desc: String,
    /// Whether the same call can succeed later without a change.
    pub retryable: bool,
    /// When to try again at the earliest, if the gateway said so.
    pub retry_after_ms: Option<f64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let retry_after_ms = error.retry_after.map(|after| after.0 as f64);
        Failure { code: error.code.0, desc: error.desc, retryable: error.retryable, retry_after_ms }
    }
}

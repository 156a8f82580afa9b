//! Errors on their way to JavaScript.

use serde::Serialize;
use tessera_client::Error;

/// Why something failed: `Failure` of `bindings/typescript/src/native.ts`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    /// The number of the code table.
    pub(crate) code: i32,
    /// A sentence for a person.
    pub(crate) desc: String,
    /// Whether the same call can succeed later without a change.
    pub(crate) retryable: bool,
    /// When to try again at the earliest, if the gateway said so.
    pub(crate) retry_after_ms: Option<u64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let retry_after_ms = error.retry_after.map(|after| after.0);
        Failure { code: error.code.0, desc: error.desc, retryable: error.retryable, retry_after_ms }
    }
}

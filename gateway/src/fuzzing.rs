//! The readers of untrusted bytes without a socket or a file, for the package `fuzz`.
//!
//! Not an API: it is hidden from the documentation and may change with every version.

use redb::StorageBackend;
use tessera_core::wire::Login;

use crate::address::forwarded;
use crate::config::{ConfigError, Loaded, Network, Sources};
use crate::http::{Progress, Request, progress};
use crate::store::embedded;

/// What the first bytes of a connection come to.
#[derive(Debug)]
pub enum Opening {
    /// More bytes are needed.
    Partial,
    /// A health check.
    Health,
    /// The upgrade is refused with this answer.
    Refused(String),
    /// The upgrade is accepted with this answer, with the login that it brought.
    Accepted(String, Option<Box<Login>>),
}

/// Reads the first bytes of a connection: the head of a request, who it is forwarded for, and what it asks for.
pub fn open_connection(bytes: &[u8], trusted: &[Network]) -> Opening {
    let end = match progress(bytes, 0) {
        Progress::Complete(end) => end,
        Progress::Partial => return Opening::Partial,
        Progress::Hopeless => return Opening::Refused(String::new()),
    };
    let request = match Request::parse(&bytes[..end]) {
        Ok(request) => request,
        Err(refusal) => return Opening::Refused(refusal.answer()),
    };
    if request.is_health_check() {
        return Opening::Health;
    }
    let _client = forwarded(request.values("forwarded"), trusted);
    match request.upgrade() {
        Ok(upgrade) => Opening::Accepted(upgrade.answer(), upgrade.login),
        Err(refusal) => Opening::Refused(refusal.answer()),
    }
}

/// Reads the text of a configuration file. Files that it names are looked for in the current folder.
///
/// # Errors
/// Every mistake in it.
pub fn read_config(text: &str) -> Result<Loaded, ConfigError> {
    crate::config::load_text(&Sources { file: Some("tessera.toml".into()), ..Sources::default() }, Some(text))
}

/// Opens what a store's file holds after its header page, and reads all of it; `cache_bytes` as for
/// [`EmbeddedStore`](embedded::EmbeddedStore). Returns the number of rows.
///
/// # Errors
/// Why it cannot be opened or read.
pub fn read_store(content: impl StorageBackend, cache_bytes: usize) -> Result<u64, String> {
    embedded::read_all(content, cache_bytes).map_err(|error| error.to_string())
}

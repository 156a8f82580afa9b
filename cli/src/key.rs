//! Secret keys from files. A key is never an argument: arguments are visible to every user of the machine.

use std::path::Path;

use tessera_core::ticket::Key;
use tessera_gateway::config::read_secret;

use crate::output::{Exit, Failure, Outcome, note};

/// The key in a file.
pub(crate) fn read(path: &Path) -> Outcome<Key> {
    let unusable = |message: String| Failure::new(Exit::Configuration, message);
    let (secret, warning) = read_secret(path).map_err(unusable)?;
    if let Some(warning) = warning {
        note(&format!("tessera: warning: {warning}"));
    }
    Key::new(&secret).map_err(|error| unusable(error.to_string()))
}

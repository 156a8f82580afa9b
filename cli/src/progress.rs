//! A line for whoever waits longer than a second.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::output::note;

/// Below it nobody wonders.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does `work`; if that takes longer than a second, says what is going on.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                note(&format!("tessera: {what} …"));
            }
        });
        let result = work();
        drop(done);
        result
    })
}

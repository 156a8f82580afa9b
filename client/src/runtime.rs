//! The one tokio runtime of the process, which every client uses.
//!
//! It is made when it is needed first and never shut down: dropping a runtime blocks, and on a thread of the host that
//! could be anywhere. It has one worker thread; name look-ups and callbacks that block borrow a second one for as long
//! as they take. The child of a fork has no thread of its parent's, and gets a runtime of its own.

use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::process::PerProcess;
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long a borrowed thread waits for more work before it ends.
const SPARE_THREAD_KEPT: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Shared {
    runtime: OnceLock<Runtime>,
    making: Mutex<()>,
}

static SHARED: PerProcess<Shared> = PerProcess::new(Shared::default);

/// The runtime.
///
/// # Errors
/// 6018 when the operating system gives no thread or no poller.
pub(crate) fn handle() -> Result<&'static Handle, Error> {
    let shared = SHARED.get();
    if let Some(runtime) = shared.runtime.get() {
        return Ok(runtime.handle());
    }
    // Two that race must not make two: the loser would be dropped, which panics inside a runtime of the host.
    let _making = shared.making.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.runtime.get().is_none() {
        let runtime = build().map_err(|error| {
            Error::new(codes::ERR_INIT_CORE_FAIL, format!("the SDK's thread could not be started: {error}"))
        })?;
        // Under the lock nobody else has set it.
        let _ = shared.runtime.set(runtime);
    }
    let runtime = shared.runtime.get().expect("set above, and never taken out");
    Ok(runtime.handle())
}

fn build() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("tessera")
        .thread_keep_alive(SPARE_THREAD_KEPT)
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_race_get_the_same_runtime() {
        let ids: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| handle().unwrap().id())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

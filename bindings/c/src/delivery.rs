//! The thread that a client's callbacks run on: there while the client is initialised, and as long as something waits.
//! Where a host has a loop of its own, it tells that loop instead.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::boundary::guarded;
use crate::client::TesseraClient;

/// As much as a thread of C has by default. Callbacks are the host's code.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Whether the thread runs, and has something to do.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    has_work: bool,
}

impl Delivery {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something waits, or the thread has to look whether it is still needed. Logs nothing: whoever logs may have
    /// called it.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn wake(&self, client: &Arc<TesseraClient>) -> io::Result<()> {
        let mut state = self.lock();
        state.has_work = true;
        if state.running {
            drop(state);
            self.woken.notify_one();
            return Ok(());
        }
        state.running = true;
        drop(state);
        let client = Arc::clone(client);
        let thread = thread::Builder::new().name("tessera-events".to_owned()).stack_size(STACK_BYTES);
        let spawned = thread.spawn(move || run(&client));
        if spawned.is_err() {
            self.lock().running = false;
        }
        spawned.map(drop)
    }

    /// Waits for work; false when there is none and the thread is not needed.
    fn wait(&self, is_needed: bool) -> bool {
        let mut state = self.lock();
        if !state.has_work && !is_needed {
            state.running = false;
            return false;
        }
        let idle = |state: &mut State| !state.has_work;
        state = self.woken.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        state.has_work = false;
        true
    }
}

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Whether the caller stands on such a thread, of whichever client: in a callback, or where a host's loop is told.
pub(crate) fn is_here() -> bool {
    IS_HERE.get()
}

fn run(client: &TesseraClient) {
    IS_HERE.set(true);
    // After unInit the thread is woken once more, so that it sees that it is not needed.
    while client.delivery.wait(client.needs_thread()) {
        guarded(|| (), || client.deliver_here());
    }
}

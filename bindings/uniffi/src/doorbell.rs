//! Waiting for a client's events without keeping the client: for hosts whose runtime may go away at any time, with
//! waits under way that nobody ends.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Rings when events of a client wait, and for the last time when the client is forgotten. One host waits at a time.
#[derive(Debug, Default, uniffi::Object)]
pub struct Doorbell {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    has_rung: bool,
    waiting: Option<Waker>,
}

#[uniffi::export]
impl Doorbell {
    /// Waits until it rings, or is done at once if it has rung since events were last taken without waiting. Then it is
    /// time for that, until there are none; there may be none at first.
    pub async fn rung(&self) {
        poll_fn(|context| self.poll(context)).await;
    }
}

impl Doorbell {
    pub(crate) fn ring(&self) {
        let waiting = {
            let mut state = self.lock();
            state.has_rung = true;
            state.waiting.take()
        };
        // Not under the lock: it may run the host's code.
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Somebody comes for the events. A wait that is done does not count as that: a host may drop it unseen.
    pub(crate) fn answer(&self) {
        self.lock().has_rung = false;
    }

    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.has_rung {
            return Poll::Ready(());
        }
        state.waiting = Some(context.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's end of the bell.
#[derive(Debug)]
pub(crate) struct Ringer(pub(crate) Arc<Doorbell>);

impl Drop for Ringer {
    fn drop(&mut self) {
        self.0.ring();
    }
}

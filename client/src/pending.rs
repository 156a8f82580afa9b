//! The result of a call that is still to come.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tessera_core::error::Error;
use tessera_core::generated::codes;

use crate::delivery;

type Outcome = Result<(), Error>;

/// The result of a call, awaited with `.await` on any executor or with [`Pending::wait`] on none.
///
/// The call has taken effect when it returned this. Dropping it changes nothing but that nobody learns the result.
pub struct Pending {
    slot: Arc<Slot>,
}

/// Where the result is put.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

impl Pending {
    pub(crate) fn new() -> (Self, Arc<Slot>) {
        let slot = Arc::new(Slot::default());
        (Pending { slot: Arc::clone(&slot) }, slot)
    }

    pub(crate) fn ready(outcome: Outcome) -> Self {
        let (pending, slot) = Pending::new();
        slot.complete(outcome);
        pending
    }

    /// Blocks the calling thread until the result is there.
    ///
    /// # Errors
    /// The result's own; and 7014 at once when called inside a callback, where it would wait for itself (C18).
    pub fn wait(self) -> Result<(), Error> {
        if delivery::is_delivering_here() {
            return Err(Error::of(codes::ERR_SDK_INVALID_OPERATION));
        }
        let waiting = self.slot.done.wait_while(self.slot.lock(), |state| state.outcome.is_none());
        let outcome = waiting.unwrap_or_else(PoisonError::into_inner).outcome.clone();
        outcome.expect("the wait ends with an outcome")
    }
}

impl Future for Pending {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // The host's code runs when a waker is cloned or dropped, so neither happens under the lock.
        let newer = cx.waker().clone();
        let mut state = self.slot.lock();
        match &state.outcome {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                let older = state.waker.replace(newer);
                drop(state);
                drop(older);
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("outcome", &self.slot.lock().outcome).finish()
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the result there; a second one is dropped.
    pub(crate) fn complete(&self, outcome: Outcome) {
        let mut state = self.lock();
        if state.outcome.is_some() {
            return;
        }
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.done.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_given_once_and_the_first_holds() {
        let (pending, slot) = Pending::new();
        slot.complete(Ok(()));
        slot.complete(Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT)));
        assert_eq!(pending.wait(), Ok(()));
    }

    #[test]
    fn waiting_ends_when_another_thread_completes() {
        let (pending, slot) = Pending::new();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| pending.wait());
            slot.complete(Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT)));
            assert_eq!(waiting.join().unwrap().unwrap_err().code, codes::ERR_SDK_COMM_INTERRUPT);
        });
    }

    #[test]
    fn blocking_inside_a_callback_fails_at_once() {
        // C18
        let delivery = crate::delivery::Delivery::new(1);
        let _callback = delivery.running();
        let (pending, _slot) = Pending::new();
        assert_eq!(pending.wait().unwrap_err().code, codes::ERR_SDK_INVALID_OPERATION);
    }

    #[tokio::test]
    async fn it_is_a_future_of_any_executor() {
        let (pending, slot) = Pending::new();
        let waiting = tokio::spawn(pending);
        tokio::task::yield_now().await;
        slot.complete(Ok(()));
        assert_eq!(waiting.await.unwrap(), Ok(()));
    }
}

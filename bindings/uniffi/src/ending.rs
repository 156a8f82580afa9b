//! An unInit whose last callbacks may still run.

use std::sync::{Mutex, PoisonError};

use crate::event::Stamp;

/// What `un_init` leaves to wait for: the callback that was running, and the results that became 7009. Nobody has to
/// wait; forgetting it changes nothing.
#[derive(Debug, uniffi::Object)]
pub struct Ending {
    stamp: Stamp,
    init: u64,
    events_before: u64,
    within_ms: u64,
    left: Mutex<Option<tessera_client::Ending>>,
}

#[uniffi::export]
impl Ending {
    /// Who is logged in since: nobody.
    pub fn stamp(&self) -> Stamp {
        self.stamp.clone()
    }

    /// The `init` of whatever comes from now on. Of events with a lower one, results are to be delivered as 7009, and
    /// nothing else (C9).
    pub fn init(&self) -> u64 {
        self.init
    }

    /// How many events the client has handed out, ever, when all that came before unInit are. A thread that has taken a
    /// batch may not have brought it yet.
    pub fn events_before(&self) -> u64 {
        self.events_before
    }

    /// How long unInit may wait, in milliseconds: the setting `uninit_timeout_ms`.
    pub fn within_ms(&self) -> u64 {
        self.within_ms
    }

    /// Blocks until the last callback has returned, `within_ms` at most. Must not be called by the thread that runs
    /// the callbacks. (`wait` is a method of every Java object.)
    pub fn block_until_delivered(&self) {
        if let Some(ending) = self.take() {
            ending.wait();
        }
    }

    /// As `block_until_delivered`, without blocking.
    pub async fn delivered(&self) {
        if let Some(ending) = self.take() {
            ending.delivered().await;
        }
    }
}

impl Ending {
    pub(crate) fn new(stamp: Stamp, ending: tessera_client::Ending) -> Self {
        Ending {
            stamp,
            init: ending.init(),
            events_before: ending.events_before(),
            within_ms: u64::try_from(ending.within().as_millis()).unwrap_or(u64::MAX),
            left: Mutex::new(Some(ending)),
        }
    }

    fn take(&self) -> Option<tessera_client::Ending> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

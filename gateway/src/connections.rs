//! The connections that are open, for what concerns all of them: drain, stop, and a clock that was set.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tessera_core::time::Millis;
use tokio::sync::Notify;

use crate::mailbox::{Command, Mailbox};

/// The table of open connections.
#[derive(Default)]
pub(crate) struct Connections {
    state: Mutex<State>,
    emptied: Notify,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Mailbox>,
    last_number: u64,
    phase: Phase,
}

/// Whether connections are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// They are.
    #[default]
    Open,
    /// No more, and those that are open were told (G8).
    Draining,
    /// No more, and those that are open are closed.
    Stopped,
}

/// A connection's place in the table; dropping it takes it out.
pub(crate) struct Place {
    table: Arc<Connections>,
    /// The connection's number, unique in the gateway.
    pub(crate) number: u64,
    /// What reaches it.
    pub(crate) mailbox: Mailbox,
}

impl Connections {
    /// Enters a connection. None when no more are accepted.
    pub(crate) fn enter(self: &Arc<Self>, queue_max: u64) -> Option<Place> {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return None;
        }
        state.last_number += 1;
        let (number, mailbox) = (state.last_number, Mailbox::new(queue_max));
        state.open.insert(number, mailbox.clone());
        Some(Place { table: Arc::clone(self), number, mailbox })
    }

    pub(crate) fn phase(&self) -> Phase {
        self.lock().phase
    }

    pub(crate) fn count(&self) -> u64 {
        self.lock().open.len() as u64
    }

    /// Tells every connection that the gateway's clock was set.
    pub(crate) fn clock_set(&self) {
        let mailboxes: Vec<Mailbox> = self.lock().open.values().cloned().collect();
        mailboxes.iter().for_each(|mailbox| mailbox.push(Command::ClockSet));
    }

    /// Accepts no more, and tells each to come back after a time of its own.
    pub(crate) fn drain(&self, mut retry_after: impl FnMut() -> Millis) {
        let mailboxes = self.end(Phase::Draining);
        mailboxes.iter().for_each(|mailbox| mailbox.push(Command::Drain(retry_after())));
    }

    /// Accepts no more, and closes all.
    pub(crate) fn stop(&self) {
        self.end(Phase::Stopped).iter().for_each(|mailbox| mailbox.push(Command::Stop));
    }

    /// Waits until none is open.
    pub(crate) async fn emptied(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            emptied.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn end(&self, phase: Phase) -> Vec<Mailbox> {
        let mut state = self.lock();
        if state.phase != Phase::Stopped {
            state.phase = phase;
        }
        state.open.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No step between two consistent states can panic, so a poisoned lock guards a good table.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.mailbox.close();
        let mut state = self.table.lock();
        state.open.remove(&self.number);
        if state.open.is_empty() {
            self.table.emptied.notify_waiters();
        }
    }
}

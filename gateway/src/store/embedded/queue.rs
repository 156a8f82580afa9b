//! What waits for the writer thread, and what reads must see of it before it is durable. It touches no file.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tessera_core::gateway::record::UserRecord;
use tokio::sync::oneshot;

use super::super::{Change, UserKey};
use super::tables::Row;

/// How long a batch of counted logins waits for a commit that it can share.
const LAZY_WAIT: Duration = Duration::from_secs(1);
/// The most batches that wait. A disk that hangs must not take the memory as well.
const BATCHES_MAX: usize = 100_000;

/// The answer to a batch: durable, or the reason why not.
pub(super) type Answer = Result<(), String>;

/// One atomic write.
pub(super) struct Batch {
    number: u64,
    pub(super) rows: Vec<Row>,
    pub(super) done: oneshot::Sender<Answer>,
}

/// What the writer has to do next.
pub(super) enum Work {
    /// Commit these, in order.
    Commit(Vec<Batch>),
    /// Open the database again, because a read or an earlier attempt failed.
    Reopen,
    /// Nothing more will come.
    End,
}

/// The queue between the callers and the writer thread.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    batches: Vec<Batch>,
    /// The newest queued record of each user and the batch that it is in.
    records: HashMap<UserKey, (u64, UserRecord)>,
    last_number: u64,
    /// When the batches are to be taken: at once, unless all of them are lazy.
    due: Option<Instant>,
    reopen: Option<Instant>,
    closing: bool,
    /// The writer thread is gone.
    ended: bool,
}

impl Queue {
    /// Queues a batch. From now on [`record`](Queue::record) shows its records.
    pub(super) fn push(&self, changes: Vec<Change>, done: oneshot::Sender<Answer>) -> Answer {
        // Encoded here, on the caller's thread: the writer is the one that everybody waits for.
        let rows = changes
            .iter()
            .map(Row::encode)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?;
        let lazy = changes.iter().all(|change| matches!(change, Change::Active(..)));
        let mut state = self.lock();
        if state.ended {
            return Err("the writer has ended, and its reason is in the log".to_owned());
        }
        if state.batches.len() >= BATCHES_MAX {
            return Err(format!("{BATCHES_MAX} writes are waiting for the disk"));
        }
        state.last_number += 1;
        let number = state.last_number;
        for change in changes {
            if let Change::User(key, record) = change {
                state.records.insert(key, (number, record));
            }
        }
        state.batches.push(Batch { number, rows, done });
        let due = Instant::now() + if lazy { LAZY_WAIT } else { Duration::ZERO };
        let earlier = state.due.is_none_or(|known| due < known);
        if earlier {
            state.due = Some(due);
            self.wake.notify_one();
        }
        Ok(())
    }

    /// The user's newest record that is not yet durable.
    pub(super) fn record(&self, user: &UserKey) -> Option<UserRecord> {
        self.lock().records.get(user).map(|(_, record)| record.clone())
    }

    /// Waits for work.
    pub(super) fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let past = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            if past(state.due) || (state.closing && !state.batches.is_empty()) {
                state.due = None;
                return Work::Commit(std::mem::take(&mut state.batches));
            }
            if state.closing {
                return Work::End;
            }
            if past(state.reopen) {
                state.reopen = None;
                return Work::Reopen;
            }
            let wait = [state.due, state.reopen].into_iter().flatten().min().map(|at| at - now);
            state = match wait {
                Some(wait) => self.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The batches are durable, so the database shows them; later ones of the same users stay queued.
    pub(super) fn committed(&self, batches: &[Batch]) {
        let Some(last) = batches.last().map(|batch| batch.number) else {
            return;
        };
        let mut state = self.lock();
        for row in batches.iter().flat_map(|batch| &batch.rows) {
            if let Row::User(key, _) = row
                && state.records.get(key).is_some_and(|(number, _)| *number <= last)
            {
                state.records.remove(key);
            }
        }
    }

    /// A commit failed. What was queued meanwhile may have been made from what failed, so it is handed back to fail
    /// as well, and in the same instant reads see the durable records again.
    pub(super) fn failed(&self) -> Vec<Batch> {
        let mut state = self.lock();
        state.records.clear();
        state.due = None;
        std::mem::take(&mut state.batches)
    }

    /// Has the database opened again at the given time, or earlier if that was asked for.
    pub(super) fn reopen_at(&self, at: Instant) {
        let mut state = self.lock();
        state.reopen = Some(state.reopen.map_or(at, |known| known.min(at)));
        self.wake.notify_one();
    }

    /// Nothing more will be pushed; what waits is still committed.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// The writer thread is gone: who waits is told by its sender's end, who comes is refused.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        state.batches.clear();
        state.records.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No step between two consistent states can panic, so a poisoned lock guards a good queue.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

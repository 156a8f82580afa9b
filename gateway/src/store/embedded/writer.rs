//! The one thread that writes: it takes all batches that wait and makes them one commit. It owns the decision what a
//! failed commit means; how rows are stored is not its matter.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use redb::WriteTransaction;

use super::queue::{Answer, Batch, Work};
use super::{Shared, guarded, tables};

/// How long writes are refused after a failed commit, and the least time between two attempts to open the database
/// again. Each of these reads the whole file, and reads of users wait meanwhile.
const REST: Duration = Duration::from_secs(1);

/// The thread's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// The number of the newest commit.
    number: u64,
    /// After a failed commit: until when nothing is tried, and why.
    rest: Option<(Instant, String)>,
    /// When the database was last opened again.
    reopened: Option<Instant>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, number: u64) -> Self {
        Writer { shared, number, rest: None, reopened: None }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let _ending = Ending(Arc::clone(&self.shared));
        loop {
            match self.shared.queue.next() {
                Work::Commit(batches) => self.handle(batches),
                Work::Reopen => self.heal(),
                Work::End => return,
            }
        }
    }

    fn handle(&mut self, mut batches: Vec<Batch>) {
        let answer = match &self.rest {
            Some((until, reason)) if Instant::now() < *until => Err(reason.clone()),
            Some(_) | None => self.commit(&batches),
        };
        if answer.is_ok() {
            self.shared.queue.committed(&batches);
        } else {
            batches.extend(self.shared.queue.failed());
        }
        for batch in batches {
            // Whoever does not wait for the answer does not want it.
            let _ = batch.done.send(answer.clone());
        }
    }

    fn commit(&mut self, batches: &[Batch]) -> Answer {
        let answer = self.attempt(batches);
        match &answer {
            Ok(()) => {
                self.shared.commits.fetch_add(1, Ordering::Relaxed);
                if self.rest.take().is_some() {
                    tracing::info!("the store can be written again");
                }
            }
            Err(reason) => {
                if self.rest.is_none() {
                    tracing::warn!(%reason, "the store cannot be written; trying again with later writes");
                }
                self.rest = Some((Instant::now() + REST, reason.clone()));
            }
        }
        answer
    }

    fn attempt(&mut self, batches: &[Batch]) -> Answer {
        let number = self.number + 1;
        let transaction = self.begin()?;
        let rows = batches.iter().flat_map(|batch| &batch.rows);
        let Err(error) = guarded(|| tables::commit(transaction, rows, number)) else {
            self.number = number;
            return Ok(());
        };
        // After an error redb does nothing more until it is opened again. What it then finds decides: an error in
        // the last step may leave a commit that is there.
        match self.reopen() {
            Ok(()) if self.number == number => Ok(()),
            Ok(()) | Err(_) => Err(error.to_string()),
        }
    }

    /// A transaction; opens the database again if a read or an earlier attempt broke it.
    fn begin(&mut self) -> Result<WriteTransaction, String> {
        if let Ok(transaction) = self.shared.begin_write() {
            return Ok(transaction);
        }
        self.reopen()?;
        self.shared.begin_write().map_err(|error| error.to_string())
    }

    /// Opens the database again for the sake of reads, unless that has been done since they failed.
    fn heal(&mut self) {
        let next = self.reopened.map(|last| last + REST).filter(|next| Instant::now() < *next);
        match next {
            _ if self.shared.begin_write().is_ok() => {}
            Some(next) => self.shared.queue.reopen_at(next),
            // A failure has asked for the next attempt.
            None => drop(self.reopen()),
        }
    }

    fn reopen(&mut self) -> Result<(), String> {
        self.reopened = Some(Instant::now());
        let opened = self.shared.reopen();
        match &opened {
            Ok(number) => self.number = *number,
            Err(error) => {
                tracing::warn!(%error, "the store cannot be opened again; trying on");
                self.shared.queue.reopen_at(Instant::now() + REST);
            }
        }
        opened.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Tells the queue that nobody takes from it any more, however the thread ended.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.queue.end();
    }
}

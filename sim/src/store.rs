//! The store of the simulated gateway: a queue, commits in virtual time, and what a crash leaves. What is durable is a
//! map, or the tables of the real store on a [`Disk`] that loses and tears what was not synced.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{Records, UserKey};
use tessera_gateway::store::Change;
use tessera_gateway::store::embedded::BareTables;

use crate::disk::{Disk, Failure};

/// A simulated store needs few pages.
const CACHE_BYTES: usize = 256 << 10;

/// One record to write.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) user: UserKey,
    pub(crate) record: UserRecord,
    pub(crate) awaited: bool,
}

/// What a commit has come to, for each of its writes in order.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) writes: Vec<Write>,
    pub(crate) durable: bool,
}

#[derive(Debug)]
pub(crate) struct Store {
    durable: Durable,
    /// Waits for the next commit.
    queue: Vec<Write>,
    /// Is in the commit that is under way.
    flying: Vec<Write>,
}

#[derive(Debug)]
enum Durable {
    Map(BTreeMap<UserKey, UserRecord>),
    Tables { disk: Disk, tables: BareTables },
}

impl Default for Store {
    fn default() -> Self {
        Store::new(Durable::Map(BTreeMap::new()))
    }
}

impl Store {
    fn new(durable: Durable) -> Self {
        Store { durable, queue: Vec::new(), flying: Vec::new() }
    }

    /// A store of the real tables.
    pub(crate) fn on_disk() -> Self {
        // Every new database begins with the same bytes.
        static NEW: OnceLock<Disk> = OnceLock::new();
        let new = NEW.get_or_init(|| {
            let disk = Disk::default();
            drop(open(&disk));
            disk
        });
        let disk = new.copy();
        let tables = open(&disk);
        Store::new(Durable::Tables { disk, tables })
    }

    /// Whether it is the real tables.
    pub(crate) fn is_on_disk(&self) -> bool {
        matches!(self.durable, Durable::Tables { .. })
    }

    /// Queues a write. True if a commit has to be started.
    pub(crate) fn push(&mut self, write: Write) -> bool {
        self.queue.push(write);
        self.begin()
    }

    /// Starts a commit of all that waits, unless one is under way.
    pub(crate) fn begin(&mut self) -> bool {
        let begins = self.flying.is_empty() && !self.queue.is_empty();
        if begins {
            self.flying = std::mem::take(&mut self.queue);
        }
        begins
    }

    /// Ends the commit that is under way. A failed one fails all that was queued meanwhile as well, as the real store
    /// does it.
    pub(crate) fn commit(&mut self, fails: bool) -> Committed {
        let mut writes = std::mem::take(&mut self.flying);
        let durable = self.attempt(&writes, fails);
        if !durable {
            writes.append(&mut self.queue);
        }
        Committed { writes, durable }
    }

    fn attempt(&mut self, writes: &[Write], fails: bool) -> bool {
        match &mut self.durable {
            Durable::Map(map) => {
                if !fails {
                    map.extend(writes.iter().map(|write| (write.user, write.record.clone())));
                }
                !fails
            }
            Durable::Tables { disk, tables } => {
                if fails {
                    disk.fail_after(0, Failure::Error);
                }
                let number = tables.newest_commit() + 1;
                let done = tables.commit(&changes(writes)).is_ok();
                disk.mend();
                if !done {
                    // What is there decides, as it does in the real store.
                    *tables = open(&Disk::default());
                    *tables = open(disk);
                }
                tables.newest_commit() == number
            }
        }
    }

    /// Kills the process. A commit under way may be there, or not; what was queued is gone.
    pub(crate) fn crash(&mut self, rng: &mut fastrand::Rng) {
        self.queue.clear();
        let flying = std::mem::take(&mut self.flying);
        match &mut self.durable {
            Durable::Map(map) => {
                if rng.bool() {
                    map.extend(flying.into_iter().map(|write| (write.user, write.record)));
                }
            }
            Durable::Tables { disk, tables } => {
                if !flying.is_empty() && rng.u8(..4) > 0 {
                    disk.fail_after(rng.u32(..3), Failure::PowerCut);
                    // Whether it got through is for the repair to find.
                    let _ = tables.commit(&changes(&flying));
                }
                // Drawn by the sector's number, so that the order of the writes does not matter.
                let (salt, share) = (rng.u64(..), rng.u8(..=8));
                let survives = |sector: usize| {
                    fastrand::Rng::with_seed(salt ^ (sector as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
                        .u8(..8)
                        < share
                };
                let left = disk.crash(survives);
                *tables = open(&left);
                *disk = left;
            }
        }
    }

    /// What a start of the gateway would find of a user now, were it killed.
    pub(crate) fn durable(&self, user: &UserKey) -> Option<UserRecord> {
        match &self.durable {
            Durable::Map(map) => map.get(user).cloned(),
            Durable::Tables { tables, .. } => tables.load(user).expect("the simulated disk can be read"),
        }
    }
}

impl Records for Store {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, String> {
        // The queue first: a record leaves it only after the tables show it.
        let queued = self.flying.iter().chain(&self.queue).rev().find(|write| write.user == *user);
        Ok(queued.map(|write| write.record.clone()).or_else(|| self.durable(user)))
    }
}

fn changes(writes: &[Write]) -> Vec<Change> {
    writes.iter().map(|write| Change::User(write.user, write.record.clone())).collect()
}

fn open(disk: &Disk) -> BareTables {
    BareTables::open(disk.clone(), CACHE_BYTES)
        .expect("whatever a crash has left can be opened: all of the store's promises rest on it")
}

#[cfg(test)]
mod tests {
    use tessera_core::id::UserId;
    use tessera_core::time::Millis;

    use super::*;
    use crate::APP;

    fn write(user: &str, created: u64) -> Write {
        let user = (APP, UserId::parse(user).expect("is a user id"));
        let record = UserRecord { created: Millis(created), ..UserRecord::default() };
        Write { user, record, awaited: true }
    }

    #[test]
    fn a_commit_that_was_reported_survives_every_torn_crash_after_it() {
        // G9
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut store = Store::on_disk();
            for round in 1..6 {
                assert!(store.push(write("alice", round)));
                assert!(store.commit(false).durable);
                store.push(write("alice", 100 + round));
                store.crash(&mut rng);
                let found = store.durable(&write("alice", 0).user).expect("was committed").created.0;
                assert!(found == round || found == 100 + round, "seed {seed}: found {found} after {round}");
            }
        }
    }

    #[test]
    fn a_failed_commit_changes_nothing_and_the_next_one_is_good() {
        for mut store in [Store::default(), Store::on_disk()] {
            store.push(write("alice", 1));
            store.push(write("bob", 1));
            let failed = store.commit(true);
            assert!(!failed.durable);
            assert_eq!(failed.writes.len(), 2, "what was queued meanwhile fails with it");
            assert_eq!(store.durable(&write("alice", 0).user), None);
            store.push(write("alice", 2));
            assert!(store.commit(false).durable);
            assert!(store.durable(&write("alice", 0).user).is_some());
        }
    }
}

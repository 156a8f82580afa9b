//! The store of a gateway on one machine: one file, kept by redb inside the process. No server, and no second process
//! on the same file.
//!
//! # What is stored, and how large it is
//!
//! | table | one row | bytes of a row |
//! |---|---|---|
//! | users | one user of one app: its [`UserRecord`] in JSON | 80 after a sign-up; 100–250 more for each mark, pending kick, revoked signature or offline device |
//! | active | one user on one day: the logins counted (G11) | 35; [`ACTIVE_DAYS_KEPT`](super::ACTIVE_DAYS_KEPT) days |
//! | audit | one admin call | 100 and its detail; the newest [`AUDIT_KEPT`](super::AUDIT_KEPT) |
//! | policy | one app whose policy was set at run time | its JSON |
//! | meta | the number of the newest commit | 8 |
//!
//! Pages are filled by a half to all, and the file grows by doubling (above 4 GiB by 4 GiB), so it is up to four
//! times as large as its rows; blocks that were never written take no room on most file systems. It never holds a
//! ticket or a secret key. On Unix a new file can be read by its owner only.
//!
//! # What is promised
//!
//! - A write that was answered with success is on the disk, flushed, and survives `kill -9` and a power cut (G9). All
//!   batches that wait when a commit begins share it and its one flush (G2).
//! - A batch is there as a whole or not at all, after a crash too.
//! - When a commit fails (a full disk), all its batches fail, and with them all that were queued meanwhile, because
//!   they may have been made from it. Reads show what is durable and go on. For a second writes are refused at once,
//!   then the next one is tried; so writing goes on by itself when there is room again.
//! - Should the database not be readable after a failed commit, the failure is reported although it is not known
//!   whether the batches are there. Reads fail until it can be opened again, which is tried every second.
//!
//! After a crash or a failed commit all of the file is read once to find its free pages, which takes about 0.2 s for a
//! million users whose pages the system still has in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Instant;

use redb::{Database, ReadTransaction, ReadableDatabase, StorageBackend, WriteTransaction};
use tessera_core::gateway::record::UserRecord;
use tessera_core::id::{AppId, UserId};
use tokio::sync::oneshot;

use self::file::StoreFile;
use self::queue::Queue;
use self::writer::Writer;
use super::{Active, AuditRecord, Change, Store, StoreError, UserKey, Written};

mod bare;
mod file;
mod queue;
mod tables;
mod writer;

#[doc(hidden)]
pub use bare::BareTables;

/// The memory that pages may take unless another size is given: 16 MiB.
pub const CACHE_BYTES_DEFAULT: usize = 16 << 20;

/// The store in one file. Dropping it commits what is queued and waits for that.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// What callers and the writer thread share.
struct Shared {
    /// None after it could not be opened again. Declared before the file, whose lock has to outlast it.
    database: RwLock<Option<Database>>,
    file: StoreFile,
    queue: Queue,
    commits: AtomicU64,
}

impl EmbeddedStore {
    /// Opens the store in the file `path`, or creates it if the file is missing or empty; its folder must exist.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Foreign`] and [`StoreError::Newer`]; the file is unchanged with each of
    /// them, save that a damaged store may have been repaired in part.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        EmbeddedStore::open_with_cache(path, CACHE_BYTES_DEFAULT)
    }

    /// Like [`open`](EmbeddedStore::open), with the most memory in bytes that pages may take. More of it makes reads
    /// of a store that is larger than it quicker; from 1 MiB on, any size works.
    ///
    /// # Errors
    /// As [`open`](EmbeddedStore::open).
    pub fn open_with_cache(path: impl AsRef<Path>, cache_bytes: usize) -> Result<Self, StoreError> {
        let file = StoreFile::open(path.as_ref(), cache_bytes)?;
        let database = file.database().map_err(|error| file.damaged(&error))?;
        let number = guarded(|| tables::newest_commit(&database)).map_err(|error| file.damaged(&error))?;
        let shared = Arc::new(Shared {
            database: RwLock::new(Some(database)),
            file,
            queue: Queue::default(),
            commits: AtomicU64::new(0),
        });
        let writer = Writer::new(Arc::clone(&shared), number);
        let writer = std::thread::Builder::new().name("tessera-store".to_owned()).spawn(move || writer.run());
        let writer = writer.map_err(|error| StoreError::Open {
            path: path.as_ref().to_owned(),
            reason: format!("no thread for its writes: {error}"),
        })?;
        Ok(EmbeddedStore { shared, writer: Some(writer) })
    }

    /// The commits that were made since it was opened: writes that arrive together share one.
    pub fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take() {
            // A panic in there has been reported by its hook, and every waiter knows.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn begin_write(&self) -> Result<WriteTransaction, redb::Error> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().ok_or(redb::Error::DatabaseClosed)?;
        guarded(|| Ok(database.begin_write()?))
    }

    /// Closes the database and opens it again; the number of its newest commit. Reads wait meanwhile.
    fn reopen(&self) -> Result<u64, redb::Error> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let old = database.take();
        guarded(|| {
            drop(old);
            Ok(())
        })?;
        let opened = self.file.database()?;
        let number = guarded(|| tables::newest_commit(&opened))?;
        *database = Some(opened);
        Ok(number)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = database.as_ref() else {
            return Err(StoreError::Read(
                "after an error it could not be opened again; it is tried on".to_owned(),
            ));
        };
        guarded(|| read(&open.begin_read()?)).map_err(|error| {
            // What the disk refused once, redb refuses until it is opened again. Other errors would stay.
            if matches!(error, redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::LockPoisoned(_)) {
                self.queue.reopen_at(Instant::now());
            }
            StoreError::Read(error.to_string())
        })
    }
}

/// Does something with the database. On damaged pages redb may panic, which must not end a caller that holds a lock,
/// nor the writer thread; a write that panicked has the database opened again, so no half-done state is used.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, redb::Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(redb::Error::Corrupted("a page in it makes no sense".to_owned())))
}

/// Opens the database that the file holds after its header and reads of every table, for fuzzing. Answers how many
/// rows that were.
pub(crate) fn read_all(content: impl StorageBackend, cache_bytes: usize) -> Result<u64, redb::Error> {
    guarded(|| {
        let database = Database::builder().set_cache_size(cache_bytes).create_with_backend(content)?;
        tables::newest_commit(&database)?;
        let transaction = database.begin_read()?;
        let mut rows = tables::audit(&transaction, usize::MAX)?.len();
        for (app, _) in tables::policies(&transaction)? {
            rows += 1;
            tables::active(&transaction, app, 0, u32::MAX)?;
            if let Ok(user) = UserId::parse("alice") {
                rows += usize::from(tables::user(&transaction, &(app, user))?.is_some());
            }
        }
        Ok(rows as u64)
    })
}

impl Store for EmbeddedStore {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, StoreError> {
        // The queue first: a record leaves it only after the database shows it.
        if let Some(record) = self.shared.queue.record(user) {
            return Ok(Some(record));
        }
        let Some(record) = self.shared.read(|transaction| tables::user(transaction, user))? else {
            return Ok(None);
        };
        let record = serde_json::from_slice(&record);
        record
            .map(Some)
            .map_err(|error| StoreError::Read(format!("the record of a user is damaged: {error}")))
    }

    fn write(&self, changes: Vec<Change>) -> Written {
        let (done, answer) = oneshot::channel();
        let queued = self.shared.queue.push(changes, done);
        Box::pin(async move {
            queued.map_err(StoreError::Write)?;
            let answer = answer.await.unwrap_or_else(|_| Err("the writer has ended".to_owned()));
            answer.map_err(StoreError::Write)
        })
    }

    fn active(&self, app: AppId, from: u32, to: u32) -> Result<Active, StoreError> {
        self.shared.read(|transaction| tables::active(transaction, app, from, to))
    }

    fn policies(&self) -> Result<Vec<(AppId, String)>, StoreError> {
        self.shared.read(tables::policies)
    }

    fn audit(&self, max: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.shared.read(|transaction| tables::audit(transaction, max))
    }
}

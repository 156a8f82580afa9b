//! The tables over any storage, for one caller: no thread, no queue, no file and no header. A simulation of the store
//! commits with it at the time of its choosing and cuts the power where it likes. A gateway uses
//! [`EmbeddedStore`](super::EmbeddedStore).

use redb::{Database, ReadableDatabase, StorageBackend};
use tessera_core::gateway::record::UserRecord;

use super::super::{Change, StoreError, UserKey};
use super::tables::Row;
use super::{guarded, tables};

/// The tables of an embedded store.
#[derive(Debug)]
pub struct BareTables {
    database: Database,
    number: u64,
}

impl BareTables {
    /// Opens the tables in a storage, and creates them if it is empty. Like a start of the gateway, this repairs what
    /// a crash has left.
    ///
    /// # Errors
    /// [`StoreError::Read`], with the reason.
    pub fn open(storage: impl StorageBackend, cache_bytes: usize) -> Result<Self, StoreError> {
        let open = || {
            let is_new = storage.len()? == 0;
            let database = Database::builder().set_cache_size(cache_bytes).create_with_backend(storage)?;
            if is_new {
                tables::create(&database)?;
            }
            let number = tables::newest_commit(&database)?;
            Ok(BareTables { database, number })
        };
        guarded(open).map_err(|error| StoreError::Read(error.to_string()))
    }

    /// The number of the newest commit that is there, which tells a failed commit from one that only seemed to fail.
    pub fn newest_commit(&self) -> u64 {
        self.number
    }

    /// A user's record.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, StoreError> {
        let record = guarded(|| tables::user(&self.database.begin_read()?, user));
        let Some(record) = record.map_err(|error| StoreError::Read(error.to_string()))? else {
            return Ok(None);
        };
        let record = serde_json::from_slice(&record);
        record.map(Some).map_err(|error| StoreError::Read(format!("a record is damaged: {error}")))
    }

    /// Makes changes durable as one commit. After an error these tables are of no more use: open them again, and
    /// compare [`newest_commit`](BareTables::newest_commit) to learn what became of it.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let rows: Result<Vec<Row>, _> = changes.iter().map(Row::encode).collect();
        let rows = rows.map_err(|error| StoreError::Write(error.to_string()))?;
        let number = self.number + 1;
        guarded(|| tables::commit(self.database.begin_write()?, rows.iter(), number))
            .map_err(|error| StoreError::Write(error.to_string()))?;
        self.number = number;
        Ok(())
    }
}

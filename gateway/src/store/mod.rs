//! The durable store behind a trait: accounts, floors, disables, marks, pending kicks, activity and audit (G9).
//!
//! Live sessions are not in it. One record per user is written whole, so a record is the unit of atomicity.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tessera_core::gateway::record::UserRecord;
use tessera_core::id::{AppId, UserId};
use tessera_core::time::Millis;

pub mod embedded;
pub mod memory;

/// The newest audit records that a store keeps; older ones make room.
pub const AUDIT_KEPT: u64 = 100_000;

/// The days of activity that a store keeps per app, the day of its newest login included, so that any three months in
/// a row can be counted. Older rows are removed little by little while logins are counted.
pub const ACTIVE_DAYS_KEPT: u32 = 100;

/// One user of one app.
pub type UserKey = (AppId, UserId);

/// What may go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened, for the reason given.
    #[error("the store {path} cannot be opened: {reason}")]
    Open {
        /// The file.
        path: std::path::PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// The file is not a Tessera store.
    #[error(
        "{path} is not a Tessera store: {reason}; name another file in `store`, this one is left as it is"
    )]
    Foreign {
        /// The file.
        path: std::path::PathBuf,
        /// What was found.
        reason: String,
    },
    /// The file was written by a newer version.
    #[error(
        "the store {path} has format {found}, newer than {known}, which this version knows; use a newer `tessera`"
    )]
    Newer {
        /// The file.
        path: std::path::PathBuf,
        /// The format in the file.
        found: u64,
        /// The newest format that this version reads.
        known: u64,
    },
    /// A read failed.
    #[error("the store cannot be read: {0}")]
    Read(String),
    /// A write failed; nothing of its batch is there.
    #[error("the store cannot be written: {0}")]
    Write(String),
}

/// One durable change.
#[derive(Clone, Debug)]
pub enum Change {
    /// The user's record from now on.
    User(UserKey, UserRecord),
    /// One login of the user in the day that `at` falls into (G11).
    Active(UserKey, Millis),
    /// One admin call.
    Audit(AuditRecord),
    /// An app's policy as an operator set it at run time; JSON, so that the store knows nothing of policies.
    Policy(AppId, String),
}

/// Who did what through the admin endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Gateway time of the call.
    pub at: Millis,
    /// The name of the admin token that was used.
    pub actor: String,
    /// The action, such as `kick`.
    pub action: String,
    /// The app that it concerned, if one.
    pub app: Option<AppId>,
    /// The user that it concerned, if one.
    pub user: Option<String>,
    /// What was asked and answered, for a person.
    pub detail: String,
}

/// Active users of an app (G11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// Different users that logged in.
    pub users: u64,
    /// Logins that were counted.
    pub logins: u64,
}

/// The day that a time falls into, counted in days since 1970 (UTC).
pub fn day(at: Millis) -> u32 {
    u32::try_from(at.as_secs() / 86_400).unwrap_or(u32::MAX)
}

/// The first day that is kept when a login falls into `day`.
fn first_day_kept(day: u32) -> u32 {
    day.saturating_add(1).saturating_sub(ACTIVE_DAYS_KEPT)
}

/// A write under way; resolves when it is durable, or has failed as a whole.
pub type Written = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// A durable store. [`load`](Store::load) is quick and may be made under a lock of the caller; writes are queued, in
/// order.
///
/// When a write fails, every write that is still queued at that moment fails with it, because a later record of a
/// user is made from an earlier one; from then on reads see what is durable. So whoever is told of a failure loads
/// the record again. A record that was loaded before a failure and is written after it brings back what it holds.
pub trait Store: Send + Sync + 'static {
    /// The user's record, with every change that was ever queued for it.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, StoreError>;

    /// Queues changes as one atomic batch. Batches that arrive together share one commit (G2). The future may be
    /// dropped; the write goes on. A batch of [`Change::Active`] alone may wait for about a second, so that counting
    /// costs no commit of its own.
    fn write(&self, changes: Vec<Change>) -> Written;

    /// Different users and logins of an app from day `from` to day `to`, both included, in days since 1970 (UTC).
    /// Only what is durable counts. It goes through every row of those days, so it belongs on no hot path.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    fn active(&self, app: AppId, from: u32, to: u32) -> Result<Active, StoreError>;

    /// The policies that operators set at run time, by app, as far as they are durable.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    fn policies(&self) -> Result<Vec<(AppId, String)>, StoreError>;

    /// The newest audit records, newest first, at most `max`, as far as they are durable.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    fn audit(&self, max: usize) -> Result<Vec<AuditRecord>, StoreError>;
}

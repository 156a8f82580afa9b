//! A store that lasts as long as its process: for simulations and the test kit. It keeps the promises of [`Store`]
//! except that nothing survives; each write is done at once, so nothing is ever queued.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tessera_core::gateway::record::UserRecord;
use tessera_core::id::{AppId, UserId};

use super::{
    AUDIT_KEPT, Active, AuditRecord, Change, Store, StoreError, UserKey, Written, day, first_day_kept,
};

/// The store. It may be made to fail, as a full disk would.
#[derive(Default)]
pub struct MemoryStore {
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    users: HashMap<UserKey, UserRecord>,
    active: BTreeMap<(AppId, u32), BTreeMap<UserId, u32>>,
    audit: VecDeque<AuditRecord>,
    policies: BTreeMap<AppId, String>,
    fail_writes: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    /// While true, every write fails with [`StoreError::Write`] and changes nothing, as on a full disk.
    pub fn fail_writes(&self, fail: bool) {
        self.lock().fail_writes = fail;
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // No step between two consistent states can panic, so a poisoned lock guards good content.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn apply(&mut self, change: Change) {
        match change {
            Change::User(key, record) => {
                self.users.insert(key, record);
            }
            Change::Active((app, user), at) => {
                let day = day(at);
                let logins = self.active.entry((app, day)).or_default().entry(user).or_default();
                *logins = logins.saturating_add(1);
                self.active.retain(|&(row_app, row_day), _| row_app != app || row_day >= first_day_kept(day));
            }
            Change::Audit(record) => {
                self.audit.push_front(record);
                self.audit.truncate(usize::try_from(AUDIT_KEPT).unwrap_or(usize::MAX));
            }
            Change::Policy(app, policy) => {
                self.policies.insert(app, policy);
            }
        }
    }
}

impl Store for MemoryStore {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.lock().users.get(user).cloned())
    }

    fn write(&self, changes: Vec<Change>) -> Written {
        let mut content = self.lock();
        let result = if content.fail_writes {
            Err(StoreError::Write("writes were made to fail".to_owned()))
        } else {
            changes.into_iter().for_each(|change| content.apply(change));
            Ok(())
        };
        Box::pin(std::future::ready(result))
    }

    fn active(&self, app: AppId, from: u32, to: u32) -> Result<Active, StoreError> {
        if from > to {
            return Ok(Active::default());
        }
        let content = self.lock();
        let rows = || content.active.range((app, from)..=(app, to)).flat_map(|(_, users)| users);
        let users = rows().map(|(user, _)| user).collect::<BTreeSet<_>>().len();
        Ok(Active { users: users as u64, logins: rows().map(|(_, &logins)| u64::from(logins)).sum() })
    }

    fn policies(&self) -> Result<Vec<(AppId, String)>, StoreError> {
        Ok(self.lock().policies.iter().map(|(app, policy)| (*app, policy.clone())).collect())
    }

    fn audit(&self, max: usize) -> Result<Vec<AuditRecord>, StoreError> {
        Ok(self.lock().audit.iter().take(max).cloned().collect())
    }
}

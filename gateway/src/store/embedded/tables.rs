//! The tables: what one row of each is, how a commit changes them, and how they are read. Nothing here waits or
//! retries; an error goes up as it is.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, Table};
use redb::{TableDefinition, WriteTransaction};
use tessera_core::id::{AppId, UserId};

use super::super::{AUDIT_KEPT, Active, AuditRecord, Change, UserKey, day, first_day_kept};

/// (app, user) → the `UserRecord` in JSON.
const USERS: TableDefinition<'_, (u64, &str), &[u8]> = TableDefinition::new("users");
/// (app, day, user) → logins of that day.
const ACTIVE: TableDefinition<'_, (u64, u32, &str), u32> = TableDefinition::new("active");
/// A rising number → the `AuditRecord` in JSON.
const AUDIT: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("audit");
/// App → its policy in JSON.
const POLICY: TableDefinition<'_, u64, &str> = TableDefinition::new("policy");
/// Facts about the store itself.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// The number of the newest commit, which tells a failed commit from one that only seemed to fail.
const META_COMMIT: &str = "commit";

/// Greater than every user id, which is ASCII (C4).
const USER_END: &str = "\u{7f}";
/// Old activity rows that a commit removes on top of two for each that it adds, so that none takes long.
const CLEANUP_ROWS: usize = 64;

/// One change as it will be stored, made before it is queued so that the writer cannot fail on it.
pub(super) enum Row {
    User(UserKey, Vec<u8>),
    Active(UserKey, u32),
    Audit(Vec<u8>),
    Policy(AppId, String),
}

impl Row {
    pub(super) fn encode(change: &Change) -> Result<Self, serde_json::Error> {
        Ok(match change {
            Change::User(key, record) => Row::User(*key, serde_json::to_vec(record)?),
            Change::Active(key, at) => Row::Active(*key, day(*at)),
            Change::Audit(record) => Row::Audit(serde_json::to_vec(record)?),
            Change::Policy(app, policy) => Row::Policy(*app, policy.clone()),
        })
    }
}

/// Makes every table, so that no read has to ask whether there is one.
pub(super) fn create(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    commit(transaction, std::iter::empty(), 0)
}

/// Applies the rows in order and makes them durable, all or none.
pub(super) fn commit<'a>(
    transaction: WriteTransaction,
    rows: impl Iterator<Item = &'a Row>,
    number: u64,
) -> Result<(), redb::Error> {
    // Within a block, because a transaction with an open table cannot be committed.
    {
        let mut users = transaction.open_table(USERS)?;
        let mut active = transaction.open_table(ACTIVE)?;
        let mut audit = transaction.open_table(AUDIT)?;
        let mut policy = transaction.open_table(POLICY)?;
        let mut counted = HashMap::new();
        for row in rows {
            match row {
                Row::User((app, user), record) => {
                    users.insert((app.0, user.as_str()), record.as_slice())?;
                }
                Row::Active((app, user), day) => {
                    count_login(&mut active, *app, *day, user)?;
                    let (newest, rows) = counted.entry(*app).or_insert((*day, 0));
                    *newest = (*day).max(*newest);
                    *rows += 1;
                }
                Row::Audit(record) => append_audit(&mut audit, record)?,
                Row::Policy(app, text) => {
                    policy.insert(app.0, text.as_str())?;
                }
            }
        }
        for (app, (newest, rows)) in counted {
            forget_days_before(&mut active, app, first_day_kept(newest), 2 * rows + CLEANUP_ROWS)?;
        }
        transaction.open_table(META)?.insert(META_COMMIT, number)?;
    }
    Ok(transaction.commit()?)
}

/// The number of the newest commit that is there.
pub(super) fn newest_commit(database: &Database) -> Result<u64, redb::Error> {
    let meta = database.begin_read()?.open_table(META)?;
    Ok(meta.get(META_COMMIT)?.map_or(0, |number| number.value()))
}

/// A user's record as it was stored.
pub(super) fn user(
    transaction: &ReadTransaction,
    (app, user): &UserKey,
) -> Result<Option<Vec<u8>>, redb::Error> {
    let users = transaction.open_table(USERS)?;
    Ok(users.get((app.0, user.as_str()))?.map(|record| record.value().to_vec()))
}

/// Every policy, by app.
pub(super) fn policies(transaction: &ReadTransaction) -> Result<Vec<(AppId, String)>, redb::Error> {
    let table = transaction.open_table(POLICY)?;
    let rows = table.iter()?.map(|row| row.map(|(app, text)| (AppId(app.value()), text.value().to_owned())));
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest audit records, newest first.
pub(super) fn audit(transaction: &ReadTransaction, max: usize) -> Result<Vec<AuditRecord>, redb::Error> {
    let table = transaction.open_table(AUDIT)?;
    let decode = |(_, record): (_, redb::AccessGuard<'_, &[u8]>)| {
        serde_json::from_slice(record.value())
            .map_err(|error| redb::Error::Corrupted(format!("an audit record is damaged: {error}")))
    };
    table.iter()?.rev().take(max).map(|row| decode(row?)).collect()
}

/// Merges the days, each of which is sorted by user, so that no set of all users is held.
pub(super) fn active(
    transaction: &ReadTransaction,
    app: AppId,
    from: u32,
    to: u32,
) -> Result<Active, redb::Error> {
    let mut total = Active::default();
    if from > to {
        return Ok(total);
    }
    let table = transaction.open_table(ACTIVE)?;
    let mut days = Vec::new();
    let mut next = Some(from);
    while let Some(start) = next.filter(|start| *start <= to) {
        let Some(row) = table.range((app.0, start, "")..=(app.0, to, USER_END))?.next() else {
            break;
        };
        let day = row?.0.value().1;
        days.push(table.range((app.0, day, "")..=(app.0, day, USER_END))?);
        next = day.checked_add(1);
    }
    let mut heads = BinaryHeap::new();
    let count = days.len();
    let mut advance = |day: usize, heads: &mut BinaryHeap<_>| -> Result<(), redb::Error> {
        let Some(row) = days[day].next() else {
            return Ok(());
        };
        let (key, logins) = row?;
        // By text, as the table is sorted; the order of `UserId` is another.
        heads.push(Reverse((key.value().2.to_owned(), day)));
        total.logins += u64::from(logins.value());
        Ok(())
    };
    for day in 0..count {
        advance(day, &mut heads)?;
    }
    let mut last = None;
    while let Some(Reverse((user, day))) = heads.pop() {
        if last.as_ref() != Some(&user) {
            total.users += 1;
            last = Some(user);
        }
        advance(day, &mut heads)?;
    }
    Ok(total)
}

fn count_login(
    active: &mut Table<'_, (u64, u32, &'static str), u32>,
    app: AppId,
    day: u32,
    user: &UserId,
) -> Result<(), redb::Error> {
    let key = (app.0, day, user.as_str());
    let before = active.get(key)?.map_or(0, |logins| logins.value());
    active.insert(key, before.saturating_add(1))?;
    Ok(())
}

fn append_audit(audit: &mut Table<'_, u64, &'static [u8]>, record: &[u8]) -> Result<(), redb::Error> {
    let number = audit.last()?.map_or(0, |(number, _)| number.value() + 1);
    audit.insert(number, record)?;
    while audit.len()? > AUDIT_KEPT {
        audit.pop_first()?;
    }
    Ok(())
}

fn forget_days_before(
    active: &mut Table<'_, (u64, u32, &'static str), u32>,
    app: AppId,
    day: u32,
    rows_max: usize,
) -> Result<(), redb::Error> {
    let mut old = Vec::new();
    for row in active.range((app.0, 0, "")..(app.0, day, ""))?.take(rows_max) {
        let (key, _) = row?;
        let (_, day, user) = key.value();
        old.push((day, user.to_owned()));
    }
    for (day, user) in old {
        active.remove((app.0, day, user.as_str()))?;
    }
    Ok(())
}

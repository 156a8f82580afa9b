//! One suite that both stores pass, and what only the one in a file promises. Which files it
//! opens is in `store_open.rs`, crashes and full disks are in `store_kill.rs`.

#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

use std::sync::Arc;

use tessera_core::gateway::record::{Mark, PendingKick, Revoked, Signature, UserRecord};
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, SessionId, UserId};
use tessera_core::time::Millis;
use tessera_core::wire::KickReason;
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::memory::MemoryStore;
use tessera_gateway::store::{
    ACTIVE_DAYS_KEPT, AUDIT_KEPT, Active, AuditRecord, Change, Store, StoreError, UserKey, day,
};

const DAY: u64 = 86_400_000;
const APP: AppId = AppId(1_400_000_001);
const OTHER_APP: AppId = AppId(7);

fn key(app: AppId, user: &str) -> UserKey {
    (app, UserId::parse(user).unwrap())
}

fn with_floor(floor: u64) -> UserRecord {
    UserRecord { floor, ..UserRecord::default() }
}

fn full_record() -> UserRecord {
    let device = DeviceId([3; 16]);
    let session = SessionId([4; 16]);
    let at = Millis(1_700_000_000_123);
    UserRecord {
        floor: 1_700_000_000,
        disabled: true,
        revoked: vec![Revoked { sig: Signature([9; 32]), expires: at }],
        marks: vec![Mark { device, by: Platform::Windows, at, spent_by: Some(session) }],
        kicks: vec![PendingKick {
            session,
            device,
            reason: KickReason::Policy,
            by: Some(Platform::Web),
            at,
            expires: at,
        }],
        ..UserRecord::default()
    }
}

fn login(app: AppId, user: &str, at_day: u32) -> Change {
    Change::Active(key(app, user), Millis(u64::from(at_day) * DAY + 5))
}

fn audit_record(number: u64) -> AuditRecord {
    AuditRecord {
        at: Millis(number),
        actor: "ops".to_owned(),
        action: "kick".to_owned(),
        app: Some(APP),
        user: Some("alice".to_owned()),
        detail: number.to_string(),
    }
}

/// Runs each scenario against both stores.
macro_rules! suite {
    ($($(#[$attribute:meta])* async fn $name:ident($store:ident) $body:block)*) => {
        $(async fn $name($store: &dyn Store) $body)*

        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::EmbeddedStore::open(folder.path().join("store")).unwrap();
                super::$name(&store).await;
            })*
        }

        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::MemoryStore::new()).await;
            })*
        }
    };
}

suite! {
    async fn a_record_reads_back_whole_and_belongs_to_one_app(store) {
        store.write(vec![Change::User(key(APP, "alice"), full_record())]).await.unwrap();
        assert_eq!(store.load(&key(APP, "alice")).unwrap(), Some(full_record()));
        assert_eq!(store.load(&key(OTHER_APP, "alice")).unwrap(), None);
        assert_eq!(store.load(&key(APP, "alice2")).unwrap(), None);
        assert_eq!(store.load(&key(APP, "alic")).unwrap(), None);
    }

    async fn a_queued_record_is_seen_before_it_is_durable_and_the_newest_wins(store) {
        let user = key(APP, "alice");
        let mut waiting = Vec::new();
        for floor in 1..=200 {
            waiting.push(store.write(vec![Change::User(user, with_floor(floor))]));
            assert_eq!(store.load(&user).unwrap(), Some(with_floor(floor)));
        }
        for write in waiting {
            write.await.unwrap();
            assert_eq!(store.load(&user).unwrap(), Some(with_floor(200)));
        }
    }

    async fn the_last_record_of_a_user_within_a_batch_wins(store) {
        let user = key(APP, "alice");
        let batch = vec![Change::User(user, with_floor(1)), Change::User(user, with_floor(2))];
        let write = store.write(batch);
        assert_eq!(store.load(&user).unwrap(), Some(with_floor(2)));
        write.await.unwrap();
        assert_eq!(store.load(&user).unwrap(), Some(with_floor(2)));
    }

    async fn a_write_goes_on_when_its_future_is_dropped(store) {
        drop(store.write(vec![Change::User(key(APP, "alice"), with_floor(1)), login(APP, "alice", 3)]));
        store.write(Vec::new()).await.unwrap();
        assert_eq!(store.load(&key(APP, "alice")).unwrap(), Some(with_floor(1)));
        assert_eq!(store.active(APP, 3, 3).unwrap(), Active { users: 1, logins: 1 });
    }

    async fn an_app_counts_different_users_and_all_logins_of_its_days(store) {
        // G11
        let rows = [("a", 10), ("a", 10), ("b", 10), ("a", 11), ("c", 12), ("b", 14)];
        let mut batch: Vec<_> = rows.iter().map(|(user, day)| login(APP, user, *day)).collect();
        batch.push(login(OTHER_APP, "a", 10));
        store.write(batch).await.unwrap();
        let active = |from, to| {
            let Active { users, logins } = store.active(APP, from, to).unwrap();
            (users, logins)
        };
        assert_eq!(active(10, 10), (2, 3));
        assert_eq!(active(10, 11), (2, 4));
        assert_eq!(active(11, 12), (2, 2));
        assert_eq!(active(13, 13), (0, 0));
        assert_eq!(active(0, u32::MAX), (3, 6));
        assert_eq!(active(14, u32::MAX), (1, 1));
        assert_eq!(active(12, 11), (0, 0));
        assert_eq!(store.active(OTHER_APP, 0, 20).unwrap(), Active { users: 1, logins: 1 });
        assert_eq!(store.active(AppId(8), 0, 20).unwrap(), Active::default());
    }

    async fn a_user_who_comes_every_day_is_one_user_whatever_the_names_are(store) {
        // G11: names of different lengths, of which one begins as another.
        let names = ["b", "aa", "a", "Z", "a-", "aaa", "0", "_", "b0123456789"];
        for day in 1..=5 {
            let present = names.iter().enumerate().filter(|(index, _)| day % 2 == 1 || index % 2 == 0);
            store.write(present.map(|(_, name)| login(APP, name, day)).collect()).await.unwrap();
        }
        assert_eq!(store.active(APP, 1, 5).unwrap(), Active { users: 9, logins: 37 });
        assert_eq!(store.active(APP, 2, 2).unwrap(), Active { users: 5, logins: 5 });
    }

    async fn days_begin_at_midnight_utc(store) {
        let at = |millis| Change::Active(key(APP, "a"), Millis(millis));
        store.write(vec![at(DAY - 1), at(DAY), at(2 * DAY - 1)]).await.unwrap();
        assert_eq!(store.active(APP, 0, 0).unwrap().logins, 1);
        assert_eq!(store.active(APP, 1, 1).unwrap().logins, 2);
        assert_eq!((day(Millis(0)), day(Millis(DAY)), day(Millis::NEVER)), (0, 1, u32::MAX));
    }

    async fn activity_is_forgotten_after_its_days(store) {
        store.write(vec![login(APP, "a", 1000), login(OTHER_APP, "a", 1000)]).await.unwrap();
        store.write(vec![login(APP, "a", 1000 + ACTIVE_DAYS_KEPT - 1)]).await.unwrap();
        assert_eq!(store.active(APP, 1000, 1000).unwrap().users, 1);
        store.write(vec![login(APP, "a", 1000 + ACTIVE_DAYS_KEPT)]).await.unwrap();
        assert_eq!(store.active(APP, 1000, 1000).unwrap().users, 0);
        assert_eq!(store.active(APP, 0, u32::MAX).unwrap().logins, 2);
        assert_eq!(store.active(OTHER_APP, 1000, 1000).unwrap().users, 1, "no login there moved its days");
    }

    async fn a_policy_replaces_the_one_before(store) {
        for (app, policy) in [(OTHER_APP, "{}"), (APP, "{}"), (APP, r#"{"preset":"single"}"#)] {
            store.write(vec![Change::Policy(app, policy.to_owned())]).await.unwrap();
        }
        let expected = vec![(OTHER_APP, "{}".to_owned()), (APP, r#"{"preset":"single"}"#.to_owned())];
        assert_eq!(store.policies().unwrap(), expected);
    }

    async fn the_audit_shows_the_newest_first_and_keeps_no_more_than_its_limit(store) {
        assert_eq!(store.audit(5).unwrap(), []);
        let records = AUDIT_KEPT + 10;
        store.write((0..records).map(|number| Change::Audit(audit_record(number))).collect()).await.unwrap();
        assert_eq!(store.audit(2).unwrap(), [audit_record(records - 1), audit_record(records - 2)]);
        assert_eq!(store.audit(0).unwrap(), []);
        let all = store.audit(usize::MAX).unwrap();
        assert_eq!((all.len() as u64, all.last().unwrap().at), (AUDIT_KEPT, Millis(10)));
    }
}

#[tokio::test]
async fn a_memory_store_that_is_made_to_fail_changes_nothing_until_it_may_write_again() {
    let store = MemoryStore::new();
    let user = key(APP, "alice");
    store.write(vec![Change::User(user, with_floor(1))]).await.unwrap();
    store.fail_writes(true);
    let failed = store.write(vec![Change::User(user, with_floor(2)), login(APP, "alice", 1)]).await;
    assert!(matches!(failed, Err(StoreError::Write(_))));
    assert_eq!(store.load(&user).unwrap(), Some(with_floor(1)));
    assert_eq!(store.active(APP, 0, 9).unwrap(), Active::default());
    store.fail_writes(false);
    store.write(vec![Change::User(user, with_floor(3))]).await.unwrap();
    assert_eq!(store.load(&user).unwrap(), Some(with_floor(3)));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    // G9
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EmbeddedStore::open(&path).unwrap();
    let batch = vec![
        Change::User(key(APP, "alice"), full_record()),
        login(APP, "alice", 9),
        Change::Audit(audit_record(1)),
        Change::Policy(APP, "{}".to_owned()),
    ];
    store.write(batch).await.unwrap();
    drop(store);
    for _ in 0..2 {
        let store = EmbeddedStore::open(&path).unwrap();
        assert_eq!(store.load(&key(APP, "alice")).unwrap(), Some(full_record()));
        assert_eq!(store.active(APP, 9, 9).unwrap(), Active { users: 1, logins: 1 });
        assert_eq!(store.audit(9).unwrap(), [audit_record(1)]);
        assert_eq!(store.policies().unwrap(), [(APP, "{}".to_owned())]);
    }
}

#[test]
fn dropping_the_store_commits_what_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EmbeddedStore::open(&path).unwrap();
    for number in 0..100 {
        drop(store.write(vec![Change::User(key(APP, &number.to_string()), with_floor(number))]));
        drop(store.write(vec![login(APP, "alice", 1)]));
    }
    drop(store);
    let store = EmbeddedStore::open(&path).unwrap();
    assert!(
        (0..100)
            .all(|number| store.load(&key(APP, &number.to_string())).unwrap() == Some(with_floor(number)))
    );
    assert_eq!(store.active(APP, 1, 1).unwrap().logins, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ups_that_arrive_together_share_commits() {
    // G2
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::open(folder.path().join("store")).unwrap());
    let writers = (0..1000).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let user = key(APP, &format!("user-{number}"));
            store.write(vec![Change::User(user, with_floor(number)), login(APP, "x", 1)]).await.unwrap();
            assert_eq!(store.load(&user).unwrap(), Some(with_floor(number)));
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert!((1..=500).contains(&store.commits()), "{} commits for 1000 writes", store.commits());
    assert_eq!(store.active(APP, 1, 1).unwrap(), Active { users: 1, logins: 1000 });
}

#[tokio::test]
async fn counting_a_login_alone_waits_for_a_commit_to_share() {
    // C3: an ordinary login needs no disk write.
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path().join("store")).unwrap();
    let logins: Vec<_> = (0..500).map(|_| store.write(vec![login(APP, "alice", 1)])).collect();
    store.write(vec![Change::User(key(APP, "bob"), with_floor(1))]).await.unwrap();
    for login in logins {
        login.await.unwrap();
    }
    // Without an urgent write it is committed too.
    store.write(vec![login(APP, "alice", 1)]).await.unwrap();
    assert_eq!(store.active(APP, 1, 1).unwrap().logins, 501);
    assert!(store.commits() <= 10, "{} commits", store.commits());
}

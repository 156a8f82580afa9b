//! Which files the store opens, and what it says of those that it refuses. What it does with an open one is in
//! `store.rs`.

#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use tessera_core::gateway::record::UserRecord;
use tessera_core::id::{AppId, UserId};
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::{Change, Store, StoreError, UserKey};

fn key(number: u64) -> UserKey {
    (AppId(1), UserId::parse(&number.to_string()).unwrap())
}

fn record() -> UserRecord {
    UserRecord { floor: 1_700_000_000, disabled: true, ..UserRecord::default() }
}

/// Opening fails with `expected` in its text, and leaves the file as it was.
#[track_caller]
fn refused(path: &Path, expected: &str) -> StoreError {
    let before = fs::read(path).ok();
    let error = EmbeddedStore::open(path).err().expect("it must not open");
    assert!(error.to_string().contains(expected), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert_eq!(fs::read(path).ok(), before, "the file was changed");
    error
}

#[test]
fn a_file_of_somebody_else_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let redb = redb::Database::create(folder.path().join("redb")).unwrap();
    drop(redb);
    let redb = fs::read(folder.path().join("redb")).unwrap();
    for content in [b"x".as_slice(), &[0; 5000], b"Tessera store", b"a text\n".repeat(2000).as_slice(), &redb]
    {
        fs::write(&path, content).unwrap();
        assert!(matches!(refused(&path, "is not a Tessera store"), StoreError::Foreign { .. }));
    }
}

#[test]
fn a_newer_format_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(EmbeddedStore::open(&path).unwrap());
    patch(&path, 16, &2_u64.to_le_bytes());
    let error = refused(&path, "format 2, newer than 1");
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }));
    patch(&path, 16, &0_u64.to_le_bytes());
    assert!(matches!(refused(&path, "damaged"), StoreError::Foreign { .. }));
}

#[test]
fn what_cannot_be_opened_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    assert!(matches!(refused(folder.path(), "it is a folder; name a file in it"), StoreError::Open { .. }));
    refused(&folder.path().join("missing").join("store"), "its folder does not exist; create that");
    let store = EmbeddedStore::open(&path).unwrap();
    refused(&path, "another process has it open; stop that one");
    drop(store);
    drop(EmbeddedStore::open(&path).unwrap());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_new_file_and_a_file_without_rights_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(EmbeddedStore::open(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    // Nothing is forbidden to root.
    if fs::OpenOptions::new().write(true).open(&path).is_err() {
        refused(&path, "the right to read and write it");
    }
}

#[test]
fn a_creation_that_was_cut_short_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(EmbeddedStore::open(&path).unwrap());
    for length in [32, 4096, 9000] {
        patch(&path, 24, &1_u64.to_le_bytes());
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let store = EmbeddedStore::open(&path).unwrap();
        assert_eq!(store.load(&key(1)).unwrap(), None);
    }
}

#[test]
fn a_damaged_store_is_refused_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EmbeddedStore::open(&path).unwrap();
    for number in 0..2000 {
        drop(store.write(vec![Change::User(key(number), record())]));
    }
    drop(store);
    let good = fs::read(&path).unwrap();
    for length in [32, 4096, 4100, 8192, 20_000, good.len() / 2, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        let error = EmbeddedStore::open(&path).err().expect("it must not open");
        assert!(error.to_string().contains("damaged"), "{length} bytes: {error}");
    }
    for at in (4096..good.len()).step_by(good.len() / 97) {
        let mut bad = good.clone();
        let end = (at + 600).min(bad.len());
        bad[at..end].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(&path, &bad).unwrap();
        // A page may go unnoticed until it is read, which must not panic either.
        if let Ok(store) = EmbeddedStore::open(&path) {
            for number in 0..2000 {
                let _ = store.load(&key(number));
            }
        }
    }
}

fn patch(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

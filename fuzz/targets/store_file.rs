//! The store's file: whatever is damaged in it, it is read or refused, and no panic gets out.
//!
//! An input is a list of changes to a good file, because arbitrary bytes would all end at the same first check: an
//! offset of three bytes and what is XORed to the byte there. One to three bytes left over cut the file off.
#![no_main]

use std::io;
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use redb::StorageBackend;
use tessera_core::gateway::record::UserRecord;
use tessera_core::id::{AppId, UserId};
use tessera_core::time::Millis;
use tessera_gateway::fuzzing::read_store;
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::{AuditRecord, Change, Store};

/// Bytes of the page before what redb keeps.
const HEADER_BYTES: usize = 4096;
/// The least memory for pages that always works.
const CACHE_BYTES: usize = 1 << 20;
/// The file is the operator's, not a peer's. redb makes room for what a damaged page or header says before it finds out
/// that it is not there, so all that can be asked for is that opening ends.
const TIME_MAX: Duration = Duration::from_secs(2);
const BYTES_MAX: u64 = 4 << 30;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(good_file);
static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    // The fuzzer's hook ends the process at every panic, also at those of redb that the store catches.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let content = damaged(bytes);
    let read = std::panic::catch_unwind(|| {
        tessera_fuzz::bounded_by(BYTES_MAX, TIME_MAX, || {
            read_store(Memory(Mutex::new(content.clone())), CACHE_BYTES)
        })
    });
    match read {
        Ok(Ok(rows)) if bytes.is_empty() => end_unless(rows == 3, "the good file is read whole"),
        Ok(Ok(_)) => {}
        Ok(Err(reason)) => end_unless(!bytes.is_empty(), &reason),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
            end_unless(false, text);
        }
    }
});

fn end_unless(holds: bool, what: &str) {
    if !holds {
        eprintln!("{what}");
        std::process::abort();
    }
}

fn damaged(bytes: &[u8]) -> Vec<u8> {
    let mut content = GOOD.clone();
    let offset = |bytes: &[u8]| bytes.iter().fold(0_usize, |offset, byte| (offset << 8) | usize::from(*byte));
    let (changes, rest) = bytes.as_chunks::<4>();
    for [high, middle, low, mask] in changes {
        let at = offset(&[*high, *middle, *low]) % content.len();
        content[at] ^= mask;
    }
    if !rest.is_empty() {
        content.truncate(offset(rest));
    }
    content
}

/// A store with a row in every table.
fn good_file() -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("tessera-fuzz-{}.redb", std::process::id()));
    let store = EmbeddedStore::open(&path).expect("a new store in the temporary folder");
    let app = AppId(1_400_000_001);
    let user = (app, UserId::parse("alice").expect("a user id"));
    let audit = AuditRecord {
        at: Millis(1),
        actor: "fuzz".to_owned(),
        action: "kick".to_owned(),
        app: Some(app),
        user: None,
        detail: String::new(),
    };
    // Dropping the store waits for the write.
    drop(store.write(vec![
        Change::User(user, UserRecord::default()),
        Change::Active(user, Millis(1)),
        Change::Audit(audit),
        Change::Policy(app, "{}".to_owned()),
    ]));
    drop(store);
    let content = std::fs::read(&path).expect("the store that was just made");
    let _ = std::fs::remove_file(&path);
    content[HEADER_BYTES..].to_vec()
}

/// A file in memory.
#[derive(Debug)]
struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn with<T>(&self, offset: u64, length: usize, work: impl FnOnce(&mut [u8]) -> T) -> io::Result<T> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let range = start..start.checked_add(length).ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(work(content.get_mut(range).ok_or(io::ErrorKind::UnexpectedEof)?))
    }
}

impl StorageBackend for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(offset, out.len(), |bytes| out.copy_from_slice(bytes))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        // A disk is full sooner or later, and this one soon.
        let len = usize::try_from(len).ok().filter(|len| *len <= 2 * GOOD.len());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .resize(len.ok_or(io::ErrorKind::StorageFull)?, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.with(offset, data.len(), |bytes| bytes.copy_from_slice(data))
    }
}

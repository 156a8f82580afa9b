//! A user's record in the store: any bytes are a record or refused, and a record is the same when it is written and
//! read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tessera_core::gateway::record::UserRecord;
use tessera_core::time::Millis;

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = tessera_fuzz::bounded(|| serde_json::from_slice::<UserRecord>(bytes)) else { return };
    let written = serde_json::to_vec(&record).expect("a record has only string keys");
    let again: UserRecord = serde_json::from_slice(&written).expect("we wrote it");
    assert_eq!(again, record);
    let mut pruned = record.clone();
    pruned.prune(Millis(u64::MAX));
    assert_eq!((pruned.floor, pruned.disabled, pruned.marks), (record.floor, record.disabled, record.marks));
});

//! The SDK's log records for JavaScript: of the process, to the environment that asked last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use napi::bindgen_prelude::{Error, Result};
use napi_derive::napi;
use serde_json::json;
use tessera_client::{LogRecord, Logs};

use crate::event_loop::{Caller, EventLoop, Waker};

/// How many records are handed over at once.
const RECORDS_AT_ONCE: usize = 64;

static DESK: Desk =
    Desk { state: Mutex::new(State { to: None, records: Vec::new() }), moved: Condvar::new() };

/// Where records wait until JavaScript takes them. The queue itself is the SDK's, with its bound: while records are
/// here, no more are taken from it.
struct Desk {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    to: Option<Arc<Waker>>,
    records: Vec<LogRecord>,
}

/// Sends the log records of the process to this loop from now on.
#[napi(catch_unwind)]
pub fn open_logs(event_loop: &EventLoop) -> Result<()> {
    static STARTED: AtomicBool = AtomicBool::new(false);

    let logs = Logs::of_process();
    let waker = event_loop.waker();
    let mut desk = DESK.lock();
    desk.to = Some(Arc::clone(&waker));
    let has_records = !desk.records.is_empty();
    // Under the lock: the queue is open whenever there is somebody to hand over to.
    logs.open();
    drop(desk);
    if has_records {
        // An environment that has ended was to take them.
        waker.wake(Caller::Logs(Arc::downgrade(&waker)));
    }
    DESK.moved.notify_all();
    if !STARTED.swap(true, Ordering::AcqRel) {
        let clerk = thread::Builder::new().name("tessera-log".to_owned()).spawn(move || hand_over(logs));
        clerk.map_err(|error| {
            STARTED.store(false, Ordering::Release);
            Error::from_reason(format!("no thread for the log: {error}"))
        })?;
    }
    Ok(())
}

/// Sends no more records to this loop. Another one that has asked since is not touched.
#[napi(catch_unwind)]
pub fn close_logs(event_loop: &EventLoop) {
    let mut desk = DESK.lock();
    if desk.to.as_ref().is_some_and(|to| Arc::ptr_eq(to, &event_loop.waker())) {
        desk.to = None;
        desk.records.clear();
        Logs::of_process().close();
        drop(desk);
        DESK.moved.notify_all();
    }
}

/// The records that wait for this environment, as a JSON array of level and text in turn.
pub(crate) fn take(waker: &Weak<Waker>) -> String {
    let mut desk = DESK.lock();
    // A wake-up may come when the records are already another's.
    let is_its_own = desk.to.as_ref().is_some_and(|to| std::ptr::eq(Arc::as_ptr(to), waker.as_ptr()));
    let records = if is_its_own { std::mem::take(&mut desk.records) } else { Vec::new() };
    drop(desk);
    DESK.moved.notify_all();
    let parts = records.into_iter().flat_map(|record| [json!(record.level.number()), json!(record.text)]);
    parts.collect::<serde_json::Value>().to_string()
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that carries records to the desk, and waits there until they were taken.
fn hand_over(logs: &'static Logs) {
    loop {
        let waiting = DESK.moved.wait_while(DESK.lock(), |desk| {
            // Of an environment that has ended nobody takes anything.
            desk.to.take_if(|to| !to.is_open());
            desk.to.is_none() || !desk.records.is_empty()
        });
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
        let records = logs.next_blocking(RECORDS_AT_ONCE);
        let mut desk = DESK.lock();
        let Some(to) = desk.to.clone() else { continue };
        if records.is_empty() {
            // Closed, and perhaps open again since.
            continue;
        }
        desk.records = records;
        drop(desk);
        to.wake(Caller::Logs(Arc::downgrade(&to)));
    }
}

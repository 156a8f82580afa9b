//! What the SDK logs, for the host of a binding: a process-wide queue that the host's own thread takes from.
//!
//! Records are queued and never handed out by whoever logs, because that may hold a lock of ours. A Rust program has
//! `tracing` and needs nothing of this.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use tessera_core::generated::status::LogLevel;
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::process::PerProcess;

/// How many records wait at most. When a host does not take them, the oldest are dropped and counted.
const RECORDS_WAITING_MAX: usize = 1024;
/// Whose records the host gets.
const OWN_TARGETS: &str = "tessera";

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// How grave it is.
    pub level: LogLevel,
    /// What happened, without tickets and keys.
    pub text: String,
}

/// The queue of the process.
#[derive(Debug)]
pub struct Logs {
    /// The least level that is collected; above all of them while nobody takes.
    level: AtomicI32,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    arrived_async: Notify,
    on_records: OnceLock<fn()>,
}

#[derive(Debug)]
struct Waiting {
    records: VecDeque<LogRecord>,
    dropped: u64,
    wanted: LogLevel,
    open: bool,
}

thread_local! {
    /// This thread runs the host's log callback.
    static HANDING_OUT: Cell<bool> = const { Cell::new(false) };
}

static LOGS: PerProcess<Logs> = PerProcess::new(Logs::new);

/// Sets the least level that the process's queue collects, whether or not anybody takes from it.
pub(crate) fn set_level(level: LogLevel) {
    LOGS.get().set_level(level);
}

impl Logs {
    const fn new() -> Self {
        let waiting = Waiting { records: VecDeque::new(), dropped: 0, wanted: LogLevel::Info, open: false };
        Logs {
            level: AtomicI32::new(i32::MAX),
            waiting: Mutex::new(waiting),
            arrived: Condvar::new(),
            arrived_async: Notify::const_new(),
            on_records: OnceLock::new(),
        }
    }

    /// The queue of the process. The first call makes it `tracing`'s global subscriber, unless the process has one
    /// already: then nothing is ever collected.
    pub fn of_process() -> &'static Logs {
        static INSTALLED: std::sync::Once = std::sync::Once::new();
        INSTALLED.call_once(|| {
            // A host in Rust that has its own subscriber reads the records there.
            let _ = tracing::subscriber::set_global_default(Collector);
        });
        LOGS.get()
    }

    /// Begins to collect.
    pub fn open(&self) {
        let mut waiting = self.lock();
        waiting.open = true;
        self.apply(&waiting);
    }

    /// Stops collecting. What waits is forgotten, and whoever waits gets nothing, for ever or until the next
    /// [`Logs::open`].
    pub fn close(&self) {
        let mut waiting = self.lock();
        waiting.open = false;
        waiting.records.clear();
        waiting.dropped = 0;
        self.apply(&waiting);
        drop(waiting);
        self.arrived.notify_all();
        self.arrived_async.notify_waiters();
        self.arrived_async.notify_one();
    }

    /// Sets the least level that is collected: the setting `log_level` of the client that was initialised last.
    pub fn set_level(&self, level: LogLevel) {
        let mut waiting = self.lock();
        waiting.wanted = level;
        self.apply(&waiting);
    }

    /// Sets, once, what is told when records begin to wait, for a host that delivers them where its events are
    /// delivered. It is called from any thread, perhaps under a lock of ours: it must not block, nor log, nor call us.
    pub fn on_records(&self, tell: fn()) {
        // A second host in the process does not take the records of the first.
        let _ = self.on_records.set(tell);
    }

    /// Takes up to `max` records that wait, without waiting.
    pub fn try_next(&self, max: usize) -> Vec<LogRecord> {
        self.lock().take(max)
    }

    /// Takes up to `max` records, and waits for the first. Empty once the queue is closed.
    pub fn next_blocking(&self, max: usize) -> Vec<LogRecord> {
        let waiting = self.arrived.wait_while(self.lock(), |waiting| !waiting.is_settled());
        waiting.unwrap_or_else(PoisonError::into_inner).take(max)
    }

    /// As [`Logs::next_blocking`], without blocking; on any executor.
    pub async fn next(&self, max: usize) -> Vec<LogRecord> {
        loop {
            self.wait().await;
            let mut waiting = self.lock();
            if waiting.is_settled() {
                return waiting.take(max);
            }
        }
    }

    /// Waits until [`Logs::next`] would not have to, and takes nothing: a host that may drop a future after it is done
    /// loses no records.
    pub async fn wait(&self) {
        loop {
            let arrived = self.arrived_async.notified();
            if self.lock().is_settled() {
                return;
            }
            arrived.await;
        }
    }

    /// Runs what hands a record to the host. What it logs itself, on this thread, is dropped: else each line of a log
    /// callback that fails or that calls the SDK would be the cause of the next, for ever.
    pub fn handing_out<R>(hand_out: impl FnOnce() -> R) -> R {
        struct Until(bool);
        impl Drop for Until {
            fn drop(&mut self) {
                HANDING_OUT.set(self.0);
            }
        }
        let _until = Until(HANDING_OUT.replace(true));
        hand_out()
    }

    fn apply(&self, waiting: &Waiting) {
        let level = match waiting.wanted {
            LogLevel::None => i32::MAX,
            level if waiting.open => level.number(),
            LogLevel::Debug | LogLevel::Info | LogLevel::Warn | LogLevel::Error => i32::MAX,
        };
        self.level.store(level, Ordering::Relaxed);
        // Call sites have kept whether they are of interest.
        tracing::callsite::rebuild_interest_cache();
    }

    fn push(&self, record: LogRecord) {
        let mut waiting = self.lock();
        if !waiting.open {
            return;
        }
        if waiting.records.len() >= RECORDS_WAITING_MAX {
            waiting.records.pop_front();
            waiting.dropped += 1;
        }
        waiting.records.push_back(record);
        drop(waiting);
        self.arrived.notify_all();
        self.arrived_async.notify_one();
        if let Some(tell) = self.on_records.get() {
            tell();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Records are there, or none will come.
    fn is_settled(&self) -> bool {
        !self.open || !self.records.is_empty()
    }

    fn take(&mut self, max: usize) -> Vec<LogRecord> {
        let mut taken = Vec::new();
        if self.dropped > 0 && !self.records.is_empty() {
            let text = format!("{} older log records were dropped: nobody took them", self.dropped);
            taken.push(LogRecord { level: LogLevel::Warn, text });
            self.dropped = 0;
        }
        let count = self.records.len().min(max.max(1));
        taken.extend(self.records.drain(..count));
        taken
    }
}

/// What `tracing` gives its events to. There are no spans in the SDK.
struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && metadata.target().starts_with(OWN_TARGETS)
            && level_of(metadata.level()).number() >= LOGS.get().level.load(Ordering::Relaxed)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &SpanRecord<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if HANDING_OUT.get() {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        LOGS.get()
            .push(LogRecord { level: level_of(event.metadata().level()), text: text.message + &text.fields });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn level_of(level: &Level) -> LogLevel {
    match *level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG | Level::TRACE => LogLevel::Debug,
    }
}

/// A record as a line: the message, then each field.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> LogRecord {
        LogRecord { level: LogLevel::Info, text: text.to_owned() }
    }

    #[test]
    fn what_nobody_takes_is_dropped_and_counted() {
        let logs = Logs::new();
        logs.push(record("before it is open"));
        logs.open();
        for n in 0..RECORDS_WAITING_MAX + 3 {
            logs.push(record(&n.to_string()));
        }
        let first = logs.next_blocking(1);
        assert_eq!(first.len(), 2);
        assert!(first[0].text.starts_with("3 older"), "{first:?}");
        assert_eq!(first[1], record("3"));
        assert_eq!(logs.next_blocking(usize::MAX).len(), RECORDS_WAITING_MAX - 1);
    }

    #[test]
    fn records_are_told_of_and_taken_without_waiting() {
        static TOLD: AtomicI32 = AtomicI32::new(0);
        let logs = Logs::new();
        logs.on_records(|| {
            TOLD.fetch_add(1, Ordering::Relaxed);
        });
        logs.push(record("before it is open"));
        assert!(logs.try_next(1).is_empty());
        logs.open();
        logs.push(record("one"));
        logs.push(record("two"));
        assert_eq!(TOLD.load(Ordering::Relaxed), 2);
        assert_eq!(logs.try_next(1), [record("one")]);
        assert_eq!(logs.try_next(5), [record("two")]);
    }

    #[test]
    fn what_a_log_callback_causes_on_its_thread_is_dropped() {
        let logs = LOGS.get();
        logs.open();
        let taken = tracing::subscriber::with_default(Collector, || {
            tracing::warn!("a line before");
            let panicked = std::panic::catch_unwind(|| {
                Logs::handing_out(|| {
                    Logs::handing_out(|| tracing::warn!("a line inside"));
                    tracing::warn!("a line inside");
                    panic!("the callback");
                });
            });
            assert!(panicked.is_err());
            tracing::warn!("a line after");
            logs.try_next(usize::MAX)
        });
        logs.close();
        let lines = taken.iter().map(|record| record.text.as_str()).filter(|text| text.starts_with("a line"));
        assert_eq!(lines.collect::<Vec<_>>(), ["a line before", "a line after"]);
    }

    #[test]
    fn closing_wakes_whoever_waits() {
        let logs = Logs::new();
        logs.open();
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| logs.next_blocking(10));
            logs.close();
            assert!(taken.join().unwrap().is_empty());
        });
    }

    #[tokio::test]
    async fn a_wait_takes_nothing() {
        let logs = Logs::new();
        logs.open();
        logs.push(record("one"));
        logs.wait().await;
        logs.wait().await;
        assert_eq!(logs.next(1).await, [record("one")]);
        logs.close();
        logs.wait().await;
        assert!(logs.next(1).await.is_empty());
    }

    #[test]
    fn levels_follow_the_setting_while_somebody_takes() {
        let logs = Logs::new();
        let level = || logs.level.load(Ordering::Relaxed);
        logs.set_level(LogLevel::Warn);
        assert_eq!(level(), i32::MAX);
        logs.open();
        assert_eq!(level(), LogLevel::Warn.number());
        logs.set_level(LogLevel::None);
        assert_eq!(level(), i32::MAX);
        logs.close();
        assert_eq!(level(), i32::MAX);
    }
}

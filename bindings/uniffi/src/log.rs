//! What the SDK logs. The queue is of the process, not of a client.

use tessera_client::{LogLevel, Logs};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogRecord {
    /// How grave it is.
    pub level: LogLevel,
    /// What happened, without tickets and keys.
    pub text: String,
}

/// Lowest level of what is logged.
#[uniffi::remote(Enum)]
pub enum LogLevel {
    /// Nothing is logged.
    None,
    /// Everything is logged.
    Debug,
    /// Changes of state, and everything worse.
    Info,
    /// What may need attention, and everything worse.
    Warn,
    /// Only faults.
    Error,
}

/// Begins to collect, from the level on that the setting `log_level` of the newest init names.
#[uniffi::export]
pub fn open_logs() {
    Logs::of_process().open();
}

/// Stops collecting, and ends the waits of `next_logs` and `wait_for_logs`.
#[uniffi::export]
pub fn close_logs() {
    Logs::of_process().close();
}

/// Tells the log that code of the host has failed where it must not hurt anybody: a listener or callback that threw. The
/// text must not hold what the host's own message says, which may be a ticket.
#[uniffi::export]
pub fn report_failure(text: &str) {
    tracing::error!("{text}");
}

/// Takes up to `max` records, and blocks until there is one. Empty once the queue is closed.
#[uniffi::export]
pub fn next_logs(max: u32) -> Vec<LogRecord> {
    convert(Logs::of_process().next_blocking(max as usize))
}

/// Takes up to `max` records that wait, without waiting.
#[uniffi::export]
pub fn waiting_logs(max: u32) -> Vec<LogRecord> {
    convert(Logs::of_process().try_next(max as usize))
}

/// Waits until `next_logs` would not block, and takes nothing.
#[uniffi::export]
pub async fn wait_for_logs() {
    Logs::of_process().wait().await;
}

fn convert(records: Vec<tessera_client::LogRecord>) -> Vec<LogRecord> {
    records.into_iter().map(|record| LogRecord { level: record.level, text: record.text }).collect()
}

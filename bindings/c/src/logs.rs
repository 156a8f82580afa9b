//! The log callback. Records wait in the queue of the process; the shared client's thread hands them out.

use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use tessera_client::{LogLevel, LogRecord, Logs};

use crate::boundary::{UserData, c_text};
use crate::client::TesseraClient;
use crate::generated::enums::TIMLogLevel;

/// `TIMLogCallback` without its `Option`.
pub(crate) type LogFunction =
    unsafe extern "C" fn(level: TIMLogLevel, log: *const c_char, user_data: *const c_void);

/// The least level that the callback gets, beside that of the setting `log_level`.
static CALLBACK_LEVEL: AtomicI32 = AtomicI32::new(TIMLogLevel::kTIMLog_Debug as i32);

/// Sets it.
pub(crate) fn set_callback_level(level: i32) {
    CALLBACK_LEVEL.store(level, Ordering::Relaxed);
}

pub(crate) fn callback_level() -> i32 {
    CALLBACK_LEVEL.load(Ordering::Relaxed)
}

/// Begins to collect records if there is a callback for them, else stops. It is called after the callback was set or
/// cleared: whoever comes last, of several threads, decides by what holds then.
pub(crate) fn collect(has_callback: impl FnOnce() -> bool) {
    static DECIDING: Mutex<()> = Mutex::new(());
    let _deciding = DECIDING.lock().unwrap_or_else(PoisonError::into_inner);
    let logs = Logs::of_process();
    logs.on_records(|| {
        if let Some(client) = TesseraClient::shared_if_made() {
            client.retained().wake_for_log();
        }
    });
    if has_callback() { logs.open() } else { logs.close() }
}

/// Hands one record to the callback.
pub(crate) fn hand_out(record: &LogRecord, callback: LogFunction, user_data: UserData) {
    let level = record.level.number();
    if level < callback_level() || callback_level() == TIMLogLevel::kTIMLog_Off as i32 {
        return;
    }
    let text = c_text(&record.text);
    // SAFETY: the host gave it for this purpose; the text lives until it returns.
    Logs::handing_out(|| unsafe { callback(level_of(record.level), text.as_ptr(), user_data.0) });
}

fn level_of(level: LogLevel) -> TIMLogLevel {
    match level {
        LogLevel::None => TIMLogLevel::kTIMLog_Off,
        LogLevel::Debug => TIMLogLevel::kTIMLog_Debug,
        LogLevel::Info => TIMLogLevel::kTIMLog_Info,
        LogLevel::Warn => TIMLogLevel::kTIMLog_Warn,
        LogLevel::Error => TIMLogLevel::kTIMLog_Error,
    }
}

/// The SDK's level for one of the vendor's.
pub(crate) fn level_of_number(number: i64) -> Option<LogLevel> {
    let of = |level: TIMLogLevel| level as i64;
    match number {
        n if n == of(TIMLogLevel::kTIMLog_Off) => Some(LogLevel::None),
        n if (of(TIMLogLevel::kTIMLog_Test)..=of(TIMLogLevel::kTIMLog_Debug)).contains(&n) => {
            Some(LogLevel::Debug)
        }
        n if n == of(TIMLogLevel::kTIMLog_Info) => Some(LogLevel::Info),
        n if n == of(TIMLogLevel::kTIMLog_Warn) => Some(LogLevel::Warn),
        n if (of(TIMLogLevel::kTIMLog_Error)..=of(TIMLogLevel::kTIMLog_Assert)).contains(&n) => {
            Some(LogLevel::Error)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_the_same_numbers_on_both_sides() {
        for level in LogLevel::ALL {
            assert_eq!(level_of(*level) as i32, level.number());
            assert_eq!(level_of_number(i64::from(level.number())), Some(*level));
        }
        assert_eq!(level_of_number(8), None);
        assert_eq!(level_of_number(-1), None);
    }
}

//! The gateway's clock: Unix time, which tests may move.
//!
//! Timers of the runtime do not follow it; only what the contract judges in gateway time does (C14, G5, G6).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tessera_core::time::Millis;

/// Unix time in milliseconds, plus an offset.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// The gateway's time.
    pub fn now(&self) -> Millis {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix = u64::try_from(unix.as_millis()).unwrap_or(u64::MAX);
        Millis(unix.saturating_add_signed(self.offset_ms.load(Ordering::SeqCst)))
    }

    /// How far it is moved, in milliseconds.
    pub fn offset(&self) -> i64 {
        self.offset_ms.load(Ordering::SeqCst)
    }

    /// Moves it to Unix time plus `offset_ms` milliseconds. Nobody is told; `Gateway::set_clock` does that as well.
    pub fn set_offset(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms, Ordering::SeqCst);
    }

    /// Moves it on by `ms` milliseconds, or back. Nobody is told.
    pub fn advance(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_moves_it_and_nothing_overflows() {
        let clock = Clock::default();
        let before = clock.now();
        clock.set_offset(3_600_000);
        assert!(clock.now() >= before + Millis(3_600_000));
        clock.advance(-3_600_000);
        assert_eq!(clock.offset(), 0);
        clock.set_offset(i64::MIN);
        assert_eq!(clock.now(), Millis::ZERO);
    }
}

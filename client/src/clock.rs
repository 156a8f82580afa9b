//! The clock of the client: milliseconds that go on counting while the machine is suspended (C11).
//!
//! Linux and Android: `CLOCK_BOOTTIME`. Apple: `CLOCK_MONOTONIC`, which there counts sleep (what `Instant` reads there
//! does not). Windows and the rest: `Instant`; the performance counter under it counts sleep on Windows, other systems
//! are as good as their monotonic clock. It is never the time of day: that is the gateway's to tell (C14).

use tessera_core::time::Millis;

/// Milliseconds since some point before the process used the clock first. Never goes back.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(crate) fn now() -> Millis {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(target_vendor = "apple")]
    const CLOCK: ClockId = ClockId::Monotonic;
    #[cfg(not(target_vendor = "apple"))]
    const CLOCK: ClockId = ClockId::Boottime;

    let time = clock_gettime(CLOCK);
    let secs = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u64::try_from(time.tv_nsec).unwrap_or_default();
    Millis::from_secs(secs) + Millis(nanos / 1_000_000)
}

/// Milliseconds since the process used the clock first. Never goes back.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(crate) fn now() -> Millis {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    Millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_go_back_and_counts_milliseconds() {
        let first = now();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let second = now();
        assert!(second - first >= Millis(20), "{first} {second}");
    }
}

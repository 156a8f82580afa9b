//! What every fuzz target has in common: the limits on what one input may cost.
//!
//! Not the targets, which are the programs in `targets/`; `cargo xtask fuzz` builds and runs them.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What one input may take.
pub const TIME_MAX: Duration = Duration::from_millis(1);
/// What one input may have allocated at any moment, in bytes.
pub const BYTES_MAX: u64 = 64 * 1024;
/// How often in a row an input must be too slow: once may be the doing of a page fault.
const SLOW_RUNS: u32 = 3;

/// Runs `read` on an input, and panics if that takes more than [`TIME_MAX`] or [`BYTES_MAX`].
pub fn bounded<T>(read: impl FnMut() -> T) -> T {
    bounded_by(BYTES_MAX, TIME_MAX, read)
}

/// Like [`bounded`], with other limits.
pub fn bounded_by<T>(bytes_max: u64, time_max: Duration, mut read: impl FnMut() -> T) -> T {
    let mut fastest = Duration::MAX;
    let mut result = None;
    for _ in 0..SLOW_RUNS {
        let begun = time_of_thread();
        let info = allocation_counter::measure(|| result = Some(read()));
        fastest = fastest.min(time_of_thread() - begun);
        assert!(info.bytes_max <= bytes_max, "allocates {} bytes, of {bytes_max} allowed", info.bytes_max);
        if fastest <= time_max {
            break;
        }
    }
    assert!(fastest <= time_max, "takes {fastest:?} at best, of {time_max:?} allowed");
    result.expect("it ran at least once")
}

/// The time that this thread has worked, without what it waited for a processor.
fn time_of_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

//! Percentiles of measured times.

use std::time::Duration;

/// Times, sorted.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Takes the times in any order.
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Samples(times)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest time that at least `percent` of the samples do not exceed; `None` without samples.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.clamp(1, self.0.len().max(1)) - 1).copied()
    }

    /// The same in milliseconds; NaN, which JSON shows as null, without samples.
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        self.percentile(percent).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

/// The middle of some numbers; NaN without any.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let samples = Samples::new((1..=100).rev().map(Duration::from_millis).collect());
        for (percent, ms) in [(0.0, 1), (50.0, 50), (99.0, 99), (99.5, 100), (100.0, 100)] {
            assert_eq!(samples.percentile(percent), Some(Duration::from_millis(ms)), "{percent}");
        }
        assert_eq!(Samples::default().percentile(50.0), None);
        assert!(Samples::default().percentile_ms(50.0).is_nan());
    }

    #[test]
    fn the_median_does_not_need_an_order() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert!(median(Vec::new()).is_nan());
    }
}

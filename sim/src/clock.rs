//! A device's own clock: it starts anywhere, goes a little wrong, and may jump forward. It counts suspend, as a
//! boot-time clock does, so it never goes back.

use tessera_core::time::Millis;

const MILLION: i128 = 1_000_000;

/// A clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// What it shows when the world begins.
    pub(crate) origin: Millis,
    /// How much too fast it goes, in millionths.
    pub(crate) skew: i32,
    /// How far it has jumped.
    pub(crate) jumped: Millis,
}

impl Clock {
    /// What it shows at a world time.
    pub(crate) fn at(&self, world: Millis) -> Millis {
        let skewed = i128::from(world.0) * (MILLION + i128::from(self.skew)) / MILLION;
        self.origin + self.jumped + Millis(u64::try_from(skewed).unwrap_or(0))
    }

    /// The first world time at which it shows at least `own`.
    pub(crate) fn when(&self, own: Millis) -> Millis {
        if own == Millis::NEVER {
            return Millis::NEVER;
        }
        let span = i128::from((own - self.origin - self.jumped).0);
        let speed = MILLION + i128::from(self.skew);
        Millis(u64::try_from((span * MILLION + speed - 1) / speed).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_clock_is_found_at_the_first_time_that_it_shows() {
        for skew in [-5_000, -1, 0, 1, 3_333] {
            let clock = Clock { origin: Millis(77), skew, jumped: Millis(5) };
            for own in (82..2_000).chain(1_000_000..1_000_100) {
                let world = clock.when(Millis(own));
                assert!(clock.at(world) >= Millis(own), "skew {skew}, {own}");
                assert!(world.0 == 0 || clock.at(world - Millis(1)) < Millis(own), "skew {skew}, {own}");
            }
        }
    }
}

//! The core's own time: milliseconds as the caller counts them.
//!
//! Not a clock: nothing here reads one. A client counts milliseconds of its boot-time clock (which runs on while
//! the machine is suspended), a gateway and a ticket count milliseconds of Unix time.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A point in time or a span, in milliseconds. Arithmetic saturates, so that no peer input can overflow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// The origin, and the empty span.
    pub const ZERO: Millis = Millis(0);
    /// Later than every time that can occur.
    pub const NEVER: Millis = Millis(u64::MAX);

    /// A time or span of whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Millis(secs.saturating_mul(1000))
    }

    /// The whole seconds in it, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }
}

impl Add for Millis {
    type Output = Millis;

    fn add(self, other: Millis) -> Millis {
        Millis(self.0.saturating_add(other.0))
    }
}

impl Sub for Millis {
    type Output = Millis;

    fn sub(self, other: Millis) -> Millis {
        Millis(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

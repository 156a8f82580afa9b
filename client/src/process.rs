//! One value for each process, also for a child that was forked: what has threads or locks behind it cannot be taken
//! over from the parent, because the child has none of the parent's threads, and a lock that one of them held stays
//! locked there for ever.

use std::sync::OnceLock;

/// A value that is made when a process asks for it first. What belonged to the parent of a fork is left as it was.
pub(crate) struct PerProcess<T> {
    make: fn() -> T,
    own: OnceLock<(u32, T)>,
    next: OnceLock<Box<PerProcess<T>>>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        PerProcess { make, own: OnceLock::new(), next: OnceLock::new() }
    }

    /// The value of this process.
    pub(crate) fn get(&self) -> &T {
        self.of(std::process::id())
    }

    fn of(&self, process: u32) -> &T {
        let mut place = self;
        loop {
            let (owner, value) = place.own.get_or_init(|| (process, (place.make)()));
            if *owner == process {
                return value;
            }
            place = place.next.get_or_init(|| Box::new(PerProcess::new(place.make)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn each_process_has_its_own_and_keeps_it() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        static VALUE: PerProcess<usize> = PerProcess::new(|| MADE.fetch_add(1, Ordering::Relaxed));
        assert_eq!([1, 2, 1, 3, 2].map(|process| *VALUE.of(process)), [0, 1, 0, 2, 1]);
        assert_eq!(VALUE.get(), VALUE.get());
    }
}

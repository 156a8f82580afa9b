//! Notes which transitions the machines took, for the tests that compare them with the committed table.
//!
//! Compiled to nothing without the feature `transitions`.

/// Notes one transition of a machine: (state, event, next state).
macro_rules! record {
    ($machine:literal, $state:expr, $event:expr, $next:expr) => {
        #[cfg(feature = "transitions")]
        $crate::transitions::note($machine, [&$state, &$event, &$next]);
        #[cfg(not(feature = "transitions"))]
        let _ = (&$state, &$event, &$next);
    };
}
pub(crate) use record;

#[cfg(feature = "transitions")]
mod seen {
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::fmt::Debug;

    /// Machine, state, event, next state.
    pub type Transition = (&'static str, [String; 3]);

    thread_local! {
        static SEEN: RefCell<BTreeSet<Transition>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(crate) fn note(machine: &'static str, what: [&dyn Debug; 3]) {
        SEEN.with_borrow_mut(|seen| seen.insert((machine, what.map(|part| format!("{part:?}")))));
    }

    /// What this thread's machines did since the last call.
    pub fn take() -> BTreeSet<Transition> {
        SEEN.take()
    }
}

#[cfg(feature = "transitions")]
pub(crate) use seen::note;
#[cfg(feature = "transitions")]
pub use seen::{Transition, take};

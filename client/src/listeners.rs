//! Who listens (C19): any number, each once, and none that is called after its removal has returned.
//!
//! Generic over what a listener is, so that each binding keeps its own kind here and the rule is written once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// The listeners of one client. Each has a key, which says whether two are the same one: mostly an address.
#[derive(Debug)]
pub struct Listeners<L, K = usize> {
    registered: Mutex<Registered<L, K>>,
    returned: Condvar,
}

#[derive(Debug)]
struct Registered<L, K> {
    /// In the order of their adding.
    entries: Vec<Entry<L, K>>,
    /// How many were added, ever.
    added: u64,
    /// Whose callbacks run now, and on which thread; each inside the one before.
    running: Vec<(K, ThreadId)>,
    /// Threads that wait in [`Listeners::remove`]. Waking nobody is a system call, for each event.
    waiting: usize,
}

#[derive(Debug)]
struct Entry<L, K> {
    key: K,
    number: u64,
    listener: L,
}

impl<L: Clone, K: Copy + PartialEq> Listeners<L, K> {
    /// Nobody listens.
    pub const fn new() -> Self {
        let registered = Registered { entries: Vec::new(), added: 0, running: Vec::new(), waiting: 0 };
        Listeners { registered: Mutex::new(registered), returned: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Registered<L, K>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a listener behind the others; false if this key is there already.
    pub fn add(&self, key: K, listener: L) -> bool {
        let mut registered = self.lock();
        if registered.entries.iter().any(|known| known.key == key) {
            // Not dropped under the lock: that may be the host's code.
            drop(registered);
            return false;
        }
        let number = registered.added;
        registered.added += 1;
        registered.entries.push(Entry { key, number, listener });
        true
    }

    /// Removes a listener; false if there was none. When it returns, no call on the listener is running or will start,
    /// except the one that it was called from. So it waits for a callback that runs on another thread.
    pub fn remove(&self, key: K) -> bool {
        let removed = self.take_away(key);
        self.returned_within(key, Duration::MAX);
        removed.is_some()
    }

    /// The first half of [`Listeners::remove`]: no call on the listener will start. Dropping it may run the host's code.
    pub fn take_away(&self, key: K) -> Option<L> {
        let mut registered = self.lock();
        let at = registered.entries.iter().position(|known| known.key == key)?;
        Some(registered.entries.remove(at).listener)
    }

    /// The second half of [`Listeners::remove`]: waits until no call on it runs on another thread; false if one still
    /// does after this time.
    pub fn returned_within(&self, key: K, at_most: Duration) -> bool {
        let here = thread::current().id();
        let elsewhere = |registered: &mut Registered<L, K>| {
            registered.running.iter().any(|(running, thread)| *running == key && *thread != here)
        };
        let mut registered = self.lock();
        registered.waiting += 1;
        let waited = self.returned.wait_timeout_while(registered, at_most, elsewhere);
        let (mut registered, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        registered.waiting -= 1;
        !waited.timed_out()
    }

    /// Removes all of them, without waiting. Dropping what it returns may run the host's code.
    #[must_use = "to be dropped where no lock is held"]
    pub fn take(&self) -> Vec<L> {
        let removed = std::mem::take(&mut self.lock().entries);
        removed.into_iter().map(|entry| entry.listener).collect()
    }

    /// Removes all of them, without waiting.
    pub fn clear(&self) {
        drop(self.take());
    }

    /// Looks at each listener without calling it; false if somebody is changing them, and then none was looked at. For
    /// a host's garbage collector, which must not wait. `look` runs under the lock: it must not run host code.
    pub fn try_look(&self, look: impl FnMut(&L)) -> bool {
        let registered = match self.registered.try_lock() {
            Ok(registered) => registered,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        registered.entries.iter().map(|entry| &entry.listener).for_each(look);
        true
    }

    /// Whether nobody listens.
    pub fn is_empty(&self) -> bool {
        self.lock().entries.is_empty()
    }

    /// Calls each listener in the order of their adding. One that panics is reported to the log and hurts nobody else;
    /// one that is removed meanwhile is not called, nor is one that is added meanwhile.
    pub fn each(&self, mut call: impl FnMut(&L)) {
        let mut registered = self.lock();
        let mut turns = 0..registered.added;
        while let Some(entry) = registered.entries.iter().find(|entry| turns.contains(&entry.number)) {
            turns.start = entry.number + 1;
            let (key, listener) = (entry.key, entry.listener.clone());
            registered.running.push((key, thread::current().id()));
            drop(registered);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(&listener))) {
                tracing::error!("a listener panicked: {}", text_of(&*panic));
            }
            // Dropped while it still counts as running: its last reference may run the host's code.
            drop(listener);
            registered = self.lock();
            registered.running.pop();
            if registered.waiting > 0 {
                self.returned.notify_all();
            }
        }
    }
}

impl<L: Clone, K: Copy + PartialEq> Default for Listeners<L, K> {
    fn default() -> Self {
        Listeners::new()
    }
}

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn called(listeners: &Listeners<char>) -> String {
        let mut text = String::new();
        listeners.each(|listener| text.push(*listener));
        text
    }

    #[test]
    fn the_same_one_twice_counts_once_and_order_is_kept() {
        // C19
        let listeners = Listeners::new();
        assert!(listeners.add(1, 'a') && listeners.add(2, 'b') && !listeners.add(1, 'c'));
        assert_eq!(called(&listeners), "ab");
        assert!(listeners.remove(1) && !listeners.remove(1));
        assert_eq!(called(&listeners), "b");
        listeners.clear();
        assert!(listeners.is_empty());
    }

    #[test]
    fn looking_calls_nobody_and_does_not_wait() {
        let listeners = Listeners::new();
        listeners.add(1, 'a');
        let mut seen = String::new();
        assert!(listeners.try_look(|listener| seen.push(*listener)));
        assert_eq!(seen, "a");
        let _changing = listeners.lock();
        assert!(!listeners.try_look(|_| unreachable!("somebody is changing them")));
    }

    #[test]
    fn one_that_panics_hurts_nobody_else() {
        // C19
        let listeners = Listeners::new();
        listeners.add(1, 'a');
        listeners.add(2, 'b');
        let mut text = String::new();
        listeners.each(|listener| {
            assert_ne!(*listener, 'a');
            text.push(*listener);
        });
        assert_eq!(text, "b");
    }

    #[test]
    fn one_can_remove_itself_and_those_behind_it_from_its_own_callback() {
        // C19
        let listeners = Listeners::new();
        listeners.add(1, 'a');
        listeners.add(2, 'b');
        let mut text = String::new();
        listeners.each(|listener| {
            text.push(*listener);
            listeners.remove(1);
            listeners.remove(2);
        });
        assert_eq!(text, "a");
    }

    #[test]
    fn one_that_is_added_by_a_callback_hears_the_next_event() {
        // C19
        let listeners = Listeners::new();
        listeners.add(1, 'a');
        let mut text = String::new();
        listeners.each(|listener| {
            text.push(*listener);
            listeners.remove(1);
            listeners.add(1, 'a');
            listeners.add(2, 'b');
        });
        assert_eq!((text.as_str(), called(&listeners).as_str()), ("a", "ab"));
    }

    #[test]
    fn removal_from_another_thread_waits_for_the_running_callback() {
        // C19
        let listeners = Arc::new(Listeners::new());
        let steps = Arc::new(AtomicUsize::new(0));
        listeners.add(1, 'a');
        let (entered, has_entered) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel::<()>();
        let caller = {
            let (listeners, steps) = (Arc::clone(&listeners), Arc::clone(&steps));
            thread::spawn(move || {
                listeners.each(|_| {
                    entered.send(()).unwrap();
                    may_leave.recv().unwrap();
                    steps.store(1, Ordering::SeqCst);
                });
            })
        };
        has_entered.recv().unwrap();
        let remover = {
            let listeners = Arc::clone(&listeners);
            thread::spawn(move || {
                listeners.remove(1);
                steps.load(Ordering::SeqCst)
            })
        };
        while !listeners.is_empty() {
            thread::yield_now();
        }
        leave.send(()).unwrap();
        assert_eq!(remover.join().unwrap(), 1, "the callback had returned");
        caller.join().unwrap();
    }

    #[test]
    fn a_callback_is_known_while_others_run_inside_it() {
        // C19
        let listeners = Listeners::new();
        listeners.add(1, 'a');
        let is_running = |key| {
            thread::scope(|scope| {
                let elsewhere = || !listeners.returned_within(key, Duration::ZERO);
                scope.spawn(elsewhere).join().unwrap()
            })
        };
        let mut seen = Vec::new();
        listeners.each(|_| {
            listeners.clear();
            listeners.add(2, 'b');
            listeners.each(|_| seen.extend([is_running(1), is_running(2)]));
            seen.extend([is_running(1), is_running(2)]);
        });
        assert_eq!(seen, [true, true, true, false]);
        assert!(!is_running(1));
    }
}

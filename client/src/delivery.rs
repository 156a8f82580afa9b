//! Which events the host has been given, which callback runs now, and on which thread (C9, C18).
//!
//! It calls nobody. Whoever runs callbacks says so here, and unInit and blocking calls ask.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

thread_local! {
    static RUNNING_HERE: RefCell<Running> =
        const { RefCell::new(Running { outermost: None, inner: ManuallyDrop::new(Vec::new()) }) };
}

/// The clients whose callbacks run on a thread. It has no destructor: after an `exit` in a callback, handlers of the host
/// run on that thread when its variables with destructors are gone, and they may call unInit, which must not wait for
/// that callback.
#[derive(Debug)]
struct Running {
    outermost: Option<u64>,
    /// Callbacks inside of callbacks. Freed whenever there is none, because nobody would when the thread ends.
    inner: ManuallyDrop<Vec<u64>>,
}

impl Running {
    fn is_empty(&self) -> bool {
        self.outermost.is_none() && self.inner.is_empty()
    }

    fn has(&self, client: u64) -> bool {
        self.outermost == Some(client) || self.inner.contains(&client)
    }

    fn begin(&mut self, client: u64) {
        if self.outermost.is_none() {
            self.outermost = Some(client);
        } else {
            self.inner.push(client);
        }
    }

    fn end(&mut self, client: u64) {
        if let Some(at) = self.inner.iter().rposition(|running| *running == client) {
            self.inner.remove(at);
            if self.inner.is_empty() {
                *self.inner = Vec::new();
            }
        } else if self.outermost == Some(client) {
            self.outermost = None;
        }
    }
}

/// Whether the caller stands inside a callback, of whichever client. A blocking call must then fail with 7014 (C18):
/// it would wait for itself, or two clients would wait for each other.
pub fn is_delivering_here() -> bool {
    RUNNING_HERE.with_borrow(|running| !running.is_empty())
}

/// How far one client's events are delivered.
#[derive(Debug)]
pub(crate) struct Delivery {
    client: u64,
    progress: Mutex<Progress>,
    moved: Condvar,
    moved_async: Notify,
}

#[derive(Debug, Default)]
struct Progress {
    /// Which initialisation events must belong to in order to be delivered.
    init: u64,
    /// Events handed out so far.
    taken: u64,
    /// Events of those whose callbacks are done, or that were dropped.
    finished: u64,
    /// The same, but inside a callback that still runs: they count when it has returned, or whoever waits for it would
    /// take them for it.
    finished_inside: u64,
    /// Nobody delivers any more.
    closed: bool,
    /// Those in [`Delivery::wait`] and [`Delivery::done`]. Waking nobody is a system call or a lock, for each event.
    waiting: usize,
}

/// A callback is running, until this is dropped.
#[derive(Debug)]
pub struct Delivering<'a> {
    delivery: &'a Delivery,
}

impl Delivery {
    pub(crate) fn new(client: u64) -> Self {
        Delivery { client, progress: Mutex::default(), moved: Condvar::new(), moved_async: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the caller stands inside a callback of this client.
    pub(crate) fn is_here(&self) -> bool {
        RUNNING_HERE.with_borrow(|running| running.has(self.client))
    }

    pub(crate) fn take(&self, count: usize) {
        self.lock().taken += count as u64;
    }

    /// One event starts, if it belongs to the current initialisation; `None` says that unInit came between.
    pub(crate) fn start(&self, init: u64) -> Option<Delivering<'_>> {
        let progress = self.lock();
        if progress.init != init {
            return None;
        }
        // Under the lock, so that an unInit either comes before and stops this callback, or waits for it.
        Some(self.running())
    }

    /// A result is delivered whatever has happened since.
    pub(crate) fn running(&self) -> Delivering<'_> {
        RUNNING_HERE.with_borrow_mut(|running| running.begin(self.client));
        Delivering { delivery: self }
    }

    /// One event is done with.
    pub(crate) fn finish(&self) {
        let is_inside = self.is_here();
        self.change(|progress| {
            progress.finished_inside += 1;
            if !is_inside {
                progress.finished += std::mem::take(&mut progress.finished_inside);
            }
        });
    }

    /// Everything that was handed out is done with.
    pub(crate) fn finish_all(&self) {
        self.change(|progress| {
            progress.finished = progress.taken;
            progress.finished_inside = 0;
        });
    }

    /// Nobody will deliver anything any more.
    pub(crate) fn close(&self) {
        self.change(|progress| progress.closed = true);
    }

    /// Events of earlier initialisations are void. Returns how many have to be finished until every callback that may
    /// still run has ended, if `waiting` more are handed out first.
    pub(crate) fn begin_init(&self, init: u64, waiting: usize) -> u64 {
        let mut progress = self.lock();
        progress.init = init;
        progress.taken + waiting as u64
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.lock();
        change(&mut progress);
        let somebody_waits = progress.waiting > 0;
        drop(progress);
        if somebody_waits {
            self.moved.notify_all();
            self.moved_async.notify_waiters();
        }
    }

    fn is_done(&self, target: u64) -> bool {
        let progress = self.lock();
        progress.closed || progress.finished >= target
    }

    /// Waits until so many events are finished; false if it took too long.
    pub(crate) fn wait(&self, target: u64, within: Duration) -> bool {
        let pending = |progress: &mut Progress| !progress.closed && progress.finished < target;
        let mut progress = self.lock();
        progress.waiting += 1;
        let waited = self.moved.wait_timeout_while(progress, within, pending);
        let (mut progress, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        progress.waiting -= 1;
        !waited.timed_out()
    }

    /// As [`Delivery::wait`], for a task of the SDK's runtime.
    pub(crate) async fn done(&self, target: u64, within: Duration) -> bool {
        let done = async {
            let _waiting = Waiting::new(self);
            loop {
                let moved = self.moved_async.notified();
                if self.is_done(target) {
                    return;
                }
                moved.await;
            }
        };
        tokio::time::timeout(within, done).await.is_ok()
    }
}

/// A task waits, until this is dropped.
struct Waiting<'a>(&'a Delivery);

impl<'a> Waiting<'a> {
    fn new(delivery: &'a Delivery) -> Self {
        delivery.lock().waiting += 1;
        Waiting(delivery)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        RUNNING_HERE.with_borrow_mut(|running| running.end(self.delivery.client));
        self.delivery.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Sender;

    #[test]
    fn a_callback_is_known_on_its_thread_only() {
        // C18
        let (one, other) = (Delivery::new(1), Delivery::new(2));
        assert!(!is_delivering_here());
        let running = one.start(0).unwrap();
        assert!(is_delivering_here() && one.is_here() && !other.is_here());
        assert!(!std::thread::scope(|scope| scope.spawn(is_delivering_here).join().unwrap()));
        let nested = other.running();
        drop(running);
        assert!(other.is_here() && !one.is_here());
        drop(nested);
        assert!(!is_delivering_here());
    }

    #[test]
    fn a_thread_that_ends_inside_a_callback_still_knows_it() {
        // C9, C18
        struct AtEnd(Sender<bool>);
        impl Drop for AtEnd {
            fn drop(&mut self) {
                self.0.send(is_delivering_here()).unwrap();
            }
        }
        thread_local! {
            static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(|| {
            // The first of the thread's variables is the last to be dropped.
            AT_END.set(Some(AtEnd(sender)));
            let delivery: &'static Delivery = Box::leak(Box::new(Delivery::new(1)));
            std::mem::forget(delivery.running());
        });
        assert!(receiver.recv().unwrap());
        thread.join().unwrap();
    }

    #[test]
    fn an_event_of_an_earlier_initialisation_does_not_start() {
        // C9
        let delivery = Delivery::new(1);
        delivery.take(1);
        delivery.begin_init(1, 0);
        assert!(delivery.start(0).is_none());
        assert!(delivery.start(1).is_some());
    }

    #[test]
    fn waiting_ends_with_the_last_callback_or_in_time() {
        // C9
        let delivery = Delivery::new(1);
        delivery.take(1);
        let target = delivery.begin_init(1, 1);
        assert!(!delivery.wait(target, Duration::from_millis(10)));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                drop(delivery.running());
                delivery.take(1);
                drop(delivery.running());
            });
            assert!(delivery.wait(target, Duration::from_secs(10)));
        });
        assert!(delivery.wait(target, Duration::ZERO));
    }

    #[test]
    fn a_callback_is_waited_for_whatever_is_delivered_inside_it() {
        // C9
        let delivery = Delivery::new(1);
        delivery.take(1);
        let outer = delivery.running();
        let target = delivery.begin_init(1, 0);
        delivery.take(2);
        drop(delivery.running());
        // One that was dropped.
        delivery.finish();
        assert!(!delivery.wait(target, Duration::ZERO));
        drop(outer);
        assert!(delivery.wait(target, Duration::ZERO));
        assert!(delivery.wait(delivery.begin_init(2, 0), Duration::ZERO));
    }

    #[test]
    fn nobody_waits_for_a_host_that_has_stopped_delivering() {
        let delivery = Delivery::new(1);
        delivery.take(5);
        let target = delivery.begin_init(1, 3);
        delivery.close();
        assert!(delivery.wait(target, Duration::from_secs(10)));
    }
}

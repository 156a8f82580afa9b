//! The core's machine, driven: calls and reports go in under one lock, orders go to the transport, and a task comes
//! back when a timer is due.
//!
//! No host code runs in here, and none under the lock: events are only handed out (`engine.rs`).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tessera_core::client::{Client, EventKind, Order, Report, Stamp};
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::generated::settings::default::UNINIT_TIMEOUT_MS;
use tessera_core::generated::status::LoginStatus;
use tessera_core::time::Millis;
use tessera_core::wire::Login;
use tokio::sync::Notify;

use crate::clock;
use crate::delivery::Delivery;
use crate::dial::Endpoint;
use crate::published::Published;
use crate::runtime;
use crate::transport::Link;

/// While there is a session, the driver looks at the clock at least so often: the sleep of a task does not count
/// suspend, the clock does, and expiry must be seen within a second of waking up (C11, C14).
const LOOK_AT_CLOCK_EVERY: Millis = Millis(1_000);
/// The longest sleep otherwise.
const SLEEP_MAX: Millis = Millis::from_secs(3_600);

/// What happened, and who was logged in then; with the initialisation that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who was logged in when it happened.
    pub stamp: Stamp,
    /// What happened.
    pub kind: EventKind,
    /// Which initialisation it belongs to. It rises with each unInit ([`crate::Ending::init`]): an event with a lower
    /// number is void, and a result with a lower number is to be delivered as 7009 (C9).
    pub init: u64,
}

/// What is told when events begin to wait. Called without a lock, from any thread; it must not block.
pub type OnEvents = Box<dyn Fn() + Send + Sync>;

/// One client, shared by its handles, its driver task and its connection.
pub(crate) struct Driver {
    me: Weak<Driver>,
    /// Held by init and by unInit, each as a whole (C9). Taken before `state`.
    lifecycle: Mutex<()>,
    state: Mutex<State>,
    pub(crate) published: Published,
    pub(crate) delivery: Delivery,
    /// Paired with `state`: events wait, or none will come any more.
    pub(crate) events: Condvar,
    pub(crate) events_async: Notify,
    on_events: OnEvents,
}

/// What the lock guards.
pub(crate) struct State {
    pub(crate) machine: Client,
    pub(crate) endpoint: Option<Arc<Endpoint>>,
    link: Option<Current>,
    /// Numbers the connections of all initialisations; the core's numbers start again with each.
    links: u64,
    /// When the driver task wakes up by itself.
    wakes_at: Millis,
    /// Wakes it up earlier. Each initialisation has a task and one of these for itself: what is meant for the newer task
    /// must not be taken by an older one that is about to end.
    timer_moved: Arc<Notify>,
    /// Rises with each unInit.
    pub(crate) init: u64,
    pub(crate) un_init_timeout: Duration,
    /// Results that unInit left; they go out before anything newer.
    pub(crate) leaving: VecDeque<Event>,
    pub(crate) closed: bool,
    /// Threads that wait for events. Waking nobody is a system call, and inputs come often.
    pub(crate) waiting: usize,
}

struct Current {
    number: u64,
    connection: u64,
    link: Link,
}

impl Driver {
    pub(crate) fn new(entropy: [u8; 32], on_events: OnEvents) -> Arc<Self> {
        static CLIENTS: AtomicU64 = AtomicU64::new(0);

        let machine = Client::new(entropy);
        let published = Published::new(machine.stamp(), machine.connection_status());
        let state = State {
            machine,
            endpoint: None,
            link: None,
            links: 0,
            wakes_at: Millis::NEVER,
            timer_moved: Arc::default(),
            init: 0,
            un_init_timeout: Duration::from_millis(UNINIT_TIMEOUT_MS),
            leaving: VecDeque::new(),
            closed: false,
            waiting: 0,
        };
        Arc::new_cyclic(|me| Driver {
            me: me.clone(),
            lifecycle: Mutex::default(),
            state: Mutex::new(state),
            published,
            delivery: Delivery::new(CLIENTS.fetch_add(1, Ordering::Relaxed)),
            events: Condvar::new(),
            events_async: Notify::new(),
            on_events,
        })
    }

    /// A panic in the machine is a bug of ours, but must not make every later call of the host panic too.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lifecycle(&self) -> MutexGuard<'_, ()> {
        self.lifecycle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every input goes through here: one order for all of them (C1), and its consequences before the lock is free.
    pub(crate) fn input<R>(&self, act: impl FnOnce(&mut State, Millis) -> R) -> R {
        self.input_holding((), act)
    }

    /// As [`Driver::input`], for one who holds another lock: it is free before anybody is told.
    pub(crate) fn input_holding<R, G>(&self, guard: G, act: impl FnOnce(&mut State, Millis) -> R) -> R {
        let mut state = self.lock();
        let now = clock::now();
        let result = act(&mut state, now);
        self.carry_out(&mut state, now);
        self.published.set(state.machine.stamp(), state.machine.connection_status());
        // After unInit the task has nothing to wait for, and must not keep what it holds until it finds out.
        if state.machine.next_timeout() < state.wakes_at || state.machine.app().is_none() {
            state.timer_moved.notify_one();
        }
        let news = state.has_events();
        let somebody_waits = state.waiting > 0;
        drop(state);
        drop(guard);
        if news {
            if somebody_waits {
                self.events.notify_all();
            }
            self.events_async.notify_one();
            (self.on_events)();
        }
        result
    }

    /// Starts the task that minds the timers of this initialisation.
    pub(crate) fn start(&self, state: &mut State) {
        state.wakes_at = Millis::NEVER;
        state.timer_moved = Arc::default();
        let (me, init, timer_moved) = (self.me.clone(), state.init, Arc::clone(&state.timer_moved));
        if let Ok(runtime) = runtime::handle() {
            runtime.spawn(drive(me, init, timer_moved));
        }
    }

    /// Does what is due and says how long to sleep; `None` when the initialisation is over.
    fn tick(&self, init: u64) -> Option<Duration> {
        self.input(|state, now| {
            if state.init != init || state.machine.app().is_none() {
                return None;
            }
            state.machine.handle_timeout(now);
            let logged_out = state.machine.stamp().status == LoginStatus::LoggedOut;
            let longest = if logged_out { SLEEP_MAX } else { LOOK_AT_CLOCK_EVERY };
            let sleep = (state.machine.next_timeout() - now).min(longest);
            state.wakes_at = now + sleep;
            // The clock is cut to milliseconds, so that a wake-up on the dot may find the timer not yet due.
            Some(Duration::from_millis(sleep.0) + Duration::from_millis(1))
        })
    }

    fn carry_out(&self, state: &mut State, now: Millis) {
        while let Some(order) = state.machine.poll_order() {
            match order {
                Order::Connect { connection, login } => self.connect(state, now, connection, login),
                Order::Send { connection, frame } => {
                    let is_stuck = state.at(connection).is_some_and(|current| !current.link.send(frame));
                    if is_stuck {
                        state.link = None;
                        let desc = "the connection takes no more frames";
                        let error = Error::new(codes::ERR_SDK_NET_REQ_COUNT_LIMIT, desc);
                        let report = Report::Failed { error, answered: false };
                        state.machine.handle_report(now, connection, report);
                    }
                }
                Order::Disconnect { connection } => {
                    if state.at(connection).is_some() {
                        state.link = None;
                    }
                }
            }
        }
    }

    fn connect(&self, state: &mut State, now: Millis, connection: u64, login: Option<Box<Login>>) {
        let endpoint = state.endpoint.clone().expect("init sets it before the first order");
        let runtime = match runtime::handle() {
            Ok(runtime) => runtime,
            Err(error) => {
                let report = Report::Failed { error, answered: false };
                return state.machine.handle_report(now, connection, report);
            }
        };
        state.links += 1;
        let (number, me) = (state.links, self.me.clone());
        let link = Link::open(runtime, endpoint, login, move |report| {
            if let Some(driver) = me.upgrade() {
                driver.report(number, connection, report);
            }
        });
        state.link = Some(Current { number, connection, link });
    }

    /// What a connection says; one that is no longer the current one says nothing.
    fn report(&self, number: u64, connection: u64, report: Report) {
        self.input(|state, now| {
            if state.link.as_ref().is_some_and(|current| current.number == number) {
                if matches!(report, Report::Failed { .. }) {
                    state.link = None;
                }
                state.machine.handle_report(now, connection, report);
            }
        });
    }
}

impl State {
    pub(crate) fn has_events(&self) -> bool {
        !self.leaving.is_empty() || self.machine.has_events()
    }

    pub(crate) fn has_events_or_is_closed(&self) -> bool {
        self.has_events() || self.closed
    }

    pub(crate) fn next_event(&mut self) -> Option<Event> {
        self.leaving.pop_front().or_else(|| {
            let event = self.machine.poll_event()?;
            Some(Event { stamp: event.stamp, kind: event.kind, init: self.init })
        })
    }

    fn at(&self, connection: u64) -> Option<&Current> {
        self.link.as_ref().filter(|current| current.connection == connection)
    }
}

impl Drop for Driver {
    /// The last handle is gone: what unInit sends is sent, and nobody is left to be told.
    fn drop(&mut self) {
        self.input(|state, now| state.machine.un_init(now));
    }
}

/// The driver task: sleeps until a timer is due, or until one has become due earlier.
async fn drive(driver: Weak<Driver>, init: u64, timer_moved: Arc<Notify>) {
    loop {
        let Some(sleep) = driver.upgrade().and_then(|driver| driver.tick(init)) else { return };
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            () = timer_moved.notified() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_core::client::Config;
    use tessera_core::generated::status::Platform;
    use tessera_core::id::{AppId, DeviceId};
    use tessera_core::settings::ClientSettings;

    #[tokio::test]
    async fn the_task_of_an_initialisation_ends_with_it() {
        let driver = Driver::new([7; 32], Box::new(|| {}));
        let settings = ClientSettings { connect_at_init: false, ..ClientSettings::default() };
        let device = DeviceId([1; 16]);
        let config = Config { app: AppId(1), device, platform: Platform::Linux, settings };
        driver.input(|state, now| state.machine.init(now, config)).unwrap();
        let timer_moved = Arc::clone(&driver.lock().timer_moved);
        let task = tokio::spawn(drive(Arc::downgrade(&driver), 0, timer_moved));
        tokio::task::yield_now().await;
        assert!(!task.is_finished(), "it sleeps, as nothing is due");
        driver.input(|state, now| {
            state.machine.un_init(now);
            state.init += 1;
        });
        tokio::time::timeout(Duration::from_secs(10), task).await.expect("it ends").unwrap();
    }
}

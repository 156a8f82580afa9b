//! One client as Python has it: the engine, who is called back, and the delivery of what happened.
//!
//! Locks here are short and never held while Python runs. The garbage collector sees every Python object that is kept.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};
use tessera_client::settings::Layer;
use tessera_client::{
    CallId, Code, ConnectionStatus, Engine, Error, Event, EventKind, Init, Kick, Listeners, LoginStatus,
    codes,
};
use tessera_core::id::UserId;

use crate::call::Told;
use crate::callback::{self, Completion};
use crate::delivery::{self, Context, Signal, Turn};
use crate::events::{self, Inbox};
use crate::fork::Birth;
use crate::pending::{Pending, Slot, wait_interruptibly};
use crate::{error, log, provider, settings};

/// How many events are taken from the engine at once.
const EVENTS_MAX: usize = 256;

/// See the module.
pub(crate) struct Host {
    reader: Reader,
    is_shared: bool,
    /// In the order of the calls, which is nearly that of their results.
    calls: Mutex<VecDeque<(CallId, Completion)>>,
    listeners: Listeners<Listener>,
    receivers: Mutex<Vec<Weak<Inbox>>>,
    provider: Mutex<Option<Py<PyAny>>>,
    /// Events that were taken from the engine and not delivered yet.
    taken: Mutex<VecDeque<Event>>,
    turn: Turn,
    context: Mutex<Context>,
    signal: Arc<Signal>,
    /// Set by whoever starts the thread, before it is there.
    has_thread: AtomicBool,
    thread: Mutex<Option<Py<PyAny>>>,
}

/// Status and user of one client. Each object that has getters for them has one, which spares them the way to the host.
#[derive(Clone)]
pub(crate) struct Reader {
    engine: Engine,
    birth: Birth,
}

impl Reader {
    /// The newest status; logged out in the child of a fork.
    #[inline]
    pub(crate) fn status(&self) -> LoginStatus {
        if self.birth.is_here() { self.engine.status() } else { LoginStatus::LoggedOut }
    }

    /// The user, while logged in (C21).
    #[inline]
    pub(crate) fn login_user(&self) -> Option<UserId> {
        if self.birth.is_here() { self.engine.login_user() } else { None }
    }

    pub(crate) fn connection_status(&self) -> ConnectionStatus {
        if self.birth.is_here() { self.engine.connection_status() } else { ConnectionStatus::Disconnected }
    }
}

/// A listener of the host.
struct Listener(Py<PyAny>);

impl Clone for Listener {
    fn clone(&self) -> Self {
        Python::attach(|py| Listener(self.0.clone_ref(py)))
    }
}

impl Host {
    /// A client that is not initialised; `is_shared` as in [`Engine::new`].
    pub(crate) fn new(py: Python<'_>, is_shared: bool) -> PyResult<Arc<Self>> {
        let signal = Arc::<Signal>::default();
        let on_events = Arc::clone(&signal);
        let engine = Engine::new(is_shared, Box::new(move || on_events.raise()));
        let engine = engine.map_err(|error| error::exception(py, &error))?;
        let host = Arc::new(Host {
            reader: Reader { engine, birth: Birth::now() },
            is_shared,
            calls: Mutex::default(),
            listeners: Listeners::new(),
            receivers: Mutex::default(),
            provider: Mutex::default(),
            taken: Mutex::default(),
            turn: Turn::default(),
            context: Mutex::default(),
            signal,
            has_thread: AtomicBool::new(false),
            thread: Mutex::default(),
        });
        delivery::remember(&host);
        Ok(host)
    }

    /// The base layer, for getters and for calls that need nothing else.
    #[inline]
    pub(crate) fn engine(&self) -> &Engine {
        &self.reader.engine
    }

    /// For the getters of an object that has this client.
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Status and user for people.
    pub(crate) fn description(&self) -> String {
        let status = self.reader.status().as_str();
        self.reader.login_user().map_or(status.to_owned(), |user| format!("{status} as {user}"))
    }

    /// What to do about a client that knows no app.
    pub(crate) fn how_to_name_the_app(&self) -> &'static str {
        if self.is_shared {
            "this is the client of V2TIM's manager: initialise it with V2TIMManager.init_sdk"
        } else {
            "Client() was made without an sdk_app_id"
        }
    }

    pub(crate) fn birth(&self) -> Birth {
        self.reader.birth
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// Initialises (C9); the settings of the code are turned into the table's when they are needed.
    pub(crate) fn init(
        self: &Arc<Self>,
        py: Python<'_>,
        app: u64,
        code: Layer,
    ) -> PyResult<Result<(), Error>> {
        self.birth().check(py)?;
        log::start(py)?;
        let mut context = Context::here(py)?;
        self.start_thread(py)?;
        let result = py.detach(|| {
            self.engine().init_with(app, || {
                let settings = settings::with_environment(code)?;
                // Before the first event can come, and only by the init that starts.
                std::mem::swap(&mut *lock(&self.context), &mut context);
                Ok(settings)
            })
        });
        // The one before, perhaps: a loop may run code of its own when it is deleted.
        drop(context);
        if self.has_waiting() {
            // What waited for the context before, which may never come to it.
            self.signal.raise();
        }
        Ok(result.map(|_: Init| ()))
    }

    /// Ends everything (C9). Returns when the running callback and the results that became 7009 are delivered, or in
    /// time; on the loop that delivers, and inside a callback, it delivers them itself. A loop elsewhere delivers them
    /// when it comes to it.
    pub(crate) fn un_init(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        self.birth().check(py)?;
        let (ending, forgotten) = py.detach(|| {
            self.engine().un_init_with(|| {
                (self.listeners.take(), exchange(&self.provider, None), self.take_receivers())
            })
        });
        let (listeners, provider, receivers) = forgotten;
        drop((listeners, provider));
        end_receivers(py, &receivers);
        let within = Some(ending.within().as_secs_f64());
        let has_other_returned =
            || wait_interruptibly(py, within, |at_most| self.turn.is_free_within(at_most));
        let warn_of_callback = || log::warn(py, "a callback still runs after unInit");
        if self.engine().is_delivering_here() || self.turn.is_mine() {
            self.deliver_ended(py, ending.init());
            return Ok(());
        }
        if self.delivers_on_running_loop(py)? {
            // A callback may still run where they ran before.
            while !self.deliver_ended(py, ending.init()) {
                if !has_other_returned()? {
                    warn_of_callback();
                    break;
                }
            }
            return Ok(());
        }
        let context = self.context(py);
        let has_open_loop = context.is_open_loop(py);
        if context.stands_still(py) {
            self.complete_slots(py);
            // What is left may have been posted to a loop that was closed before it came to it.
            self.signal.raise();
            if has_open_loop {
                // No callback runs there, and those of the results follow when it runs again.
                if !has_other_returned()? {
                    warn_of_callback();
                }
                return Ok(());
            }
        }
        let step = |at_most| {
            if has_open_loop { ending.returned_within(at_most) } else { ending.delivered_within(at_most) }
        };
        if !wait_interruptibly(py, within, step)? {
            warn_of_callback();
        }
        Ok(())
    }

    /// Begins a login whose result is waited for.
    pub(crate) fn login(self: &Arc<Self>, py: Python<'_>, user: &str, ticket: &str) -> PyResult<Pending> {
        let (pending, slot) = Pending::new(self, true);
        self.call(py, slot, |engine, register| engine.login_with(user, ticket, register))?;
        Ok(pending)
    }

    /// Begins a logout whose result is waited for.
    pub(crate) fn logout(self: &Arc<Self>, py: Python<'_>) -> PyResult<Pending> {
        let (pending, slot) = Pending::new(self, false);
        self.call(py, slot, |engine, register| engine.logout_with(register))?;
        Ok(pending)
    }

    fn call(
        self: &Arc<Self>,
        py: Python<'_>,
        slot: Arc<Slot>,
        call: impl FnOnce(&Engine, &mut dyn FnMut(CallId)) -> Result<CallId, Error>,
    ) -> PyResult<()> {
        if let Err(error) = self.call_with(py, Completion::Slot(Arc::clone(&slot)), call)? {
            slot.complete(py, Err(error));
        }
        Ok(())
    }

    /// Begins a login or a logout. The error is one that nothing follows (7008).
    pub(crate) fn call_with(
        self: &Arc<Self>,
        py: Python<'_>,
        completion: Completion,
        call: impl FnOnce(&Engine, &mut dyn FnMut(CallId)) -> Result<CallId, Error>,
    ) -> PyResult<Result<(), Error>> {
        self.birth().check(py)?;
        self.start_delivery(py)?;
        let mut completion = Some(completion);
        let mut register = |id| {
            if let Some(completion) = completion.take() {
                self.calls().push_back((id, completion));
            }
        };
        let begun = call(self.engine(), &mut register).map(drop);
        if self.signal.is_closed() {
            // The interpreter ends, and nobody delivers the result.
            self.interrupt_calls(py);
        }
        Ok(begun)
    }

    /// Ends the login whose result would go there, if it is under way; false if it is not. A ticket that is being
    /// renewed under a session is none.
    pub(crate) fn end_login(&self, slot: &Arc<Slot>) -> bool {
        self.reader.status() == LoginStatus::LoggingIn
            && self.is_under_way(slot)
            && self.engine().logout().is_ok()
    }

    /// Whether the result is still to come. One that is on its way here has been decided, by a newer login perhaps.
    fn is_under_way(&self, slot: &Arc<Slot>) -> bool {
        let is_it =
            |completion: &Completion| matches!(completion, Completion::Slot(its) if Arc::ptr_eq(its, slot));
        let call = self.calls().iter().find(|(_, completion)| is_it(completion)).map(|(id, _)| *id);
        let Some(call) = call else { return false };
        let mut taken = lock(&self.taken);
        taken.extend(self.engine().try_next_events(usize::MAX));
        !taken.iter().any(|event| matches!(event.kind, EventKind::Completed(done, _) if done == call))
    }

    // ---- who is told --------------------------------------------------------------------------------------------

    /// Adds a listener (C19): which one it is says its identity.
    pub(crate) fn add_listener(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        self.birth().check(listener.py())?;
        callback::check_listener(listener)?;
        self.listeners.add(listener.as_ptr().addr(), Listener(listener.clone().unbind()));
        Ok(())
    }

    /// Removes a listener, and waits for a call on it that runs on another thread.
    pub(crate) fn remove_listener(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = listener.py();
        self.birth().check(py)?;
        let key = listener.as_ptr().addr();
        drop(self.listeners.take_away(key));
        let returned = |at_most| self.listeners.returned_within(key, at_most);
        wait_interruptibly(py, None, returned).map(drop)
    }

    /// Adds a receiver of events, until unInit or until it is dropped.
    pub(crate) fn add_receiver(self: &Arc<Self>, py: Python<'_>) -> PyResult<Arc<Inbox>> {
        self.birth().check(py)?;
        let receiver = Arc::<Inbox>::default();
        let mut receivers = lock(&self.receivers);
        receivers.retain(|known| known.strong_count() > 0);
        receivers.push(Arc::downgrade(&receiver));
        drop(receivers);
        if self.signal.is_closed() {
            receiver.end(py);
        }
        Ok(receiver)
    }

    /// Sets or forgets the ticket provider (C15).
    pub(crate) fn set_provider(&self, py: Python<'_>, provider: Option<Py<PyAny>>) -> PyResult<()> {
        self.birth().check(py)?;
        if provider.as_ref().is_some_and(|provider| !provider.bind(py).is_callable()) {
            return Err(PyTypeError::new_err("a ticket provider is a function of the user's id, or None"));
        }
        let has_provider = provider.is_some();
        let replaced = exchange(&self.provider, provider);
        self.engine().set_has_provider(has_provider);
        // Last: it may set another one when it is deleted.
        drop(replaced);
        Ok(())
    }

    // ---- delivery -----------------------------------------------------------------------------------------------

    pub(crate) fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    pub(crate) fn thread(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.thread).as_ref().map(|thread| thread.clone_ref(py))
    }

    /// Where callbacks run.
    pub(crate) fn context(&self, py: Python<'_>) -> Context {
        lock(&self.context).clone_ref(py)
    }

    /// Whether callbacks run on the loop that runs on this thread.
    pub(crate) fn delivers_on_running_loop(&self, py: Python<'_>) -> PyResult<bool> {
        let Context::Loop(event_loop) = self.context(py) else { return Ok(false) };
        Ok(delivery::running_loop(py)?.is_some_and(|running| running.is(&event_loop)))
    }

    /// Makes sure that results have a way to the host, also before init (C5).
    fn start_delivery(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if matches!(*lock(&self.context), Context::None) {
            let here = Context::here(py)?;
            let mut context = lock(&self.context);
            // Another thread may have been faster.
            if matches!(*context, Context::None) {
                *context = here;
            }
        }
        self.start_thread(py)
    }

    /// Starts the thread, once: the first of two callers does so, and the second need not wait for it.
    fn start_thread(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if self.has_thread.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let started = delivery::start(py, self).map(|thread| drop(exchange(&self.thread, Some(thread))));
        if started.is_err() {
            self.has_thread.store(false, Ordering::Relaxed);
        }
        started
    }

    /// Delivers what waits, one event after the other, while callbacks run where the caller stands: on the loop with
    /// this address, or in its place; without one, on the thread.
    pub(crate) fn deliver(&self, py: Python<'_>, loop_address: Option<usize>) {
        self.deliver_if(py, |_| lock(&self.context).loop_address() == loop_address);
    }

    /// Delivers what an unInit has ended, wherever callbacks run now (C9); false if another thread delivers. `init` is
    /// that of the ending.
    fn deliver_ended(&self, py: Python<'_>, init: u64) -> bool {
        self.deliver_if(py, |event| {
            let is_interrupted = |result: &Result<(), Error>| {
                result.as_ref().is_err_and(|error| error.code == codes::ERR_SDK_COMM_INTERRUPT)
            };
            event.init < init
                || matches!(&event.kind, EventKind::Completed(_, result) if is_interrupted(result))
        })
    }

    /// Delivers up to the first event that is not due here. False if another thread delivers, which then goes on with
    /// what waits.
    fn deliver_if(&self, py: Python<'_>, is_due: impl Fn(&Event) -> bool) -> bool {
        if !self.birth().is_here() {
            return true;
        }
        let Some(turn) = self.turn.take() else { return false };
        let mut last_failure = None;
        while self.birth().is_here()
            && let Some(mut event) = self.next_event(&is_due)
        {
            let delivering = self.engine().enter_delivery(&mut event);
            if delivering.is_some() {
                self.dispatch(py, event.kind, &mut last_failure);
            }
        }
        if !self.birth().is_here() {
            // A callback has forked, and this is the child: it leaves the locks as they are.
            std::mem::forget(turn);
            return true;
        }
        drop(turn);
        // What is due elsewhere, and what came for somebody who met the turn taken.
        if self.has_waiting() {
            self.signal.raise();
        }
        true
    }

    fn has_waiting(&self) -> bool {
        !lock(&self.taken).is_empty() || self.engine().has_events()
    }

    /// Gives those who wait their results without the loop of the callbacks, if that does not run: it may never do so
    /// again. The callbacks wait for it.
    pub(crate) fn complete_slots_of_standing_loop(&self, py: Python<'_>) {
        if self.birth().is_here() && self.context(py).stands_still(py) {
            self.complete_slots(py);
        }
    }

    fn complete_slots(&self, py: Python<'_>) {
        let (completed, superseded) = {
            let mut taken = lock(&self.taken);
            taken.extend(self.engine().try_next_events(EVENTS_MAX));
            let completed = extract(&mut taken, |event| self.is_for_slot(event));
            // Of connect events that nobody takes only the newest are kept (C18).
            let is_full = taken.len() > EVENTS_MAX;
            (completed, extract(&mut taken, |event| is_full && event.kind.is_connect_event()))
        };
        for mut event in completed {
            let delivering = self.engine().enter_delivery(&mut event);
            if delivering.is_some() {
                self.dispatch(py, event.kind, &mut None);
            }
        }
        // They count as delivered.
        superseded.into_iter().for_each(|mut event| drop(self.engine().enter_delivery(&mut event)));
    }

    fn is_for_slot(&self, event: &Event) -> bool {
        let EventKind::Completed(call, _) = event.kind else { return false };
        self.calls().iter().any(|(id, completion)| *id == call && matches!(completion, Completion::Slot(_)))
    }

    /// The oldest event, if it is due. `is_due` runs under a lock.
    fn next_event(&self, is_due: impl Fn(&Event) -> bool) -> Option<Event> {
        let mut taken = lock(&self.taken);
        if taken.is_empty() {
            *taken = self.engine().try_next_events(EVENTS_MAX).into();
            taken.iter().for_each(fetch_text);
        }
        taken.pop_front_if(|event| is_due(event))
    }

    fn dispatch<'py>(&self, py: Python<'py>, event: EventKind, last: &mut Option<LastFailure<'py>>) {
        match event {
            EventKind::Completed(call, result) => {
                if let Some(completion) = self.take_call(call) {
                    completion.complete(py, self, result);
                }
            }
            EventKind::TicketRequest(request, user) => {
                let provider = lock(&self.provider).as_ref().map(|provider| provider.clone_ref(py));
                provider::ask(py, self, provider, request, &user);
            }
            EventKind::Connecting => self.tell(py, &event, intern!(py, "on_connecting"), &None),
            EventKind::ConnectSuccess => self.tell(py, &event, intern!(py, "on_connect_success"), &None),
            EventKind::ConnectFailed(ref error) => {
                let told = LastFailure::told(py, error, last);
                self.tell(py, &event, intern!(py, "on_connect_failed"), told);
            }
            EventKind::Disconnected(ref error) => {
                let told = LastFailure::told(py, error, last);
                self.tell(py, &event, intern!(py, "on_disconnected"), told);
            }
            EventKind::KickedOffline(ref kick) => self.tell_kick(py, &event, kick),
            EventKind::UserSigExpired => self.tell(py, &event, intern!(py, "on_user_sig_expired"), &None),
        }
    }

    fn tell(&self, py: Python<'_>, event: &EventKind, method: &Bound<'_, PyString>, told: &Told<'_>) {
        self.send(py, event);
        self.each_listener(|listener| callback::tell(self, listener.0.bind(py), method, told));
    }

    fn tell_kick(&self, py: Python<'_>, event: &EventKind, kick: &Kick) {
        self.send(py, event);
        self.each_listener(|listener| callback::tell_kick(self, listener.0.bind(py), kick));
    }

    /// Those behind one that has forked hear of nothing in the child.
    fn each_listener(&self, mut call: impl FnMut(&Listener)) {
        self.listeners.each(|listener| {
            if self.birth().is_here() {
                call(listener);
            }
        });
    }

    fn send(&self, py: Python<'_>, event: &EventKind) {
        let receivers: Vec<_> = lock(&self.receivers).iter().filter_map(Weak::upgrade).collect();
        if receivers.is_empty() {
            return;
        }
        match events::object(py, event) {
            Ok(object) => receivers.iter().for_each(|receiver| receiver.push(py, &object, event)),
            Err(error) => log::raised(py, error, "the SDK"),
        }
    }

    fn take_receivers(&self) -> Vec<Weak<Inbox>> {
        std::mem::take(&mut *lock(&self.receivers))
    }

    // ---- the end ------------------------------------------------------------------------------------------------

    /// Nobody has the client any more: the session ends as by unInit, and calls that wait get 7009.
    pub(crate) fn close(&self, py: Python<'_>) {
        if self.birth().is_here() {
            drop(self.engine().un_init());
            self.stop_delivery(py);
        }
    }

    /// The interpreter ends: nothing is delivered any more, and whoever waits is told.
    pub(crate) fn stop_delivery(&self, py: Python<'_>) {
        self.engine().close_events();
        self.signal.close();
        self.interrupt_calls(py);
        end_receivers(py, &self.take_receivers());
    }

    /// Whoever waits for a result hears that there will be none.
    fn interrupt_calls(&self, py: Python<'_>) {
        let calls = std::mem::take(&mut *self.calls());
        for (_, completion) in calls {
            if let Completion::Slot(slot) = completion {
                slot.complete(py, Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT)));
            }
        }
    }

    /// Shows the garbage collector what is kept, without waiting for anything. What it does not see now it sees later.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // The shared client is never garbage, and several objects stand for it.
        if self.is_shared || !self.birth().is_here() {
            return Ok(());
        }
        let mut outcome = Ok(());
        let mut see = |object: &Py<PyAny>| {
            if outcome.is_ok() {
                outcome = visit.call(object);
            }
        };
        self.listeners.try_look(|listener| see(&listener.0));
        if let Ok(provider) = self.provider.try_lock() {
            provider.iter().for_each(&mut see);
        }
        if let Ok(context) = self.context.try_lock()
            && let Context::Loop(event_loop) = &*context
        {
            see(event_loop);
        }
        outcome
    }

    /// Breaks the cycles that [`Host::traverse`] has shown.
    pub(crate) fn clear(&self) {
        if self.is_shared || !self.birth().is_here() {
            return;
        }
        self.listeners.clear();
        drop(exchange(&self.provider, None));
    }

    fn take_call(&self, id: CallId) -> Option<Completion> {
        let mut calls = self.calls();
        let place = calls.iter().position(|(known, _)| *known == id)?;
        calls.remove(place).map(|(_, completion)| completion)
    }

    fn calls(&self) -> MutexGuard<'_, VecDeque<(CallId, Completion)>> {
        lock(&self.calls)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.birth().is_here() {
            // Its locks may be held by threads that this process does not have: it is left as it is.
            std::mem::forget(self.engine().clone());
        }
    }
}

/// What listeners got of a failure. In a row they are mostly the same, and making a text is a third of an event.
struct LastFailure<'py> {
    code: Code,
    desc: String,
    told: Told<'py>,
}

impl<'py> LastFailure<'py> {
    /// What they get of this one, which is the last from here on.
    fn told<'a>(py: Python<'py>, error: &Error, last: &'a mut Option<Self>) -> &'a Told<'py> {
        last.take_if(|last| last.code != error.code || last.desc != error.desc);
        let made = last.get_or_insert_with(|| {
            let told = Some((PyInt::new(py, error.code.0), PyString::new(py, &error.desc)));
            LastFailure { code: error.code, desc: error.desc.clone(), told }
        });
        &made.told
    }
}

/// Reads a byte of the event's text. Another core has written it, and fetching those of a batch side by side takes a
/// fraction of one at a time between callbacks.
fn fetch_text(event: &Event) {
    if let EventKind::ConnectFailed(error) | EventKind::Disconnected(error) = &event.kind {
        black_box(error.desc.as_bytes().first().copied());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end_receivers(py: Python<'_>, receivers: &[Weak<Inbox>]) {
    receivers.iter().filter_map(Weak::upgrade).for_each(|receiver| receiver.end(py));
}

/// Puts a value there and returns the one before, for the caller to drop: an object of the host's may run code of its
/// own then, and the lock is free by now.
fn exchange<T>(mutex: &Mutex<T>, value: T) -> T {
    std::mem::replace(&mut *lock(mutex), value)
}

/// Takes out what is wanted, and leaves the rest in its order.
fn extract(events: &mut VecDeque<Event>, is_wanted: impl FnMut(&Event) -> bool) -> VecDeque<Event> {
    let (wanted, rest) = events.drain(..).partition(is_wanted);
    *events = rest;
    wanted
}

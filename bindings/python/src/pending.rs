//! The result of a call that is still to come, to be waited for or awaited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyTimeoutError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use tessera_client::{Error, codes};

use crate::fork::Birth;
use crate::host::Host;
use crate::{call, delivery, error, fork, log};

/// How long a blocking call waits until it looks whether Ctrl-C was pressed.
const LOOK_FOR_SIGNALS_EVERY: Duration = Duration::from_millis(50);

type Outcome = Result<(), Error>;

/// What a call will come to. The call has begun when you get it.
///
/// Wait for it with `wait()`, which blocks the calling thread, or with `await` in a coroutine. Both raise a
/// `tessera_im.TesseraError` if the call fails. A failure that nobody waited for is written to the log.
///
/// What takes a coroutine takes it too: `asyncio.create_task()`, `asyncio.wait_for()`, the `create_task()` of a task
/// group. Cancelling the await of a login ends the login, also for others who wait for it, unless the result is there
/// already or a new ticket is being put under a session; `asyncio.shield()` keeps it. Any other call goes on.
#[pyclass(frozen, module = "tessera_im")]
pub(crate) struct Pending {
    slot: Arc<Slot>,
    host: Weak<Host>,
    birth: Birth,
    driven: Mutex<Vec<Driven>>,
}

/// What a task that has the call for its coroutine is waiting in.
struct Driven {
    /// Weak, because the task has the call.
    task: Py<PyAny>,
    iterator: Py<PyAny>,
}

/// Where the outcome is put. With the last who has it goes a failure that nobody was told of: into the log.
pub(crate) struct Slot {
    state: Mutex<State>,
    done: Condvar,
    /// Whether somebody has been told, or wants to hear nothing.
    told: AtomicBool,
    is_login: bool,
    birth: Birth,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    futures: Vec<Future>,
}

/// A future of asyncio, and the loop that it belongs to.
pub(crate) struct Future {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
}

impl Pending {
    pub(crate) fn new(host: &Arc<Host>, is_login: bool) -> (Self, Arc<Slot>) {
        let birth = host.birth();
        let slot = Arc::new(Slot {
            state: Mutex::default(),
            done: Condvar::new(),
            told: AtomicBool::new(false),
            is_login,
            birth,
        });
        let pending =
            Pending { slot: Arc::clone(&slot), host: Arc::downgrade(host), birth, driven: Mutex::default() };
        (pending, slot)
    }
}

#[pymethods]
impl Pending {
    /// Block until the call is done.
    ///
    /// `timeout` is in seconds; None waits for as long as the call takes, which is limited by settings such as
    /// `login_timeout_ms`. Ctrl-C interrupts the wait, and the call goes on.
    ///
    /// Raises TesseraError if the call has failed; TimeoutError when the timeout is over first; StateError with code
    /// 7014 in a callback, and on the event loop that the callbacks run on, where it would wait for itself.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        self.birth.check(py)?;
        refuse_where_callbacks_run(py, &self.host)?;
        let done = wait_interruptibly(py, timeout, |within| {
            let pending = |state: &mut State| state.outcome.is_none();
            drop(self.slot.done.wait_timeout_while(self.slot.lock(), within, pending));
            // The loop of the callbacks may have been stopped with the result on its way.
            self.slot.is_done() || Python::attach(|py| self.look(py))
        })?;
        if !done {
            return Err(PyTimeoutError::new_err("the call is not done yet"));
        }
        self.slot.told.store(true, Ordering::Relaxed);
        let outcome = self.slot.lock().outcome.clone();
        outcome.unwrap_or(Ok(())).map_err(|error| error::exception(py, &error))
    }

    /// Whether the call is done.
    fn done(&self, py: Python<'_>) -> bool {
        self.birth.is_here() && (self.slot.is_done() || self.look(py))
    }

    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.birth.check(py)?;
        let (future, awaited) = Future::new(py)?;
        // Before anybody awaits it, so that whoever hears of the cancellation finds the login ended.
        let awaiter = Awaiter { slot: Arc::clone(&self.slot), host: self.host.clone() };
        awaited.call_method1(intern!(py, "add_done_callback"), (awaiter,))?;
        self.slot.add(py, future);
        awaited.call_method0(intern!(py, "__await__"))
    }

    /// For the tasks of asyncio, whose coroutine this may be: go on, until the call is done.
    fn send<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let task = current_task(py)?;
        let iterator = match self.take_driven(&task)? {
            Some(iterator) => iterator,
            None => self.__await__(py)?,
        };
        self.drive(&task, iterator, intern!(py, "send"), PyTuple::new(py, [value])?)
    }

    /// For the tasks of asyncio: raise an exception where the task is waiting.
    #[pyo3(signature = (*exception))]
    fn throw<'py>(&self, py: Python<'py>, exception: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let task = current_task(py)?;
        if let Some(iterator) = self.take_driven(&task)? {
            return self.drive(&task, iterator, intern!(py, "throw"), exception.clone());
        }
        // The task was cancelled before it came to wait.
        let raised = PyErr::from_value(exception.get_item(0)?);
        let cancelled = py.import(intern!(py, "asyncio"))?.getattr(intern!(py, "CancelledError"))?;
        if raised.matches(py, cancelled)? {
            self.slot.give_up(&self.host);
        }
        Err(raised)
    }

    /// For those who treat it as a coroutine: nobody goes on. The call does.
    fn close(&self) {
        let driven = std::mem::take(&mut *lock(&self.driven));
        // The lock is free by now: what is dropped is the host's.
        drop(driven);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(driven) = self.driven.try_lock() else { return Ok(()) };
        driven.iter().try_for_each(|driven| visit.call(&driven.iterator))
    }

    fn __clear__(&self) {
        self.close();
    }

    fn __repr__(&self) -> String {
        let state = if !self.birth.is_here() {
            "of the parent process".to_owned()
        } else {
            match &self.slot.lock().outcome {
                None => "pending".to_owned(),
                Some(Ok(())) => "done".to_owned(),
                Some(Err(error)) => format!("failed: {error}"),
            }
        };
        format!("<Pending {state}>")
    }
}

impl Pending {
    /// Whether the call is done, also where nobody delivers its result because a loop stands still.
    fn look(&self, py: Python<'_>) -> bool {
        if let Some(host) = self.host.upgrade() {
            host.complete_slots_of_standing_loop(py);
        }
        self.slot.is_done()
    }

    fn take_driven<'py>(&self, task: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = task.py();
        let mut driven = std::mem::take(&mut *lock(&self.driven));
        let mut taken = None;
        let mut others = Vec::new();
        for one in driven.drain(..) {
            let of = one.task.bind(py).call0()?;
            if of.is(task) {
                taken = Some(one.iterator.into_bound(py));
            } else if !of.is_none() {
                others.push(one);
            }
        }
        lock(&self.driven).append(&mut others);
        Ok(taken)
    }

    /// Lets a task go on in what it waits in, and keeps that if it goes on waiting.
    fn drive<'py>(
        &self,
        task: &Bound<'py, PyAny>,
        iterator: Bound<'py, PyAny>,
        how: &Bound<'py, PyString>,
        arguments: Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = task.py();
        let yielded = iterator.call_method1(how, arguments)?;
        let task = py.import(intern!(py, "weakref"))?.call_method1(intern!(py, "ref"), (task,))?;
        lock(&self.driven).push(Driven { task: task.unbind(), iterator: iterator.unbind() });
        Ok(yielded)
    }
}

fn current_task(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(intern!(py, "asyncio"))?.call_method0(intern!(py, "current_task"))
}

/// Hears what has become of a future that somebody awaits.
#[pyclass(frozen, module = "tessera_im._native", name = "_Awaiter")]
pub(crate) struct Awaiter {
    slot: Arc<Slot>,
    host: Weak<Host>,
}

#[pymethods]
impl Awaiter {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0(intern!(future.py(), "cancelled"))?.is_truthy()? {
            self.slot.give_up(&self.host);
        } else {
            self.slot.told.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.birth.is_here() || self.told.load(Ordering::Relaxed) {
            return;
        }
        let outcome = self.lock().outcome.take();
        // What unInit has ended is no news to the host, which has called it.
        if let Some(Err(error)) = outcome.filter(|outcome| !is_interrupted(outcome)) {
            let text = format!("a call has failed and nobody has waited for it: {error}");
            Python::attach(|py| error::keeping_raised(py, || log::warn(py, &text)));
        }
    }
}

fn is_interrupted(outcome: &Outcome) -> bool {
    outcome.as_ref().is_err_and(|error| error.code == codes::ERR_SDK_COMM_INTERRUPT)
}

impl Slot {
    /// Ends a login that nobody awaits any more, if it is still under way; then its failure is no news.
    fn give_up(self: &Arc<Self>, host: &Weak<Host>) {
        if self.is_login && host.upgrade().is_some_and(|host| host.end_login(self)) {
            self.told.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn is_done(&self) -> bool {
        self.lock().outcome.is_some()
    }

    /// Puts the outcome there; a second one is dropped.
    pub(crate) fn complete(&self, py: Python<'_>, outcome: Outcome) {
        let mut state = self.lock();
        if state.outcome.is_some() {
            return;
        }
        state.outcome = Some(outcome.clone());
        let futures = std::mem::take(&mut state.futures);
        drop(state);
        self.done.notify_all();
        for future in futures {
            future.settle(py, &outcome);
        }
    }

    fn add(&self, py: Python<'_>, future: Future) {
        let mut state = self.lock();
        let Some(outcome) = state.outcome.clone() else { return state.futures.push(future) };
        drop(state);
        future.settle(py, &outcome);
    }
}

impl Future {
    /// A future of the loop that runs here: once to keep, once to await.
    pub(crate) fn new(py: Python<'_>) -> PyResult<(Self, Bound<'_, PyAny>)> {
        let event_loop = py.import(intern!(py, "asyncio"))?.call_method0(intern!(py, "get_running_loop"))?;
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        Ok((Future { event_loop: event_loop.unbind(), future: future.clone().unbind() }, future))
    }

    /// Whether somebody still awaits it.
    pub(crate) fn is_awaited(&self, py: Python<'_>) -> bool {
        let done = self.future.bind(py).call_method0(intern!(py, "done"));
        done.and_then(|done| done.is_truthy()).is_ok_and(|done| !done)
    }

    /// Wakes whoever awaits it, on its own loop.
    pub(crate) fn settle(self, py: Python<'_>, outcome: &Outcome) {
        let settled =
            outcome.as_ref().map_or_else(|error| error::instance(py, error).map(Some), |()| Ok(None));
        let told = settled.and_then(|error| {
            let event_loop = self.event_loop.bind(py);
            if delivery::running_loop(py)?.is_some_and(|running| running.is(event_loop)) {
                return settle(self.future.bind(py), error.as_ref());
            }
            let settle = wrap_pyfunction!(settle, py)?;
            call::method(event_loop, intern!(py, "call_soon_threadsafe"), (settle, &self.future, error))
                .map(drop)
        });
        if let Err(error) = told {
            // The loop is closed, and with it whoever awaited there is gone.
            log::warn(py, &format!("a result has come after its event loop was closed: {error}"));
        }
    }
}

/// Puts an outcome into a future, unless whoever awaited it has gone.
#[pyfunction]
#[pyo3(name = "_settle")]
pub(crate) fn settle(future: &Bound<'_, PyAny>, error: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    match error {
        None => future.call_method1(intern!(py, "set_result"), (py.None(),)).map(drop),
        Some(error) => future.call_method1(intern!(py, "set_exception"), (error,)).map(drop),
    }
}

/// Refuses a blocking call inside a callback, and on the loop of the callbacks (C18).
pub(crate) fn refuse_where_callbacks_run(py: Python<'_>, host: &Weak<Host>) -> PyResult<()> {
    if tessera_client::is_delivering_here() {
        return Err(error::would_wait_for_itself(
            py,
            "a blocking call inside a callback would wait for itself",
        ));
    }
    match host.upgrade() {
        Some(host) if host.delivers_on_running_loop(py)? => Err(would_stop_the_loop(py)),
        _ => Ok(()),
    }
}

/// The same for whoever waits for callbacks of a client that it does not know.
#[pyfunction]
#[pyo3(name = "_refuse_where_callbacks_run")]
pub(crate) fn refuse_where_any_callbacks_run(py: Python<'_>) -> PyResult<()> {
    for host in delivery::living() {
        refuse_where_callbacks_run(py, &Arc::downgrade(&host))?;
    }
    Ok(())
}

fn would_stop_the_loop(py: Python<'_>) -> PyErr {
    let desc = "this event loop runs the callbacks, so a blocking call would wait for itself: await it";
    error::would_wait_for_itself(py, desc)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits with Python detached, in steps, so that signals are seen. `step` waits for so long at most and says whether
/// the wait is over. False when the timeout is over first.
pub(crate) fn wait_interruptibly(
    py: Python<'_>,
    timeout: Option<f64>,
    step: impl Fn(Duration) -> bool + Sync,
) -> PyResult<bool> {
    let birth = Birth::now();
    let deadline = match timeout.map(Duration::try_from_secs_f64) {
        None => None,
        Some(Ok(timeout)) => Instant::now().checked_add(timeout),
        Some(Err(_)) => {
            return Err(PyValueError::new_err("a timeout is a number of seconds from 0 on, or None"));
        }
    };
    loop {
        let left =
            deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        if py.detach(|| step(left.min(LOOK_FOR_SIGNALS_EVERY))) {
            return Ok(true);
        }
        if left.is_zero() {
            return Ok(false);
        }
        py.check_signals()?;
        // A signal handler may have forked.
        if !birth.is_here() {
            return Err(error::exception(py, &fork::foreign()));
        }
    }
}

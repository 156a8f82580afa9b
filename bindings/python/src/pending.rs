//! The result of a call that is still to come, to be waited for or awaited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyTimeoutError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
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
#[pyclass(frozen, module = "tessera_im")]
pub(crate) struct Pending {
    slot: Arc<Slot>,
    host: Weak<Host>,
    birth: Birth,
}

/// Where the outcome is put.
#[derive(Default)]
pub(crate) struct Slot {
    state: Mutex<State>,
    done: Condvar,
    /// Whether somebody has been told.
    told: AtomicBool,
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
    pub(crate) fn new(host: &Arc<Host>) -> (Self, Arc<Slot>) {
        let slot = Arc::<Slot>::default();
        (Pending { slot: Arc::clone(&slot), host: Arc::downgrade(host), birth: host.birth() }, slot)
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
        self.slot.told.store(true, Ordering::Relaxed);
        self.slot.add(py, future);
        awaited.call_method0(intern!(py, "__await__"))
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
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.birth.is_here() || self.slot.told.load(Ordering::Relaxed) {
            return;
        }
        let outcome = self.slot.lock().outcome.clone();
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
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        Some(host) if host.delivers_on_running_loop(py)? => {
            let desc =
                "this event loop runs the callbacks, so a blocking call would wait for itself: await it";
            Err(error::would_wait_for_itself(py, desc))
        }
        _ => Ok(()),
    }
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

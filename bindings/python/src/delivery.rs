//! Where the callbacks of a client run (C18): on the asyncio loop that ran at init, else on a thread of its own that
//! Python made.
//!
//! No thread of the SDK enters the interpreter: it raises a signal, and a thread of Python's waits for that. With a
//! loop, that thread only passes the news on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::call::Arguments;
use crate::fork::Birth;
use crate::host::Host;
use crate::{call, log};
use pyo3::exceptions::PySystemExit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3::{ffi, intern};

/// How long the interpreter's exit waits for callbacks that still run.
const EXIT_WAITS_FOR_CALLBACKS: Duration = Duration::from_secs(1);

/// Says that events wait. Raised by threads of the SDK, waited for by one thread of Python's.
#[derive(Default)]
pub(crate) struct Signal {
    state: Mutex<SignalState>,
    raised: Condvar,
}

#[derive(Default)]
struct SignalState {
    raised: bool,
    closed: bool,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, SignalState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn raise(&self) {
        // Only the first has somebody to wake, and waking is a system call.
        if !std::mem::replace(&mut self.lock().raised, true) {
            self.raised.notify_all();
        }
    }

    /// Nobody waits any more, from now on.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.raised.notify_all();
    }

    /// Waits until it is raised; false once it is closed.
    fn wait(&self) -> bool {
        let quiet = |state: &mut SignalState| !state.raised && !state.closed;
        let waited = self.raised.wait_while(self.lock(), quiet);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.raised = false;
        !state.closed
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}

/// Whose turn it is to run one client's callbacks: that of one thread at a time, whatever the context was and is (C18).
#[derive(Default)]
pub(crate) struct Turn {
    holder: Mutex<Option<ThreadId>>,
    freed: Condvar,
}

/// It is the turn of this thread, until this is dropped.
pub(crate) struct Holding<'a> {
    turn: &'a Turn,
    /// Whether it was before, too: a callback delivers.
    is_inner: bool,
}

impl Turn {
    fn lock(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_mine(&self) -> bool {
        *self.lock() == Some(thread::current().id())
    }

    /// Takes it, unless another thread has it. Waits for nobody.
    pub(crate) fn take(&self) -> Option<Holding<'_>> {
        let me = thread::current().id();
        let mut holder = self.lock();
        let is_inner = *holder == Some(me);
        if !is_inner && holder.is_some() {
            return None;
        }
        *holder = Some(me);
        Some(Holding { turn: self, is_inner })
    }

    /// Waits until nobody has it; false if somebody still does after this time.
    pub(crate) fn is_free_within(&self, at_most: Duration) -> bool {
        let waited = self.freed.wait_timeout_while(self.lock(), at_most, |holder| holder.is_some());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_none()
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        if !self.is_inner {
            *self.turn.lock() = None;
            self.turn.freed.notify_all();
        }
    }
}

/// Where one client's callbacks run.
#[derive(Default)]
pub(crate) enum Context {
    /// Not chosen yet.
    #[default]
    None,
    /// On the client's own thread.
    Thread,
    /// On this asyncio loop.
    Loop(Py<PyAny>),
}

impl Context {
    /// What holds for a call that is made here and now.
    pub(crate) fn here(py: Python<'_>) -> PyResult<Self> {
        Ok(running_loop(py)?.map_or(Context::Thread, |event_loop| Context::Loop(event_loop.unbind())))
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Context::None => Context::None,
            Context::Thread => Context::Thread,
            Context::Loop(event_loop) => Context::Loop(event_loop.clone_ref(py)),
        }
    }

    /// Which loop it is, as its address says; `None` without one.
    pub(crate) fn loop_address(&self) -> Option<usize> {
        match self {
            Context::None | Context::Thread => None,
            Context::Loop(event_loop) => Some(event_loop.as_ptr().addr()),
        }
    }

    /// Whether it is a loop that was not closed, and so may run callbacks now or later.
    pub(crate) fn is_open_loop(&self, py: Python<'_>) -> bool {
        self.loop_is(py, intern!(py, "is_closed")) == Some(false)
    }

    /// Whether it is a loop that does not run now, closed or not.
    pub(crate) fn stands_still(&self, py: Python<'_>) -> bool {
        self.loop_is(py, intern!(py, "is_running")) == Some(false)
    }

    /// What the loop says to a question; `None` without a loop.
    fn loop_is(&self, py: Python<'_>, question: &Bound<'_, PyString>) -> Option<bool> {
        let Context::Loop(event_loop) = self else { return None };
        call::method(event_loop.bind(py), question, ()).and_then(|answer| answer.is_truthy()).ok()
    }
}

/// The asyncio loop that runs on this thread. If nobody has imported asyncio, there is none.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let modules = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?;
    let Some(asyncio) = modules.cast::<PyDict>()?.get_item(intern!(py, "asyncio"))? else { return Ok(None) };
    // Absent while another thread is in the middle of the import.
    let Some(running) = asyncio.getattr_opt(intern!(py, "_get_running_loop"))? else { return Ok(None) };
    let running = running.call0()?;
    Ok((!running.is_none()).then_some(running))
}

/// Delivers what waits for one client: the body of its thread, and what is posted to its loop.
#[pyclass(frozen, module = "tessera_im._native", name = "_Delivery")]
pub(crate) struct Delivery {
    host: Weak<Host>,
    place: Place,
}

/// Who is to call a delivery.
enum Place {
    /// The client's thread, which waits for the signal.
    Thread(Arc<Signal>),
    /// The loop with this address, once.
    Loop { address: usize, is_pending: AtomicBool },
}

#[pymethods]
impl Delivery {
    fn __call__(&self, py: Python<'_>) {
        match &self.place {
            Place::Thread(signal) => self.run(py, signal),
            Place::Loop { address, is_pending } => {
                is_pending.store(false, Ordering::Relaxed);
                if let Some(host) = self.host.upgrade() {
                    host.deliver(py, Some(*address));
                }
            }
        }
    }
}

impl Delivery {
    fn run(&self, py: Python<'_>, signal: &Signal) {
        while py.detach(|| signal.wait()) {
            let Some(host) = self.host.upgrade() else { return };
            let context = host.context(py);
            match &context {
                Context::Loop(event_loop)
                    if context.is_open_loop(py) && self.post(event_loop.bind(py)).is_ok() => {}
                // A loop that was closed runs nothing any more; results must not be lost with it.
                Context::None | Context::Thread | Context::Loop(_) => {
                    host.deliver(py, context.loop_address());
                }
            }
            if !host.birth().is_here() {
                // A callback has forked, and this is the child.
                return;
            }
        }
    }

    fn post(&self, event_loop: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = event_loop.py();
        let place = Place::Loop { address: event_loop.as_ptr().addr(), is_pending: AtomicBool::new(true) };
        let delivery = Bound::new(py, Delivery { host: self.host.clone(), place })?;
        let posted = call::method(event_loop, intern!(py, "call_soon_threadsafe"), (&delivery,));
        if posted.is_err()
            && let Place::Loop { is_pending, .. } = &delivery.get().place
        {
            // Whoever asked delivers by itself.
            is_pending.store(false, Ordering::Relaxed);
        }
        posted.map(drop)
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // The loop was closed before it came to it: what is on its way finds another.
        if let Place::Loop { is_pending, .. } = &self.place
            && is_pending.load(Ordering::Relaxed)
            && let Some(host) = self.host.upgrade()
            && host.birth().is_here()
        {
            host.signal().raise();
        }
    }
}

/// Starts the thread of one client.
pub(crate) fn start(py: Python<'_>, host: &Arc<Host>) -> PyResult<Py<PyAny>> {
    let place = Place::Thread(Arc::clone(host.signal()));
    let delivery = Delivery { host: Arc::downgrade(host), place };
    start_thread(py, Bound::new(py, delivery)?.as_any(), (), "tessera-im")
}

/// Starts a thread of Python's that does not keep the process alive.
pub(crate) fn start_thread<'py>(
    py: Python<'py>,
    target: &Bound<'py, PyAny>,
    arguments: impl Arguments<'py>,
    name: &str,
) -> PyResult<Py<PyAny>> {
    let keywords = PyDict::new(py);
    keywords.set_item("target", target)?;
    keywords.set_item("args", arguments.tuple(py)?)?;
    keywords.set_item("name", name)?;
    keywords.set_item("daemon", true)?;
    let class = py.import("threading")?.getattr("Thread")?;
    let thread = call::call(&class, &PyTuple::empty(py), Some(&keywords))?;
    call::method(&thread, intern!(py, "start"), ())?;
    Ok(thread.unbind())
}

/// The clients of this process, with some that are gone.
type Hosts = (Option<Birth>, Vec<Weak<Host>>);

fn hosts() -> MutexGuard<'static, Hosts> {
    static HOSTS: Mutex<Hosts> = Mutex::new((None, Vec::new()));

    let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
    if !hosts.0.is_some_and(Birth::is_here) {
        *hosts = (Some(Birth::now()), Vec::new());
    }
    hosts
}

/// Remembers a client for the exit. The lock is never held while Python runs, so that a fork finds it free.
pub(crate) fn remember(host: &Arc<Host>) {
    let mut hosts = hosts();
    // Now and then is enough for those that are gone.
    if hosts.1.len() == hosts.1.capacity() {
        hosts.1.retain(|host| host.strong_count() > 0);
    }
    hosts.1.push(Arc::downgrade(host));
}

/// The clients that there are.
pub(crate) fn living() -> Vec<Arc<Host>> {
    hosts().1.iter().filter_map(Weak::upgrade).collect()
}

/// Whether the interpreter is about to end.
pub(crate) fn is_shutting_down() -> bool {
    SHUTTING_DOWN.load(Ordering::Relaxed)
}

static SHUTTING_DOWN: AtomicBool = AtomicBool::new(false);

/// Ends delivery before the interpreter does. For `atexit`: no thread of ours may be inside Python after it.
#[pyfunction]
#[pyo3(name = "_shut_down")]
pub(crate) fn shut_down(py: Python<'_>) -> PyResult<()> {
    SHUTTING_DOWN.store(true, Ordering::Relaxed);
    let hosts: Vec<_> = std::mem::take(&mut hosts().1).iter().filter_map(Weak::upgrade).collect();
    hosts.iter().for_each(|host| host.stop_delivery(py));
    let now = || -> PyResult<f64> { py.import("time")?.call_method0("monotonic")?.extract() };
    let deadline = now()? + EXIT_WAITS_FOR_CALLBACKS.as_secs_f64();
    let threads = hosts.iter().filter_map(|host| host.thread(py));
    for thread in threads.chain(log::stop(py)) {
        let thread = thread.bind(py);
        thread.call_method1("join", ((deadline - now()?).max(0.0),))?;
        if thread.call_method0("is_alive")?.is_truthy()? {
            interrupt(thread)?;
        }
    }
    Ok(())
}

/// Raises SystemExit in a callback that is stuck, so that it is not thrown out of the interpreter in the middle.
fn interrupt(thread: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = thread.py();
    let ident: std::ffi::c_ulong = thread.getattr("ident")?.extract()?;
    let exit = py.get_type::<PySystemExit>();
    // SAFETY: the interpreter is attached, and the exception is a class that lives as long as it does.
    #[expect(unsafe_code, reason = "pyo3 has no safe name for it")]
    unsafe {
        ffi::PyThreadState_SetAsyncExc(ident as _, exit.as_ptr());
    }
    thread.call_method1("join", (0.1,)).map(drop)
}

//! What happened, as Python's objects, and the receiver that `Client.events` hands out.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::{PyClass, PyClassInitializer};
use tessera_client::{Error, EventKind, EventQueue, Kick, KickReason, Platform};

use crate::fork::Birth;
use crate::host::Host;
use crate::pending::{Future, refuse_where_callbacks_run, wait_interruptibly};

/// The reasons of a kick.
const REASONS: [KickReason; 6] = [
    KickReason::Policy,
    KickReason::Admin,
    KickReason::Revoked,
    KickReason::Disabled,
    KickReason::TicketRefused,
    KickReason::Other,
];

/// What happened to a client. Its subclasses say what; they are made by keyword, for tests of code that handles them.
#[pyclass(frozen, subclass, module = "tessera_im")]
pub(crate) struct Event;

macro_rules! plain_event {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[pyclass(frozen, extends = Event, module = "tessera_im")]
        pub(crate) struct $name;

        #[pymethods]
        impl $name {
            #[new]
            fn new() -> PyClassInitializer<Self> {
                PyClassInitializer::from(Event).add_subclass($name)
            }

            fn __repr__(&self) -> &'static str {
                concat!(stringify!($name), "()")
            }
        }
    };
}

plain_event! {
    /// The connection is being made, at first or again.
    Connecting
}
plain_event! {
    /// The connection is there.
    ConnectSuccess
}
plain_event! {
    /// The ticket has expired: the user is logged out. Get a new ticket and log in.
    UserSigExpired
}

/// A try to connect has failed; the next follows by itself.
#[pyclass(frozen, extends = Event, module = "tessera_im")]
pub(crate) struct ConnectFailed {
    /// The code; `docs/error-codes.md` lists them.
    #[pyo3(get)]
    code: i32,
    /// A sentence for a person.
    #[pyo3(get)]
    desc: String,
}

#[pymethods]
impl ConnectFailed {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("code", "desc")
    }

    #[new]
    #[pyo3(signature = (*, code, desc))]
    fn new(code: i32, desc: String) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Event).add_subclass(ConnectFailed { code, desc })
    }

    fn __repr__(&self) -> String {
        format!("ConnectFailed(code={}, desc={:?})", self.code, self.desc)
    }
}

/// The connection has dropped; a new one is made by itself while there is a session.
#[pyclass(frozen, extends = Event, module = "tessera_im")]
pub(crate) struct Disconnected {
    /// The code; `docs/error-codes.md` lists them.
    #[pyo3(get)]
    code: i32,
    /// A sentence for a person.
    #[pyo3(get)]
    desc: String,
}

#[pymethods]
impl Disconnected {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("code", "desc")
    }

    #[new]
    #[pyo3(signature = (*, code, desc))]
    fn new(code: i32, desc: String) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Event).add_subclass(Disconnected { code, desc })
    }

    fn __repr__(&self) -> String {
        format!("Disconnected(code={}, desc={:?})", self.code, self.desc)
    }
}

/// Somebody else ended the session: the user is logged out, and the client does not log in again by itself.
#[pyclass(frozen, extends = Event, module = "tessera_im")]
pub(crate) struct KickedOffline {
    /// Why: "policy", "admin", "revoked", "disabled", "ticket_refused", or "other" from a newer gateway.
    #[pyo3(get)]
    reason: &'static str,
    /// The platform of the device that took the place, for a kick by policy; else None.
    #[pyo3(get)]
    platform: Option<&'static str>,
    /// When, in gateway time: seconds since 1970.
    #[pyo3(get)]
    at: f64,
    /// The gateway's code, where the ticket was refused at a resume; else None.
    #[pyo3(get)]
    code: Option<i32>,
}

impl KickedOffline {
    /// The event as an object, of the SDK's own making.
    pub(crate) fn object<'py>(py: Python<'py>, kick: &Kick) -> PyResult<Bound<'py, PyAny>> {
        let event = KickedOffline {
            reason: kick.reason.as_str(),
            platform: kick.platform.map(|platform| platform.as_str()),
            at: kick.at.0 as f64 / 1000.0,
            code: kick.code.map(|code| code.0),
        };
        new(py, event)
    }
}

#[pymethods]
impl KickedOffline {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("reason", "platform", "at", "code")
    }

    #[new]
    #[pyo3(signature = (*, reason, platform=None, at=0.0, code=None))]
    fn new(
        reason: &str,
        platform: Option<&str>,
        at: f64,
        code: Option<i32>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let reason = REASONS.iter().map(|known| known.as_str()).find(|known| *known == reason);
        let reason = reason.ok_or_else(|| PyValueError::new_err("there is no such reason for a kick"))?;
        let platform = platform.map(|name| {
            let platform = Platform::parse(name).map(|known| known.as_str());
            platform.ok_or_else(|| PyValueError::new_err("there is no such platform"))
        });
        let kick = KickedOffline { reason, platform: platform.transpose()?, at, code };
        Ok(PyClassInitializer::from(Event).add_subclass(kick))
    }

    fn __repr__(&self) -> String {
        let platform = self.platform.map_or("None".to_owned(), |platform| format!("{platform:?}"));
        let code = self.code.map_or("None".to_owned(), |code| code.to_string());
        format!("KickedOffline(reason={:?}, platform={platform}, at={}, code={code})", self.reason, self.at)
    }
}

fn new<'py, T>(py: Python<'py>, event: T) -> PyResult<Bound<'py, PyAny>>
where
    T: PyClass<BaseType = Event>,
{
    Ok(Bound::new(py, PyClassInitializer::from(Event).add_subclass(event))?.into_any())
}

/// The event as an object. What is no event of a session has none.
pub(crate) fn object<'py>(py: Python<'py>, event: &EventKind) -> PyResult<Bound<'py, PyAny>> {
    let failed = |error: &Error| (error.code.0, error.desc.clone());
    match event {
        EventKind::Connecting => new(py, Connecting),
        EventKind::ConnectSuccess => new(py, ConnectSuccess),
        EventKind::ConnectFailed(error) => {
            let (code, desc) = failed(error);
            new(py, ConnectFailed { code, desc })
        }
        EventKind::Disconnected(error) => {
            let (code, desc) = failed(error);
            new(py, Disconnected { code, desc })
        }
        EventKind::KickedOffline(kick) => KickedOffline::object(py, kick),
        EventKind::UserSigExpired => new(py, UserSigExpired),
        EventKind::Completed(..) | EventKind::TicketRequest(..) => Ok(py.None().into_bound(py)),
    }
}

/// The events of one client that wait for one receiver.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    queue: EventQueue<Py<PyAny>>,
    futures: Vec<Future>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, py: Python<'_>, object: &Bound<'_, PyAny>, event: &EventKind) {
        let object = object.clone().unbind();
        self.change(py, |queue| queue.push(object, event.is_connect_event()));
    }

    pub(crate) fn end(&self, py: Python<'_>) {
        self.change(py, EventQueue::end);
    }

    fn change(&self, py: Python<'_>, change: impl FnOnce(&mut EventQueue<Py<PyAny>>)) {
        let mut state = self.lock();
        change(&mut state.queue);
        let futures = std::mem::take(&mut state.futures);
        drop(state);
        self.arrived.notify_all();
        futures.into_iter().for_each(|future| future.settle(py, &Ok(())));
    }
}

impl State {
    fn has_news(&self) -> bool {
        !self.queue.is_empty() || self.queue.has_ended()
    }
}

/// What `tessera_im.Events` waits on.
#[pyclass(frozen, module = "tessera_im._native", name = "_Receiver")]
pub(crate) struct Receiver {
    inbox: Arc<Inbox>,
    host: Weak<Host>,
    birth: Birth,
}

impl Receiver {
    pub(crate) fn new(py: Python<'_>, host: &Arc<Host>) -> PyResult<Self> {
        Ok(Receiver { inbox: host.add_receiver(py)?, host: Arc::downgrade(host), birth: host.birth() })
    }
}

#[pymethods]
impl Receiver {
    /// The oldest event that waits, or None.
    fn pop(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.birth.check(py)?;
        Ok(self.inbox.lock().queue.pop())
    }

    /// Whether nothing follows what waits.
    fn has_ended(&self, py: Python<'_>) -> PyResult<bool> {
        self.birth.check(py)?;
        Ok(self.inbox.lock().queue.has_ended())
    }

    /// Block until an event waits or none will come; False when the timeout is over first.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        self.birth.check(py)?;
        if self.inbox.lock().has_news() {
            return Ok(true);
        }
        refuse_where_callbacks_run(py, &self.host)?;
        wait_interruptibly(py, timeout, |within| {
            let quiet = |state: &mut State| !state.has_news();
            let waited = self.inbox.arrived.wait_timeout_while(self.inbox.lock(), within, quiet);
            waited.unwrap_or_else(PoisonError::into_inner).0.has_news()
        })
    }

    /// A future of the running loop that is done when an event waits or none will come.
    fn news<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.birth.check(py)?;
        let (future, awaited) = Future::new(py)?;
        let mut futures = std::mem::take(&mut self.inbox.lock().futures);
        // Whoever waits with a timeout, again and again, leaves one behind each time.
        futures.retain(|future| future.is_awaited(py));
        futures.push(future);
        let mut state = self.inbox.lock();
        if state.has_news() {
            drop(state);
            futures.into_iter().for_each(|future| future.settle(py, &Ok(())));
        } else {
            state.futures.append(&mut futures);
        }
        Ok(awaited)
    }
}

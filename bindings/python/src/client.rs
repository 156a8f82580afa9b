//! `tessera_im.Client`: one client, of which a process may have many.

use std::ffi::c_void;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi::{self, PyGetSetDef, PyObject};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};
use tessera_client::settings::Layer;

use crate::events::Receiver;
use crate::host::{Host, Reader};
use crate::pending::Pending;
use crate::{error, settings, status};

/// One client: one account at a time, as many clients as you like.
///
/// `sdk_app_id` is the app; `settings` are by name, such as `server_url`; they are listed below. What is not given comes
/// from the environment (`TESSERA_SERVER_URL` and so on), then from the defaults. A name that is no setting raises
/// TypeError. Nothing happens before `init()`, which `with` and `async with` call for you; at their end they call
/// `un_init()`.
///
/// Calls return a `Pending`: `wait()` for it, or `await` it.
///
/// >>> from tessera_im import Client
/// >>> from tessera_im.testkit import Gateway
/// >>> with Gateway() as gateway:
/// ...     with Client(gateway.sdk_app_id, server_url=gateway.url, allow_plain=True) as client:
/// ...         client.login("alice", gateway.sign("alice")).wait()
/// ...         client.login_user
/// 'alice'
///
/// Callbacks run on the asyncio loop that ran at `init()`, else on one thread of the client. In a callback, and on that
/// loop, `wait()` fails with code 7014. When the last reference to a client is gone, it ends as by `un_init()`.
#[pyclass(frozen, weakref, module = "tessera_im")]
pub(crate) struct Client {
    reader: Reader,
    owner: Arc<Owner>,
    sdk_app_id: Option<u64>,
    settings: Layer,
}

/// Ends the client when the last object that stands for it is gone.
pub(crate) struct Owner(Arc<Host>);

impl Owner {
    pub(crate) fn new(py: Python<'_>, is_shared: bool) -> PyResult<Arc<Self>> {
        Ok(Arc::new(Owner(Host::new(py, is_shared)?)))
    }
}

impl Deref for Owner {
    type Target = Arc<Host>;

    #[inline]
    fn deref(&self) -> &Arc<Host> {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        Python::attach(|py| error::keeping_raised(py, || self.0.close(py)));
    }
}

impl Client {
    /// The client of V2TIM's manager.
    pub(crate) fn of(owner: Arc<Owner>) -> Self {
        Client { reader: owner.reader().clone(), owner, sdk_app_id: None, settings: Layer::new() }
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (sdk_app_id=None, **settings))]
    fn new(py: Python<'_>, sdk_app_id: Option<u64>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let (owner, settings) = (Owner::new(py, false)?, settings::from_keywords(settings)?);
        Ok(Client { reader: owner.reader().clone(), owner, sdk_app_id, settings })
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// Initialise and, unless `connect_at_init` is false, begin to connect.
    ///
    /// With the same app while initialised it does nothing: the first configuration is kept.
    ///
    /// Raises ArgumentError (6017) for settings that are invalid or incomplete; StateError or InternalError (90101)
    /// while initialised with another app; TypeError without an app, as the client of V2TIM's manager is, which
    /// `init_sdk` initialises.
    fn init(&self, py: Python<'_>) -> PyResult<()> {
        let Some(app) = self.sdk_app_id else {
            return Err(PyTypeError::new_err(self.owner.how_to_name_the_app()));
        };
        self.owner.init(py, app, self.settings.clone())?.map_err(|error| error::exception(py, &error))
    }

    /// End everything: the session, without waiting for the gateway; calls that wait get 7009; listeners, receivers
    /// and the ticket provider are forgotten. `init()` may follow.
    ///
    /// Returns when the callback that was running has ended, after 5 s at most (setting `uninit_timeout_ms`). Inside a
    /// callback, and on the loop that runs the callbacks, it does not wait.
    fn un_init(&self, py: Python<'_>) -> PyResult<()> {
        self.owner.un_init(py)
    }

    /// Log in. `user_sig` is the ticket that your server has signed for `user_id`.
    ///
    /// `status` and `login_user` are the new ones when this returns; the result follows. Logging in again with a new
    /// ticket renews it; with another user it is an account switch.
    ///
    /// The result raises StateError 6013 before init, 6023 when a logout or another login came in between, 7009 after
    /// un_init; ArgumentError 6017 or 7003 for an invalid argument; TicketError when the ticket is refused, and then
    /// `needs_new_ticket` says whether a new one helps; NetworkError 9520 or 9523 when the time is over.
    fn login(&self, py: Python<'_>, user_id: &str, user_sig: &str) -> PyResult<Pending> {
        self.owner.login(py, user_id, user_sig)
    }

    /// Log out. Succeeds when nobody is logged in, and whatever the network does.
    fn logout(&self, py: Python<'_>) -> PyResult<Pending> {
        self.owner.logout(py)
    }

    /// The network is back or has changed: reconnect or probe now. Takes effect at most once a second.
    fn notify_network_available(&self, py: Python<'_>) -> PyResult<()> {
        self.owner.birth().check(py)?;
        self.owner.engine().hint();
        Ok(())
    }

    /// The app is in the foreground again: reconnect or probe now. Takes effect at most once a second.
    fn notify_foreground(&self, py: Python<'_>) -> PyResult<()> {
        self.notify_network_available(py)
    }

    /// Set who is asked for a new ticket before the old one expires; None forgets it. `un_init()` forgets it too.
    ///
    /// It is called with the user id, on a thread of its own, and returns a ticket; it may be a coroutine function, which
    /// runs on the loop of the callbacks if there is one. An error never ends a session: it is asked again later.
    ///
    /// Raises TypeError for what cannot be called.
    fn set_ticket_provider(&self, py: Python<'_>, provider: Option<Py<PyAny>>) -> PyResult<()> {
        self.owner.set_provider(py, provider)
    }

    // ---- events -------------------------------------------------------------------------------------------------

    /// Add a listener: any object with some of the methods of `V2TIMSDKListener`. The same object twice counts once.
    /// A method may be `async def` where callbacks run on an asyncio loop: it runs there as a task.
    ///
    /// Raises TypeError for what has none of the methods.
    fn add_listener(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        self.owner.add_listener(listener)
    }

    /// Remove a listener. When it returns, no callback of it runs or will start, except the one that this was called
    /// from; so it blocks while one runs on another thread.
    fn remove_listener(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        self.owner.remove_listener(listener)
    }

    /// The events from now on, until `un_init()`: to be iterated with `for` or `async for`.
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let receiver = Receiver::new(py, &self.owner)?;
        py.import("tessera_im.events")?.getattr("Events")?.call1((receiver,))
    }

    // ---- state --------------------------------------------------------------------------------------------------

    // `status` is added by `add_status`.

    /// The user, or None unless logged in.
    #[getter]
    fn login_user<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.reader.login_user().map(|user| PyString::new(py, user.as_str()))
    }

    /// The state of the connection, which moves without the login status.
    #[getter]
    fn connection_status(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        status::CONNECTION.at(py, self.reader.connection_status() as usize)
    }

    /// Gateway time: seconds since 1970. None until the gateway has told it since init.
    #[getter]
    fn server_time(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.owner.birth().check(py)?;
        Ok(self.owner.engine().server_time().map(|time| time.0 as f64 / 1000.0))
    }

    // ---- Python's protocols -------------------------------------------------------------------------------------

    fn __enter__(slf: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        slf.init(slf.py())?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.un_init(py)
    }

    fn __aenter__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("tessera_im._asyncio")?.getattr("enter")?.call1((slf,))
    }

    #[pyo3(signature = (*_exception))]
    fn __aexit__<'py>(slf: Bound<'py, Self>, _exception: &Bound<'_, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("tessera_im._asyncio")?.getattr("exit")?.call1((slf,))
    }

    fn __repr__(&self) -> String {
        format!("<Client {}>", self.owner.description())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.owner.traverse(&visit)
    }

    fn __clear__(&self) {
        self.owner.clear();
    }
}

/// Adds `Client.status`: by hand, because pyo3's way to a getter takes three nanoseconds of seventeen.
#[expect(unsafe_code, reason = "pyo3 has no safe name for it")]
pub(crate) fn add_status(class: &Bound<'_, PyType>) -> PyResult<()> {
    // The class, which is there until the process ends, refers to it.
    let definition = Box::leak(Box::new(PyGetSetDef {
        name: c"status".as_ptr(),
        get: Some(status_of),
        set: None,
        doc: c"The login status, the newest.".as_ptr(),
        closure: std::ptr::null_mut(),
    }));
    // SAFETY: the class is a type object, and the definition is never freed.
    let attribute = unsafe {
        let attribute = ffi::PyDescr_NewGetSet(class.as_ptr().cast(), definition);
        Bound::from_owned_ptr_or_err(class.py(), attribute)?
    };
    class.setattr(intern!(class.py(), "status"), attribute)
}

/// What Python calls for `Client.status`. A panic becomes an exception, as at every entry.
#[expect(unsafe_code, reason = "as above")]
unsafe extern "C" fn status_of(client: *mut PyObject, _closure: *mut c_void) -> *mut PyObject {
    // SAFETY: Python has the interpreter attached here.
    let py = unsafe { Python::assume_attached() };
    let status = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: Python has checked that it is a client: the attribute belongs to that class.
        let client = unsafe { Borrowed::from_ptr(py, client).cast_unchecked::<Client>() };
        status::LOGIN.at(py, client.get().reader.status() as usize)
    }));
    match status.unwrap_or_else(|_| Err(PyRuntimeError::new_err("a fault in the SDK"))) {
        Ok(status) => status.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    }
}

//! Calling what the host has given: the methods of its listeners, and whom the result of a call is for.
//!
//! What a callback raises is logged and hurts nobody (C19); what an `async def` one returns runs on the loop of the
//! callbacks.

use std::sync::Arc;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};
use tessera_client::{Error, Kick};

use crate::call::Told;
use crate::delivery::Context;
use crate::host::Host;
use crate::pending::Slot;
use crate::{call, error, events, log};

/// The methods of a listener; the last five are never called.
const METHODS: [&str; 12] = [
    "on_connecting",
    "on_connect_success",
    "on_connect_failed",
    "on_disconnected",
    "on_kicked_offline",
    "on_kicked_offline_ex",
    "on_user_sig_expired",
    "on_self_info_updated",
    "on_user_status_changed",
    "on_user_info_changed",
    "on_all_receive_message_opt_changed",
    "on_experimental_notify",
];

/// Whom the result of a call is for.
pub(crate) enum Completion {
    /// Somebody who waits or awaits.
    Slot(Arc<Slot>),
    /// An object with `on_success` and `on_error`.
    Object(Py<PyAny>),
    /// A function of code and text.
    Function(Py<PyAny>),
    /// Nobody.
    Nobody,
}

impl Completion {
    /// Whom V2TIM's `callback` argument stands for.
    pub(crate) fn of(callback: Option<Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(callback) = callback.filter(|callback| !callback.is_none()) else {
            return Ok(Completion::Nobody);
        };
        // In this order because asking an object for what it does not have is slow.
        if callback.is_callable() {
            return Ok(Completion::Function(callback.unbind()));
        }
        if callback.hasattr(intern!(callback.py(), "on_success"))? {
            return Ok(Completion::Object(callback.unbind()));
        }
        let expected = "a callback is an object with on_success and on_error, or a function of code and desc";
        Err(PyTypeError::new_err(expected))
    }

    pub(crate) fn complete(self, py: Python<'_>, host: &Host, result: Result<(), Error>) {
        let called = match self {
            Completion::Slot(slot) => {
                slot.complete(py, result);
                return;
            }
            Completion::Nobody => return,
            Completion::Object(object) => match &result {
                Ok(()) => call::method(object.bind(py), intern!(py, "on_success"), ()),
                Err(error) => {
                    let told = (error.code.0, &error.desc);
                    let plain = call::method(object.bind(py), intern!(py, "on_error"), told);
                    finish(py, host, plain, "a callback");
                    extended_error(object.bind(py), error)
                }
            },
            Completion::Function(function) => {
                let arguments = result_arguments(py, result);
                arguments.and_then(|arguments| call::call(function.bind(py), &arguments, None))
            }
        };
        finish(py, host, called, "a callback");
    }
}

/// Code and text of a result; those of a success are always the same.
fn result_arguments(py: Python<'_>, result: Result<(), Error>) -> PyResult<Bound<'_, PyTuple>> {
    static SUCCESS: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();

    match result {
        Ok(()) => {
            let success = SUCCESS.get_or_try_init(py, || (0, "").into_pyobject(py).map(Bound::unbind))?;
            Ok(success.bind(py).clone())
        }
        Err(error) => (error.code.0, error.desc).into_pyobject(py),
    }
}

/// Tells a callback more than V2TIM does, if it wants to know.
fn extended_error<'py>(callback: &Bound<'py, PyAny>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let py = callback.py();
    match callback.getattr_opt(intern!(py, "on_error_ex"))? {
        Some(method) => call::call(&method, &PyTuple::new(py, [error::instance(py, error)?])?, None),
        None => Ok(py.None().into_bound(py)),
    }
}

/// Refuses what has no method of a listener: nothing would ever be told to it.
pub(crate) fn check_listener(listener: &Bound<'_, PyAny>) -> PyResult<()> {
    for method in METHODS {
        if listener.hasattr(method)? {
            return Ok(());
        }
    }
    let kind = listener.get_type().name()?;
    let text = format!("a listener is an object with methods such as on_kicked_offline, and {kind} has none");
    Err(PyTypeError::new_err(text))
}

/// Calls a listener's method, if it has it.
pub(crate) fn tell<'py>(
    host: &Host,
    listener: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
    told: &Told<'py>,
) {
    let py = listener.py();
    let called = call::listener_method(listener, method, told);
    // Asked afterwards: most have the method, and to ask costs as much as to call.
    let lacks_it = |error: &PyErr| {
        error.is_instance_of::<PyAttributeError>(py) && matches!(listener.getattr_opt(method), Ok(None))
    };
    if !called.as_ref().is_err_and(lacks_it) {
        finish(py, host, called, "a listener");
    }
}

/// Tells a listener of a kick, with one call: it may remove itself in it, and is not to hear of anything after that.
pub(crate) fn tell_kick(host: &Host, listener: &Bound<'_, PyAny>, kick: &Kick) {
    let py = listener.py();
    let called = match listener.getattr_opt(intern!(py, "on_kicked_offline_ex")) {
        Ok(None) => return tell(host, listener, intern!(py, "on_kicked_offline"), &None),
        Ok(Some(method)) => events::KickedOffline::object(py, kick)
            .and_then(|kick| call::call(&method, &PyTuple::new(py, [kick])?, None)),
        Err(error) => Err(error),
    };
    finish(py, host, called, "a listener");
}

/// What is left to do when a callback has returned.
fn finish(py: Python<'_>, host: &Host, called: PyResult<Bound<'_, PyAny>>, what: &str) {
    let ran = called.and_then(|returned| {
        if returned.is_none() {
            return Ok(());
        }
        let event_loop = match host.context(py) {
            Context::Loop(event_loop) => Some(event_loop),
            Context::None | Context::Thread => None,
        };
        let module = py.import(intern!(py, "tessera_im._asyncio"))?;
        call::method(&module, intern!(py, "run_returned"), (returned, what, event_loop)).map(drop)
    });
    if let Err(error) = ran {
        log::raised(py, error, what);
    }
}

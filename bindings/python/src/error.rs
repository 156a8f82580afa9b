//! Errors as Python's exceptions: the classes are in `tessera_im.errors`, one for each kind.

use std::ptr::null_mut;

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;
use tessera_client::{Error, Kind, codes};

/// The exception for an error, ready to be raised.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    match instance(py, error) {
        Ok(exception) => PyErr::from_value(exception),
        // The package is broken, or memory is short; that is what to tell then.
        Err(other) => other,
    }
}

/// The exception as an object.
pub(crate) fn instance<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

    let module =
        MODULE.get_or_try_init(py, || PyModule::import(py, "tessera_im.errors").map(Bound::unbind))?;
    let row = error.code.row();
    let needs_new_ticket = row.is_some_and(|row| row.needs_new_ticket);
    let class = class_of(row.map_or(Kind::Internal, |row| row.kind));
    let retry_after = error.retry_after.map(|after| after.0 as f64 / 1000.0);
    let arguments = (error.code.0, &error.desc, error.retryable, needs_new_ticket, retry_after);
    module.bind(py).getattr(class)?.call1(arguments)
}

/// A blocking call where it would wait for itself (C18).
pub(crate) fn would_wait_for_itself(py: Python<'_>, desc: &str) -> PyErr {
    exception(py, &Error::new(codes::ERR_SDK_INVALID_OPERATION, desc))
}

/// Runs something from a destructor, where an exception may be on its way: code of Python's would lose it.
pub(crate) fn keeping_raised(_: Python<'_>, run: impl FnOnce()) {
    let mut raised = Raised { class: null_mut(), value: null_mut(), traceback: null_mut() };
    // SAFETY: the interpreter is attached; each of the three is null or a reference that is ours from here on.
    #[expect(unsafe_code, reason = "pyo3's own name for it resumes a panic that is on its way")]
    unsafe {
        ffi::PyErr_Fetch(&raw mut raised.class, &raw mut raised.value, &raw mut raised.traceback);
    }
    run();
    drop(raised);
}

/// An exception that was taken aside, until this is dropped.
struct Raised {
    class: *mut PyObject,
    value: *mut PyObject,
    traceback: *mut PyObject,
}

impl Drop for Raised {
    fn drop(&mut self) {
        // SAFETY: only `keeping_raised` makes one, on a thread that stays attached; the references go back.
        #[expect(unsafe_code, reason = "see `keeping_raised`")]
        unsafe {
            ffi::PyErr_Restore(self.class, self.value, self.traceback);
        }
    }
}

fn class_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Success | Kind::Internal => "InternalError",
        Kind::Argument => "ArgumentError",
        Kind::State => "StateError",
        Kind::Network => "NetworkError",
        Kind::Ticket => "TicketError",
        Kind::Account => "AccountError",
        Kind::Kicked => "KickedError",
        Kind::Limit => "LimitError",
    }
}

//! Calling Python code that may take its time: callbacks of the host, `logging`, `threading`, `asyncio`.
//!
//! Before 3.14 CPython ends a thread that wants the interpreter while that shuts down: it unwinds the thread's stack.
//! That must not pass through frames of Rust, so such a thread is parked instead, as newer versions do by themselves.

use std::mem;

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple};

/// Calls `callable`.
#[expect(unsafe_code, reason = "pyo3's own calls do not expect to be unwound through")]
pub(crate) fn call<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    type Plain = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
    type Unwound = unsafe extern "C-unwind" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;

    let keywords = keywords.map_or(std::ptr::null_mut(), |keywords| keywords.as_ptr());
    let guard = Parked;
    // SAFETY: the two types differ in whether the callee may unwind, and in nothing else. The interpreter is attached,
    // and the arguments are a tuple and a dict or null, as `PyObject_Call` wants them; it returns a new reference, or
    // null with an exception set.
    let result = unsafe {
        let call = mem::transmute::<Plain, Unwound>(ffi::PyObject_Call);
        let result = call(callable.as_ptr(), arguments.as_ptr(), keywords);
        Bound::from_owned_ptr_or_err(callable.py(), result)
    };
    mem::forget(guard);
    result
}

/// What a listener's method gets: nothing, or code and text of a failure.
pub(crate) type Told<'py> = Option<(Bound<'py, PyInt>, Bound<'py, PyString>)>;

/// Calls a listener's method, without the object that looking it up first would make.
#[expect(unsafe_code, reason = "as above")]
pub(crate) fn listener_method<'py>(
    listener: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    told: &Told<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    type Plain = unsafe extern "C" fn(*mut PyObject, *mut PyObject, ...) -> *mut PyObject;
    type Unwound = unsafe extern "C-unwind" fn(*mut PyObject, *mut PyObject, ...) -> *mut PyObject;

    let nothing = std::ptr::null_mut::<PyObject>();
    let (code, desc) =
        told.as_ref().map_or((nothing, nothing), |(code, desc)| (code.as_ptr(), desc.as_ptr()));
    let guard = Parked;
    // SAFETY: as above. The arguments are objects up to the first null, as `PyObject_CallMethodObjArgs` wants them.
    let result = unsafe {
        let call = mem::transmute::<Plain, Unwound>(ffi::PyObject_CallMethodObjArgs);
        let result = call(listener.as_ptr(), name.as_ptr(), code, desc, nothing);
        Bound::from_owned_ptr_or_err(listener.py(), result)
    };
    mem::forget(guard);
    result
}

/// Calls a method by its name.
pub(crate) fn method<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    arguments: impl Arguments<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    call(&object.getattr(name)?, &arguments.tuple(object.py())?, None)
}

/// What becomes the arguments of a call: a tuple.
pub(crate) trait Arguments<'py> {
    fn tuple(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>>;
}

impl<'py, T> Arguments<'py> for T
where
    T: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error: Into<PyErr>>,
{
    fn tuple(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.into_pyobject(py).map_err(Into::into)
    }
}

/// Parks the thread for ever when it is dropped, which happens only when the thread is unwound.
struct Parked;

impl Drop for Parked {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

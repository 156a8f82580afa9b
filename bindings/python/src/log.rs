//! What the SDK and its callbacks have to say, in Python's `logging`, under the name `tessera_im`.
//!
//! Records of the SDK are pulled by a thread of Python's, so that no thread of the SDK enters the interpreter.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PySystemExit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tessera_client::{LogLevel, Logs};

use crate::fork::Birth;
use crate::{call, delivery};

const LOGGER: &str = "tessera_im";
/// How many records are taken at once.
const RECORDS_MAX: usize = 256;

/// Reports what a callback has raised. It hurts nobody (C19), whatever it is.
pub(crate) fn raised(py: Python<'_>, error: PyErr, what: &str) {
    if delivery::is_shutting_down() && error.is_instance_of::<PySystemExit>(py) {
        // It is ours, see `delivery::interrupt`.
        return;
    }
    let logged = logger(py).and_then(|logger| {
        let keywords = PyDict::new(py);
        keywords.set_item("exc_info", error.clone_ref(py))?;
        let arguments = ("%s has raised", what).into_pyobject(py)?;
        call::call(&logger.getattr(intern!(py, "error"))?, &arguments, Some(&keywords))
    });
    if logged.is_err() {
        // There is no logging any more, or a handler of the host has raised; Python prints it then.
        error.write_unraisable(py, None);
    }
}

/// Reports something of our own.
pub(crate) fn warn(py: Python<'_>, text: &str) {
    // Without logging there is nobody to tell.
    let _ = logger(py).and_then(|logger| call::method(&logger, intern!(py, "warning"), ("%s", text)));
}

fn logger(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(intern!(py, "logging"))?.call_method1(intern!(py, "getLogger"), (LOGGER,))
}

/// Where the SDK's records come out. `tessera_im._logging` moves them to `logging`.
#[pyclass(frozen, module = "tessera_im._native", name = "_LogPump")]
pub(crate) struct LogPump;

#[pymethods]
impl LogPump {
    /// Records that wait, each with `logging`'s number for its level; blocks for the first. None once it is closed.
    fn take(&self, py: Python<'_>) -> Option<Vec<(i32, String)>> {
        let records = py.detach(|| Logs::of_process().next_blocking(RECORDS_MAX));
        let records = records.into_iter().map(|record| (number(record.level), record.text));
        Some(records.collect::<Vec<_>>()).filter(|records| !records.is_empty())
    }
}

/// The thread that moves records, once it was started in this process.
static THREAD: Mutex<Option<(Birth, Option<Py<PyAny>>)>> = Mutex::new(None);

/// Starts the thread, once in a process.
pub(crate) fn start(py: Python<'_>) -> PyResult<()> {
    {
        // Never held while Python runs, so that a fork finds it free.
        let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|(birth, _)| birth.is_here()) {
            return Ok(());
        }
        std::mem::forget(thread.replace((Birth::now(), None)));
    }
    Logs::of_process().open();
    let run = py.import("tessera_im._logging")?.getattr("run")?;
    let thread = delivery::start_thread(py, &run, (LogPump,), "tessera-im-log")?;
    *THREAD.lock().unwrap_or_else(PoisonError::into_inner) = Some((Birth::now(), Some(thread)));
    Ok(())
}

/// Stops the thread; returns it, to be waited for.
pub(crate) fn stop(py: Python<'_>) -> Option<Py<PyAny>> {
    Logs::of_process().close();
    let thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    let (birth, thread) = thread.as_ref()?;
    thread.as_ref().filter(|_| birth.is_here()).map(|thread| thread.clone_ref(py))
}

/// `logging`'s number for a level.
fn number(level: LogLevel) -> i32 {
    match level {
        LogLevel::Debug => 10,
        LogLevel::None | LogLevel::Info => 20,
        LogLevel::Warn => 30,
        LogLevel::Error => 40,
    }
}

//! What the SDK and its callbacks have to say, in Python's `logging`, under the name `tessera_im`.
//!
//! Records of the SDK are pulled by a thread of Python's, so that no thread of the SDK enters the interpreter.

use std::sync::Mutex;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tessera_client::{LogLevel, Logs};

use crate::fork::Birth;

const LOGGER: &str = "tessera_im";
/// How many records are taken at once.
const RECORDS_MAX: usize = 256;

/// Reports what a callback has raised. It hurts nobody (C19), whatever it is.
pub(crate) fn raised(py: Python<'_>, error: PyErr, what: &str) {
    let logged = logger(py).and_then(|logger| {
        let keywords = PyDict::new(py);
        keywords.set_item("exc_info", error.clone_ref(py))?;
        logger.call_method(intern!(py, "error"), ("%s has raised", what), Some(&keywords))
    });
    if logged.is_err() {
        // There is no logging any more, or a handler of the host has raised; Python prints it then.
        error.write_unraisable(py, None);
    }
}

/// Reports something of our own.
pub(crate) fn warn(py: Python<'_>, text: &str) {
    // Without logging there is nobody to tell.
    let _ = logger(py).and_then(|logger| logger.call_method1(intern!(py, "warning"), ("%s", text)));
}

fn logger(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(intern!(py, "logging"))?.call_method1(intern!(py, "getLogger"), (LOGGER,))
}

/// Moves records from the SDK's queue to `logging`: the body of a thread.
#[pyclass(frozen, module = "tessera_im._native", name = "_LogPump")]
pub(crate) struct LogPump;

#[pymethods]
impl LogPump {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let logger = logger(py)?;
        loop {
            let records = py.detach(|| Logs::of_process().next_blocking(RECORDS_MAX));
            if records.is_empty() {
                return Ok(());
            }
            for record in records {
                let said = logger.call_method1(intern!(py, "log"), (number(record.level), "%s", record.text));
                if let Err(error) = said {
                    error.write_unraisable(py, None);
                }
            }
        }
    }
}

/// Starts the thread, once in a process.
pub(crate) fn start(py: Python<'_>) -> PyResult<()> {
    static STARTED: Mutex<Option<Birth>> = Mutex::new(None);

    // Never held while Python runs, so that a fork finds it free.
    let mut started = STARTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if started.is_some_and(Birth::is_here) {
        return Ok(());
    }
    *started = Some(Birth::now());
    drop(started);
    Logs::of_process().open();
    crate::delivery::start_thread(py, Bound::new(py, LogPump)?.as_any(), "tessera-im-log").map(drop)
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

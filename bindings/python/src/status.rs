//! The enumerations of `tessera_im.status`, whose members getters hand out.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule};
use tessera_client::{ConnectionStatus, LogLevel, LoginStatus, Numbering, Platform};
use tessera_core::generated::codes::CODES;
use tessera_core::settings::SETTINGS;

/// The column of the status table that Python's numbers are in (C2).
const NUMBERING: Numbering = Numbering::Python;

/// One enumeration: its members in the order of the Rust enumeration, once somebody has asked for one.
pub(crate) struct Members {
    class: &'static str,
    numbers: fn() -> Vec<i32>,
    members: PyOnceLock<Vec<Py<PyAny>>>,
}

/// `LoginStatus`.
pub(crate) static LOGIN: Members = Members::of("LoginStatus", login_numbers);
/// `V2TIMLoginStatus`.
pub(crate) static V2TIM_LOGIN: Members = Members::of("V2TIMLoginStatus", login_numbers);
/// `ConnectionStatus`.
pub(crate) static CONNECTION: Members = Members::of("ConnectionStatus", connection_numbers);

impl Members {
    const fn of(class: &'static str, numbers: fn() -> Vec<i32>) -> Self {
        Members { class, numbers, members: PyOnceLock::new() }
    }

    /// The member at this place of the Rust enumeration.
    #[inline]
    pub(crate) fn at(&self, py: Python<'_>, place: usize) -> PyResult<Py<PyAny>> {
        match self.members.get(py) {
            Some(members) => Ok(members[place].clone_ref(py)),
            None => self.load(py).map(|members| members[place].clone_ref(py)),
        }
    }

    #[cold]
    fn load(&self, py: Python<'_>) -> PyResult<&Vec<Py<PyAny>>> {
        self.members.get_or_try_init(py, || {
            let class = PyModule::import(py, "tessera_im.status")?.getattr(self.class)?;
            (self.numbers)().into_iter().map(|number| class.call1((number,)).map(Bound::unbind)).collect()
        })
    }
}

fn login_numbers() -> Vec<i32> {
    LoginStatus::ALL.iter().map(|status| status.number(NUMBERING)).collect()
}

fn connection_numbers() -> Vec<i32> {
    ConnectionStatus::ALL.iter().map(|status| status.number()).collect()
}

/// The tables of the native module, for the test that compares them with the modules that are generated for Python.
#[pyfunction]
#[pyo3(name = "_tables")]
pub(crate) fn tables(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let codes = CODES.iter().map(|row| {
        let kind = format!("{:?}", row.kind).to_lowercase();
        (row.code.0, row.name, kind, row.retryable, row.needs_new_ticket)
    });
    let statuses = LoginStatus::ALL
        .iter()
        .map(|status| (status.as_str(), status.number(NUMBERING), status.name(NUMBERING)));
    let tables = PyDict::new(py);
    tables.set_item("codes", codes.collect::<Vec<_>>())?;
    tables.set_item("login_status", statuses.collect::<Vec<_>>())?;
    let connection = ConnectionStatus::ALL.iter().map(|status| (status.as_str(), status.number()));
    tables.set_item("connection_status", connection.collect::<Vec<_>>())?;
    let levels = LogLevel::ALL.iter().map(|level| (level.as_str(), level.number()));
    tables.set_item("log_level", levels.collect::<Vec<_>>())?;
    let settings = SETTINGS.iter().map(|row| (row.name, row.env, row.min, row.max));
    tables.set_item("settings", settings.collect::<Vec<_>>())?;
    tables.set_item(
        "platforms",
        Platform::ALL.iter().map(|platform| (platform.as_str(),)).collect::<Vec<_>>(),
    )?;
    Ok(tables)
}

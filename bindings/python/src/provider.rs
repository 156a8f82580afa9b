//! Asking the host's ticket provider (C15). The asking itself is in `tessera_im._provider`.

use pyo3::intern;
use pyo3::prelude::*;
use tessera_client::{TicketRequestId, WeakEngine};
use tessera_core::id::UserId;

use crate::delivery::Context;
use crate::host::Host;
use crate::{call, log};

/// Takes the answer to one question, from any thread.
#[pyclass(frozen, module = "tessera_im._native", name = "_Answer")]
pub(crate) struct Answer {
    engine: WeakEngine,
    request: TicketRequestId,
}

#[pymethods]
impl Answer {
    /// The ticket, or why there is none.
    #[pyo3(signature = (ticket, error=None))]
    fn __call__(&self, ticket: Option<String>, error: Option<String>) {
        if let Some(engine) = self.engine.upgrade() {
            engine.provide_ticket(self.request, ticket.ok_or_else(|| error.unwrap_or_default()));
        }
    }
}

/// Asks, without waiting for the answer.
pub(crate) fn ask(
    py: Python<'_>,
    host: &Host,
    provider: Option<Py<PyAny>>,
    request: TicketRequestId,
    user: &UserId,
) {
    let event_loop = match host.context(py) {
        Context::Loop(event_loop) => Some(event_loop),
        Context::None | Context::Thread => None,
    };
    let answer = Answer { engine: host.engine().downgrade(), request };
    let asked = py.import("tessera_im._provider").and_then(|module| {
        call::method(&module, intern!(py, "ask"), (provider, user.as_str(), event_loop, answer))
    });
    if let Err(error) = asked {
        host.engine().provide_ticket(request, Err("the ticket provider could not be asked".to_owned()));
        log::raised(py, error, "the ticket provider");
    }
}

//! The native module of the Python package `tessera-im`: `tessera_im._native`.
//!
//! It converts, calls one function of `tessera_client`, and converts back; it holds no rule of the session layer. What
//! reads better in Python (exceptions, listeners, the test kit's helpers) is in Python, beside it.

mod call;
mod callback;
mod client;
mod delivery;
mod error;
mod events;
mod fork;
mod host;
mod log;
mod pending;
mod provider;
mod settings;
mod status;
#[cfg(feature = "testkit")]
mod testkit;
mod ticket;
mod v2tim;

use pyo3::prelude::*;

/// What Python sees. The package re-exports what is public.
#[pymodule(name = "_native")]
mod native {
    use pyo3::prelude::*;
    use tessera_core::generated::versions::SDK_VERSION;

    use crate::{client, settings};

    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::delivery::{Delivery, shut_down};
    #[pymodule_export]
    use crate::events::{
        ConnectFailed, ConnectSuccess, Connecting, Disconnected, Event, KickedOffline, Receiver,
        UserSigExpired,
    };
    #[pymodule_export]
    use crate::fork::after_fork_in_child;
    #[pymodule_export]
    use crate::log::LogPump;
    #[pymodule_export]
    use crate::pending::{Awaiter, Pending, refuse_where_any_callbacks_run, settle};
    #[pymodule_export]
    use crate::provider::Answer;
    #[pymodule_export]
    use crate::status::tables;
    #[cfg(feature = "testkit")]
    #[pymodule_export]
    use crate::testkit::{Gateway, Session};
    #[pymodule_export]
    use crate::ticket::sign;
    #[pymodule_export]
    use crate::v2tim::V2TIMManager;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let class = module.py().get_type::<Client>();
        settings::add_to_docstring(&class)?;
        client::add_status(&class)?;
        module.add("__version__", SDK_VERSION)
    }
}

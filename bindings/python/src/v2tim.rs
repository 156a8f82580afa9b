//! V2TIM's names in Python's spelling, over the shared client. There is no other rule in here than its numbers.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyString;
use tessera_client::settings::Layer;
use tessera_core::generated::versions::SDK_VERSION;

use crate::callback::Completion;
use crate::client::{Client, Owner};
use crate::fork::Birth;
use crate::host::Reader;
use crate::{error, log, settings, status};

/// V2TIM's manager: the one client of the process that is shared. Get it with `get_instance()`.
///
/// A callback is an object with `on_success()` and `on_error(code, desc)`, such as a `V2TIMCallback`; or a function of
/// `(code, desc)`, which gets code 0 for a success. Callbacks run on the asyncio loop that ran at `init_sdk`, else on one
/// thread; never inside the call that they belong to.
///
/// >>> from tessera_im.v2tim import V2TIMManager, V2TIMSDKConfig
/// >>> manager = V2TIMManager.get_instance()
/// >>> manager.get_login_status()
/// <V2TIMLoginStatus.V2TIM_STATUS_LOGOUT: 3>
/// >>> manager.get_login_user()
/// ''
#[pyclass(frozen, weakref, module = "tessera_im.v2tim")]
pub(crate) struct V2TIMManager {
    reader: Reader,
    owner: Arc<Owner>,
}

#[pymethods]
impl V2TIMManager {
    /// The one manager of the process.
    #[staticmethod]
    fn get_instance(py: Python<'_>) -> PyResult<Py<Self>> {
        static INSTANCE: Mutex<Option<(Birth, Py<V2TIMManager>)>> = Mutex::new(None);

        let known = |py| {
            let instance = INSTANCE.lock().unwrap_or_else(PoisonError::into_inner);
            let here = instance.as_ref().filter(|(birth, _)| birth.is_here());
            here.map(|(_, manager)| manager.clone_ref(py))
        };
        if let Some(manager) = known(py) {
            return Ok(manager);
        }
        let owner = Owner::new(py, true)?;
        let manager = Py::new(py, V2TIMManager { reader: owner.reader().clone(), owner })?;
        let older = {
            let mut instance = INSTANCE.lock().unwrap_or_else(PoisonError::into_inner);
            match instance.as_ref().filter(|(birth, _)| birth.is_here()) {
                Some((_, first)) => return Ok(first.clone_ref(py)),
                None => instance.replace((Birth::now(), manager.clone_ref(py))),
            }
        };
        // The parent's is never dropped: it may be in use there, in the middle of a call.
        std::mem::forget(older);
        Ok(manager)
    }

    /// Initialise. False on failure, with the reason in `last_error`; True again with the same app. `config` is a
    /// `V2TIMSDKConfig`, or None; anything else raises TypeError.
    #[pyo3(signature = (sdk_app_id, config=None))]
    fn init_sdk(&self, py: Python<'_>, sdk_app_id: u64, config: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        let code = config.map_or(Ok(Layer::new()), settings::from_config)?;
        let initialised = self.owner.init(py, sdk_app_id, code)?;
        if let Err(error) = &initialised {
            log::warn(py, &format!("init_sdk failed: {error}"));
        }
        Ok(initialised.is_ok())
    }

    /// End everything: the session, without waiting for the gateway; callbacks that wait get 7009; listeners are
    /// forgotten. Waits for a callback that runs, 5 s at most (setting `uninit_timeout_ms`).
    fn un_init_sdk(&self, py: Python<'_>) -> PyResult<()> {
        self.owner.un_init(py)
    }

    /// Log in; the result comes to the callback. Status and user are the new ones when this returns.
    ///
    /// Raises LimitError (7008) if as many results wait as `events_waiting_max` allows; then no callback follows.
    #[pyo3(signature = (user_id, user_sig, callback=None))]
    fn login(
        &self,
        py: Python<'_>,
        user_id: &str,
        user_sig: &str,
        callback: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let completion = Completion::of(callback)?;
        let called = self
            .owner
            .call_with(py, completion, |engine, register| engine.login_with(user_id, user_sig, register))?;
        called.map_err(|error| error::exception(py, &error))
    }

    /// Log out; the result comes to the callback.
    ///
    /// Raises LimitError as `login` does.
    #[pyo3(signature = (callback=None))]
    fn logout(&self, py: Python<'_>, callback: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let completion = Completion::of(callback)?;
        let called = self.owner.call_with(py, completion, |engine, register| engine.logout_with(register))?;
        called.map_err(|error| error::exception(py, &error))
    }

    /// The user, or an empty text unless logged in.
    fn get_login_user<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        match self.reader.login_user() {
            Some(user) => PyString::new(py, user.as_str()),
            None => PyString::new(py, ""),
        }
    }

    /// The login status: 1 logged in, 2 logging in, 3 logged out.
    #[inline]
    fn get_login_status(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        status::V2TIM_LOGIN.at(py, self.reader.status() as usize)
    }

    /// Add a listener, before or after `init_sdk`. The same object twice counts once; `un_init_sdk` forgets it.
    /// Raises TypeError for what has no method of a listener.
    fn add_im_sdk_listener(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        self.owner.add_listener(listener)
    }

    /// Remove a listener. When it returns, no callback of it runs or will start, except the one that this was called
    /// from.
    fn remove_im_sdk_listener(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        self.owner.remove_listener(listener)
    }

    /// Version of the SDK.
    fn get_version(&self) -> &'static str {
        SDK_VERSION
    }

    /// Gateway time in seconds since 1970; 0 until the gateway has told it.
    fn get_server_time(&self, py: Python<'_>) -> PyResult<u64> {
        self.owner.birth().check(py)?;
        Ok(self.owner.engine().server_time().map_or(0, |time| time.as_secs()))
    }

    /// Why the last `init_sdk` was False; None if it was True. Not part of V2TIM.
    #[getter]
    fn last_error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.owner.birth().check(py)?;
        self.owner.engine().last_error().map(|error| error::instance(py, &error)).transpose()
    }

    /// The client under the manager, for what V2TIM has no name for. Not part of V2TIM.
    #[getter]
    fn client(&self) -> Client {
        Client::of(Arc::clone(&self.owner))
    }

    fn __repr__(&self) -> String {
        format!("<V2TIMManager {}>", self.owner.description())
    }
}

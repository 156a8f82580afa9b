//! The native half of `tessera_im.testkit`: the blocking gateway of the test kit, with Python detached while it works.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use tessera_testkit::blocking::{Condition, Error, Fault, Gateway as Blocking};
use tessera_testkit::{APP, KEY, Millis, Options, PolicyText, SessionInfo};

use crate::error;
use crate::fork::Birth;
use crate::pending::wait_interruptibly;
use crate::ticket::millis;

/// What `tessera_im.testkit.Gateway` is made of.
#[pyclass(frozen, subclass, weakref, module = "tessera_im._native", name = "_Gateway")]
pub(crate) struct Gateway {
    gateway: Blocking,
    birth: Birth,
}

/// A session, as the gateway tells it.
#[pyclass(frozen, module = "tessera_im.testkit", get_all)]
pub(crate) struct Session {
    /// The device's platform, such as "android".
    platform: &'static str,
    /// Whether it has a connection.
    connected: bool,
    /// The device's id: 32 hexadecimal digits.
    device_id: String,
    /// The session's id: 32 hexadecimal digits.
    session_id: String,
    /// When its ticket expires, in gateway time: seconds since 1970.
    expires: f64,
}

impl From<SessionInfo> for Session {
    fn from(info: SessionInfo) -> Self {
        Session {
            platform: info.platform.as_str(),
            connected: info.connected,
            device_id: info.device.to_string(),
            session_id: info.session.to_string(),
            expires: seconds(info.expires),
        }
    }
}

#[pymethods]
impl Session {
    fn __repr__(&self) -> String {
        let state = if self.connected { "connected" } else { "without a connection" };
        format!("<Session on {}, {state}>", self.platform)
    }
}

#[pymethods]
impl Gateway {
    #[new]
    #[pyo3(signature = (sdk_app_id=APP, key=KEY, policy=None, offline_kick_error=false, limits=None, store=None))]
    fn new(
        py: Python<'_>,
        sdk_app_id: u64,
        key: &str,
        policy: Option<&str>,
        offline_kick_error: bool,
        limits: Option<BTreeMap<String, u64>>,
        store: Option<PathBuf>,
    ) -> PyResult<Self> {
        let policy = policy.map_or_else(|| Ok(PolicyText::default()), policy_of)?;
        let limits = limits.unwrap_or_default();
        let options =
            Options { app: sdk_app_id, key: key.to_owned(), policy, offline_kick_error, limits, store };
        let gateway = py.detach(|| Blocking::start(options)).map_err(|error| raised(py, error))?;
        Ok(Gateway { gateway, birth: Birth::now() })
    }

    /// End the gateway for good, and wait for it. `now()` and `sign()` go on working.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        self.act(py, |gateway| {
            gateway.stop();
            Ok(())
        })
    }

    /// The app that the gateway knows.
    #[getter]
    fn sdk_app_id(&self) -> u64 {
        self.gateway.app()
    }

    /// The app's secret key. Known to everybody unless you gave one: for tests only.
    #[getter]
    fn key(&self) -> String {
        self.gateway.key().to_owned()
    }

    /// The address for clients whose network is not to be disturbed.
    #[getter]
    fn url(&self, py: Python<'_>) -> PyResult<String> {
        self.act(py, Blocking::url)
    }

    /// The address for one client by a name of your choice, through a network of its own; see `network()`.
    fn url_of(&self, py: Python<'_>, client: &str) -> PyResult<String> {
        self.act(py, |gateway| gateway.url_of(client))
    }

    #[staticmethod]
    fn _device_id(client: &str) -> String {
        tessera_testkit::device_id(client)
    }

    /// A ticket for a user, good for `expire` seconds from `at` on: seconds since 1970 in gateway time, by default now.
    #[pyo3(signature = (user_id, expire=86400, *, at=None))]
    fn sign(&self, py: Python<'_>, user_id: &str, expire: u64, at: Option<f64>) -> PyResult<String> {
        let at = at.map(millis).transpose()?;
        self.act(py, |gateway| Ok(gateway.sign(user_id, expire, at)?.expose().to_owned()))
    }

    /// Gateway time: seconds since 1970.
    fn now(&self, py: Python<'_>) -> PyResult<f64> {
        self.act(py, |gateway| Ok(seconds(gateway.now())))
    }

    /// Kick a user. Returns when a ticket has to be signed at the earliest to be good again; for `sign(at=…)`.
    ///
    /// Raises AccountError (70107) for a user who never logged in.
    fn kick(&self, py: Python<'_>, user_id: &str) -> PyResult<f64> {
        self.act(py, |gateway| gateway.kick(user_id).map(seconds))
    }

    /// Disable an account, which ends its sessions. Raises as `kick()`.
    fn disable(&self, py: Python<'_>, user_id: &str) -> PyResult<()> {
        self.act(py, |gateway| gateway.disable(user_id))
    }

    /// Enable an account again. Raises as `kick()`.
    fn enable(&self, py: Python<'_>, user_id: &str) -> PyResult<()> {
        self.act(py, |gateway| gateway.enable(user_id))
    }

    /// Make the tickets of a user's sessions count as expired. Raises as `kick()`.
    fn expire_now(&self, py: Python<'_>, user_id: &str) -> PyResult<()> {
        self.act(py, |gateway| gateway.expire_now(user_id))
    }

    /// The sessions of a user, oldest first; none for a user who never logged in.
    fn sessions(&self, py: Python<'_>, user_id: &str) -> PyResult<Vec<Session>> {
        let sessions = self.act(py, |gateway| gateway.sessions(user_id))?;
        Ok(sessions.into_iter().map(Session::from).collect())
    }

    fn _set_policy(&self, py: Python<'_>, policy: &str) -> PyResult<()> {
        let policy = policy_of(policy)?;
        self.act(py, |gateway| gateway.set_policy(policy))
    }

    /// Set whether a device that was kicked while offline is told so by code 6208.
    fn set_offline_kick_error(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.act(py, |gateway| gateway.set_offline_kick_error(on))
    }

    /// Move the gateway's clock by so many seconds, and tell connected clients.
    fn move_clock(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        if !seconds.is_finite() {
            return Err(PyValueError::new_err("the clock moves by a number of seconds"));
        }
        self.act(py, |gateway| gateway.move_clock((seconds * 1000.0).round() as i64))
    }

    /// How many logins the gateway has acknowledged since it started.
    fn logins(&self, py: Python<'_>) -> PyResult<u64> {
        self.act(py, Blocking::logins)
    }

    /// Make a store in memory refuse writes, or take them again.
    fn fail_writes(&self, py: Python<'_>, fail: bool) -> PyResult<()> {
        self.act(py, |gateway| gateway.fail_writes(fail))
    }

    /// End the gateway at once and start it again on its store; every connection is lost.
    fn restart(&self, py: Python<'_>) -> PyResult<()> {
        self.act(py, Blocking::restart)
    }

    /// Tell clients to connect elsewhere, wait until they have left, and be back after so many seconds.
    #[pyo3(signature = (back_after=0.0))]
    fn drain(&self, py: Python<'_>, back_after: f64) -> PyResult<()> {
        let back_after = span(back_after)?;
        self.act(py, |gateway| gateway.drain(back_after))
    }

    fn _fault(&self, py: Python<'_>, client: &str, fault: &str, delay: f64) -> PyResult<()> {
        let fault = match fault {
            "cut" => Fault::Cut,
            "down" => Fault::Down,
            "refuse" => Fault::Refuse,
            "stall" => Fault::Stall,
            "delay" => Fault::Delay(span(delay)?),
            "restore" => Fault::Restore,
            other => return Err(PyValueError::new_err(format!("there is no fault {other:?}"))),
        };
        self.act(py, |gateway| gateway.fault(client, fault))
    }

    fn _connections(&self, py: Python<'_>, client: &str) -> PyResult<usize> {
        self.act(py, |gateway| gateway.connections(client))
    }

    fn _wait(&self, py: Python<'_>, what: &str, name: String, count: usize, timeout: f64) -> PyResult<()> {
        let condition = match what {
            "sessions" => Condition::Sessions { user: name, count },
            "connected" => Condition::Connected { user: name, count },
            "connections" => Condition::Connections { client: name, count },
            "logins" => Condition::Logins(count as u64),
            other => return Err(PyValueError::new_err(format!("nobody can wait for {other:?}"))),
        };
        self.birth.check(py)?;
        let looked = std::sync::Mutex::new(Ok(()));
        wait_interruptibly(py, Some(timeout), |within| {
            let outcome = self.gateway.wait_until(condition.clone(), within);
            let over = !matches!(outcome, Err(Error::TimedOut { .. }));
            *looked.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = outcome;
            over
        })?;
        let outcome = looked.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        outcome.map_err(|error| raised(py, error))
    }
}

impl Gateway {
    fn act<T: Send>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&Blocking) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        self.birth.check(py)?;
        py.detach(|| act(&self.gateway)).map_err(|error| raised(py, error))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if !self.birth.is_here() {
            // Its threads are the parent's: it is left as it is.
            std::mem::forget(self.gateway.clone());
        }
    }
}

fn raised(py: Python<'_>, error: Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::Argument(_) => PyValueError::new_err(text),
        Error::Start(_) => PyOSError::new_err(text),
        Error::Refused(refused) => error::exception(py, &refused),
        Error::TimedOut { .. } => PyTimeoutError::new_err(text),
        Error::Stopped => PyRuntimeError::new_err(text),
    }
}

/// A policy from JSON, as in the gateway's configuration.
fn policy_of(json: &str) -> PyResult<PolicyText> {
    serde_json::from_str(json).map_err(|error| PyValueError::new_err(format!("no policy: {error}")))
}

fn span(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn seconds(time: Millis) -> f64 {
    time.0 as f64 / 1000.0
}

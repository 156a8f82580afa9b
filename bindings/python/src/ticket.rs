//! Signing tickets, for servers and tests.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tessera_core::ticket::Key;
use tessera_core::time::Millis;

/// Sign a ticket (UserSig): `user_id` of the app may log in for `expire` seconds from `now` on.
///
/// `now` is Unix time in seconds, cut to whole seconds; by default this machine's. `userbuf` is signed along, and means
/// nothing to the gateway. A secret key belongs on a server or into a test, never into an app.
///
/// Raises ValueError if the user id, the lifetime or the key cannot be in a ticket.
///
/// >>> from tessera_im import sign
/// >>> ticket = sign(1400000001, "the app's secret key", "alice", expire=86400)
/// >>> isinstance(ticket, str)
/// True
#[pyfunction]
#[pyo3(signature = (sdk_app_id, key, user_id, *, expire=86400, now=None, userbuf=None))]
pub(crate) fn sign(
    sdk_app_id: u64,
    key: &str,
    user_id: &str,
    expire: u64,
    now: Option<f64>,
    userbuf: Option<&[u8]>,
) -> PyResult<String> {
    let key = Key::new(key).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let now = now.map_or_else(unix_time, millis)?;
    let ticket = tessera_core::ticket::sign(&key, sdk_app_id, user_id, now, expire, userbuf);
    let ticket = ticket.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(ticket.expose().to_owned())
}

/// Seconds of Unix time, as Python counts them.
pub(crate) fn millis(seconds: f64) -> PyResult<Millis> {
    if seconds.is_finite() && seconds >= 0.0 && seconds < Millis::NEVER.0 as f64 / 1000.0 {
        return Ok(Millis((seconds * 1000.0).round() as u64));
    }
    Err(PyValueError::new_err("a time is a number of seconds since 1970"))
}

fn unix_time() -> PyResult<Millis> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)))
}

//! Signing tickets, for servers and tests.

use napi::bindgen_prelude::{Error, Result, Uint8Array};
use napi_derive::napi;
use tessera_core::ticket::{Key, sign};
use tessera_core::time::Millis;

/// Signs a ticket that is good for `expire_secs` seconds from `now_ms`, Unix time.
#[napi(catch_unwind)]
pub fn sign_ticket(
    app: f64,
    secret: String,
    user: String,
    expire_secs: f64,
    now_ms: f64,
    userbuf: Option<Uint8Array>,
) -> Result<String> {
    let key = Key::new(&secret).map_err(|error| Error::from_reason(error.to_string()))?;
    let now = Millis(now_ms as u64);
    let ticket = sign(&key, app as u64, &user, now, expire_secs as u64, userbuf.as_deref());
    ticket.map(|ticket| ticket.expose().to_owned()).map_err(|error| Error::from_reason(error.to_string()))
}

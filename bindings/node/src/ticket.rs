//! Signing tickets, for servers and tests.

use napi::bindgen_prelude::{Error, Result, Uint8Array};
use napi_derive::napi;
use tessera_core::ticket::{Key, sign};
use tessera_core::time::Millis;

/// JavaScript's number of this name.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

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
    let app = whole(app, "the app id is a whole number")?;
    let expire_secs = whole(expire_secs, "a lifetime is a whole number of seconds")?;
    let now = Millis(whole(now_ms.round(), "a time is a number of seconds since 1970")?);
    let ticket = sign(&key, app, &user, now, expire_secs, userbuf.as_deref());
    ticket.map(|ticket| ticket.expose().to_owned()).map_err(|error| Error::from_reason(error.to_string()))
}

/// A number of JavaScript's that counts something; a cast would make anything of anything.
fn whole(number: f64, expected: &str) -> Result<u64> {
    if number.fract() == 0.0 && (0.0..=MAX_SAFE_INTEGER).contains(&number) {
        return Ok(number as u64);
    }
    Err(Error::from_reason(expected))
}

//! Signing tickets.
//!
//! For the gateway's administration, the test kit and the tools. An app signs on its own server: a secret key does
//! not belong into a client.

use std::fmt::{self, Write};

use super::key::Content;
use super::{Key, Lifetime, Limits, is_user_id, text};
use crate::time::Millis;

/// A ticket as text. Whoever has it can log in, so `Debug` does not show it and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    /// A ticket that came from elsewhere, not looked at.
    pub fn new(text: impl Into<String>) -> Ticket {
        Ticket(text.into())
    }

    /// The text, to send it to where it is needed and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The user id is not one (C4).
    #[error("the user id is not 1 to 32 characters of A-Z, a-z, 0-9, _ and -: choose such a user id")]
    UserId,
    /// The lifetime is zero, or ends later than a time can be.
    #[error(
        "the lifetime must be at least 1 s and end at a time: pass seconds from the signing, such as 86400"
    )]
    Lifetime,
    /// The ticket would be longer than any gateway reads.
    #[error("the userbuf makes a ticket of more than 8192 characters: pass a shorter one")]
    TooLong,
}

/// Signs a ticket: `user` of `app` may log in from `now` on, for `expire_secs` seconds.
///
/// `now` is Unix time; a ticket counts whole seconds, so it is rounded down. `userbuf` is signed along and means
/// nothing to the gateway. A gateway reads tickets of 1024 characters by default, which leaves about 400 bytes for it.
///
/// # Errors
/// [`SignError`] when no gateway would take the ticket.
pub fn sign(
    key: &Key,
    app: u64,
    user: &str,
    now: Millis,
    expire_secs: u64,
    userbuf: Option<&[u8]>,
) -> Result<Ticket, SignError> {
    if !is_user_id(user) {
        return Err(SignError::UserId);
    }
    let lifetime = Lifetime::new(now.as_secs(), expire_secs).map_err(|_| SignError::Lifetime)?;
    if userbuf.is_some_and(|userbuf| userbuf.len() > Limits::HARD.text_bytes_max) {
        return Err(SignError::TooLong);
    }
    let userbuf = userbuf.map(text::encode_standard);
    let content = Content { user, app, lifetime, userbuf: userbuf.as_deref() };
    let ticket = text::encode(document(&content, &key.sign(&content)).as_bytes());
    if ticket.len() > Limits::HARD.text_bytes_max {
        return Err(SignError::TooLong);
    }
    Ok(Ticket(ticket))
}

/// No value in it needs an escape.
fn document(content: &Content<'_>, sig: &[u8; 32]) -> String {
    let Content { user, app, lifetime, userbuf } = content;
    let (time, expire) = (lifetime.time_secs(), lifetime.expire_secs());
    let mut json = String::with_capacity(256 + userbuf.map_or(0, str::len));
    let mut put = |part: fmt::Arguments<'_>| json.write_fmt(part).expect("a String takes any text");
    put(format_args!(r#"{{"TLS.ver":"2.0","TLS.identifier":"{user}","TLS.sdkappid":{app},"#));
    put(format_args!(r#""TLS.expire":{expire},"TLS.time":{time},"#));
    if let Some(userbuf) = userbuf {
        put(format_args!(r#""TLS.userbuf":"{userbuf}","#));
    }
    put(format_args!(r#""TLS.sig":"{}"}}"#, text::encode_standard(sig)));
    json
}

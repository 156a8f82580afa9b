//! Judging a ticket, in the order of clause G1.
//!
//! Each type is a step: a [`Decoded`] ticket says what it likes, [`Claims`] are well formed, and
//! [`Claims::check`] tells whether they are true and fit the login. Nothing here allocates.

use std::fmt;

use super::key::Content;
use super::{Key, Limits, Refusal, Scratch, document, is_user_id, text};
use crate::time::Millis;

/// Reads a ticket's text. The answer borrows `scratch`.
///
/// # Errors
/// [`Refusal`] with 70002 when it is empty, and with 70003 when it is not a ticket of version 2.0.
pub fn decode<'s>(text: &str, scratch: &'s mut Scratch) -> Result<Decoded<'s>, Refusal> {
    let (document, spare) = text::decode(text, scratch)?;
    document::read(document, spare)
}

/// When a ticket begins and ends by its own word, without a key to check it: for a client (C15, C16).
///
/// `None` if it is not a ticket, which is for the gateway to say. Allocates memory for the reading and frees it.
pub fn peek_lifetime(text: &str) -> Option<Lifetime> {
    let mut scratch = Scratch::new(Limits::HARD);
    decode(text, &mut scratch).ok()?.lifetime().ok()
}

/// When a ticket was signed and when it ends. The end is always a time that can be told in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    time_secs: u64,
    expire_secs: u64,
}

impl Lifetime {
    /// A lifetime of `expire_secs` from the Unix second `time_secs` on.
    pub(super) fn new(time_secs: u64, expire_secs: u64) -> Result<Lifetime, Refusal> {
        if expire_secs == 0 {
            return Err(Refusal::NoLifetime);
        }
        match time_secs.checked_add(expire_secs).and_then(|end| end.checked_mul(1000)) {
            Some(_) => Ok(Lifetime { time_secs, expire_secs }),
            None => Err(Refusal::Overflow),
        }
    }

    /// `TLS.time`: when it was signed, in Unix seconds.
    pub fn time_secs(self) -> u64 {
        self.time_secs
    }

    /// `TLS.expire`: how long it is valid, in seconds, at least 1.
    pub fn expire_secs(self) -> u64 {
        self.expire_secs
    }

    /// When it was signed, in Unix time.
    pub fn signed_at(self) -> Millis {
        Millis::from_secs(self.time_secs)
    }

    /// The last millisecond at which it is valid, in Unix time.
    pub fn expires_at(self) -> Millis {
        self.signed_at() + Millis::from_secs(self.expire_secs)
    }

    /// Whether it is over at `now`. At [`Lifetime::expires_at`] itself it is not.
    pub fn is_expired(self, now: Millis) -> bool {
        now > self.expires_at()
    }
}

/// The signed bytes of the app's own, in both forms.
#[derive(Clone, Copy)]
pub(super) struct UserBuf<'s> {
    pub(super) base64: &'s str,
    pub(super) bytes: &'s [u8],
}

/// A ticket that could be read. Nothing in it has been judged.
pub struct Decoded<'s> {
    pub(super) user: &'s str,
    pub(super) app: u64,
    pub(super) time_secs: u64,
    pub(super) expire_secs: i64,
    pub(super) userbuf: Option<UserBuf<'s>>,
    pub(super) sig: [u8; 32],
}

impl<'s> Decoded<'s> {
    /// Judges the document by itself, at Unix time `now`. `ahead_max` is how far the clock of the server that signs
    /// may be ahead.
    ///
    /// # Errors
    /// [`Refusal`] with 70003.
    pub fn check_document(self, now: Millis, ahead_max: Millis) -> Result<Claims<'s>, Refusal> {
        let lifetime = self.lifetime()?;
        if lifetime.signed_at() > now + ahead_max {
            return Err(Refusal::SignedAhead { time_secs: self.time_secs, now_secs: now.as_secs() });
        }
        if !is_user_id(self.user) {
            return Err(Refusal::UserId);
        }
        Ok(Claims { user: self.user, app: self.app, lifetime, userbuf: self.userbuf, sig: self.sig })
    }

    fn lifetime(&self) -> Result<Lifetime, Refusal> {
        let expire_secs = u64::try_from(self.expire_secs).map_err(|_| Refusal::NoLifetime)?;
        Lifetime::new(self.time_secs, expire_secs)
    }
}

/// Shows nothing: who has the document has the ticket.
impl fmt::Debug for Decoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoded(..)")
    }
}

/// What a well-formed ticket claims. True only once [`Claims::check`] said so.
#[derive(Clone, Copy)]
pub struct Claims<'s> {
    user: &'s str,
    app: u64,
    lifetime: Lifetime,
    userbuf: Option<UserBuf<'s>>,
    sig: [u8; 32],
}

impl<'s> Claims<'s> {
    /// Whether they are true, still valid at Unix time `now`, and those of `user` of `app`. `keys` are all valid keys
    /// of the app, the current one first.
    ///
    /// The work does not depend on whether the user has an account, which is not known here.
    ///
    /// # Errors
    /// [`Refusal`] with 70014, 70013, 70009 or 70001, in this order.
    pub fn check(&self, app: u64, user: &str, keys: &[Key], now: Millis) -> Result<(), Refusal> {
        if self.app != app {
            return Err(Refusal::OtherApp { signed: self.app, asked: app });
        }
        if self.user != user {
            return Err(Refusal::OtherUser);
        }
        let userbuf = self.userbuf.map(|userbuf| userbuf.base64);
        let content = Content { user: self.user, app: self.app, lifetime: self.lifetime, userbuf };
        if !keys.iter().any(|key| key.verify(&content, &self.sig)) {
            return Err(Refusal::Signature);
        }
        if self.lifetime.is_expired(now) {
            let (at_secs, now_secs) = (self.lifetime.expires_at().as_secs(), now.as_secs());
            return Err(Refusal::Expired { at_secs, now_secs });
        }
        Ok(())
    }

    /// The user id, which keeps C4.
    pub fn user(&self) -> &'s str {
        self.user
    }

    /// The app.
    pub fn app(&self) -> u64 {
        self.app
    }

    /// When it begins and ends.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// The signed bytes of the app's own, if there are any. They mean nothing to a gateway.
    pub fn userbuf(&self) -> Option<&'s [u8]> {
        self.userbuf.map(|userbuf| userbuf.bytes)
    }

    /// The signature, by which a ticket is recognised whatever its text (G5). A secret, as the ticket is: the other
    /// claims can be guessed.
    pub fn sig(&self) -> &[u8; 32] {
        &self.sig
    }
}

/// Shows what is no secret.
impl fmt::Debug for Claims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("user", &self.user)
            .field("app", &self.app)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

//! The secret key of an app, and the text that it signs.
//!
//! Not a key store: an app with several keys is a slice of them, tried in turn.

use std::fmt::{self, Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Lifetime;

/// A secret key of an app, ready to sign.
///
/// The secret itself is not kept, only the hash state that it leads to, which is overwritten on drop and is never
/// shown by `Debug`.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// The secret of an app is empty: anybody could sign with it. Copy the secret key of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret key is empty: set the secret key of the app")]
pub struct EmptyKey;

impl Key {
    /// The key for a secret as it is displayed: its characters are the key, so 64 hex digits stay 64 bytes.
    ///
    /// # Errors
    /// [`EmptyKey`] when there is nothing in it.
    pub fn new(secret: &str) -> Result<Key, EmptyKey> {
        if secret.is_empty() {
            return Err(EmptyKey);
        }
        let mac = Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        Ok(Key(mac))
    }

    /// The signature of `content`.
    pub(super) fn sign(&self, content: &Content<'_>) -> [u8; 32] {
        self.mac(content).finalize().into_bytes().into()
    }

    /// Whether `sig` is the signature of `content`, in a time that does not depend on where they differ.
    pub(super) fn verify(&self, content: &Content<'_>, sig: &[u8; 32]) -> bool {
        self.mac(content).verify(sig.into()).is_ok()
    }

    fn mac(&self, content: &Content<'_>) -> Hmac<Sha256> {
        let mut mac = MacWriter(self.0.clone());
        content.write(&mut mac).expect("a hash takes text of any length");
        mac.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What a signature covers. Whatever else a document says decides nothing.
pub(super) struct Content<'a> {
    pub(super) user: &'a str,
    pub(super) app: u64,
    pub(super) lifetime: Lifetime,
    /// In standard base64, as it stands in the document.
    pub(super) userbuf: Option<&'a str>,
}

impl Content<'_> {
    /// Writes the signed text. Its lines have this order whatever the order in the document.
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        let Content { user, app, lifetime, userbuf } = self;
        let (time, expire) = (lifetime.time_secs(), lifetime.expire_secs());
        write!(out, "TLS.identifier:{user}\nTLS.sdkappid:{app}\nTLS.time:{time}\nTLS.expire:{expire}\n")?;
        userbuf.map_or(Ok(()), |userbuf| writeln!(out, "TLS.userbuf:{userbuf}"))
    }
}

/// Feeds formatted text to a hash without a buffer between.
struct MacWriter(Hmac<Sha256>);

impl Write for MacWriter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

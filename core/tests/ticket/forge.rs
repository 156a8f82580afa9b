//! Makes tickets that no library would make: any document, in any zlib stream, signed or not.
//!
//! It has its own base64, zlib and HMAC calls, so that a fault of the library cannot hide in it.

use base64::Engine;
use base64::alphabet::{Alphabet, Symbol};
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use tessera_core::ticket::{Claims, Key, Limits, Refusal, Scratch, decode};
use tessera_core::time::Millis;
use zlib_rs::{DeflateConfig, ReturnCode, Strategy, compress_slice};

pub(crate) const SECRET: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
pub(crate) const APP: u64 = 1_400_000_000;
pub(crate) const USER: &str = "xiaojun";
pub(crate) const NOW: Millis = Millis::from_secs(1_700_000_000);
pub(crate) const AHEAD: Millis = Millis::from_secs(600);

pub(crate) fn key() -> Key {
    Key::new(SECRET).unwrap()
}

/// How the zlib stream is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Stored,
    Fixed,
    Dynamic,
}

/// The text form around a document.
pub(crate) fn wrap(document: &[u8], stream: Stream) -> String {
    armour(&deflate(document, stream))
}

pub(crate) fn deflate(document: &[u8], stream: Stream) -> Vec<u8> {
    let mut config = DeflateConfig::new(9);
    match stream {
        Stream::Stored => config.level = 0,
        Stream::Fixed => config.strategy = Strategy::Fixed,
        // Without matches the code lengths pay off, so the compressor sends them.
        Stream::Dynamic => config.strategy = Strategy::HuffmanOnly,
    }
    let mut out = vec![0; document.len() + 1024];
    let (made, code) = compress_slice(&mut out, document, config);
    assert_eq!(code, ReturnCode::Ok);
    made.to_vec()
}

fn ticket_base64() -> GeneralPurpose {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-";
    GeneralPurpose::new(&Alphabet::new_with_padding(letters, Symbol::new(b'_').unwrap()).unwrap(), PAD)
}

pub(crate) fn armour(bytes: &[u8]) -> String {
    let mut out = vec![0; bytes.len().div_ceil(3) * 4];
    let length = ticket_base64().encode_slice(bytes, &mut out).unwrap();
    out.truncate(length);
    String::from_utf8(out).unwrap()
}

pub(crate) fn unarmour(text: &str) -> Vec<u8> {
    let mut out = vec![0; text.len()];
    let length = ticket_base64().decode_slice(text, &mut out).unwrap();
    out.truncate(length);
    out
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = vec![0; bytes.len().div_ceil(3) * 4];
    STANDARD.encode_slice(bytes, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The fields of a document, as JSON values, signed with [`SECRET`] over what they say.
#[derive(Clone, Debug)]
pub(crate) struct Forge {
    pub(crate) ver: String,
    pub(crate) user: String,
    pub(crate) app: String,
    pub(crate) time: String,
    pub(crate) expire: String,
    pub(crate) userbuf: Option<String>,
}

impl Default for Forge {
    fn default() -> Self {
        Forge {
            ver: "2.0".into(),
            user: USER.into(),
            app: APP.to_string(),
            time: NOW.as_secs().to_string(),
            expire: "86400".into(),
            userbuf: None,
        }
    }
}

impl Forge {
    pub(crate) fn sig(&self) -> String {
        let Forge { user, app, time, expire, .. } = self;
        let mut content =
            format!("TLS.identifier:{user}\nTLS.sdkappid:{app}\nTLS.time:{time}\nTLS.expire:{expire}\n");
        if let Some(userbuf) = &self.userbuf {
            content += &format!("TLS.userbuf:{userbuf}\n");
        }
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(content.as_bytes());
        base64(&mac.finalize().into_bytes())
    }

    /// Name and JSON value of each field.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let mut fields = vec![
            ("TLS.ver", quoted(&self.ver)),
            ("TLS.identifier", quoted(&self.user)),
            ("TLS.sdkappid", self.app.clone()),
            ("TLS.time", self.time.clone()),
            ("TLS.expire", self.expire.clone()),
        ];
        fields.extend(self.userbuf.iter().map(|userbuf| ("TLS.userbuf", quoted(userbuf))));
        fields.push(("TLS.sig", quoted(&self.sig())));
        fields
    }

    pub(crate) fn json(&self) -> String {
        object(&self.fields())
    }

    pub(crate) fn ticket(&self) -> String {
        wrap(self.json().as_bytes(), Stream::Stored)
    }
}

pub(crate) fn object(fields: &[(&str, String)]) -> String {
    let members: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// What is left of claims when the buffers are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) user: String,
    pub(crate) app: u64,
    pub(crate) time_secs: u64,
    pub(crate) expire_secs: u64,
    pub(crate) userbuf: Option<Vec<u8>>,
    pub(crate) sig: [u8; 32],
}

impl From<Claims<'_>> for Accepted {
    fn from(claims: Claims<'_>) -> Self {
        Accepted {
            user: claims.user().to_owned(),
            app: claims.app(),
            time_secs: claims.lifetime().time_secs(),
            expire_secs: claims.lifetime().expire_secs(),
            userbuf: claims.userbuf().map(<[u8]>::to_vec),
            sig: *claims.sig(),
        }
    }
}

/// The whole check, for the login of [`USER`] of [`APP`] at [`NOW`].
pub(crate) fn check(text: &str) -> Result<Accepted, Refusal> {
    check_at(text, APP, USER, &[key()], NOW)
}

pub(crate) fn check_at(
    text: &str,
    app: u64,
    user: &str,
    keys: &[Key],
    now: Millis,
) -> Result<Accepted, Refusal> {
    let mut scratch = Scratch::new(Limits::default());
    let claims = decode(text, &mut scratch)?.check_document(now, AHEAD)?;
    claims.check(app, user, keys, now)?;
    Ok(claims.into())
}

//! Identifiers: 128-bit random ids in hexadecimal, the validated user id, and the source that ids are drawn from.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

use crate::error::Error;
use crate::generated::codes;

/// One app: the `sdkAppID` of V2TIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppId(pub u64);

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! id128 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Reads 32 hexadecimal digits.
            pub fn parse(text: &str) -> Option<Self> {
                hex_decode(text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // The head is enough to follow one in a log; whoever has the whole of a session id may end it.
                self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                $name::parse(&text).ok_or_else(|| serde::de::Error::custom("expected 32 hexadecimal digits"))
            }
        }
    };
}

id128! {
    /// One session: one user on one device from login to its end. It survives reconnects.
    SessionId
}
id128! {
    /// One installation.
    DeviceId
}
id128! {
    /// One client object of one process run; its connection attempts are numbered (G4).
    InstanceId
}

fn hex_decode(text: &str) -> Option<[u8; 16]> {
    let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut out = [0; 16];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(out)
}

/// A user id: 1–32 bytes of `[A-Za-z0-9_-]` (C4). Held inline, so that a registry of millions has no string each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId {
    len: u8,
    bytes: [u8; UserId::BYTES_MAX],
}

impl UserId {
    /// The most bytes that a user id has (V2TIM's documents, and C4).
    pub const BYTES_MAX: usize = 32;

    /// Checks a text against C4.
    ///
    /// # Errors
    /// 6017 for an empty text, 7003 for one that is too long or has another character. The text is not repeated in
    /// the error, because a caller who mixes arguments up may have put a ticket there.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::new(codes::ERR_INVALID_PARAMETERS, "the user id is empty"));
        }
        if text.len() > Self::BYTES_MAX {
            let desc =
                format!("the user id has {} bytes; at most {} are allowed", text.len(), Self::BYTES_MAX);
            return Err(Error::new(codes::ERR_SDK_COMM_INVALID_IDENTIFIER, desc));
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            let desc = "the user id may have letters, digits, '_' and '-' only";
            return Err(Error::new(codes::ERR_SDK_COMM_INVALID_IDENTIFIER, desc));
        }
        let mut bytes = [0; Self::BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(UserId { len: text.len() as u8, bytes })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("only ASCII gets past parse")
    }

    /// The bytes of the text, and zeros behind them.
    #[inline]
    pub fn padded(&self) -> [u8; Self::BYTES_MAX] {
        self.bytes
    }

    /// As numbers, for whoever keeps it where only numbers can be kept.
    #[inline]
    pub fn to_words(self) -> [u64; 5] {
        let mut words = [u64::from(self.len); 5];
        for (word, bytes) in words[1..].iter_mut().zip(self.bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().expect("the chunks have eight bytes"));
        }
        words
    }

    /// The user id of [`UserId::to_words`]; none for what cannot have come from there.
    #[inline]
    pub fn from_words(words: [u64; 5]) -> Option<Self> {
        let len = u8::try_from(words[0]).ok().filter(|len| usize::from(*len) <= Self::BYTES_MAX)?;
        let mut bytes = [0; Self::BYTES_MAX];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(&words[1..]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        (len > 0).then_some(UserId { len, bytes })
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        UserId::parse(&text).map_err(|error| serde::de::Error::custom(error.desc))
    }
}

/// Where ids and jitter come from: HMAC-SHA256 over a counter, keyed with entropy that the caller brings.
///
/// Session ids must not be guessable, because a logout names nothing else; so this is no mere statistical generator.
pub struct IdSource {
    state: Hmac<Sha256>,
    counter: u64,
}

impl IdSource {
    /// A source whose output is as hard to guess as `entropy` is.
    pub fn new(entropy: [u8; 32]) -> Self {
        let state = Hmac::new_from_slice(&entropy).expect("HMAC takes a key of any length");
        IdSource { state, counter: 0 }
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter += 1;
        let mut mac = self.state.clone();
        mac.update(&self.counter.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Sixteen fresh bytes.
    pub fn bytes(&mut self) -> [u8; 16] {
        let mut out = [0; 16];
        out.copy_from_slice(&self.block()[..16]);
        out
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.block()[..8]);
        let span = high.saturating_sub(low).saturating_add(1);
        low + u64::from_be_bytes(word) % span.max(1)
    }
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSource(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_comes_back_from_its_words() {
        for text in ["a", "alice_01-x", &"x".repeat(32)] {
            let user = UserId::parse(text).unwrap();
            assert_eq!(UserId::from_words(user.to_words()), Some(user));
        }
        assert_eq!(UserId::from_words([0; 5]), None);
        assert_eq!(UserId::from_words([33, 0, 0, 0, 0]), None);
    }

    #[test]
    fn user_ids_at_both_sides_of_every_limit() {
        // C4
        for good in ["a", "Z", "0", "_", "-", &"x".repeat(32), "alice_01-x"] {
            assert_eq!(UserId::parse(good).expect(good).as_str(), good);
        }
        assert_eq!(UserId::parse("").unwrap_err().code, codes::ERR_INVALID_PARAMETERS);
        for bad in ["a b", "a.b", "é", "a\0", &"x".repeat(33), "用户"] {
            assert_eq!(
                UserId::parse(bad).unwrap_err().code,
                codes::ERR_SDK_COMM_INVALID_IDENTIFIER,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn ids_read_what_they_write_and_nothing_else() {
        let id = SessionId([0xab; 16]);
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
        assert_eq!(format!("{id:?}"), "abababab");
        for bad in ["", "ab", &"g".repeat(32), &"a".repeat(33), &"é".repeat(16)] {
            assert_eq!(SessionId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn one_entropy_gives_one_sequence() {
        let draw = |entropy| {
            let mut source = IdSource::new(entropy);
            (source.bytes(), source.bytes(), source.between(5, 9))
        };
        assert_eq!(draw([1; 32]), draw([1; 32]));
        assert_ne!(draw([1; 32]).0, draw([2; 32]).0);
        assert_ne!(draw([1; 32]).0, draw([1; 32]).1);
        let mut source = IdSource::new([3; 32]);
        assert!((0..1000).all(|_| (5..=9).contains(&source.between(5, 9))));
        assert_eq!(source.between(7, 7), 7);
    }
}

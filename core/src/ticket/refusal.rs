//! Why a ticket is refused: one enum, its code of the table, and a sentence for a person.
//!
//! Not an error of the machine, and never holding anything of the ticket but numbers. Building one allocates nothing;
//! its text is made when somebody reads it.

use std::fmt;

use crate::error::{Code, Error};
use crate::generated::codes;

/// Why a ticket is refused (G1). Each says what is wrong and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no ticket.
    #[error("the ticket is empty: pass the ticket that the app's server signed for this user")]
    Empty,
    /// The text is longer than the gateway reads.
    #[error(
        "the ticket has {bytes} bytes, at most {bytes_max} are read: sign it with a shorter userbuf, or none"
    )]
    TextTooLong {
        /// Its length, in bytes.
        bytes: usize,
        /// The gateway's limit, in bytes.
        bytes_max: usize,
    },
    /// A character that no ticket has, or padding at a wrong place.
    #[error(
        "the ticket has a wrong character at byte {at}: pass it unchanged, with nothing added or re-encoded"
    )]
    Alphabet {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// The text stops in the middle of a group of four characters, or its padding is wrong.
    #[error("the ticket is cut off or its padding is wrong: pass all of it, with its underscores at the end")]
    Padding,
    /// The compressed data is damaged, cut off, or followed by something else.
    #[error("the ticket's compressed data is damaged or incomplete: pass all of it, unchanged")]
    Compression,
    /// The document is larger than the gateway inflates.
    #[error("the ticket inflates to more than {bytes_max} bytes: sign it with a shorter userbuf, or none")]
    DocumentTooLong {
        /// The gateway's limit, in bytes.
        bytes_max: usize,
    },
    /// The document is not a JSON object, or holds an object or a list.
    #[error(
        "the ticket's document is not a flat JSON object (byte {at}): sign it with a TLSSigAPIv2 library"
    )]
    Json {
        /// Where the first wrong byte is.
        at: usize,
    },
    /// A field occurs twice.
    #[error("the ticket has {0} twice: sign it with a TLSSigAPIv2 library")]
    Duplicate(Field),
    /// A field is absent.
    #[error("the ticket has no {0}: sign it with a TLSSigAPIv2 library")]
    Missing(Field),
    /// A field has another form than it must have.
    #[error("the ticket's {0} is not {form}: sign it with a TLSSigAPIv2 library", form = .0.form())]
    Form(Field),
    /// Not a ticket of version 2.0.
    #[error("the ticket's TLS.ver is not \"2.0\": sign it with a TLSSigAPIv2 library, not with an older one")]
    Version,
    /// The ticket has no lifetime.
    #[error("the ticket's TLS.expire is not positive: sign it with a lifetime in seconds, such as 86400")]
    NoLifetime,
    /// The end of the lifetime is not a time.
    #[error(
        "the ticket's TLS.time + TLS.expire is too large: both are seconds, and TLS.expire is a lifetime"
    )]
    Overflow,
    /// Signed later than now.
    #[error(
        "the ticket's TLS.time is {time_secs}, but it is {now_secs} (Unix seconds): correct the signer's clock"
    )]
    SignedAhead {
        /// When it claims to be signed.
        time_secs: u64,
        /// The gateway's second.
        now_secs: u64,
    },
    /// The user id is not one (C4).
    #[error(
        "the ticket's TLS.identifier is not 1 to 32 characters of A-Z, a-z, 0-9, _ and -: choose such a user id"
    )]
    UserId,
    /// The gateway does not know the app of the login. Not found here: for the caller, which has the apps.
    #[error("this gateway does not serve app {app}: check the SDKAppID, or add the app to the gateway")]
    UnknownApp {
        /// The app that the login named.
        app: u64,
    },
    /// Signed for another app.
    #[error(
        "the ticket is signed for app {signed}, the login is for app {asked}: use the ticket of the same app"
    )]
    OtherApp {
        /// The app of the ticket.
        signed: u64,
        /// The app of the login.
        asked: u64,
    },
    /// Signed for another user.
    #[error("the ticket is signed for another user: request a ticket for the user id that logs in")]
    OtherUser,
    /// Not signed with a key of the app, or changed since.
    #[error(
        "the ticket's signature does not fit: sign it with this app's current secret key, and pass it unchanged"
    )]
    Signature,
    /// The lifetime is over.
    #[error("the ticket expired at {at_secs}, it is {now_secs} (Unix seconds): request a new ticket")]
    Expired {
        /// The last second at which it was valid.
        at_secs: u64,
        /// The gateway's second.
        now_secs: u64,
    },
}

impl Refusal {
    /// Its number in the code table.
    pub fn code(self) -> Code {
        match self {
            Refusal::Empty => codes::ERR_SVR_ACCOUNT_USERSIG_EMPTY,
            Refusal::TextTooLong { .. }
            | Refusal::Alphabet { .. }
            | Refusal::Padding
            | Refusal::Compression
            | Refusal::DocumentTooLong { .. }
            | Refusal::Json { .. }
            | Refusal::Duplicate(_)
            | Refusal::Missing(_)
            | Refusal::Form(_)
            | Refusal::Version
            | Refusal::NoLifetime
            | Refusal::Overflow
            | Refusal::SignedAhead { .. }
            | Refusal::UserId => codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED,
            Refusal::UnknownApp { .. } => codes::ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND,
            Refusal::OtherApp { .. } => codes::ERR_SVR_ACCOUNT_USERSIG_MISMATCH_SDKAPPID,
            Refusal::OtherUser => codes::ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID,
            Refusal::Signature => codes::ERR_SVR_ACCOUNT_USERSIG_MISMATCH_PUBLICKEY,
            Refusal::Expired { .. } => codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::new(refusal.code(), refusal.to_string())
    }
}

/// A field of a ticket's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The version of the format.
    Ver,
    /// The user.
    Identifier,
    /// The app.
    SdkAppId,
    /// When it was signed, in Unix seconds.
    Time,
    /// How long it is valid, in seconds.
    Expire,
    /// Signed bytes of the app's own.
    UserBuf,
    /// The signature.
    Sig,
}

impl Field {
    /// Its name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Field::Ver => "TLS.ver",
            Field::Identifier => "TLS.identifier",
            Field::SdkAppId => "TLS.sdkappid",
            Field::Time => "TLS.time",
            Field::Expire => "TLS.expire",
            Field::UserBuf => "TLS.userbuf",
            Field::Sig => "TLS.sig",
        }
    }

    /// The form that its value must have.
    fn form(self) -> &'static str {
        match self {
            Field::Ver | Field::Identifier => "a string",
            Field::SdkAppId | Field::Time => "a plain number of 0 or more",
            Field::Expire => "a plain number",
            Field::UserBuf => "bytes in base64",
            Field::Sig => "32 bytes in base64",
        }
    }

    /// The field of that name.
    pub(super) fn named(name: &[u8]) -> Option<Field> {
        Some(match name {
            b"TLS.ver" => Field::Ver,
            b"TLS.identifier" => Field::Identifier,
            b"TLS.sdkappid" => Field::SdkAppId,
            b"TLS.time" => Field::Time,
            b"TLS.expire" => Field::Expire,
            b"TLS.userbuf" => Field::UserBuf,
            b"TLS.sig" => Field::Sig,
            _ => return None,
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

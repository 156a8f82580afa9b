//! What the command leaves behind: lines, and how it ends.
//!
//! Lines are written and not printed, because printing panics when the reader of a pipe has gone.

use std::io::Write;

/// How a subcommand ends. The numbers are in the help text and in `docs/cli.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The answer is no.
    Refused = 1,
    /// Arguments that clap cannot judge.
    Usage = 2,
    /// Nobody answers.
    Unreachable = 3,
    /// Configuration, keys, store or address.
    Configuration = 4,
}

/// Why a subcommand did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the command ends.
    pub(crate) exit: Exit,
    /// What happened and what to do, for a person; empty if everything has been said. Never holds a secret.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into() }
    }
}

/// The end of a subcommand.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A line of the result, on standard output.
pub(crate) fn line(text: &str) {
    // A reader that has gone has what it wanted (`tessera audit | head`).
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A line beside the result, on standard error.
pub(crate) fn note(text: &str) {
    // There is nowhere left to report that this failed.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Unix seconds as people read a time.
pub(crate) fn moment(seconds: u64) -> String {
    let time =
        i64::try_from(seconds).ok().and_then(|secs| time::OffsetDateTime::from_unix_timestamp(secs).ok());
    let text = time.and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok());
    text.unwrap_or_else(|| format!("second {seconds}"))
}

/// The time now, in Unix milliseconds.
pub(crate) fn now() -> tessera_core::time::Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    tessera_core::time::Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

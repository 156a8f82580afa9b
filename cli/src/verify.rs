//! `tessera verify`: what a gateway would say to a ticket, without a gateway. Accounts, kicks and disables are not
//! known here, so a good ticket can still be refused there (70051, 70052).

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::ticket::{Claims, Key, Limits, Refusal, Scratch, decode};
use tessera_core::time::Millis;

use crate::output::{self, Exit, Failure, Outcome};

/// Longer than every ticket; the check itself says how long one may be.
const INPUT_BYTES_MAX: u64 = 64 * 1024;

/// Checks a ticket (UserSig) as a gateway does, and says which check failed.
#[derive(Args)]
pub(crate) struct Verify {
    /// The SDKAppID of the login.
    #[arg(long)]
    app: u64,
    /// A file that holds a secret key of the app; several times for several keys.
    #[arg(long, value_name = "FILE", env = "TESSERA_KEY_FILE", required = true)]
    key_file: Vec<PathBuf>,
    /// The user of the login.
    #[arg(long)]
    user: String,
    /// The Unix second to check at; now unless given.
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
    /// One JSON object instead of a sentence.
    #[arg(long)]
    json: bool,
    /// The ticket; without it, it is read from standard input.
    ticket: Option<String>,
}

impl Verify {
    pub(crate) fn run(self) -> Outcome {
        let keys = self.key_file.iter().map(|path| crate::key::read(path)).collect::<Outcome<Vec<_>>>()?;
        let ticket = match &self.ticket {
            Some(ticket) => ticket.clone(),
            None => from_standard_input()?,
        };
        let now = self.at.map_or_else(output::now, Millis::from_secs);
        let limits = GatewayLimits::default();
        let mut scratch = Scratch::new(Limits::default());
        let ahead_max = Millis(limits.ticket_ahead_ms);
        let document =
            decode(ticket.trim(), &mut scratch).and_then(|read| read.check_document(now, ahead_max));
        let (claims, refusal) = match document {
            Ok(claims) => (Some(claims), self.refusal(&claims, &keys, now)),
            Err(refusal) => (None, Some(refusal)),
        };
        self.show(claims.as_ref(), refusal, now);
        match refusal {
            None => Ok(()),
            // The answer has been printed.
            Some(_) => Err(Failure::new(Exit::Refused, "")),
        }
    }

    fn refusal(&self, claims: &Claims<'_>, keys: &[Key], now: Millis) -> Option<Refusal> {
        claims.check(self.app, &self.user, keys, now).err()
    }

    fn show(&self, claims: Option<&Claims<'_>>, refusal: Option<Refusal>, now: Millis) {
        if self.json {
            return output::line(&self.object(claims, refusal).to_string());
        }
        match (refusal, claims) {
            (Some(refusal), _) => {
                let name = refusal.code().row().map_or("", |row| row.name);
                let (check, code) = (failed_check(refusal), refusal.code());
                output::line(&format!("refused by the check of the {check}: {code} {name}: {refusal}"));
            }
            (None, Some(claims)) => {
                let ends = claims.lifetime().expires_at().as_secs();
                let left = ends.saturating_sub(now.as_secs());
                let (user, app) = (claims.user(), claims.app());
                let ends = output::moment(ends);
                output::line(&format!("good: user {user} of app {app}, until {ends} ({left} s left)"));
            }
            (None, None) => {}
        }
    }

    fn object(&self, claims: Option<&Claims<'_>>, refusal: Option<Refusal>) -> Value {
        let mut object = json!({ "valid": refusal.is_none() });
        if let Some(refusal) = refusal {
            object["check"] = json!(failed_check(refusal));
            object["code"] = json!(refusal.code().0);
            object["name"] = json!(refusal.code().row().map(|row| row.name));
            object["desc"] = json!(refusal.to_string());
        }
        if let Some(claims) = claims {
            object["app"] = json!(claims.app());
            object["user"] = json!(claims.user());
            object["time"] = json!(claims.lifetime().time_secs());
            object["expire"] = json!(claims.lifetime().expire_secs());
        }
        object
    }
}

/// The check that a ticket did not pass, in the order in which a gateway makes them.
fn failed_check(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Empty
        | Refusal::TextTooLong { .. }
        | Refusal::Alphabet { .. }
        | Refusal::Padding
        | Refusal::Compression
        | Refusal::DocumentTooLong { .. } => "text",
        Refusal::Json { .. }
        | Refusal::Duplicate(_)
        | Refusal::Missing(_)
        | Refusal::Form(_)
        | Refusal::Version
        | Refusal::NoLifetime
        | Refusal::Overflow
        | Refusal::SignedAhead { .. }
        | Refusal::UserId => "document",
        Refusal::UnknownApp { .. } | Refusal::OtherApp { .. } => "app",
        Refusal::OtherUser => "user",
        Refusal::Signature => "signature",
        Refusal::Expired { .. } => "expiry",
    }
}

fn from_standard_input() -> Outcome<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(INPUT_BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        Failure::new(Exit::Usage, format!("the ticket cannot be read from standard input: {error}"))
    })?;
    Ok(text)
}

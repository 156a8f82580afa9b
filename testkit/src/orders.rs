//! What a program asks of the gateway in lines of text, for suites and samples of languages that have no test kit of
//! their own.
//!
//! | Order | Answer |
//! |---|---|
//! | `url`, `url NAME` | the gateway's address; for a name, that of a client's own network |
//! | `fault NAME FAULT` | that network is disturbed: `cut` once; `down`, `refuse`, `stall` until `restore` |
//! | `sign USER SECONDS`, `sign USER SECONDS MS` | a ticket from now, or from a time |
//! | `kick USER` | all its sessions end; when a ticket has to be signed at the earliest to be good again |
//! | `disable USER`, `enable USER` | the account is disabled, or no longer |
//! | `expire USER` | its sessions end as if their tickets had expired |
//! | `expires USER` | when the ticket of its session does; the first one's, if there are several |
//! | `sessions USER` | how many it has |
//! | `sessions USER N`, `connected USER N` | waits for so many, 10 s at most |
//! | `logins` | how many there were |
//! | `now` | the gateway's clock |
//! | `clock MS` | moves it by so much, forwards or back, and tells connected clients |
//! | `restart` | it ends and starts again |
//!
//! Times are in milliseconds, those of a clock of Unix time.

use std::time::Duration;

use tessera_core::time::Millis;

use crate::blocking::{Condition, Error, Fault, Gateway};

const PATIENCE: Duration = Duration::from_secs(30);

/// Carries an order out, and says in a line what came of it: `ok`, with an answer if there is one, or `error` and why.
pub fn answer(gateway: &Gateway, order: &str) -> String {
    match carry_out(gateway, order) {
        Ok(text) => format!("ok {text}").trim_end().to_owned(),
        Err(error) => format!("error {error}"),
    }
}

fn carry_out(gateway: &Gateway, order: &str) -> Result<String, Error> {
    let words: Vec<&str> = order.split_whitespace().collect();
    let nothing = |()| String::new();
    match words[..] {
        ["url"] => gateway.url(),
        ["url", client] => gateway.url_of(client),
        ["fault", client, name] => gateway.fault(client, fault(name)?).map(nothing),
        ["sign", user, secs] => sign(gateway, user, secs, None),
        ["sign", user, secs, at_ms] => sign(gateway, user, secs, Some(Millis(number(at_ms)?))),
        ["kick", user] => gateway.kick(user).map(|sign_after| sign_after.0.to_string()),
        ["disable", user] => gateway.disable(user).map(nothing),
        ["enable", user] => gateway.enable(user).map(nothing),
        ["expire", user] => gateway.expire_now(user).map(nothing),
        ["expires", user] => expires(gateway, user),
        ["sessions", user] => gateway.sessions(user).map(|sessions| sessions.len().to_string()),
        ["sessions", user, count] => {
            let (user, count) = (user.to_owned(), number(count)?);
            gateway.wait_until(Condition::Sessions { user, count }, PATIENCE).map(nothing)
        }
        ["connected", user, count] => {
            let (user, count) = (user.to_owned(), number(count)?);
            gateway.wait_until(Condition::Connected { user, count }, PATIENCE).map(nothing)
        }
        ["logins"] => gateway.logins().map(|logins| logins.to_string()),
        ["now"] => Ok(gateway.now().0.to_string()),
        ["clock", by_ms] => gateway.move_clock(number(by_ms)?).map(nothing),
        ["restart"] => gateway.restart().map(nothing),
        _ => Err(Error::Argument(format!("there is no order {order:?}"))),
    }
}

fn expires(gateway: &Gateway, user: &str) -> Result<String, Error> {
    let first = gateway.sessions(user)?.into_iter().map(|session| session.expires).min();
    first
        .map(|expires| expires.0.to_string())
        .ok_or_else(|| Error::Argument(format!("{user:?} has no session")))
}

fn sign(gateway: &Gateway, user: &str, secs: &str, at: Option<Millis>) -> Result<String, Error> {
    Ok(gateway.sign(user, number(secs)?, at)?.expose().to_owned())
}

fn fault(name: &str) -> Result<Fault, Error> {
    match name {
        "cut" => Ok(Fault::Cut),
        "down" => Ok(Fault::Down),
        "refuse" => Ok(Fault::Refuse),
        "stall" => Ok(Fault::Stall),
        "restore" => Ok(Fault::Restore),
        _ => Err(Error::Argument(format!("there is no fault {name:?}"))),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Argument(format!("{text:?} is no number")))
}

//! The test gateway as a program, for suites and samples of languages that have no test kit of their own: a line in, a
//! line out. It ends when its input does.
//!
//! ```text
//! < ok 1400000001                      the app, once the gateway listens
//! > url phone                          a client's own network, by a name; without a name, one that is not disturbed
//! < ok ws://127.0.0.1:40111
//! > sign alice 60                      a ticket that is good for so many seconds
//! < ok eJyr…
//! > kick alice
//! < ok 1764140401000                   when a ticket has to be signed at the earliest to be good again
//! > expires alice
//! < ok 1764140461000                   when the ticket of the user's session does
//! > fault phone cut
//! < ok
//! > clock 60000                        moves the gateway's clock, which tells connected clients
//! < ok
//! > sessions bob 1                     waits, 10 s at most
//! < error waited for 1 sessions of bob, but there was 0
//! ```
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;
use std::time::Duration;

use tessera_core::time::Millis;
use tessera_testkit::Options;
use tessera_testkit::blocking::{Condition, Error, Fault, Gateway};

const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let gateway = match Gateway::start(Options::default()) {
        Ok(gateway) => gateway,
        Err(error) => {
            println!("error {error}");
            return ExitCode::FAILURE;
        }
    };
    say(&Ok(gateway.app().to_string()));
    for line in stdin().lock().lines().map_while(Result::ok) {
        say(&carry_out(&gateway, &line));
    }
    gateway.stop();
    ExitCode::SUCCESS
}

fn say(answer: &Result<String, Error>) {
    match answer {
        Ok(text) => println!("{}", format!("ok {text}").trim_end()),
        Err(error) => println!("error {error}"),
    }
    // Whoever does not read any more has ended, and so will the input.
    let _ = stdout().flush();
}

fn carry_out(gateway: &Gateway, line: &str) -> Result<String, Error> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let nothing = |()| String::new();
    match words[..] {
        ["url"] => gateway.url(),
        ["url", client] => gateway.url_of(client),
        ["sign", user, secs] => sign(gateway, user, secs, None),
        ["sign", user, secs, at_ms] => sign(gateway, user, secs, Some(Millis(number(at_ms)?))),
        ["kick", user] => gateway.kick(user).map(|sign_after| sign_after.0.to_string()),
        ["disable", user] => gateway.disable(user).map(nothing),
        ["enable", user] => gateway.enable(user).map(nothing),
        ["expire", user] => gateway.expire_now(user).map(nothing),
        ["expires", user] => expires(gateway, user),
        ["fault", client, name] => gateway.fault(client, fault(name)?).map(nothing),
        ["restart"] => gateway.restart().map(nothing),
        ["clock", by_ms] => gateway.move_clock(number(by_ms)?).map(nothing),
        ["now"] => Ok(gateway.now().0.to_string()),
        ["logins"] => gateway.logins().map(|logins| logins.to_string()),
        ["sessions", user, count] => {
            let (user, count) = (user.to_owned(), number(count)?);
            gateway.wait_until(Condition::Sessions { user, count }, PATIENCE).map(nothing)
        }
        ["connected", user, count] => {
            let (user, count) = (user.to_owned(), number(count)?);
            gateway.wait_until(Condition::Connected { user, count }, PATIENCE).map(nothing)
        }
        _ => Err(Error::Argument(format!("there is no command {line:?}"))),
    }
}

/// When the ticket of a user's session expires; the first one's, if there are several.
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

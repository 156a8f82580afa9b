//! One of the vendor's libraries as a process that reads a request and writes an answer on each line.
//!
//! Requests are `{op, app, key, user, expire, userbuf}` with `op` "sign", answered by `{ticket}`, or with `op` "check"
//! and `time` and `ticket` too, answered by `{}`. `userbuf` is hexadecimal or null. `{error}` answers what failed.

use std::fmt;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::{Value, json};
use tessera_core::ticket::{Key, Limits, Scratch, decode, sign};
use tessera_core::time::Millis;

use crate::cases::{Case, hex};

/// Which of the libraries.
#[derive(Clone, Copy)]
pub(crate) enum Library {
    Python,
    Node,
}

impl Library {
    /// The option that tells where it is.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Library::Python => "--python PATH",
            Library::Node => "--node-modules DIR",
        }
    }
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Library::Python => "python",
            Library::Node => "node",
        })
    }
}

/// A library, and where it is.
pub(crate) struct Vendor<'a> {
    pub(crate) library: Library,
    pub(crate) place: &'a str,
}

impl Vendor<'_> {
    /// Lets it sign, and checks the tickets. One result for each case.
    pub(crate) fn sign(&self, cases: &[Case]) -> Vec<Result<(), String>> {
        let earliest = now();
        let mut scratch = Scratch::new(Limits::default());
        let requests = cases.iter().map(|case| request("sign", case)).collect();
        let mut answers = self.ask(requests);
        cases
            .iter()
            .map(|case| {
                let answer = answers.next().unwrap_or(Err("no answer".into()))?;
                let ticket = answer["ticket"].as_str().ok_or("an answer without a ticket")?;
                accept(case, ticket, earliest, &mut scratch)
            })
            .collect()
    }

    /// Signs, and lets it check the tickets. One result for each case.
    pub(crate) fn check(&self, cases: &[Case]) -> Vec<Result<(), String>> {
        let now = now();
        let requests: Result<Vec<Value>, String> = cases
            .iter()
            .map(|case| {
                let mut request = request("check", case);
                request["time"] = json!(now.as_secs());
                request["ticket"] = json!(signed(case, now)?);
                Ok(request)
            })
            .collect();
        let mut answers = match requests {
            Ok(requests) => self.ask(requests),
            Err(why) => return vec![Err(why)],
        };
        cases.iter().map(|_| answers.next().unwrap_or(Err("no answer".into())).map(|_| ())).collect()
    }

    /// The answers, in the order of the requests; fewer if the process ends early.
    ///
    /// A thread writes while this one reads, so that neither pipe can fill up for ever.
    fn ask(&self, requests: Vec<Value>) -> impl Iterator<Item = Result<Value, String>> + use<> {
        let mut child = match self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => return vec![Err(format!("{} does not start: {error}", self.place))].into_iter(),
        };
        let input = child.stdin.take().expect("it was asked for");
        let output = child.stdout.take().expect("it was asked for");
        let writer = std::thread::spawn(move || {
            let mut input = BufWriter::new(input);
            // A process that ended early is seen by its missing answers.
            let _ended = requests.iter().try_for_each(|request| writeln!(input, "{request}"));
        });
        let answers: Vec<_> =
            BufReader::new(output).lines().map_while(Result::ok).map(|line| read(&line)).collect();
        writer.join().expect("the writer does not panic");
        if let Err(error) = child.wait() {
            eprintln!("{}: {error}", self.library);
        }
        answers.into_iter()
    }

    fn command(&self) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        match self.library {
            Library::Python => {
                let mut command = Command::new(self.place);
                // Nothing of a run is left in the checkout.
                command.arg("-B").arg(folder.join("vendor.py"));
                command
            }
            Library::Node => {
                let mut command = Command::new("node");
                command.arg(folder.join("vendor.mjs")).arg(self.place);
                command
            }
        }
    }
}

fn request(op: &str, case: &Case) -> Value {
    json!({
        "op": op,
        "app": case.app,
        "key": case.key,
        "user": case.user,
        "expire": case.expire_secs,
        "userbuf": case.userbuf.as_deref().map(hex),
    })
}

fn read(line: &str) -> Result<Value, String> {
    let answer: Value = serde_json::from_str(line).map_err(|error| format!("not an answer: {error}"))?;
    match answer.get("error") {
        Some(error) => Err(error.to_string()),
        None => Ok(answer),
    }
}

/// Checks a ticket of the library: accepted, and saying what it was asked to say.
fn accept(case: &Case, ticket: &str, earliest: Millis, scratch: &mut Scratch) -> Result<(), String> {
    let now = now();
    let key = Key::new(&case.key).map_err(|error| error.to_string())?;
    let claims = decode(ticket, scratch)
        .and_then(|decoded| decoded.check_document(now, Millis::ZERO))
        .map_err(|refusal| refusal.to_string())?;
    claims.check(case.app, &case.user, &[key], now).map_err(|refusal| refusal.to_string())?;
    let time_secs = claims.lifetime().time_secs();
    if !(earliest.as_secs()..=now.as_secs()).contains(&time_secs) {
        return Err(format!("signed at {time_secs}, which is not during this run"));
    }
    if claims.lifetime().expire_secs() != case.expire_secs || claims.userbuf() != case.userbuf.as_deref() {
        return Err("lifetime or userbuf differ".into());
    }
    Ok(())
}

fn signed(case: &Case, now: Millis) -> Result<String, String> {
    let key = Key::new(&case.key).map_err(|error| error.to_string())?;
    let ticket = sign(&key, case.app, &case.user, now, case.expire_secs, case.userbuf.as_deref())
        .map_err(|error| error.to_string())?;
    Ok(ticket.expose().to_owned())
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

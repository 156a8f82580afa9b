//! `tessera-with-gateway -- <program> [argument…]`: runs a program of any language beside a test gateway of its own.
//!
//! The program finds the gateway by its environment (`TESSERA_SERVER_URL`, `TESSERA_ALLOW_PLAIN`, `TESSERA_DEVICE_DIR`),
//! as every Tessera client does. In its arguments `{app}` becomes the app's id and `{ticket:alice}` a ticket for alice.
//! What it writes on standard output is passed on, but for lines that begin with `@`: those ask the gateway, and the
//! answer, `ok …` or `error …`, is the next line on the program's standard input. [`USAGE`] lists them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use tessera_testkit::{APP, Options, TestGateway};
use tokio::runtime::Runtime;

const USAGE: &str = "usage: tessera-with-gateway [--limit NAME=NUMBER]… -- <program> [argument…]

{app} and {ticket:USER} in the arguments are replaced. Lines that the program may write:
  @ticket USER SECONDS    a ticket from now
  @ticket_at USER MS S    a ticket from a time in milliseconds of Unix time
  @kick USER              ends all sessions of the user; answers when a new ticket is good, in milliseconds
  @expire USER            ends the user's sessions as their tickets' expiry does
  @disable USER           disables the account; @enable USER takes that back
  @url NAME               the URL through a network of its own
  @cut NAME               cuts that network once; @refuse NAME until @restore NAME
  @sessions USER          how many sessions the user has
  @time                   the gateway's time in milliseconds
  @restart                ends the gateway and starts it again";
/// How long a ticket in an argument is good.
const TICKET_SECS: u64 = 86_400;

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("tessera-with-gateway: {message}");
            ExitCode::from(125)
        }
    }
}

fn run(mut arguments: Vec<String>) -> Result<u8, String> {
    let split = arguments.iter().position(|argument| argument == "--").ok_or(USAGE)?;
    let mut program = arguments.split_off(split + 1);
    arguments.pop();
    let options = options(&arguments)?;
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let mut gateway = runtime.block_on(TestGateway::start(options)).map_err(|error| error.to_string())?;
    for argument in &mut program {
        *argument = filled(argument, &gateway);
    }
    let (program, arguments) = program.split_first().ok_or(USAGE)?;
    let devices = DeviceFolder::new()?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("TESSERA_SERVER_URL", gateway.url())
        .env("TESSERA_ALLOW_PLAIN", "true")
        .env("TESSERA_DEVICE_DIR", &devices.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    let mut input = child.stdin.take().ok_or("the program has no input")?;
    let output = child.stdout.take().ok_or("the program has no output")?;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Some(request) = line.strip_prefix('@') else {
            println!("{line}");
            continue;
        };
        let answer = match runtime.block_on(answer(&mut gateway, request)) {
            Ok(answer) => format!("ok {answer}"),
            Err(error) => format!("error {error}"),
        };
        // A program that is gone wants no answer; its exit code follows.
        let _ = writeln!(input, "{}", answer.trim_end());
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    runtime.block_on(gateway.stop());
    match status.code() {
        Some(code) => Ok(u8::try_from(code).unwrap_or(1)),
        None => Err(format!("{program} ended with {status}")),
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else { return Err(USAGE.to_owned()) };
        let (name, number) = value.split_once('=').filter(|_| flag == "--limit").ok_or(USAGE)?;
        let number = number.parse().map_err(|_| format!("{value}: not a number"))?;
        options.limits.insert(name.to_owned(), number);
    }
    Ok(options)
}

fn filled(argument: &str, gateway: &TestGateway) -> String {
    match argument.strip_prefix("{ticket:").and_then(|rest| rest.strip_suffix('}')) {
        Some(user) => gateway.sign(user, TICKET_SECS).expose().to_owned(),
        None => argument.replace("{app}", &APP.to_string()),
    }
}

async fn answer(gateway: &mut TestGateway, request: &str) -> Result<String, String> {
    let words: Vec<&str> = request.split_whitespace().collect();
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text}: not a number"));
    let done = |result: Result<(), tessera_core::error::Error>| {
        result.map(|()| String::new()).map_err(|error| error.to_string())
    };
    match words[..] {
        ["ticket", user, secs] => Ok(gateway.sign(user, number(secs)?).expose().to_owned()),
        ["ticket_at", user, ms, secs] => {
            let time = tessera_core::time::Millis(number(ms)?);
            Ok(gateway.sign_at(user, time, number(secs)?).expose().to_owned())
        }
        ["kick", user] => {
            let after = gateway.kick(user).await.map_err(|error| error.to_string())?;
            Ok(after.0.to_string())
        }
        ["expire", user] => done(gateway.expire_now(user).await),
        ["disable", user] => done(gateway.set_disabled(user, true).await),
        ["enable", user] => done(gateway.set_disabled(user, false).await),
        ["url", name] => gateway.url_of(name).await.map_err(|error| error.to_string()),
        ["cut" | "refuse" | "restore", name] => {
            let network = gateway.network(name).ok_or("there is no network of that name")?;
            match words[0] {
                "cut" => network.cut(),
                "refuse" => network.refuse(),
                _ => network.restore(),
            }
            Ok(String::new())
        }
        ["sessions", user] => {
            let sessions = gateway.sessions(user).await.map_err(|error| error.to_string())?;
            Ok(sessions.len().to_string())
        }
        ["time"] => Ok(gateway.now().0.to_string()),
        ["restart"] => gateway.restart().await.map(|()| String::new()).map_err(|error| error.to_string()),
        _ => Err(USAGE.to_owned()),
    }
}

/// A folder for the device id, so that the program's does not mix with that of the user's own programs.
struct DeviceFolder(std::path::PathBuf);

impl DeviceFolder {
    fn new() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("tessera-with-gateway-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(DeviceFolder(folder))
    }
}

impl Drop for DeviceFolder {
    fn drop(&mut self) {
        // What is left behind in a folder for temporary files hurts nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

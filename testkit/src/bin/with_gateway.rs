//! `tessera-with-gateway [--] <program> [argument…]`: runs a program of any language beside a test gateway of its own.
//!
//! The program finds the gateway by its environment (`TESSERA_SERVER_URL`, `TESSERA_ALLOW_PLAIN`, `TESSERA_DEVICE_DIR`),
//! as every Tessera client does. In its arguments `{app}` becomes the app's id and `{ticket:alice}` a ticket for alice.
//! What it writes on standard output is passed on, but for lines that begin with `@`: those are orders to the gateway
//! ([`tessera_testkit::orders`]), and the answer, `ok …` or `error …`, is the next line on the program's standard input.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use tessera_testkit::blocking::{Error, Gateway};
use tessera_testkit::{Options, orders};

const USAGE: &str = "usage: tessera-with-gateway [--limit NAME=NUMBER]… [--] <program> [argument…]

{app} and {ticket:USER} in the arguments are replaced. Lines of output that begin with @ are orders to the gateway, such
as `@kick alice`; the documentation of tessera_testkit::orders lists them.";
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

fn run(arguments: Vec<String>) -> Result<u8, String> {
    let mut arguments = arguments.into_iter().peekable();
    let mut options = Options::default();
    while arguments.next_if(|argument| argument == "--limit").is_some() {
        let (name, number) = limit(&arguments.next().ok_or(USAGE)?)?;
        options.limits.insert(name, number);
    }
    // None is left if cargo was to run this: it takes that one for itself.
    let _ = arguments.next_if(|argument| argument == "--");
    let mut program: Vec<String> = arguments.collect();
    let gateway = Gateway::start(options).map_err(|error| error.to_string())?;
    for argument in &mut program {
        *argument = filled(argument, &gateway).map_err(|error| error.to_string())?;
    }
    let (program, arguments) = program.split_first().ok_or(USAGE)?;
    let devices = DeviceFolder::new()?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("TESSERA_SERVER_URL", gateway.url().map_err(|error| error.to_string())?)
        .env("TESSERA_ALLOW_PLAIN", "true")
        .env("TESSERA_DEVICE_DIR", &devices.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    let mut input = child.stdin.take().ok_or("the program has no input")?;
    let output = child.stdout.take().ok_or("the program has no output")?;
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Some(order) = line.strip_prefix('@') else {
            println!("{line}");
            continue;
        };
        // A program that is gone wants no answer; its exit code follows.
        let _ = writeln!(input, "{}", orders::answer(&gateway, order));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    gateway.stop();
    match status.code() {
        Some(code) => Ok(u8::try_from(code).unwrap_or(1)),
        None => Err(format!("{program} ended with {status}")),
    }
}

fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, number) = text.split_once('=').ok_or(USAGE)?;
    let number = number.parse().map_err(|_| format!("{text}: not a number"))?;
    Ok((name.to_owned(), number))
}

fn filled(argument: &str, gateway: &Gateway) -> Result<String, Error> {
    match argument.strip_prefix("{ticket:").and_then(|rest| rest.strip_suffix('}')) {
        Some(user) => Ok(gateway.sign(user, TICKET_SECS, None)?.expose().to_owned()),
        None => Ok(argument.replace("{app}", &gateway.app().to_string())),
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

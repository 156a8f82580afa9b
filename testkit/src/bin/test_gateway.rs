//! The test gateway as a program: an order on a line in ([`tessera_testkit::orders`]), its answer on a line out. It ends
//! when its input does.
//!
//! ```text
//! < ok 1400000001                      the app, once the gateway listens
//! > url phone
//! < ok ws://127.0.0.1:40111
//! > sign alice 60
//! < ok eJyr…
//! > sessions bob 1
//! < error waited for 1 sessions of bob, but there was 0
//! ```
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;

use tessera_testkit::blocking::Gateway;
use tessera_testkit::{Options, orders};

fn main() -> ExitCode {
    let gateway = match Gateway::start(Options::default()) {
        Ok(gateway) => gateway,
        Err(error) => {
            println!("error {error}");
            return ExitCode::FAILURE;
        }
    };
    say(&format!("ok {}", gateway.app()));
    for line in stdin().lock().lines().map_while(Result::ok) {
        say(&orders::answer(&gateway, &line));
    }
    gateway.stop();
    ExitCode::SUCCESS
}

fn say(line: &str) {
    println!("{line}");
    // Whoever does not read any more has ended, and so will the input.
    let _ = stdout().flush();
}

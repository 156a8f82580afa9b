//! Tickets exchanged with the vendor's own libraries, both ways.
//!
//! Each library signs random tickets that ours must accept with the same claims, and checks random tickets of ours
//! with its own signature function. It installs nothing: it is told where the libraries are, and a library that it
//! is not told of is skipped, and says so. Not a test of refusals, which the libraries do not have.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod cases;
mod vendor;

use std::process::ExitCode;
use std::time::SystemTime;

use cases::{Case, Random};
use vendor::{Library, Vendor};

const USAGE: &str = "\
usage: tessera-interop [--python PATH] [--node-modules DIR] [--count N | --full] [--seed N]

  --python PATH       a Python that has tls-sig-api-v2 (requirements.txt)
  --node-modules DIR  a node_modules folder that has tls-sig-api-v2 (package.json)
  --count N           tickets for each library and direction, default 2000
  --full              100000 of them
  --seed N            the tickets of an earlier run";

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("{} tickets for each library and direction, seed {}", options.count, options.seed);
    let mut total = Tally::default();
    for (library, place) in [(Library::Python, &options.python), (Library::Node, &options.node_modules)] {
        let tally = match place {
            Some(place) => exchange(library, place, &options),
            None => {
                println!("{library}: skipped, not told where it is ({})", library.option());
                Tally { skipped: 2 * options.count, ..Tally::default() }
            }
        };
        total.add(&tally);
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Both directions with one library.
fn exchange(library: Library, place: &str, options: &Options) -> Tally {
    let mut random = Random::new(options.seed);
    let cases: Vec<Case> = (0..options.count).map(|_| Case::random(&mut random)).collect();
    let vendor = Vendor { library, place };
    let mut total = Tally::default();
    for (direction, results) in
        [("signs, we check", vendor.sign(&cases)), ("checks what we sign", vendor.check(&cases))]
    {
        let tally = Tally::of(direction, library, results);
        println!("{library} {direction}: {} passed, {} failed", tally.passed, tally.failed);
        total.add(&tally);
    }
    total
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    /// Counts, and prints the first failures; the rest is most often the same.
    fn of(direction: &str, library: Library, results: Vec<Result<(), String>>) -> Tally {
        let mut tally = Tally::default();
        for (at, result) in results.into_iter().enumerate() {
            match result {
                Ok(()) => tally.passed += 1,
                Err(why) => {
                    tally.failed += 1;
                    if tally.failed <= 5 {
                        println!("{library} {direction}: ticket {at}: {why}");
                    }
                }
            }
        }
        tally
    }

    fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

struct Options {
    python: Option<String>,
    node_modules: Option<String>,
    count: usize,
    seed: u64,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options =
            Options { python: None, node_modules: None, count: 2_000, seed: seed_of_the_clock() };
        while let Some(name) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--python" => options.python = Some(value()?),
                "--node-modules" => options.node_modules = Some(value()?),
                "--count" => options.count = number(&name, &value()?)?,
                "--full" => options.count = 100_000,
                "--seed" => options.seed = number(&name, &value()?)?,
                _ => return Err(format!("{name} is not an option")),
            }
        }
        Ok(options)
    }
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{name} {value} is not a number in its range"))
}

fn seed_of_the_clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

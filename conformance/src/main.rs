//! `tessera-conformance <language> -- <driver command>`: every scenario through one language's driver.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::path::PathBuf;
use std::process::ExitCode;

use tessera_conformance::real_stage::{Outcome, Pool, play_all};
use tessera_conformance::scenario::Scenario;

const USAGE: &str = "usage: tessera-conformance [--only NAME] <language> -- <driver command line>";
/// Scenarios wait more than they work.
const SIDE_BY_SIDE: usize = 12;

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: Vec<String>) -> Result<bool, String> {
    let only = match arguments.first() {
        Some(flag) if flag == "--only" && arguments.len() > 1 => {
            arguments.remove(0);
            Some(arguments.remove(0))
        }
        Some(_) | None => None,
    };
    let split = arguments.iter().position(|argument| argument == "--").ok_or(USAGE)?;
    let command = arguments.split_off(split + 1);
    let language = arguments.first().filter(|_| split == 1 && !command.is_empty()).ok_or(USAGE)?;

    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut scenarios = Scenario::read_all(&folder)?;
    scenarios.retain(|scenario| only.as_ref().is_none_or(|name| *name == scenario.name));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let pool = Pool::new(command);
    let outcomes = play_all(&scenarios, &pool, runtime.handle(), SIDE_BY_SIDE);
    Ok(print(language, &scenarios, &outcomes))
}

/// The support matrix of one language; true if nothing failed.
fn print(language: &str, scenarios: &[Scenario], outcomes: &[Outcome]) -> bool {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (scenario, outcome) in scenarios.iter().zip(outcomes) {
        let clauses = scenario.clauses.join(" ");
        match outcome {
            Outcome::Passed(time) => {
                passed += 1;
                println!("{language:<8} ok      {:<42} {:>5} ms  {clauses}", scenario.name, time.as_millis());
            }
            Outcome::Failed(what) => {
                failed += 1;
                println!("{language:<8} FAILED  {:<42} {what}", scenario.name);
            }
            Outcome::Skipped(reason) => {
                skipped += 1;
                println!("{language:<8} not run {:<42} {reason}", scenario.name);
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}

//! The `tessera` command: arguments, and the exit code of the subcommand that they name.
//!
//! No rule of the product is in it. Results go to standard output, everything else to standard error.

mod admin;
mod bench;
mod completions;
mod demo;
mod key;
mod login;
mod output;
mod progress;
mod serve;
mod sign;
mod signals;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::output::{Failure, Outcome};

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `verify`: the ticket is good
  1  the answer is no: the ticket or the request is refused, or a second signal cut the end short
  2  wrong arguments
  3  the gateway cannot be reached
  4  the configuration, a key, the store or the address cannot be used";

/// Runs a Tessera gateway, signs and checks tickets, and speaks to a gateway's admin endpoint.
#[derive(Parser)]
#[command(name = "tessera", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Sign(sign::Sign),
    Verify(verify::Verify),
    Login(login::Login),
    Bench(bench::Bench),
    Apps(admin::Apps),
    Sessions(admin::Sessions),
    Kick(admin::Kick),
    Disable(admin::Disable),
    Enable(admin::Enable),
    Policy(admin::Policy),
    Active(admin::Active),
    Audit(admin::Audit),
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Demo(demo) => demo.run(),
        Command::Sign(sign) => sign.run(),
        Command::Verify(verify) => verify.run(),
        Command::Login(login) => login.run(),
        Command::Bench(bench) => bench.run(),
        Command::Apps(apps) => apps.run(),
        Command::Sessions(sessions) => sessions.run(),
        Command::Kick(kick) => kick.run(),
        Command::Disable(disable) => disable.run(),
        Command::Enable(enable) => enable.run(),
        Command::Policy(policy) => policy.run(),
        Command::Active(active) => active.run(),
        Command::Audit(audit) => audit.run(),
        Command::Completions(completions) => completions.run::<Arguments>(),
    };
    finish(outcome)
}

fn finish(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { exit, message }) => {
            if !message.is_empty() {
                output::note(&format!("tessera: {message}"));
            }
            ExitCode::from(exit as u8)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

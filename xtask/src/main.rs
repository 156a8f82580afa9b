//! The one front door of the repository: `cargo xtask <command>`.
//!
//! It only finds the command and reports its failure; each command is a module of its own with one row in
//! [`COMMANDS`]. It has no dependencies, so that it is built within seconds, and no rule of the product lives here.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod autobahn;
mod bench;
mod cargo;
mod checkout;
mod codegen;
mod conformance;
mod demo;
mod doctor;
mod files;
mod fuzz;
mod install;
mod libraries;
mod mutants;
mod notices;
mod package;
mod stage;
mod test;
mod tiles;
mod tools;
mod uniffi;

use std::process::ExitCode;

/// A command of the front door.
struct Command {
    /// What people type after `cargo xtask`.
    name: &'static str,
    /// Its arguments, as the usage shows them.
    arguments: &'static str,
    /// What it does, in a line.
    about: &'static str,
    /// Runs it with the arguments after its name; an error is a text for a person.
    run: fn(&[String]) -> Result<(), String>,
}

/// Every command, in the order of the usage.
const COMMANDS: &[Command] = &[
    demo::COMMAND,
    test::COMMAND,
    fuzz::COMMAND,
    conformance::COMMAND,
    bench::COMMAND,
    package::COMMAND,
    codegen::COMMAND,
    uniffi::COMMAND,
    doctor::COMMAND,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), String> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(usage());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        println!("{}", usage());
        return Ok(());
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => checkout::take_target_folder()
            .and_then(|()| (command.run)(rest))
            .map_err(|error| format!("cargo xtask {name}: {error}")),
        None => Err(format!("there is no command `{name}`\n\n{}", usage())),
    }
}

fn usage() -> String {
    let lines = COMMANDS.iter().map(|Command { name, arguments, about, .. }| {
        let call = format!("{name} {arguments}");
        format!("  {:<28} {about}", call.trim_end())
    });
    let lines: Vec<_> = lines.collect();
    format!("usage: cargo xtask <command>\n\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_lists_every_command() {
        for command in COMMANDS {
            assert!(usage().contains(command.name) && usage().contains(command.about));
        }
    }

    #[test]
    fn an_unknown_command_is_answered_with_the_usage() {
        let refusal = dispatch(&["fly".to_owned()]).unwrap_err();
        assert!(refusal.starts_with("there is no command `fly`") && refusal.contains(&usage()));
    }
}

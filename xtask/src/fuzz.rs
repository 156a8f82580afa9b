//! `cargo xtask fuzz`: builds the targets of the package `fuzz` with instrumentation, and runs them.
//!
//! What a target reads and asks for is in `fuzz/`. The flags are those that `cargo fuzz` would give a nightly compiler,
//! as far as the stable one takes them: coverage for libFuzzer, but no address sanitizer, which safe Rust needs less.

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use crate::Command;
use crate::cargo::{cache_dir, cargo, root, target_dir};
use crate::stage::Outcome;

pub(crate) const COMMAND: Command = Command {
    name: "fuzz",
    arguments: "[target] [--executions N]",
    about: "run the fuzz targets, or one, on N inputs each",
    run: fuzz,
};

/// A target: its name, its weight in a split, and the folders with its first inputs.
struct Target {
    name: &'static str,
    /// Of [`WEIGHTS`] executions in all, how many are this target's. The slower, the fewer.
    weight: u64,
    seeds: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    Target { name: "ticket", weight: 150, seeds: &["fuzz/corpus/ticket"] },
    Target { name: "client_frame", weight: 350, seeds: &["core/tests/wire/golden"] },
    Target { name: "gateway_frame", weight: 300, seeds: &["core/tests/wire/golden"] },
    Target { name: "upgrade", weight: 100, seeds: &["fuzz/corpus/upgrade"] },
    Target { name: "store_record", weight: 90, seeds: &["fuzz/corpus/store_record"] },
    Target { name: "config", weight: 9, seeds: &["fuzz/corpus/config"] },
    Target { name: "store_file", weight: 1, seeds: &["fuzz/corpus/store_file"] },
];
const WEIGHTS: u64 = 1000;

/// The executions of all targets together, unless another number is asked for, and with `--full`.
const EXECUTIONS: u64 = 400_000;
const EXECUTIONS_FULL: u64 = 100_000_000;

/// The longest input, in bytes: a frame of the default size.
const INPUT_BYTES_MAX: u32 = 4096;

/// An own triple keeps the flags from build scripts and macros.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";
const FLAGS: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

fn fuzz(arguments: &[String]) -> Result<(), String> {
    let (name, executions) = read(arguments)?;
    let targets: Vec<&Target> =
        TARGETS.iter().filter(|target| name.is_none_or(|name| name == target.name)).collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        return Err(format!("there is no target {:?}; the targets are {}", name, names.join(", ")));
    }
    crate::cargo::run(&mut build()?)?;
    targets.into_iter().try_for_each(|target| {
        println!("\n== fuzz {}", target.name);
        crate::cargo::run(&mut target.command(executions.unwrap_or_else(|| target.share(EXECUTIONS)))?)
    })
}

fn read(arguments: &[String]) -> Result<(Option<&str>, Option<u64>), String> {
    let (mut name, mut executions) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--executions" {
            let number = rest.next().and_then(|number| number.parse().ok());
            executions = Some(number.ok_or("--executions takes a number")?);
        } else {
            name = Some(argument.as_str());
        }
    }
    Ok((name, executions))
}

/// The stage of the test command: every target counts as one test.
pub(crate) fn stage(name: &'static str, full: bool) -> Result<Outcome, String> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return Ok(crate::stage::skipped(name, format!("the targets are built for {TRIPLE} only")));
    }
    let all = if full { EXECUTIONS_FULL } else { EXECUTIONS };
    let mut outcome = crate::stage::run(name, vec![build()?]);
    // Building is no test.
    outcome.counts.passed = 0;
    for target in TARGETS {
        if outcome.counts.failed > 0 {
            break;
        }
        let ran = crate::stage::run(name, vec![target.command(target.share(all))?]);
        outcome.counts += ran.counts;
        outcome.took += ran.took;
        outcome.note = ran.note.map(|note| format!("{}: {note}", target.name));
    }
    Ok(outcome)
}

fn build() -> Result<Process, String> {
    let mut build = cargo(&["build", "--quiet", "--release", "--bins", "--target", TRIPLE])?;
    build.current_dir(root().join("fuzz")).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", folder()?);
    Ok(build)
}

/// Apart from the other builds, which would wait for this one's lock.
fn folder() -> Result<PathBuf, String> {
    Ok(target_dir(|name| std::env::var_os(name))?.join("fuzz"))
}

impl Target {
    fn share(&self, all: u64) -> u64 {
        all * self.weight / WEIGHTS
    }

    /// Runs it on so many inputs, in an empty folder: a configuration may name files.
    fn command(&self, executions: u64) -> Result<Process, String> {
        let cache = cache_dir()?.join("fuzz");
        let (found, empty) = (cache.join("corpus").join(self.name), cache.join("empty"));
        for folder in [&found, &empty] {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let seeds: Vec<PathBuf> = self.seeds.iter().map(|seeds| root().join(seeds)).collect();
        // libFuzzer counts the inputs that are there already, which are run first.
        let known: usize = seeds.iter().chain([&found]).map(|folder| files_in(folder)).sum();
        let mut command = Process::new(folder()?.join(TRIPLE).join("release").join(self.name));
        command.current_dir(empty).arg(format!("-runs={}", executions + known as u64));
        command.arg(format!("-max_len={INPUT_BYTES_MAX}"));
        command.arg(format!("-artifact_prefix={}/{}-", cache.display(), self.name));
        command.args(["-verbosity=0", "-print_final_stats=1", "-rss_limit_mb=8192"]);
        // The first folder takes what is found.
        command.arg(found).args(seeds);
        Ok(command)
    }
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_make_a_whole() {
        assert_eq!(TARGETS.iter().map(|target| target.weight).sum::<u64>(), WEIGHTS);
        assert_eq!(TARGETS.iter().map(|target| target.share(EXECUTIONS_FULL)).sum::<u64>(), EXECUTIONS_FULL);
    }

    #[test]
    fn every_target_is_a_program_of_the_package_and_has_seeds() {
        let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for Target { name, seeds, .. } in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name}");
            assert!(seeds.iter().all(|seeds| root().join(seeds).is_dir()), "{name}");
        }
    }

    #[test]
    fn arguments_are_a_target_and_a_number() {
        let given =
            |arguments: &[&str]| -> Vec<String> { arguments.iter().map(|a| (*a).to_owned()).collect() };
        assert_eq!(read(&given(&["ticket", "--executions", "5"])), Ok((Some("ticket"), Some(5))));
        assert_eq!(read(&[]), Ok((None, None)));
        assert!(read(&given(&["--executions", "many"])).is_err());
    }
}

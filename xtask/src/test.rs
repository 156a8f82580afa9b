//! `cargo xtask test`: everything, stage by stage, with minutes per stage and one closing line.

use std::time::{Duration, Instant};

use crate::cargo::cargo;
use crate::install::{Permission, is_there};
use crate::stage::{Counts, Outcome, run, skipped};
use crate::{Command, tiles, tools};

pub(crate) const COMMAND: Command = Command {
    name: "test",
    arguments: "[area…] [--full] [--install]",
    about: "run every suite, or some; --full plays big counts whole, --install gets system packages",
    run: test,
};

/// What a stage is told.
pub(crate) struct Options {
    /// Big counts are played whole.
    pub(crate) full: bool,
    /// System packages may be installed.
    pub(crate) install: Permission,
}

/// A stage: its area, and how it is run.
type Stage = (&'static str, fn(&'static str, &Options) -> Result<Outcome, String>);

const STAGES: &[Stage] = &[
    ("format", |name, _| Ok(run(name, vec![cargo(&["fmt", "--all", "--check"])?]))),
    ("codegen", |name, _| {
        Ok(run(name, vec![cargo(&["run", "--quiet", "--package", "tessera-codegen", "--", "--check"])?]))
    }),
    ("lint", |name, _| {
        let lint = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        let package = ["clippy", "--quiet", "--package", "tessera-gateway", "--features", "echo"];
        let mut echo = cargo(&package)?;
        echo.args(["--example", "echo", "--", "--deny", "warnings"]);
        Ok(run(name, vec![cargo(&lint)?, echo]))
    }),
    ("rust", |name, options| {
        let mut test = cargo(&["test", "--quiet", "--workspace", "--no-fail-fast"])?;
        let mut commands = Vec::new();
        if options.full {
            // Tests with large counts play them whole then. The seeds have a command that is built for speed.
            test.env("TESSERA_FULL", "1");
            let seeds =
                ["run", "--quiet", "--release", "--package", "tessera-sim", "--", "--seeds", "1000000"];
            commands.push(cargo(&seeds)?);
        }
        commands.push(test);
        Ok(run(name, commands))
    }),
    ("fuzz", |name, options| crate::fuzz::stage(name, options.full)),
    ("docs", |name, _| {
        let mut doc = cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"])?;
        doc.env("RUSTDOCFLAGS", "--deny warnings");
        Ok(run(name, vec![doc]))
    }),
    ("conformance", |name, _| Ok(run(name, crate::conformance::commands("rust", None)?))),
    ("kotlin", tiles::kotlin::stage),
    ("kotlin-package", tiles::kotlin::package_stage),
    ("conformance-kotlin", |name, options| tiles::kotlin::conformance(name, options, "kotlin")),
    ("conformance-java", |name, options| tiles::kotlin::conformance(name, options, "java")),
    ("uniffi", crate::uniffi::stage),
    ("swift", tiles::swift::stage),
    ("conformance-swift", tiles::swift::conformance),
    ("node", tiles::node::stage),
    ("conformance-node", tiles::node::conformance),
    ("react-native", tiles::react_native::stage),
    ("conformance-react-native", tiles::react_native::conformance),
    ("react-native-app", tiles::react_native::app),
    ("python", tiles::python::stage),
    ("conformance-python", tiles::python::conformance),
    ("c", tiles::c::stage),
    ("c-tools", tiles::c::tools_stage),
    ("conformance-c", |name, _| Ok(run(name, crate::conformance::commands("c", None)?))),
    ("cpp", tiles::cpp::stage),
    ("cpp-tools", tiles::cpp::tools_stage),
    ("conformance-cpp", |name, _| Ok(run(name, crate::conformance::commands("cpp", None)?))),
    ("csharp", tiles::csharp::stage),
    ("conformance-csharp", tiles::csharp::conformance),
    ("interop", interop),
    ("demo", |name, _| Ok(run(name, vec![crate::demo::command()?]))),
    ("sample", |name, _| {
        Ok(run(name, vec![cargo(&["run", "--quiet", "--package", "tessera-sample-rust"])?]))
    }),
    ("deny", deny),
    ("mutants", |name, options| crate::mutants::stage(name, options.full)),
];

fn test(arguments: &[String]) -> Result<(), String> {
    let full = arguments.iter().any(|argument| argument == "--full");
    let options = Options { full, install: Permission::of(arguments) };
    let areas: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let known = |area: &&String| STAGES.iter().any(|(name, _)| *name == area.as_str());
    if let Some(unknown) = areas.iter().find(|area| !known(area)) {
        let names: Vec<&str> = STAGES.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no area {unknown:?}; the areas are {}", names.join(", ")));
    }
    let start = Instant::now();
    let mut outcomes = Vec::new();
    for (name, stage) in STAGES {
        if areas.is_empty() || areas.iter().any(|area| area == name) {
            let begun = Instant::now();
            let outcome = stage(name, &options).unwrap_or_else(|reason| Outcome {
                name,
                counts: Counts { failed: 1, ..Counts::default() },
                took: Duration::ZERO,
                note: Some(reason),
                excerpt: Vec::new(),
            });
            // With what a stage builds before its first command.
            outcomes.push(Outcome { took: begun.elapsed(), ..outcome });
        }
    }
    conclude(&outcomes, start)
}

fn conclude(outcomes: &[Outcome], start: Instant) -> Result<(), String> {
    let mut total = Counts::default();
    for outcome in outcomes.iter().filter(|outcome| !outcome.excerpt.is_empty()) {
        println!("\n== {}, once more: what came before its failures", outcome.name);
        outcome.excerpt.iter().for_each(|line| println!("{line}"));
    }
    println!("\n{:<18} {:>8}  result", "stage", "minutes");
    for outcome in outcomes {
        total += outcome.counts;
        let minutes = outcome.took.as_secs_f64() / 60.0;
        let note = outcome.note.as_ref().map_or_else(String::new, |note| format!("  ({note})"));
        println!("{:<18} {minutes:>8.1}  {}{note}", outcome.name, outcome.counts);
    }
    println!("{:<18} {:>8.1}", "all", start.elapsed().as_secs_f64() / 60.0);
    println!("{total}");
    if total.failed == 0 { Ok(()) } else { Err(format!("{} failed", total.failed)) }
}

/// Tickets exchanged with the vendor's published packages.
fn interop(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if !is_there("python3") && !is_there("npm") {
        let packages = ["python3-venv", "nodejs", "npm"];
        if let Err(reason) = options.install.packages(&packages, "some 350 MB with what they need") {
            return Ok(skipped(name, reason));
        }
    }
    let packages = tools::ticket_packages()?;
    let mut command = cargo(&["run", "--quiet", "--package", "tessera-interop", "--"])?;
    if let Some(python) = packages.python {
        command.arg("--python").arg(python);
    }
    if let Some(node_modules) = packages.node_modules {
        command.arg("--node-modules").arg(node_modules);
    }
    if options.full {
        command.arg("--full");
    }
    Ok(run(name, vec![command]))
}

/// Licences, sources and doubled dependencies.
fn deny(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if !options.full {
        return Ok(skipped(name, "only with --full".to_owned()));
    }
    if tools::version("cargo-deny").is_none() {
        return Ok(skipped(name, "cargo install --locked cargo-deny".to_owned()));
    }
    Ok(run(name, vec![cargo(&["deny", "check", "bans", "licenses", "sources"])?]))
}

//! The stage `mutants` of `cargo xtask test --full`: whether the core's own tests notice when its rules are changed.
//!
//! A mutant that survives for a good reason is written down with it in `.cargo/mutants.toml`, which `cargo mutants` reads.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::cargo::{cache_dir, cargo};
use crate::stage::{Counts, Outcome, skipped};
use crate::tools;

/// Files that are mutated, and the tests that have to notice.
struct Part {
    name: &'static str,
    files: &'static [&'static str],
    tests: &'static [&'static str],
}

const PARTS: &[Part] = &[
    Part { name: "ticket", files: &["core/src/ticket/**"], tests: &["ticket"] },
    Part {
        name: "gateway",
        files: &["core/src/gateway/**"],
        tests: &["registry", "connection", "admission"],
    },
    Part { name: "client", files: &["core/src/client/**"], tests: &["client", "client_inputs"] },
];

pub(crate) fn stage(name: &'static str, full: bool) -> Result<Outcome, String> {
    if !full {
        return Ok(skipped(name, "only with --full: it takes hours".to_owned()));
    }
    if tools::version("cargo-mutants").is_none() {
        return Ok(skipped(name, "cargo install --locked cargo-mutants".to_owned()));
    }
    println!("\n== {name}");
    let begun = Instant::now();
    let mut counts = Counts::default();
    for part in PARTS {
        counts += part.play()?;
    }
    Ok(Outcome { name, counts, took: begun.elapsed(), note: None, excerpt: Vec::new() })
}

impl Part {
    fn play(&self) -> Result<Counts, String> {
        let folder = cache_dir()?.join("mutants").join(self.name);
        let mut mutants = cargo(&["mutants", "--package", "tessera-core", "--minimum-test-timeout", "60"])?;
        // It copies the tree and builds there.
        mutants
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            // A property that fails has caught the mutant; the smallest input that it fails for is of no interest.
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            // Nor is where it fails, and looking that up takes longer than the test.
            .env("RUST_BACKTRACE", "0")
            .arg("--output")
            .arg(&folder);
        mutants.args(self.files.iter().flat_map(|file| ["--file", file]));
        mutants.args(["--", "--lib"]).args(self.tests.iter().flat_map(|test| ["--test", test]));
        // It ends with 2 for mutants that survive, and with 3 if a test took too long: those are counted here. With any
        // other it has not tried them all.
        let status = mutants.status().map_err(|error| format!("cargo mutants does not start: {error}"))?;
        let found = folder.join("mutants.out");
        let of = |file: &str| lines(&found.join(file));
        let (missed, caught) = (of("missed.txt")?, of("caught.txt")?.len() + of("timeout.txt")?.len());
        missed.iter().for_each(|mutant| println!("FAILED: survives: {mutant}"));
        if caught == 0 || !matches!(status.code(), Some(0 | 2 | 3)) {
            return Err(format!("{}: not all was tried, cargo mutants ended with {status}", self.name));
        }
        Ok(Counts { passed: caught as u64, failed: missed.len() as u64, skipped: 0 })
    }
}

fn lines(file: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

//! One stage of the test command: a command whose output is shown and whose counts are read.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many lines before a failure are shown again at the end: what a harness says of its failed tests.
const EXCERPT_LINES: usize = 60;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// What became of a stage.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) counts: Counts,
    pub(crate) took: Duration,
    /// Why it was skipped, or could not run.
    pub(crate) note: Option<String>,
    /// The output around its failures, which is far above when a long run ends.
    pub(crate) excerpt: Vec<String>,
}

/// Runs a stage. A command that counts nothing counts as one test; one that fails without a failed test adds one.
pub(crate) fn run(name: &'static str, commands: Vec<Command>) -> Outcome {
    println!("\n== {name}");
    let start = Instant::now();
    let mut counts = Counts::default();
    let mut note = None;
    let mut excerpt = Vec::new();
    for mut command in commands {
        let (counted, outcome) = watch(&mut command, &mut excerpt);
        counts += counted;
        let ok = outcome.is_ok();
        if counted == Counts::default() {
            counts.passed += u64::from(ok);
        }
        if let Err(reason) = outcome {
            counts.failed += u64::from(counted.failed == 0);
            note = Some(reason);
            break;
        }
    }
    Outcome { name, counts, took: start.elapsed(), note, excerpt }
}

/// A stage that cannot run here, with what would make it run.
pub(crate) fn skipped(name: &'static str, reason: String) -> Outcome {
    println!("\n== {name}\nskipped: {reason}");
    Outcome {
        name,
        counts: Counts { skipped: 1, ..Counts::default() },
        took: Duration::ZERO,
        note: Some(reason),
        excerpt: Vec::new(),
    }
}

/// Shows a command's output, counts in it, and keeps what comes before a failure.
fn watch(command: &mut Command, excerpt: &mut Vec<String>) -> (Counts, Result<(), String>) {
    let program = command.get_program().display().to_string();
    let mut counts = Counts::default();
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => return (counts, Err(format!("{program} does not start: {error}"))),
    };
    let mut recent = VecDeque::with_capacity(EXCERPT_LINES);
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            let counted = count(&line).unwrap_or_default();
            counts += counted;
            if recent.len() == EXCERPT_LINES {
                recent.pop_front();
            }
            recent.push_back(line);
            if counted.failed > 0 {
                excerpt.extend(recent.drain(..));
            }
        }
    }
    let outcome = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("{program}: {error}")),
    };
    if outcome.is_err() && counts.failed == 0 {
        excerpt.extend(recent);
    }
    (counts, outcome)
}

/// The counts in a closing line of Rust's test harness, of Maven's, or of one of ours.
fn count(line: &str) -> Option<Counts> {
    if let Some(totals) = maven_totals(line) {
        return Some(totals);
    }
    let line = match line.strip_prefix("test result: ") {
        Some(rest) => rest.split_once(". ")?.1.replace(';', ",").replace(" ignored", " skipped"),
        None => line.to_owned(),
    };
    let number = |part: Option<&str>, what: &str| part?.trim().strip_suffix(what)?.trim().parse().ok();
    let mut parts = line.split(',');
    let passed = number(parts.next(), "passed")?;
    let failed = number(parts.next(), "failed")?;
    let skipped = number(parts.next(), "skipped").unwrap_or(0);
    Some(Counts { passed, failed, skipped })
}

/// What a module's tests end with: `Tests run: 5, Failures: 0, Errors: 0, Skipped: 1`. A line for a class goes on.
fn maven_totals(line: &str) -> Option<Counts> {
    let (_, totals) = line.split_once("Tests run:")?;
    let parts: Vec<&str> = totals.split(',').collect();
    let [run, failures, errors, skipped] = parts[..] else { return None };
    let number =
        |part: &str, what: &str| -> Option<u64> { part.trim().strip_prefix(what)?.trim().parse().ok() };
    let failed = number(failures, "Failures:")? + number(errors, "Errors:")?;
    let skipped = number(skipped, "Skipped:")?;
    Some(Counts { passed: number(run, "")? - failed - skipped, failed, skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted_and_other_lines_are_not() {
        let harness =
            "test result: ok. 17 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.2s";
        assert_eq!(count(harness), Some(Counts { passed: 17, failed: 1, skipped: 2 }));
        assert_eq!(count("3 passed, 0 failed, 4 skipped"), Some(Counts { passed: 3, failed: 0, skipped: 4 }));
        assert_eq!(count("3 passed, 0 failed"), Some(Counts { passed: 3, failed: 0, skipped: 0 }));
        let maven = "[INFO] Tests run: 9, Failures: 1, Errors: 1, Skipped: 2";
        assert_eq!(count(maven), Some(Counts { passed: 5, failed: 2, skipped: 2 }));
        let class = "[INFO] Tests run: 9, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in a.B";
        for other in ["", class, "running 3 tests", "test a ... ok", "all passed, none failed"] {
            assert_eq!(count(other), None, "{other:?}");
        }
    }

    #[test]
    fn what_comes_before_a_failure_is_kept() {
        let output = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            run("sh", vec![command]).excerpt
        };
        let failed = "echo test a ... FAILED; echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'";
        let kept = ["test a ... FAILED", "test result: FAILED. 1 passed; 1 failed; 0 ignored"];
        assert_eq!(
            output(&format!("echo before; {failed}; seq 900; exit 1")),
            [&["before"], &kept[..]].concat()
        );
        assert_eq!(output(&format!("seq 900; {failed}; {failed}")).len(), EXCERPT_LINES + 2);
        assert_eq!(output("echo it crashes; exit 1"), ["it crashes"]);
        assert_eq!(output("echo 3 passed, 0 failed; echo on"), [""; 0]);
    }

    #[test]
    fn a_command_that_counts_nothing_is_one_test() {
        let passed = run("true", vec![Command::new("true")]);
        assert_eq!(passed.counts, Counts { passed: 1, ..Counts::default() });
        let failed = run("false", vec![Command::new("false")]);
        assert_eq!(failed.counts, Counts { failed: 1, ..Counts::default() });
        assert!(failed.note.is_some());
        let absent = run("absent", vec![Command::new("no-such-program-here")]);
        assert_eq!(absent.counts.failed, 1);
    }
}

//! Seeds hold, the same seed is the same world, and a broken world is caught. Replay one with the command that a
//! failure prints.

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tessera_sim::Sabotage;
use tessera_sim::seeded::run;

/// How many seeds a test run plays; `TESSERA_SEEDS` says otherwise.
const SEEDS: u64 = 2_000;
/// How many seeds a fault may take to be found.
const FOUND_WITHIN: u64 = 1_000;

#[test]
fn every_invariant_holds_in_every_seed() {
    // C1 C3 C5–C9 C11–C15 C18 C21; G2–G6 G9
    let seeds = std::env::var("TESSERA_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let violation = catch_unwind(|| run(seed, None, false).violation);
                    if let Some(what) = violation.unwrap_or_else(|_| Some("it panicked".to_owned())) {
                        failures.lock().expect("nobody panics while he adds").push((seed, what));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("nobody panics while he adds");
    failures.sort();
    let told: Vec<String> =
        failures.iter().map(|(seed, what)| format!("{what}\n  {}", replay(*seed))).collect();
    assert!(told.is_empty(), "{} of {seeds} seeds failed:\n{}", told.len(), told.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    for seed in 0..40 {
        let (first, second) = (run(seed, None, true), run(seed, None, true));
        assert!(first.trace.len() > 1_000, "seed {seed} tells nothing");
        assert!(first.trace == second.trace, "seed {seed} went two ways; {}", replay(seed));
        assert_eq!(first.tally, second.tally);
    }
    assert_ne!(run(1, None, true).trace, run(2, None, true).trace);
}

#[test]
fn watching_a_world_does_not_change_it() {
    for seed in 0..40 {
        assert_eq!(run(seed, None, true).tally, run(seed, None, false).tally);
    }
}

#[test]
fn every_deliberate_fault_is_caught_by_the_check_that_is_meant_for_it() {
    for fault in Sabotage::ALL {
        let meant = meant_for(fault);
        let caught = |seed: &u64| {
            run(*seed, Some(fault), false)
                .violation
                .is_some_and(|what| meant.iter().any(|part| what.contains(part)))
        };
        let found = (0..FOUND_WITHIN).find(caught);
        assert!(found.is_some(), "{fault:?} passes {FOUND_WITHIN} seeds");
    }
}

/// What a violation says that this fault is meant to lead to.
fn meant_for(fault: Sabotage) -> &'static [&'static str] {
    match fault {
        Sabotage::LostMark => &["is let in untold", "and now has"],
        Sabotage::KickByPlatform => &["which is still there"],
        Sabotage::BackOffWithoutCap => &["is logged in with"],
        Sabotage::UnsyncedAccount => &["the account is lost"],
        Sabotage::LostFloor => &["and now has"],
        Sabotage::Overbooked => &["which the policy forbids"],
        Sabotage::SilentKick => &["lost its place, and is not told"],
        Sabotage::ResultTwice => &["was not waiting for that"],
        Sabotage::LostResult => &["has no result"],
    }
}

#[test]
fn what_is_checked_happens_often_enough_to_matter() {
    let mut tally = std::collections::BTreeMap::new();
    for seed in 0..300 {
        for (what, count) in run(seed, None, false).tally {
            *tally.entry(what).or_insert(0) += count;
        }
    }
    for (what, least) in [
        ("logins", 1_000),
        ("sessions resumed", 100),
        ("sessions kicked", 300),
        ("resumes answered with a kick", 20),
        ("tickets expired", 50),
        ("offline kicks", 5),
        ("devices told of an offline kick", 5),
        ("gateway crashes", 100),
        ("gateway crashes on a disk that tears", 10),
    ] {
        assert!(tally.get(what).is_some_and(|count| *count >= least), "{what}: {tally:?}");
    }
}

fn replay(seed: u64) -> String {
    format!("cargo run --release -p tessera-sim -- --seeds 1 --start {seed} --trace")
}

//! `tessera-sim`: plays seeds and says which broke an invariant. It has no tests of its own; `tests/seeds.rs` has.
#![allow(clippy::print_stdout, reason = "a command's output")]

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use tessera_sim::seeded::{Outcome, run, run_on_disk};

/// Plays random worlds, one for each seed, and checks what must hold in all of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// Has the store on the disk that loses and tears in every world; else one in eight has, as it is slower.
    #[arg(long)]
    on_disk: bool,
    /// Prints all that happens in each world.
    #[arg(long)]
    trace: bool,
    /// Threads; each plays worlds of its own. Default: one for each core.
    #[arg(long)]
    jobs: Option<usize>,
    /// Ends after this many failures.
    #[arg(long, default_value_t = 10)]
    failures: usize,
}

#[derive(Debug, Default)]
struct Total {
    failures: BTreeMap<u64, String>,
    tally: BTreeMap<&'static str, u64>,
    played: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = if arguments.trace { 1 } else { arguments.jobs.unwrap_or(cores).max(1) };
    let started = Instant::now();
    let next = AtomicU64::new(arguments.start);
    let total = Mutex::new(Total::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| work(&arguments, &next, &total));
        }
    });
    let total = total.into_inner().expect("no thread panics while it adds");
    report(&arguments, &total, started)
}

fn work(arguments: &Arguments, next: &AtomicU64, total: &Mutex<Total>) {
    let end = arguments.start.saturating_add(arguments.seeds);
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let play = || {
            if arguments.on_disk {
                run_on_disk(seed, arguments.trace)
            } else {
                run(seed, None, arguments.trace)
            }
        };
        let outcome = catch_unwind(play)
            .unwrap_or_else(|_| Outcome { violation: Some("it panicked".to_owned()), ..Outcome::default() });
        print!("{}", outcome.trace);
        let mut total = total.lock().expect("no thread panics while it adds");
        total.played += 1;
        for (what, count) in outcome.tally {
            *total.tally.entry(what).or_default() += count;
        }
        if let Some(violation) = outcome.violation {
            total.failures.insert(seed, violation);
        }
        if total.failures.len() >= arguments.failures {
            return;
        }
    }
}

fn report(arguments: &Arguments, total: &Total, started: Instant) -> ExitCode {
    for (seed, violation) in &total.failures {
        println!("seed {seed}: {violation}");
        let disk = if arguments.on_disk { " --on-disk" } else { "" };
        println!("  cargo run --release -p tessera-sim -- --seeds 1 --start {seed} --trace{disk}");
    }
    for (what, count) in &total.tally {
        println!("{count:>12} {what}");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} seeds from {}, {} failed, in {seconds:.1} s",
        total.played,
        arguments.start,
        total.failures.len()
    );
    if total.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

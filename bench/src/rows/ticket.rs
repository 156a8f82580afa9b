//! Signing and checking a ticket, beside the vendor's published packages.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tessera_bench::stats::median;
use tessera_core::ticket::{Key, Limits, Scratch, decode, sign};
use tessera_core::time::Millis;

use crate::Outcome;
use crate::setup::{APP, Setup};
use crate::table::Row;

const USER: &str = "user-1234567";
const EXPIRE_SECS: u64 = 86_400;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let count = setup.counts.tickets;
    let key = setup.key()?;
    let rounds = setup.counts.rounds;
    let signing = (0..rounds).map(|_| time_sign(&key, count)).collect::<Outcome<Vec<f64>>>()?;
    let checking = (0..rounds).map(|_| time_verify(&key, count)).collect::<Outcome<Vec<f64>>>()?;
    let mut sign = Row::new("sign", median(signing), "µs").budget(6.0);
    let mut verify = Row::new("verify", median(checking), "µs").budget(1.0);
    for (name, command) in vendors(setup) {
        let (sign_us, verify_us) = ask(command, count)?;
        sign = sign.beside(name, sign_us);
        verify = verify.beside(name, verify_us);
    }
    Ok(vec![sign, verify, slowest_bomb(count)])
}

/// The texts of `core/tests/ticket/bombs.rs` that are short enough to be read: the one that takes longest to refuse.
fn slowest_bomb(count: usize) -> Row {
    let mut scratch = Scratch::new(Limits::default());
    let bombs = include_str!("../../../core/tests/ticket/bombs.txt").lines();
    let timed = bombs.filter_map(|line| line.split_once('\t')).map(|(name, text)| {
        let start = Instant::now();
        for _ in 0..count {
            // None of them is a ticket.
            let _ = black_box(decode(black_box(text), &mut scratch));
        }
        (micros_each(start, count), name)
    });
    let (took, name) = timed.fold((0.0, ""), |slowest, bomb| if bomb.0 > slowest.0 { bomb } else { slowest });
    Row::new(format!("slowest bomb: {name}"), took, "µs").budget(5.0)
}

fn time_sign(key: &Key, count: usize) -> Outcome<f64> {
    let now = now();
    let start = Instant::now();
    for _ in 0..count {
        black_box(sign(key, APP, black_box(USER), now, EXPIRE_SECS, None)?);
    }
    Ok(micros_each(start, count))
}

/// The whole check of a gateway that needs no store: text, document, app, user, signature, expiry.
fn time_verify(key: &Key, count: usize) -> Outcome<f64> {
    let now = now();
    let ticket = sign(key, APP, USER, now, EXPIRE_SECS, None)?;
    let (mut scratch, keys) = (Scratch::new(Limits::default()), [key.clone()]);
    let start = Instant::now();
    for _ in 0..count {
        let claims = decode(black_box(ticket.expose()), &mut scratch)
            .and_then(|decoded| decoded.check_document(now, Millis::from_secs(600)))
            .map_err(|refusal| refusal.to_string())?;
        claims.check(APP, USER, &keys, now).map_err(|refusal| refusal.to_string())?;
        black_box(claims.lifetime());
    }
    Ok(micros_each(start, count))
}

fn vendors(setup: &Setup) -> Vec<(&'static str, Command)> {
    let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor").join(name);
    let mut found = Vec::new();
    if let Some(node_modules) = &setup.node_modules {
        let mut command = Command::new("node");
        command.arg(script("tickets.mjs")).arg(node_modules);
        found.push(("npm tls-sig-api-v2", command));
    }
    if let Some(python) = &setup.python {
        let mut command = Command::new(python);
        // Nothing of a run is left in the checkout.
        command.arg("-B").arg(script("tickets.py"));
        found.push(("PyPI tls-sig-api-v2", command));
    }
    found
}

fn ask(mut command: Command, count: usize) -> Outcome<(f64, f64)> {
    // They are slower by an order of magnitude.
    let output = command.arg((count / 5).max(1).to_string()).arg(USER).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| answer[name].as_f64().ok_or_else(|| format!("no {name} in its answer"));
    Ok((number("sign_us")?, number("verify_us")?))
}

fn micros_each(start: Instant, count: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e6 / count as f64
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

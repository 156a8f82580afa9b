//! The transitions that the machines take in all scenarios, against the committed table in `docs/machines.md`.
//!
//! A row that goes missing is behaviour that no scenario reaches any more; a new row is behaviour that was not there.
//! `TESSERA_BLESS=1` writes the page anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use tessera_conformance::scenario::Scenario;
use tessera_conformance::virtual_stage::play_virtually;
use tessera_core::transitions::{Transition, take};

const HEAD: &str = "# The machines\n\n\
    Written by `TESSERA_BLESS=1 cargo test -p tessera-conformance --test transitions`. Do not edit.\n\n\
    These are the transitions that the machines of `tessera-core` take when all scenarios are played in virtual time. \
    What each machine decides for every pair of state and event stands in its file: \
    `core/src/client/login.rs`, `core/src/client/link.rs`, `core/src/gateway/connection.rs`, \
    `core/src/gateway/session.rs`.\n";

#[test]
fn the_machines_take_the_transitions_of_the_committed_table() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    drop(take());
    for scenario in Scenario::read_all(&root.join("scenarios")).unwrap_or_else(|error| panic!("{error}")) {
        if scenario.real_only.is_none() {
            play_virtually(&scenario).unwrap_or_else(|what| panic!("{}: {what}", scenario.name));
        }
    }
    let page = page(&take());
    let path = root.join("docs/machines.md");
    if std::env::var_os("TESSERA_BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs/ can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let missing: Vec<&str> =
        committed.lines().filter(|row| row.starts_with('|') && !page.contains(row)).collect();
    let new: Vec<&str> =
        page.lines().filter(|row| row.starts_with('|') && !committed.contains(row)).collect();
    assert!(
        committed == page,
        "docs/machines.md differs; see its head for how to write it anew\nno longer taken: {missing:#?}\nnew: {new:#?}"
    );
}

fn page(transitions: &BTreeSet<Transition>) -> String {
    let mut machines: BTreeMap<&str, Vec<&[String; 3]>> = BTreeMap::new();
    for (machine, row) in transitions {
        machines.entry(machine).or_default().push(row);
    }
    let mut out = HEAD.to_owned();
    for (machine, rows) in machines {
        let _ = write!(out, "\n## {machine}\n\n```mermaid\nstateDiagram-v2\n");
        let mut arrows: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for [state, event, next] in &rows {
            if state != next {
                arrows.entry((state, next)).or_default().push(event);
            }
        }
        for ((state, next), events) in arrows {
            let _ = writeln!(out, "    {state} --> {next}: {}", events.join(", "));
        }
        let _ = write!(out, "```\n\n| state | event | next |\n|---|---|---|\n");
        for [state, event, next] in rows {
            let _ = writeln!(out, "| {state} | {event} | {next} |");
        }
    }
    out
}

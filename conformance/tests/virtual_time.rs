//! Every scenario, in virtual time, and what the set as a whole has to cover.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tessera_conformance::scenario::Scenario;
use tessera_conformance::virtual_stage::play_virtually;

fn scenarios() -> Vec<Scenario> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    Scenario::read_all(&folder).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_scenario_holds_in_virtual_time() {
    let wanted = std::env::var("SCENARIO").ok();
    let mut failures = Vec::new();
    for scenario in scenarios() {
        let skipped =
            scenario.real_only.is_some() || wanted.as_ref().is_some_and(|name| *name != scenario.name);
        if !skipped && let Err(what) = play_virtually(&scenario) {
            failures.push(format!("{}: {what}", scenario.name));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_clause_of_the_client_has_a_scenario() {
    let proved: BTreeSet<String> = scenarios().into_iter().flat_map(|scenario| scenario.clauses).collect();
    let missing: Vec<String> =
        (1..=23).map(|n| format!("C{n}")).filter(|clause| !proved.contains(clause)).collect();
    assert!(missing.is_empty(), "no scenario proves {missing:?}");
    for clause in ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G11"] {
        assert!(proved.contains(clause), "no scenario proves {clause}");
    }
}

#[test]
fn at_most_a_quarter_is_virtual_only() {
    let scenarios = scenarios();
    let virtual_only = scenarios.iter().filter(|scenario| scenario.virtual_only.is_some()).count();
    assert!(scenarios.len() >= 40);
    assert!(virtual_only * 4 <= scenarios.len(), "{virtual_only} of {}", scenarios.len());
}

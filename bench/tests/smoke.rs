//! Every group of rows runs, with counts that prove nothing but that.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The `tessera` binary of the same build. `cargo test --workspace` has built it; for this package alone it is built
/// here if it is missing.
fn tessera() -> PathBuf {
    let tessera = Path::new(env!("CARGO_BIN_EXE_tessera-bench")).with_file_name("tessera");
    if !tessera.exists() {
        let target = tessera.parent().and_then(Path::parent).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "tessera-cli", "--target-dir"]).arg(target);
        assert!(cargo.status().unwrap().success());
    }
    tessera
}

#[test]
fn every_group_of_rows_is_measured_and_the_json_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("table.json");
    let few = "--sessions 20 --logins 20 --kicks 20 --registry 2000 --tickets 20 --rounds 1 --width 4";
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera-bench"));
    command.arg("table").args(few.split(' ')).arg("--tessera").arg(tessera());
    command.arg("--folder").arg(folder.path()).arg("--json").arg(&json);
    let output = command.output().unwrap();
    let (shown, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{errors}");

    let table: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(table["counts"]["sessions"], 20);
    let rows = table["rows"].as_array().unwrap();
    let groups = ["ticket", "start", "login", "turns", "kick", "resume", "memory", "herd", "registry"];
    for group in groups {
        assert!(rows.iter().any(|row| row["group"] == group), "{group}");
        assert!(shown.contains(&format!("{group}: ")), "{group}");
    }
    // C3, C22: what is counted does not depend on the machine.
    for (name, turns) in [
        ("login from nothing, TLS 1.3", 3.0),
        ("login on the connection opened at init, TLS 1.3", 1.0),
        ("login on the connection opened at init, plaintext", 1.0),
    ] {
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        assert_eq!((row["measured"].as_f64(), row["within"].as_bool()), (Some(turns), Some(true)), "{name}");
    }
}

#[test]
fn an_unknown_group_of_rows_is_refused_with_the_known_ones() {
    let output = Command::new(env!("CARGO_BIN_EXE_tessera-bench")).args(["table", "speed"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("registry"), "{text}");
}

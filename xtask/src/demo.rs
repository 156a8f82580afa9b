//! `cargo xtask demo`: the story of `tessera demo`, built from this checkout.

use std::process::Command as Process;

use crate::Command;
use crate::cargo::{cargo, run};

pub(crate) const COMMAND: Command = Command {
    name: "demo",
    arguments: "",
    about: "build `tessera` and watch clients log in, get kicked, expire and come back",
    run: |arguments| {
        if !arguments.is_empty() {
            return Err("it takes no arguments".into());
        }
        run(&mut command()?)
    },
};

pub(crate) fn command() -> Result<Process, String> {
    cargo(&["run", "--quiet", "--package", "tessera-cli", "--bin", "tessera", "--", "demo"])
}

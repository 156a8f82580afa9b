//! `cargo xtask codegen`: the committed tables and docs pages from `spec/*.toml`. The work is in `codegen/`.

use crate::Command;
use crate::cargo::{cargo, run};

pub(crate) const COMMAND: Command = Command {
    name: "codegen",
    arguments: "[--check]",
    about: "write the tables and docs pages from spec/*.toml, or check that they are current",
    run: codegen,
};

fn codegen(arguments: &[String]) -> Result<(), String> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("its only argument is --check".into()),
    };
    let mut command = cargo(&["run", "--quiet", "--package", "tessera-codegen", "--"])?;
    run(command.args(check.then_some("--check")))
}

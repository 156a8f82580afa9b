//! `cargo xtask bench`: the bench table of `docs/benchmarks.md`, with what is published as it is published.

use std::env;
use std::path::PathBuf;
use std::process::Command as Process;

use crate::Command;
use crate::cargo::{cache_dir, cargo, run, target_dir};
use crate::tools::ticket_packages;

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    arguments: "[row…]",
    about: "build for distribution, measure the bench table, keep it as JSON in the cache folder",
    run: bench,
};

fn bench(arguments: &[String]) -> Result<(), String> {
    // One call, so that what both need is built once.
    let packages = ["--package", "tessera-cli", "--package", "tessera-bench"];
    run(cargo(&["build", "--quiet", "--profile", "dist"])?.args(packages))?;
    let vendor = ticket_packages()?;
    let folder = cache_dir()?.join("bench");
    let mut table = Process::new(built("tessera-bench")?);
    table.arg("table").args(arguments).arg("--folder").arg(&folder);
    table.arg("--json").arg(folder.join("table.json"));
    if let Some(python) = vendor.python {
        table.arg("--python").arg(python);
    }
    if let Some(node_modules) = vendor.node_modules {
        table.arg("--node-modules").arg(node_modules);
    }
    run(&mut table)
}

fn built(program: &str) -> Result<PathBuf, String> {
    Ok(target_dir(|name| env::var_os(name))?.join("dist").join(program))
}

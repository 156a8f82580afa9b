//! `cargo xtask bench`: the bench table of `docs/benchmarks.md`, with what is published as it is published.

use std::env;
use std::fs::File;
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

/// Groups of rows that a language's own program measures. It prints a row as a line of JSON (docs/benchmarks.md).
type Tile = (&'static str, fn() -> Result<Process, String>);

const TILES: &[Tile] = &[
    ("node", crate::tiles::node::bench),
    ("python", crate::tiles::python::bench),
    ("react_native", crate::tiles::react_native::bench),
    ("c", crate::tiles::c::bench),
    ("csharp", crate::tiles::csharp::bench),
    ("jvm", crate::tiles::kotlin::bench),
    ("swift", crate::tiles::swift::bench),
];

fn bench(arguments: &[String]) -> Result<(), String> {
    let is_tile = |name: &&String| TILES.iter().any(|(tile, _)| *tile == name.as_str());
    let own: Vec<&String> = arguments.iter().filter(|name| !is_tile(name)).collect();
    // One call, so that what both need is built once.
    let packages = ["--package", "tessera-cli", "--package", "tessera-bench"];
    run(cargo(&["build", "--quiet", "--profile", "dist"])?.args(packages))?;
    let vendor = ticket_packages()?;
    let folder = cache_dir()?.join("bench");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut table = Process::new(built("tessera-bench")?);
    table.arg("table").args(&own).arg("--folder").arg(&folder);
    if own.is_empty() && !arguments.is_empty() {
        table.arg("--no-own");
    }
    for (tile, program) in TILES {
        if !arguments.is_empty() && !arguments.iter().any(|name| name == tile) {
            continue;
        }
        let rows = folder.join(format!("{tile}.jsonl"));
        let file = File::create(&rows).map_err(|error| format!("{}: {error}", rows.display()))?;
        println!("measuring {tile} ...");
        // One language whose tools are missing does not spoil the table of the others.
        if let Err(reason) = program().and_then(|mut program| run(program.stdout(file))) {
            println!("{tile}: not measured: {reason}");
        }
        table.arg("--rows-of").arg(format!("{tile}={}", rows.display()));
    }
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

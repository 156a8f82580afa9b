//! Writes the committed tables and docs pages from `spec/*.toml`; with `--check` it only compares.
//!
//! It holds no fact of its own: numbers, names and defaults are in the spec files. It is not run by a build; people
//! run it with `cargo xtask codegen` after they changed a spec file, and commit what it wrote.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod docs;
mod kotlin;
mod names;
mod python;
mod rust;
mod spec;
mod swift;
#[cfg(test)]
mod tests;
mod typescript;
mod validate;
mod write;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let check = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => {
            return fail(&format!("unknown argument `{other}`; usage: tessera-codegen [--check]"));
        }
    };
    match run(root, check) {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}

fn run(root: &Path, check: bool) -> Result<String, String> {
    let spec = spec::Spec::load(&root.join("spec")).map_err(|error| error.to_string())?;
    validate::validate(&spec).map_err(|problems| problems.join("\n"))?;
    let mut outputs = rust::outputs(&spec)?;
    outputs.extend(docs::outputs(&spec));
    outputs.extend(swift::outputs(&spec));
    outputs.extend(kotlin::outputs(&spec));
    outputs.extend(typescript::outputs(&spec)?);
    outputs.extend(python::outputs(&spec));
    let drifting = write::drifting(root, &outputs);
    if !check {
        write::write(root, &drifting)?;
        return Ok(format!("{} files generated, {} changed", outputs.len(), drifting.len()));
    }
    if drifting.is_empty() {
        return Ok(format!("{} generated files are up to date", outputs.len()));
    }
    let names: Vec<_> = drifting.iter().map(|output| format!("  {}", output.path)).collect();
    Err(format!("these files differ from spec/*.toml:\n{}\nrun `cargo xtask codegen`", names.join("\n")))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

//! Writes the committed tables and docs pages from `spec/*.toml`; with `--check` it only compares.
//!
//! It holds no fact of its own: numbers, names and defaults are in the spec files. It is not run by a build; people
//! run it with `cargo xtask codegen` after they changed a spec file, and commit what it wrote.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod c;
mod cpp;
mod csharp;
mod docs;
mod header;
mod kotlin;
mod mobile;
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
    outputs.extend(c::outputs(&spec)?);
    outputs.extend(cpp::outputs(&spec));
    outputs.extend(csharp::outputs(&spec));
    outputs.extend(docs::outputs(&spec));
    outputs.extend(swift::outputs(&spec));
    outputs.extend(kotlin::outputs(&spec));
    outputs.extend(typescript::outputs(&spec)?);
    outputs.extend(python::outputs(&spec));
    let mut changed = bring_up_to_date(root, outputs, check)?;
    // The header is made of files that have just been written.
    changed += bring_up_to_date(root, vec![header::output(root, &spec)?], check)?;
    Ok(if check { "generated files are up to date".to_owned() } else { format!("{changed} files changed") })
}

/// Writes what differs and says how many did; with `check`, an error names them.
fn bring_up_to_date(root: &Path, outputs: Vec<write::Output>, check: bool) -> Result<usize, String> {
    let drifting = write::drifting(root, &outputs);
    if !check {
        write::write(root, &drifting)?;
        return Ok(drifting.len());
    }
    if drifting.is_empty() {
        return Ok(0);
    }
    let names: Vec<_> = drifting.iter().map(|output| format!("  {}", output.path)).collect();
    Err(format!("these files differ from their sources:\n{}\nrun `cargo xtask codegen`", names.join("\n")))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

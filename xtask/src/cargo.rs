//! Running cargo for a command: from the repository's root, into the shared target folder outside the checkout.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository's root")
}

/// A cargo call. Every command builds into the same folder, so that nothing is built twice.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command, String> {
    // Cargo tells its children which cargo is running; a plain `cargo` could be another toolchain's.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    build_as_from_a_shell(&mut command)?;
    Ok(command)
}

/// Has a program that calls cargo build into the shared target folder, and nothing twice: cargo tells xtask about
/// xtask's own package, and a build script that watches these variables would run again after each plain `cargo`.
pub(crate) fn build_as_from_a_shell(command: &mut Command) -> Result<(), String> {
    command.env("CARGO_TARGET_DIR", target_dir(|name| env::var_os(name))?);
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    Ok(())
}

/// Runs a command to its end; an error when it does not start or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_owned();
    let status =
        command.status().map_err(|error| format!("{} does not start: {error}", program.display()))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", program.display())) }
}

/// A program that cargo has built in the dev profile.
pub(crate) fn built(program: &str) -> Result<PathBuf, String> {
    Ok(target_dir(|name| env::var_os(name))?.join("debug").join(program))
}

/// The project's cache folder, outside the checkout.
pub(crate) fn cache_dir() -> Result<PathBuf, String> {
    cache_folder(|name| env::var_os(name))
}

/// `CARGO_TARGET_DIR` if set, else `target` in the project's cache folder. An empty variable counts as not set.
pub(crate) fn target_dir(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    match variable("CARGO_TARGET_DIR").filter(|value| !value.is_empty()) {
        Some(target) => Ok(target.into()),
        None => Ok(cache_folder(variable)?.join("target")),
    }
}

/// `TESSERA_CACHE`, or `tessera` in `XDG_CACHE_HOME`, or `tessera` in `~/.cache`.
fn cache_folder(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    let folder = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("TESSERA_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("tessera")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/tessera")))
        .ok_or_else(|| "no cache folder: set TESSERA_CACHE or HOME".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(variables: &[(&str, &str)]) -> Result<PathBuf, String> {
        target_dir(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_most_specific_variable_names_the_target_folder() {
        let all =
            [("CARGO_TARGET_DIR", "/t"), ("TESSERA_CACHE", "/c"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(target(&all), Ok("/t".into()));
        assert_eq!(target(&all[1..]), Ok("/c/target".into()));
        assert_eq!(target(&all[2..]), Ok("/x/tessera/target".into()));
        assert_eq!(target(&all[3..]), Ok("/h/.cache/tessera/target".into()));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        assert_eq!(target(&[("TESSERA_CACHE", ""), ("HOME", "/h")]), Ok("/h/.cache/tessera/target".into()));
        assert!(target(&[("HOME", "")]).is_err());
    }
}

//! Other people's tools: whether they are here, and their packages in the cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{cache_dir, root, run};
use crate::files::ending_with;

/// Whether a program answers `--version`.
pub(crate) fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The vendor's published ticket packages, installed into the cache folder once.
pub(crate) struct TicketPackages {
    pub(crate) python: Option<PathBuf>,
    pub(crate) node_modules: Option<PathBuf>,
}

/// Installs what can be installed; a language whose tool is missing is left out.
pub(crate) fn ticket_packages() -> Result<TicketPackages, String> {
    let folder = cache_dir()?.join("interop");
    let python = folder.join("venv/bin/python");
    if version("python3").is_some() && !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    }
    let installed = folder.join("venv/.installed");
    if python.exists() && !installed.exists() {
        let requirements = root().join("interop/requirements.txt");
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
        std::fs::write(&installed, "").map_err(|error| error.to_string())?;
    }
    let node_modules = match version("npm") {
        Some(_) => Some(npm_package("tls-sig-api-v2", "1.0.2")?),
        None => None,
    };
    Ok(TicketPackages { python: python.exists().then_some(python), node_modules })
}

/// Somebody else's npm package, installed into the cache folder once. Returns the `node_modules` that has it.
pub(crate) fn npm_package(name: &str, version: &str) -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("npm").join(format!("{name}-{version}"));
    let node_modules = folder.join("node_modules");
    if !node_modules.join(name).exists() {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(&folder);
        run(npm.arg(format!("{name}@{version}")))?;
    }
    Ok(node_modules)
}

/// The files of somebody else's npm package, without what it depends on, and corrected by a patch of ours if there is
/// one: unpacked into the cache folder once.
pub(crate) fn npm_source(name: &str, version: &str, patch: Option<&Path>) -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("npm-source").join(format!("{}-{version}", name.replace('/', "-")));
    // What was made with another patch is of no use.
    let text = patch.map(fs::read_to_string).transpose().map_err(|error| error.to_string())?;
    let applied = folder.join(".patch");
    if fs::read_to_string(&applied).ok() == Some(text.clone().unwrap_or_default()) {
        return Ok(folder.join("package"));
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut pack = Command::new("npm");
    run(pack.current_dir(&folder).args(["pack", "--silent"]).arg(format!("{name}@{version}")))?;
    let tarball = ending_with(&folder, ".tgz")?.pop().ok_or("npm has packed nothing")?;
    run(Command::new("tar").arg("--extract").arg("--file").arg(tarball).arg("--directory").arg(&folder))?;
    if let Some(patch) = patch {
        let mut correct = Command::new("patch");
        correct.args(["--quiet", "--batch", "--strip", "1", "--directory"]).arg(folder.join("package"));
        run(correct.arg("--input").arg(patch))?;
    }
    fs::write(&applied, text.unwrap_or_default()).map_err(|error| error.to_string())?;
    Ok(folder.join("package"))
}

//! Other people's tools: whether they are here, and their packages in the cache folder.

use std::path::PathBuf;
use std::process::Command;

use crate::cargo::{cache_dir, root, run};

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

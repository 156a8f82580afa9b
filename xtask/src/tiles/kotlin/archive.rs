//! Archives as Java has them, by the `jar` of the JDK.

use std::path::Path;
use std::process::Command;

use crate::cargo::run;
use crate::files;

/// Archives do not tell when they were made, so that the same sources give the same archive.
const DATE: &str = "--date=2000-01-01T00:00:00Z";

/// Makes an archive of what is in these folders. Those that do not exist are left out.
pub(super) fn create(file: &Path, folders: &[&Path]) -> Result<(), String> {
    pack(Command::new("jar").arg("--no-manifest"), file, folders)
}

/// As [`create`], with a manifest.
pub(super) fn with_manifest(manifest: &Path, file: &Path, folders: &[&Path]) -> Result<(), String> {
    pack(Command::new("jar").arg("--manifest").arg(manifest), file, folders)
}

/// The names of what is in an archive.
pub(super) fn list(file: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("jar").args(["--list", "--file"]).arg(file).output();
    let output = output.map_err(|error| format!("jar: {error}"))?;
    if !output.status.success() {
        return Err(format!("jar: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// The text of one file of an archive. `folder` is where it may be unpacked.
pub(super) fn text(archive: &Path, name: &str, folder: &Path) -> Result<String, String> {
    run(Command::new("jar").current_dir(folder).args(["--extract", "--file"]).arg(archive).arg(name))?;
    files::read(&folder.join(name))
}

fn pack(jar: &mut Command, file: &Path, folders: &[&Path]) -> Result<(), String> {
    files::create(file.parent().expect("a file has a folder"))?;
    jar.args(["--create", DATE, "--file"]).arg(file);
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        jar.arg("-C").arg(folder).arg(".");
    }
    run(jar)
}

//! Secrets from files, and a word on who else can read them. A secret's text is in no message.

use std::path::Path;

use super::mistake::Findings;

/// A secret is a line; a larger file is some other file.
const FILE_BYTES_MAX: u64 = 4096;

/// The secret in a file, and a warning if every user of the machine can read it.
///
/// # Errors
/// A sentence: the file cannot be read, is empty, or holds more than one secret.
pub fn read_secret(path: &Path) -> Result<(String, Option<String>), String> {
    let mut findings = Findings::default();
    let secret = read(path, &mut findings)?;
    let warnings = findings.finish().map_err(|error| error.to_string())?;
    Ok((secret, warnings.into_iter().next()))
}

/// The secret in a file, without the spaces and line ends around it.
pub(super) fn read(path: &Path, findings: &mut Findings) -> Result<String, String> {
    let unreadable = |reason: &dyn std::fmt::Display| format!("{} cannot be read: {reason}", path.display());
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::Read::take(file, FILE_BYTES_MAX + 1), &mut text)
        .map_err(|error| unreadable(&error))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(format!(
            "{} is larger than {FILE_BYTES_MAX} bytes; it must hold one secret alone",
            path.display()
        ));
    }
    warn_if_exposed(path, findings);
    match text.trim() {
        "" => Err(format!("{} is empty; it must hold one secret", path.display())),
        secret if secret.contains(char::is_whitespace) => {
            Err(format!("{} holds more than one word; it must hold one secret alone", path.display()))
        }
        secret => Ok(secret.to_owned()),
    }
}

/// Warns of a file that every user of the machine can read.
pub(super) fn warn_if_exposed(path: &Path, findings: &mut Findings) {
    if is_world_readable(path) {
        findings.warning(format!(
            "{} holds a secret and every user of this machine can read it; run: chmod 600 {0}",
            path.display()
        ));
    }
}

#[cfg(unix)]
fn is_world_readable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
}

/// Elsewhere access lists decide, which a folder inherits; there is no bit to look at.
#[cfg(not(unix))]
fn is_world_readable(_: &Path) -> bool {
    false
}

//! Which checkout the shared target folder belongs to.
//!
//! Cargo takes the crates of two checkouts for the same ones and compares only the times of their files. So the second
//! checkout could run what the first has built, with the first one's paths in it. Of what another checkout has built,
//! the project's own crates are built again here; dependencies are the same for all.

use std::fs;
use std::path::Path;

use crate::cargo::{root, target_dir};
use crate::files::{remove, write};

/// The file that names the checkout.
const NAME: &str = "checkout";
/// Under these folders of a target folder cargo notes what it has built: `debug/.fingerprint`, `fuzz/release/.fingerprint`.
const DEPTH: usize = 3;
const NOTES: &str = ".fingerprint";

/// Makes the target folder that of this checkout.
pub(crate) fn take_target_folder() -> Result<(), String> {
    take(&target_dir(|name| std::env::var_os(name))?, &root().display().to_string())
}

fn take(target: &Path, checkout: &str) -> Result<(), String> {
    let file = target.join(NAME);
    if fs::read_to_string(&file).is_ok_and(|owner| owner == checkout) {
        return Ok(());
    }
    forget_own_crates(target, DEPTH)?;
    write(&file, checkout)
}

fn forget_own_crates(folder: &Path, depth: usize) -> Result<(), String> {
    // A folder that is not there has nothing to forget.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let is_notes = folder.ends_with(NOTES);
    for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_notes && (name.starts_with("tessera-") || name.starts_with("xtask-")) {
            remove(&entry.path())?;
        } else if !is_notes && depth > 0 {
            forget_own_crates(&entry.path(), depth - 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_checkout_builds_its_own_crates_again_and_nothing_else() {
        let target = std::env::temp_dir().join(format!("tessera-checkout-{}", std::process::id()));
        let notes = |name: &str| target.join("fuzz/release/.fingerprint").join(name);
        let make = || {
            for name in ["tessera-core-0f", "xtask-1f", "serde-2f"] {
                write(&notes(name).join("lib"), "").unwrap();
            }
        };
        let left = || ["tessera-core-0f", "xtask-1f", "serde-2f"].map(|name| notes(name).exists());

        make();
        take(&target, "/first").unwrap();
        assert_eq!(left(), [false, false, true]);
        make();
        take(&target, "/first").unwrap();
        assert_eq!(left(), [true, true, true]);
        take(&target, "/second").unwrap();
        assert_eq!(left(), [false, false, true]);
        remove(&target).unwrap();
    }
}

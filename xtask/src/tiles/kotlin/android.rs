//! The library for Android's four ABIs, by `cargo-ndk`: a recipe that runs where the NDK is.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cargo::{cargo, root, run};
use crate::install::is_there;
use crate::libraries::Profile;

/// The ABIs, and the Rust targets that have to be installed for them.
const ABIS: [(&str, &str); 4] = [
    ("arm64-v8a", "aarch64-linux-android"),
    ("armeabi-v7a", "armv7-linux-androideabi"),
    ("x86_64", "x86_64-linux-android"),
    ("x86", "i686-linux-android"),
];
const API_LEVEL: &str = "21";
/// Android refuses 64-bit libraries with smaller pages on devices that have larger ones.
const PAGE_BYTES: u64 = 16 * 1024;
const PAGE_FLAG: &str = "-C link-arg=-Wl,-z,max-page-size=16384";

/// Builds them into a folder for each ABI. Nothing may be [`missing`].
pub(super) fn libraries(jni: &Path, profile: Profile) -> Result<(), String> {
    let mut ndk = cargo(&["ndk", "--platform", API_LEVEL, "--output-dir"])?;
    ndk.arg(jni).env("RUSTFLAGS", PAGE_FLAG);
    for (abi, _) in ABIS {
        ndk.args(["--target", abi]);
    }
    ndk.args(["build", "--quiet", "--package", "tessera-uniffi", "--profile", profile.name()]);
    run(&mut ndk)?;
    ABIS.iter().try_for_each(|(abi, _)| check(&jni.join(abi).join("libtessera_uniffi.so")))
}

/// What has to be there before they can be built, with what brings it.
pub(super) fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    if env::var_os("ANDROID_NDK_HOME").is_none_or(|folder| !Path::new(&folder).is_dir()) {
        missing.push("the NDK: its folder in ANDROID_NDK_HOME".to_owned());
    }
    if !is_there("cargo-ndk") {
        missing.push("cargo-ndk: cargo install cargo-ndk".to_owned());
    }
    let targets = ABIS.map(|(_, target)| target);
    let targets: Vec<&str> = targets.into_iter().filter(|target| !is_installed(target)).collect();
    if !targets.is_empty() {
        missing.push(format!("the standard library: rustup target add {}", targets.join(" ")));
    }
    missing
}

/// Whether Rust's standard library is there for a target.
fn is_installed(target: &str) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder =
        Command::new(rustc).current_dir(root()).args(["--print=target-libdir", "--target", target]).output();
    folder.is_ok_and(|folder| Path::new(String::from_utf8_lossy(&folder.stdout).trim()).is_dir())
}

fn check(library: &Path) -> Result<(), String> {
    let elf = fs::read(library).map_err(|error| format!("{}: {error}", library.display()))?;
    check_pages(&elf).map_err(|reason| format!("{} {reason}", library.display()))
}

/// Whether a library runs on every device; why not, if it does not.
fn check_pages(elf: &[u8]) -> Result<(), String> {
    match elf.get(..5) {
        // 32-bit devices have small pages only.
        Some(b"\x7fELF\x01") => Ok(()),
        Some(b"\x7fELF\x02") => match smallest_alignment(elf) {
            Some(alignment) if alignment >= PAGE_BYTES => Ok(()),
            Some(alignment) => Err(format!("has a segment that is aligned to {alignment} bytes only")),
            None => Err("has headers that cannot be read".to_owned()),
        },
        _ => Err("is no ELF file".to_owned()),
    }
}

/// The smallest alignment of the loaded segments of a 64-bit ELF file.
fn smallest_alignment(elf: &[u8]) -> Option<u64> {
    const LOADED: u64 = 1;
    let number = |at: u64, bytes: usize| -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let mut eight = [0; 8];
        eight[..bytes].copy_from_slice(elf.get(at..at.checked_add(bytes)?)?);
        Some(u64::from_le_bytes(eight))
    };
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let headers = (0..count).map(|n| table.saturating_add(n * size));
    // None is less than each alignment: one header that cannot be read is enough.
    let alignments = headers.filter_map(|at| match number(at, 4) {
        Some(LOADED) => Some(number(at.saturating_add(48), 8)),
        Some(_) => None,
        None => Some(None),
    });
    alignments.min()?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64-bit ELF file that is nothing but its headers: a segment of each type and alignment.
    fn elf(segments: &[(u32, u64)]) -> Vec<u8> {
        let mut file = vec![0; 64 + 56 * segments.len()];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        file[32] = 64;
        file[54] = 56;
        file[56] = segments.len() as u8;
        for (n, (kind, alignment)) in segments.iter().enumerate() {
            let at = 64 + 56 * n;
            file[at..at + 4].copy_from_slice(&kind.to_le_bytes());
            file[at + 48..at + 56].copy_from_slice(&alignment.to_le_bytes());
        }
        file
    }

    #[test]
    fn the_smallest_alignment_of_loaded_segments_counts() {
        assert_eq!(smallest_alignment(&elf(&[(6, 8), (1, 0x4000), (1, 0x10000), (2, 8)])), Some(0x4000));
        assert_eq!(smallest_alignment(&elf(&[(1, 0x4000), (1, 0x1000)])), Some(0x1000));
    }

    #[test]
    fn only_what_can_be_read_is_let_through() {
        assert_eq!(check_pages(&elf(&[(1, 0x4000)])), Ok(()));
        assert_eq!(check_pages(b"\x7fELF\x01 a 32-bit one"), Ok(()));
        assert!(check_pages(&elf(&[(1, 0x1000)])).unwrap_err().contains("4096"));
        let nothing_loaded = elf(&[(6, 8)]);
        let cut = &elf(&[(1, 0x4000), (1, 0x4000)])[..130];
        let mut far = elf(&[(1, 0x4000)]);
        far[32..40].fill(0xff);
        for unreadable in [&nothing_loaded, cut, &far] {
            assert_eq!(check_pages(unreadable), Err("has headers that cannot be read".to_owned()));
        }
        assert!(check_pages(b"!<arch>").is_err());
    }

    #[test]
    fn what_is_missing_is_named_with_what_brings_it() {
        let missing = missing();
        let target = "x86_64-linux-android";
        assert_eq!(missing.iter().any(|what| what.contains(target)), !is_installed(target));
        assert!(!is_installed("no-such-target"));
    }

    #[test]
    fn a_real_library_is_read() {
        let program = fs::read(env::current_exe().unwrap()).unwrap();
        if cfg!(all(target_os = "linux", target_pointer_width = "64")) {
            assert!(smallest_alignment(&program).unwrap().is_power_of_two());
        }
    }
}

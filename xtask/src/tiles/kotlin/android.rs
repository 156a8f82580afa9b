//! The library for Android's four ABIs, by `cargo-ndk`: a recipe that runs where the NDK is.

use std::env;
use std::fs;
use std::path::Path;

use crate::cargo::{cargo, run};
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

/// Builds what can be built into a folder for each ABI; says what is missing if that is nothing.
pub(super) fn libraries(jni: &Path, profile: Profile) -> Result<(), String> {
    let missing = missing();
    if !missing.is_empty() {
        println!("tessera-android: without native libraries, because {} is missing", missing.join(" and "));
        println!(
            "    cargo install cargo-ndk; rustup target add {}",
            ABIS.map(|(_, target)| target).join(" ")
        );
        return Ok(());
    }
    let mut ndk = cargo(&["ndk", "--platform", API_LEVEL, "--output-dir"])?;
    ndk.arg(jni).env("RUSTFLAGS", PAGE_FLAG);
    for (abi, _) in ABIS {
        ndk.args(["--target", abi]);
    }
    ndk.args(["build", "--quiet", "--package", "tessera-uniffi", "--profile", profile.name()]);
    run(&mut ndk)?;
    ABIS.iter().try_for_each(|(abi, _)| check(&jni.join(abi).join("libtessera_uniffi.so")))
}

fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if env::var_os("ANDROID_NDK_HOME").is_none_or(|folder| !Path::new(&folder).is_dir()) {
        missing.push("the NDK (ANDROID_NDK_HOME)");
    }
    if !is_there("cargo-ndk") {
        missing.push("cargo-ndk");
    }
    missing
}

fn check(library: &Path) -> Result<(), String> {
    let elf = fs::read(library).map_err(|error| format!("{}: {error}", library.display()))?;
    let Some(alignment) = smallest_alignment(&elf) else {
        return Ok(()); // 32-bit devices have small pages only.
    };
    if alignment >= PAGE_BYTES {
        return Ok(());
    }
    Err(format!("{} has a segment that is aligned to {alignment} bytes only", library.display()))
}

/// The smallest alignment of the loaded segments of a 64-bit ELF file.
fn smallest_alignment(elf: &[u8]) -> Option<u64> {
    const LOADED: u64 = 1;
    let number = |at: usize, bytes: usize| -> Option<u64> {
        let mut eight = [0; 8];
        eight[..bytes].copy_from_slice(elf.get(at..at + bytes)?);
        Some(u64::from_le_bytes(eight))
    };
    let is_64_bit = elf.get(..5)? == b"\x7fELF\x02";
    if !is_64_bit {
        return None;
    }
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let headers = (0..count).map(|n| (table + n * size) as usize);
    headers.filter(|at| number(*at, 4) == Some(LOADED)).map(|at| number(at + 48, 8)).min()?
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
        assert_eq!(smallest_alignment(&elf(&[(6, 8)])), None);
        assert_eq!(smallest_alignment(b"\x7fELF\x01 a 32-bit one"), None);
        assert_eq!(smallest_alignment(&elf(&[(1, 0x4000)])[..80]), None);
    }

    #[test]
    fn a_real_library_is_read() {
        let program = fs::read(env::current_exe().unwrap()).unwrap();
        if cfg!(all(target_os = "linux", target_pointer_width = "64")) {
            assert!(smallest_alignment(&program).unwrap().is_power_of_two());
        }
    }
}

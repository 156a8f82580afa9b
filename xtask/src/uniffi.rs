//! Code that UniFFI generates from `bindings/uniffi`, for the languages that stand on it. `uniffi.toml` has its names
//! and options; here is only how it is made.

use std::path::Path;
use std::process::Command;

use crate::cargo::{built, cargo, run};

/// Writes the generated code of a language (`kotlin`, `swift`) into a folder.
pub(crate) fn generate(language: &str, folder: &Path) -> Result<(), String> {
    let bindgen = ["build", "--quiet", "--manifest-path", "bindings/uniffi-bindgen/Cargo.toml"];
    run(&mut cargo(&bindgen)?)?;
    // Of the profile that the tests build anyway. Stripped ones have lost what the generator reads.
    run(&mut cargo(&["build", "--quiet", "--package", "tessera-uniffi"])?)?;
    let mut generator = Command::new(built("tessera-uniffi-bindgen")?);
    // It asks cargo for the crate's folder, where `uniffi.toml` is.
    generator.current_dir(crate::cargo::root());
    generator.args(["generate", "--no-format", "--language", language, "--library"]);
    generator.arg(library()?).arg("--out-dir").arg(folder);
    run(&mut generator)
}

/// The library that generated code is read from.
fn library() -> Result<std::path::PathBuf, String> {
    built(&format!("{}tessera_uniffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX))
}

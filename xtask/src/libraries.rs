//! The shared libraries of the languages, all from one call of cargo, so that what they have in common is built once.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::cargo::{cargo, run, target_dir};

/// The packages that become libraries of other languages.
const PACKAGES: &[&str] = &["tessera-uniffi", "tessera-node", "tessera-c", "tessera-python"];

/// Which profile they are built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Optimised, soon built: for tests.
    Release,
    /// As they are published: fat LTO, one codegen unit, stripped, and not larger than need be.
    Dist,
}

impl Profile {
    /// The name that cargo has for it, also of its folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Profile::Release => "release",
            Profile::Dist => "library",
        }
    }
}

/// Builds all of them, once in a run of xtask, and returns the folder that has them.
pub(crate) fn build(profile: Profile) -> Result<PathBuf, String> {
    static BUILT: [OnceLock<Result<(), String>>; 2] = [const { OnceLock::new() }; 2];
    let build = || {
        let mut build = cargo(&["build", "--quiet", "--profile", profile.name()])?;
        build.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        run(&mut build)
    };
    BUILT[profile as usize].get_or_init(build).clone()?;
    folder(profile)
}

/// The folder that has them, whether or not they were built.
pub(crate) fn folder(profile: Profile) -> Result<PathBuf, String> {
    Ok(target_dir(|name| std::env::var_os(name))?.join(profile.name()))
}

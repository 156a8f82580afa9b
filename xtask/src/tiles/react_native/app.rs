//! The tarball in an empty app: the sample's types against React Native's own, its bundle by Metro, autolinking, React
//! Native's code generator, and the same package in Node.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Workshop, add_to};
use crate::cargo::{cache_dir, root, run};
use crate::files::{copy, copy_all, ending_with};
use crate::libraries::Profile;

const SAMPLE: &str = "samples/react-native";
const CHECK: &str = "bindings/react-native/tests/app/autolinking.mjs";

/// What has to succeed in the app, once it is installed.
pub(super) fn checks() -> Result<Vec<Command>, String> {
    let app = install()?;
    let in_app = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.current_dir(&app).args(arguments);
        command
    };
    let artifacts = [
        "node_modules/react-native/scripts/generate-codegen-artifacts.js",
        "--path",
        ".",
        "--targetPlatform",
        "ios",
        "--outputPath",
        "built/codegen",
    ];
    Ok(vec![
        in_app("npm", &["run", "--silent", "check"]),
        in_app("npm", &["run", "--silent", "bundle"]),
        in_app("node", &artifacts),
        in_app("node", &["autolinking.mjs"]),
    ])
}

/// The sample in a folder of its own, with the tarball and React Native from npm.
fn install() -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("react-native-app");
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    add_to(&workshop)?;
    for tarball in ending_with(&folder, ".tgz").unwrap_or_default() {
        fs::remove_file(&tarball).map_err(|error| format!("{}: {error}", tarball.display()))?;
    }
    copy_all(&root().join(SAMPLE), &folder)?;
    copy(&root().join(CHECK), &folder.join("autolinking.mjs"))?;
    workshop.pack(&folder)?;
    let tarball = ending_with(&folder, ".tgz")?.pop().ok_or("npm has packed nothing")?;
    // Of the packages that are there already, npm takes what fits.
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--silent", "--prefer-offline"]);
    run(npm.arg(tarball))?;
    fs::create_dir_all(folder.join("built")).map_err(|error| error.to_string())?;
    Ok(folder)
}

//! The libraries for phones in the npm package: what `cargo xtask package kotlin` and `package swift` have made, if they
//! have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::BINDING;
use crate::cargo::{root, run};
use crate::files::{copy_all, create, ending_with, remove};
use crate::tiles::node::Workshop;

const FRAMEWORK: &str = "TesseraUniFFIC.xcframework";

/// Adds what there is in `dist`, and says what there is not.
pub(crate) fn add_libraries(node: &Workshop) -> Result<(), String> {
    let package = node.staged().join(BINDING);
    let dist = root().join("dist");
    if !add_android(&dist, &package)? {
        println!(
            "tessera-im: without Android's libraries, as `dist/maven` has none (`cargo xtask package kotlin`)"
        );
    }
    if !add_framework(&dist, &package)? {
        println!(
            "tessera-im: without {FRAMEWORK}, as `dist/swift` has none (`cargo xtask package swift`, on a Mac)"
        );
    }
    Ok(())
}

/// Those of the AAR, one for each ABI. False if there are none.
fn add_android(dist: &Path, package: &Path) -> Result<bool, String> {
    let Some(archive) = aar(&dist.join("maven/io/tessera/tessera-android")) else { return Ok(false) };
    let unpacked = package.join("android/unpacked");
    create(&unpacked)?;
    run(Command::new("jar").current_dir(&unpacked).arg("--extract").arg("--file").arg(archive).arg("jni"))?;
    let libraries = unpacked.join("jni");
    let has_any = libraries.is_dir();
    if has_any {
        copy_all(&libraries, &package.join("android/jniLibs"))?;
    }
    remove(&unpacked)?;
    Ok(has_any)
}

/// The AAR of the only version there.
fn aar(artefact: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(artefact).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    versions.filter_map(|version| ending_with(&version, ".aar").ok()?.pop()).next()
}

fn add_framework(dist: &Path, package: &Path) -> Result<bool, String> {
    let framework = dist.join("swift").join(FRAMEWORK);
    let is_there = framework.is_dir();
    if is_there {
        copy_all(&framework, &package.join(FRAMEWORK))?;
    }
    Ok(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write;

    #[test]
    fn what_lies_in_dist_is_found_and_what_does_not_is_said() {
        let folder = std::env::temp_dir().join(format!("tessera-libraries-{}", std::process::id()));
        let (dist, package) = (folder.join("dist"), folder.join("package"));
        create(&dist).unwrap();
        assert_eq!((add_android(&dist, &package), add_framework(&dist, &package)), (Ok(false), Ok(false)));

        let artefact = dist.join("maven/io/tessera/tessera-android");
        write(&artefact.join("maven-metadata.xml"), "").unwrap();
        write(&artefact.join("0.1.0/tessera-android-0.1.0.pom"), "").unwrap();
        assert_eq!(aar(&artefact), None);
        let archive = artefact.join("0.1.0/tessera-android-0.1.0.aar");
        write(&archive, "").unwrap();
        assert_eq!(aar(&artefact), Some(archive));

        write(&dist.join("swift").join(FRAMEWORK).join("Info.plist"), "plist").unwrap();
        assert_eq!(add_framework(&dist, &package), Ok(true));
        assert!(package.join(FRAMEWORK).join("Info.plist").exists());
        remove(&folder).unwrap();
    }
}

//! The library as SwiftPM takes it: on Linux a prefix that pkg-config knows, on a Mac an XCFramework.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{cargo, root, run, target_dir};
use crate::files;
use crate::install::is_there;
use crate::libraries::{self, Profile};
use crate::notices;

const PACKAGE: &str = "tessera-uniffi";
const LIBRARY: &str = "libtessera_uniffi";
const MODULE: &str = "TesseraUniFFIC";
const MODULE_SOURCES: &str = "bindings/swift/Sources/TesseraUniFFIC";
const FRAMEWORK: &str = "TesseraUniFFIC.xcframework";

/// The parts of an XCFramework: one for each system, with the targets that are joined in it.
const SLICES: [(&str, &[&str]); 3] = [
    ("ios", &["aarch64-apple-ios"]),
    ("ios-simulator", &["aarch64-apple-ios-sim", "x86_64-apple-ios"]),
    ("macos", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
];

/// The oldest systems that an app may run on, as `Package.swift` has them: C code of dependencies is compiled for these.
const OLDEST_SYSTEMS: [(&str, &str); 2] =
    [("IPHONEOS_DEPLOYMENT_TARGET", "13.0"), ("MACOSX_DEPLOYMENT_TARGET", "10.15")];

/// `cargo xtask package swift`: fills `dist/swift`.
pub(crate) fn fill() -> Result<(), String> {
    let folder = root().join("dist/swift");
    if cfg!(target_os = "macos") {
        return xcframework(&folder);
    }
    let prefix = folder.join("linux");
    files::remove(&prefix)?;
    install_library(Profile::Dist, &prefix)?;
    notices::place(&prefix.join("share/doc/tessera-uniffi"), PACKAGE)?;
    println!("{}: add its lib/pkgconfig to PKG_CONFIG_PATH", prefix.display());
    println!("{FRAMEWORK}: not made, because it needs a Mac with Xcode, and there the Rust targets:");
    println!("    rustup target add {}", targets().join(" "));
    Ok(())
}

/// Puts the library and its pkg-config file into a folder.
pub(super) fn install_library(profile: Profile, prefix: &Path) -> Result<(), String> {
    let built = libraries::build(profile)?;
    let lib = prefix.join("lib");
    let name = format!("{LIBRARY}{}", std::env::consts::DLL_SUFFIX);
    files::copy(&built.join(&name), &lib.join(&name))?;
    let text = files::read(&root().join("bindings/swift/tessera-uniffi.pc.in"))?;
    files::write(
        &lib.join("pkgconfig/tessera-uniffi.pc"),
        &text.replace("@VERSION@", env!("CARGO_PKG_VERSION")),
    )
}

/// Static libraries with their header, for each system of Apple's.
fn xcframework(folder: &Path) -> Result<(), String> {
    let missing = missing_for_xcframework();
    if !missing.is_empty() {
        return Err(format!("{FRAMEWORK} needs {}", missing.join(", and ")));
    }
    let framework = folder.join(FRAMEWORK);
    let slices = folder.join("slices");
    files::remove(&framework)?;
    files::remove(&slices)?;
    let headers = slices.join("headers");
    lay_out_headers(&headers)?;
    let mut create = Command::new("xcodebuild");
    create.arg("-create-xcframework");
    for (system, targets) in SLICES {
        let libraries: Vec<PathBuf> =
            targets.iter().map(|target| static_library(target)).collect::<Result<_, _>>()?;
        let joined = slices.join(system).join(format!("{LIBRARY}.a"));
        files::create(joined.parent().unwrap_or(folder))?;
        run(Command::new("lipo").arg("-create").args(&libraries).arg("-output").arg(&joined))?;
        create.arg("-library").arg(joined).arg("-headers").arg(&headers);
    }
    run(create.arg("-output").arg(&framework))?;
    files::remove(&slices)?;
    notices::place(folder, PACKAGE)?;
    println!("{}", framework.display());
    println!(
        "to publish it: zip it, `swift package compute-checksum`, and name url and checksum in Package.swift"
    );
    Ok(())
}

/// The header and its module map in a folder that is named as the module, where a compiler looks for it too: Xcode puts
/// the headers of all packages into one folder, where two module maps of one name collide.
fn lay_out_headers(folder: &Path) -> Result<(), String> {
    files::copy_all(&root().join(MODULE_SOURCES), &folder.join(MODULE))
}

fn static_library(target: &str) -> Result<PathBuf, String> {
    let arguments = ["rustc", "--profile", Profile::Dist.name(), "--package", PACKAGE, "--lib"];
    let mut build = cargo(&arguments)?;
    build.envs(OLDEST_SYSTEMS).args(["--crate-type", "staticlib", "--target", target]);
    run(&mut build)?;
    let built = target_dir(|name| std::env::var_os(name))?.join(target).join(Profile::Dist.name());
    Ok(built.join(format!("{LIBRARY}.a")))
}

fn missing_for_xcframework() -> Vec<String> {
    let programs = ["xcodebuild", "lipo"].into_iter().filter(|program| !is_there(program));
    let mut missing: Vec<String> = programs.map(|program| format!("{program} of Xcode")).collect();
    let absent: Vec<&str> = targets().into_iter().filter(|target| !has_target(target)).collect();
    if !absent.is_empty() {
        missing.push(format!("`rustup target add {}`", absent.join(" ")));
    }
    missing
}

fn targets() -> Vec<&'static str> {
    SLICES.iter().flat_map(|(_, targets)| targets.iter().copied()).collect()
}

fn has_target(target: &str) -> bool {
    let libdir = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    libdir.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> String {
        files::read(&root().join("Package.swift")).unwrap()
    }

    #[test]
    fn the_module_map_is_in_a_folder_of_its_module() {
        let folder = std::env::temp_dir().join(format!("tessera-headers-{}", std::process::id()));
        lay_out_headers(&folder).unwrap();
        let names = |folder: &Path| -> Vec<String> {
            let files = files::ending_with(folder, "").unwrap();
            files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&folder), [MODULE]);
        assert_eq!(names(&folder.join(MODULE)), ["TesseraUniFFIC.h", "module.modulemap"]);
        files::remove(&folder).unwrap();
    }

    #[test]
    fn the_oldest_systems_are_those_of_the_package() {
        for (variable, version) in OLDEST_SYSTEMS {
            let system = if variable.starts_with("IPHONEOS") { "iOS" } else { "macOS" };
            let version = version.trim_end_matches(".0").replace('.', "_");
            assert!(manifest().contains(&format!(".{system}(.v{version})")), "{system} {version}");
        }
    }

    #[test]
    fn what_an_app_links_names_the_frameworks_of_the_library() {
        // rustls-platform-verifier asks the system's own verifier. A static library names no framework itself.
        let podspec = files::read(&root().join("bindings/react-native/tessera-im.podspec")).unwrap();
        for framework in ["CoreFoundation", "Network", "Security"] {
            for text in [&manifest(), &podspec] {
                assert!(text.contains(&format!("{framework:?}")), "{framework}");
            }
        }
    }
}

//! libtessera as it is installed: header, libraries under their names, pkg-config file and CMake package. Tests and
//! samples use it as an app's build would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{cache_dir, root};
use crate::files;
use crate::libraries::{Profile, build};

/// Whose headers are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// The one of C.
    C,
    /// Those of C++ too, which stand on it.
    Cpp,
}

/// The folder in the cache that has libtessera installed, freshly.
pub(crate) fn prefix(profile: Profile) -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("native").join(profile.name());
    install(profile, Headers::Cpp, &folder)?;
    Ok(folder)
}

/// Fills a folder with `include` and `lib`. What was in it before is gone.
pub(crate) fn install(profile: Profile, headers: Headers, folder: &Path) -> Result<(), String> {
    let built = build(profile)?;
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let binding = root().join("bindings/c");
    copy_headers(headers, &folder.join("include"))?;
    let lib = folder.join("lib");
    let [version, abi] = versions()?;
    let names =
        [format!("libtessera.so.{version}"), format!("libtessera.so.{abi}"), "libtessera.so".to_owned()];
    files::copy(&built.join("libtessera.so"), &lib.join(&names[0]))?;
    files::copy(&built.join("libtessera.a"), &lib.join("libtessera.a"))?;
    for name in &names[1..] {
        std::os::unix::fs::symlink(&names[0], lib.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    let package = binding.join("package");
    let fill = |from: &str, to: &Path| -> Result<(), String> {
        let text = fs::read_to_string(package.join(from)).map_err(|error| format!("{from}: {error}"))?;
        files::write(&lib.join(to), &text.replace("@VERSION@", &version))
    };
    fill("tessera.pc.in", Path::new("pkgconfig/tessera.pc"))?;
    fill("tessera-config.cmake", Path::new("cmake/tessera/tessera-config.cmake"))?;
    fill("tessera-config-version.cmake.in", Path::new("cmake/tessera/tessera-config-version.cmake"))
}

fn copy_headers(headers: Headers, folder: &Path) -> Result<(), String> {
    let bindings = root().join("bindings");
    files::copy(&bindings.join("c/include/tessera/tim.h"), &folder.join("tessera/tim.h"))?;
    match headers {
        Headers::C => Ok(()),
        Headers::Cpp => files::copy_all(&bindings.join("cpp/include"), folder),
    }
}

/// A compiler call with the warnings that our own C and C++ is kept free of.
pub(crate) fn compiler(program: &str, standard: &str) -> Command {
    let mut command = Command::new(program);
    command.args([standard, "-D_GNU_SOURCE", "-O1", "-g", "-pthread"]);
    command.args(["-Wall", "-Wextra", "-Werror", "-pedantic"]);
    command
}

/// Adds what a program needs to be compiled with the installed library, and to find it when it runs.
pub(crate) fn with_library<'a>(command: &'a mut Command, prefix: &Path) -> &'a mut Command {
    let lib = prefix.join("lib");
    command.arg("-I").arg(prefix.join("include")).arg("-L").arg(&lib).arg("-ltessera");
    command.arg(format!("-Wl,-rpath,{}", lib.display()))
}

/// The folder for what is compiled against it.
pub(crate) fn programs() -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("native/programs");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// The package's version and the number of its binary interface, from `spec/versions.toml`.
pub(crate) fn versions() -> Result<[String; 2], String> {
    let text = fs::read_to_string(root().join("spec/versions.toml"))
        .map_err(|error| format!("spec/versions.toml: {error}"))?;
    let of = |table: &str| {
        let mut lines = text.lines().skip_while(|line| line.trim() != table);
        let line = lines.find(|line| line.starts_with("version")).unwrap_or_default();
        let value = line.split('#').next().unwrap_or_default().split('=').nth(1).unwrap_or_default();
        value.trim().trim_matches('"').to_owned()
    };
    let found = [of("[sdk]"), of("[c_abi]")];
    if found.iter().any(String::is_empty) {
        return Err("spec/versions.toml has no version of [sdk] or [c_abi]".to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_of_c_has_no_header_of_cpp() {
        let folder = std::env::temp_dir().join(format!("tessera-headers-{}", std::process::id()));
        let is_there = |name: &str| folder.join("tessera").join(name).exists();
        copy_headers(Headers::C, &folder).unwrap();
        assert!(is_there("tim.h") && !is_there("v2tim.hpp"));
        copy_headers(Headers::Cpp, &folder).unwrap();
        assert!(is_there("tim.h") && is_there("v2tim.hpp") && is_there("v2tim/manager.hpp"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn versions_are_read_from_the_spec() {
        let [version, abi] = versions().unwrap();
        assert!(version.split('.').count() == 3, "{version}");
        assert!(abi.parse::<u32>().is_ok(), "{abi}");
    }
}

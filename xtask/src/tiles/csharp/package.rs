//! The package for Unity, which .NET without Unity uses as well: sources, libtessera, and beside each file what Unity
//! knows it by. Unity ignores files of a package that have no `.meta` file, and folders whose names end in `~`.

use std::fs;
use std::path::Path;

use crate::cargo::{root, run};
use crate::libraries::{Profile, build};
use crate::tiles::csharp::{ASSEMBLY, compiler, option, sources};
use crate::{files, notices};

/// Where the compiled assembly is.
pub(crate) const DOTNET: &str = "DotNet~";
/// Where libtessera is.
pub(crate) const LIBRARY: &str = "Plugins/Linux/x86_64/libtessera.so";

/// Fills a folder. What was in it before is gone.
pub(crate) fn fill(profile: Profile, folder: &Path) -> Result<(), String> {
    let libraries = build(profile)?;
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let binding = root().join("bindings/csharp");
    for name in ["package.json", "README.md"] {
        files::copy(&binding.join(name), &folder.join(name))?;
    }
    for name in ["Runtime", DOTNET] {
        files::copy_all(&binding.join(name), &folder.join(name))?;
    }
    files::copy(&root().join("samples/unity/LoginSample.cs"), &folder.join("Samples~/Login/LoginSample.cs"))?;
    files::copy(&libraries.join("libtessera.so"), &folder.join(LIBRARY))?;
    notices::place(folder, "tessera-c")?;
    let dotnet = folder.join(DOTNET);
    let mut compile = compiler();
    compile.arg("-target:library").arg(option("-out:", &dotnet.join(ASSEMBLY)));
    compile.arg(option("-doc:", &dotnet.join(ASSEMBLY).with_extension("xml")));
    run(compile.args(sources(&folder.join("Runtime"))?))?;
    metas(folder, folder)
}

/// A `.meta` file beside everything in a folder that Unity looks at.
fn metas(package: &Path, folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let name = path.strip_prefix(package).unwrap_or(&path).display().to_string();
        if name.ends_with('~') || name.ends_with(".meta") {
            continue;
        }
        let text = meta(&name, path.is_dir());
        let beside = format!("{}.meta", path.display());
        files::write(Path::new(&beside), &text)?;
        if path.is_dir() {
            metas(package, &path)?;
        }
    }
    Ok(())
}

fn meta(name: &str, is_folder: bool) -> String {
    let head = format!("fileFormatVersion: 2\nguid: {}\n", guid(name));
    let plain = |importer: &str| format!("{importer}:\n  externalObjects: {{}}\n{TAIL}");
    let rest = match name.rsplit('.').next() {
        _ if is_folder => format!("folderAsset: yes\n{}", plain("DefaultImporter")),
        Some("cs") => format!("{SCRIPT}{TAIL}"),
        Some("so") => format!("{LINUX_PLUGIN}{TAIL}"),
        Some("asmdef") => plain("AssemblyDefinitionImporter"),
        Some("md") => plain("TextScriptImporter"),
        _ if name == "package.json" => plain("PackageManifestImporter"),
        _ => plain("DefaultImporter"),
    };
    head + &rest
}

/// Unity refers to a file by this, so it stays the same from version to version: FNV-1a of the name.
fn guid(name: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = name.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{hash:032x}")
}

const TAIL: &str = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n";

const SCRIPT: &str = "MonoImporter:
  externalObjects: {}
  serializedVersion: 2
  defaultReferences: []
  executionOrder: 0
  icon: {instanceID: 0}
";

/// For the editor and the player on Linux.
const LINUX_PLUGIN: &str = "PluginImporter:
  externalObjects: {}
  serializedVersion: 2
  iconMap: {}
  executionOrder: {}
  defineConstraints: []
  isPreloaded: 0
  isOverridable: 0
  isExplicitlyReferenced: 0
  validateReferences: 1
  platformData:
  - first:
      Any: 
    second:
      enabled: 0
      settings: {}
  - first:
      Editor: Editor
    second:
      enabled: 1
      settings:
        CPU: x86_64
        DefaultValueInitialized: true
        OS: Linux
  - first:
      Standalone: Linux64
    second:
      enabled: 1
      settings:
        CPU: x86_64
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_an_identifier_of_its_own_that_stays() {
        // Users' projects refer to it.
        assert_eq!(guid(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(guid("a"), "d228cb696f1a8caf78912b704e4a8964");
        assert_ne!(guid("Runtime/Native.cs"), guid("Runtime/Types.cs"));
    }

    #[test]
    fn the_package_has_the_version_of_the_spec() {
        let [version, _] = crate::tiles::native::versions().unwrap();
        let manifest = fs::read_to_string(root().join("bindings/csharp/package.json")).unwrap();
        assert!(manifest.contains(&format!("\"version\": \"{version}\"")), "{version}");
    }

    #[test]
    fn each_kind_of_file_has_its_importer() {
        let importer = |name: &str, is_folder| {
            let text = meta(name, is_folder);
            text.lines().find_map(|line| line.strip_suffix("Importer:")).map(str::to_owned)
        };
        assert_eq!(importer("Runtime", true).as_deref(), Some("Default"));
        assert_eq!(importer("Runtime/Native.cs", false).as_deref(), Some("Mono"));
        assert_eq!(importer(LIBRARY, false).as_deref(), Some("Plugin"));
        assert_eq!(importer("package.json", false).as_deref(), Some("PackageManifest"));
        assert_eq!(importer("LICENSE-MIT", false).as_deref(), Some("Default"));
    }
}

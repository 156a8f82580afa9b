//! Node and Electron: the native module, the TypeScript above it, and the npm package made of both.
//!
//! Everything is built in `node` of the cache folder: npm's packages in `node_modules`, the package `tessera-im` as npm
//! would unpack it among them, and compiled tests, samples and drivers in `built`.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{cache_dir, root, run};
use crate::conformance::Driver;
use crate::install::is_there;
use crate::libraries::{self, Profile};
use crate::stage::{Outcome, run as run_stage, skipped};
use crate::test::Options;
use crate::tools::ticket_packages;

/// What npm is told of; when one of them changes, the packages are installed anew.
const NPM_FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
const SAMPLES: &str = "samples/node";
/// What goes into the package beside what is built.
const PACKAGED: [(&str, &str); 7] = [
    ("package.json", "package.json"),
    ("bindings/node/README.md", "README.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("docs/error-codes.md", "docs/error-codes.md"),
    ("docs/settings.md", "docs/settings.md"),
    ("docs/migrating.md", "docs/migrating.md"),
];

/// Where everything of Node is built.
struct Workshop {
    folder: PathBuf,
}

/// Everything that is tested in Node alone; the scenarios are played by the stage `conformance-node`.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = options.install.packages(&["nodejs", "npm"], "some 200 MB with what they need")
        && !is_there("node")
    {
        return Ok(skipped(name, reason));
    }
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    workshop.compile(&["bindings/node/tests", SAMPLES])?;
    copy(&root().join(SAMPLES).join("package.json"), &workshop.built(SAMPLES).join("package.json"))?;
    let mut commands = vec![workshop.tests("bindings/node/tests")?, workshop.tests(SAMPLES)?];
    for command in &mut commands {
        if options.full {
            command.env("TESSERA_FULL", "1");
        }
        if let Some(modules) = ticket_packages()?.node_modules {
            command.env("TESSERA_VENDOR_MODULES", modules);
        }
    }
    Ok(run_stage(name, commands))
}

/// The driver of the conformance suite.
pub(crate) fn driver() -> Result<Driver, String> {
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    workshop.compile(&["conformance/drivers/node"])?;
    let driver = workshop.built("conformance/drivers/node/driver.js");
    Ok(Driver { builds: Vec::new(), command: vec!["node".into(), driver.into()] })
}

impl Workshop {
    /// The workshop with npm's packages in it.
    fn open() -> Result<Workshop, String> {
        if !is_there("node") || !is_there("npm") {
            return Err("it needs node and npm: apt-get install nodejs npm".to_owned());
        }
        let workshop = Workshop { folder: cache_dir()?.join("node") };
        create(&workshop.folder)?;
        let is_current = |name: &&str| {
            let text = |folder: &Path| fs::read(folder.join(name)).ok();
            text(root()) == text(&workshop.folder)
        };
        if !NPM_FILES.iter().all(|name| is_current(name)) || !workshop.modules().exists() {
            for name in NPM_FILES.iter().rev() {
                copy(&root().join(name), &workshop.folder.join(name))?;
            }
            let mut npm = Command::new("npm");
            npm.current_dir(&workshop.folder);
            run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]))?;
        }
        Ok(workshop)
    }

    fn modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }

    /// The package, as npm would unpack it.
    fn package(&self) -> PathBuf {
        self.modules().join("tessera-im")
    }

    fn built(&self, file: &str) -> PathBuf {
        self.folder.join("built").join(file)
    }

    /// Builds the package `tessera-im`.
    fn build_package(&self, profile: Profile) -> Result<(), String> {
        let libraries = libraries::build(profile)?;
        let package = self.package();
        // What an earlier state of the sources left must not be found.
        let _ = fs::remove_dir_all(&package);
        for (from, to) in PACKAGED {
            copy(&root().join(from), &package.join(to))?;
        }
        let library = libraries.join(format!("{DLL_PREFIX}tessera_node{DLL_SUFFIX}"));
        copy(&library, &package.join("prebuilds").join(platform()).join("tessera-im.node"))?;
        // What every platform must be able to run is also checked without the types of Node.
        run(&mut self.tsc(&root().join("bindings/typescript")))?;
        run(self.tsc(&root().join("bindings/node")).arg("--outDir").arg(package.join("lib")))
    }

    /// Compiles programs that use the package, such as its tests.
    fn compile(&self, folders: &[&str]) -> Result<(), String> {
        let quoted = |path: PathBuf| format!("{:?}", path.display().to_string());
        let include: Vec<String> = folders.iter().map(|folder| quoted(root().join(folder))).collect();
        let config = format!(
            r#"{{
  "extends": {base},
  "compilerOptions": {{
    "rootDir": {root},
    "outDir": {out},
    "types": ["node"],
    "lib": ["ES2022"],
    "paths": {{
      "tessera-im": [{package}],
      "tessera-im/testkit": [{testkit}]
    }}
  }},
  "include": [{include}]
}}
"#,
            base = quoted(root().join("bindings/typescript/tsconfig.base.json")),
            root = quoted(root().to_owned()),
            out = quoted(self.folder.join("built")),
            package = quoted(self.package().join("lib/node/ts/index.d.ts")),
            testkit = quoted(self.package().join("lib/node/ts/testkit/index.d.ts")),
            include = include.join(", "),
        );
        // A package of its own, else `tessera-im` would mean the folder above, whose package.json has that name.
        write(&self.built("package.json"), "{}\n")?;
        let path = self.folder.join("tsconfig.json");
        write(&path, &config)?;
        run(&mut self.tsc(&path))
    }

    /// Runs the compiled tests of a folder.
    fn tests(&self, folder: &str) -> Result<Command, String> {
        let folder = self.built(folder);
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.retain(|file| file.to_string_lossy().ends_with(".test.js"));
        files.sort();
        let mut node = Command::new("node");
        node.arg("--test").arg("--test-reporter").arg(self.built("bindings/node/tests/reporter.js"));
        node.args(["--test-reporter-destination", "stdout"]).args(files);
        Ok(node)
    }

    fn tsc(&self, project: &Path) -> Command {
        let mut tsc = Command::new("node");
        tsc.arg(self.modules().join("typescript/bin/tsc")).arg("--project").arg(project);
        tsc.arg("--typeRoots").arg(self.modules().join("@types"));
        tsc
    }
}

/// The name of this platform's folder in `prebuilds`, as `bindings/node/ts/binary.ts` looks for it.
fn platform() -> String {
    let os = match OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let arch = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    match (os, cfg!(target_env = "musl")) {
        ("linux", true) => format!("{os}-{arch}-musl"),
        ("linux", false) => format!("{os}-{arch}-gnu"),
        _ => format!("{os}-{arch}"),
    }
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Writes a file, with the folders that it needs.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies a file, with the folders that it needs.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        create(folder)?;
    }
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

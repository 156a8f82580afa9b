//! Node and Electron: the native module, the TypeScript above it, and the npm package made of both.
//!
//! Everything is built in `node` of the cache folder: npm's packages in `node_modules`, the package `tessera-im` as npm
//! would unpack it among them, and compiled tests, samples and drivers in `built`.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::react_native;
use crate::cargo::{cache_dir, cargo, root, run};
use crate::conformance::Driver;
use crate::files::{copy, copy_all, create, ending_with, write};
use crate::install::is_there;
use crate::libraries::{self, Profile};
use crate::notices;
use crate::stage::{self, Outcome, skipped};
use crate::test::Options;
use crate::tools::{npm_package, ticket_packages};

/// What npm is told of; when one of them changes, the packages are installed anew.
const NPM_FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
/// What goes into the package beside what is built.
const PACKAGED: [(&str, &str); 9] = [
    ("package.json", "package.json"),
    ("bindings/node/README.md", "README.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("docs/error-codes.md", "docs/error-codes.md"),
    ("docs/settings.md", "docs/settings.md"),
    ("docs/node.md", "docs/node.md"),
    ("docs/react-native.md", "docs/react-native.md"),
    ("docs/migrating.md", "docs/migrating.md"),
];
const TESTS: &str = "bindings/node/tests";
const SAMPLES: &str = "samples/node";
const BENCH: &str = "bench/node";

/// Where everything of Node is built.
pub(crate) struct Workshop {
    folder: PathBuf,
}

/// Everything that is tested in Node alone; the scenarios are played by the stage `conformance-node`.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = has_node(options) {
        return Ok(skipped(name, reason));
    }
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    // What measures is not run, but must not go stale.
    workshop.compile(&[TESTS, SAMPLES, BENCH])?;
    let mut tests = workshop.tests(&workshop.built(TESTS))?;
    if options.full {
        tests.env("TESSERA_FULL", "1");
    }
    if let Some(modules) = ticket_packages()?.node_modules {
        tests.env("TESSERA_VENDOR_MODULES", modules);
    }
    let installed = workshop.install()?;
    let mut as_users_do = workshop.tests(&installed.join("built"))?;
    as_users_do.current_dir(&installed);
    Ok(stage::run(name, vec![tests, as_users_do]))
}

/// Every scenario through Node's driver.
pub(crate) fn conformance(name: &'static str, options: &Options) -> Result<Outcome, String> {
    match has_node(options) {
        Ok(()) => Ok(stage::run(name, crate::conformance::commands("node", None)?)),
        Err(reason) => Ok(skipped(name, reason)),
    }
}

/// The driver of the conformance suite.
pub(crate) fn driver() -> Result<Driver, String> {
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    workshop.compile(&["conformance/drivers/node", "conformance/drivers/typescript"])?;
    let driver = workshop.built("conformance/drivers/node/driver.js");
    Ok(Driver { builds: Vec::new(), command: vec!["node".into(), driver.into()] })
}

/// Puts the npm tarball into `dist/node`.
pub(crate) fn package() -> Result<(), String> {
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Dist)?;
    workshop.complete()?;
    react_native::add_libraries(&workshop)?;
    workshop.pack(&root().join("dist/node"))
}

/// The program that measures Node's rows of the bench table.
pub(crate) fn bench() -> Result<Command, String> {
    let workshop = Workshop::open()?;
    let profile = Profile::Dist.name();
    let client_only = workshop.folder.join("client-only.node");
    let bare =
        ["build", "--quiet", "--profile", profile, "--package", "tessera-node", "--no-default-features"];
    run(&mut cargo(&bare)?)?;
    copy(&libraries::folder(Profile::Dist)?.join(library("tessera_node")), &client_only)?;
    workshop.build_package(Profile::Dist)?;
    run(&mut cargo(&["build", "--quiet", "--profile", profile, "--package", "tessera-node-anchors"])?)?;
    let anchors = workshop.folder.join("anchors.node");
    copy(&libraries::folder(Profile::Dist)?.join(library("tessera_node_anchors")), &anchors)?;
    workshop.compile(&[BENCH])?;
    let vendor = ticket_packages()?.node_modules.ok_or("the vendor's npm package is not there")?;
    let mut rows = Command::new("node");
    rows.arg(workshop.built(BENCH).join("rows.js")).arg("--anchors").arg(anchors).arg("--vendor").arg(vendor);
    rows.arg("--sizes").arg(format!("{},{}", client_only.display(), workshop.module().display()));
    let capi = libraries::folder(Profile::Dist)?.join(library("tessera"));
    if capi.exists() {
        rows.arg("--library").arg(capi).arg("--koffi").arg(npm_package("koffi", "2.16.2")?);
    }
    Ok(rows)
}

fn has_node(options: &Options) -> Result<(), String> {
    if is_there("node") && is_there("npm") {
        return Ok(());
    }
    options.install.packages(&["nodejs", "npm"], "some 200 MB with what they need")
}

impl Workshop {
    /// The workshop with npm's packages in it.
    pub(crate) fn open() -> Result<Workshop, String> {
        if !is_there("node") || !is_there("npm") {
            return Err("it needs node and npm: apt-get install nodejs npm".to_owned());
        }
        let workshop = Workshop { folder: cache_dir()?.join("node") };
        create(&workshop.folder)?;
        let is_current = |name: &&str| {
            let text = |folder: &Path| fs::read(folder.join(name)).ok();
            text(root()) == text(&workshop.folder)
        };
        if !NPM_FILES.iter().all(is_current) || !workshop.modules().exists() {
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
    pub(crate) fn staged(&self) -> PathBuf {
        self.modules().join("tessera-im")
    }

    /// The native module in it.
    fn module(&self) -> PathBuf {
        self.staged().join("prebuilds").join(platform()).join("tessera-im.node")
    }

    fn built(&self, file: &str) -> PathBuf {
        self.folder.join("built").join(file)
    }

    /// Builds the package `tessera-im`.
    pub(crate) fn build_package(&self, profile: Profile) -> Result<(), String> {
        let libraries = libraries::build(profile)?;
        let package = self.staged();
        // What an earlier state of the sources left must not be found.
        let _ = fs::remove_dir_all(&package);
        for (from, to) in PACKAGED {
            copy(&root().join(from), &package.join(to))?;
        }
        copy(&libraries.join(library("tessera_node")), &self.module())?;
        // What every platform must be able to run is also checked without the types of Node.
        run(&mut self.tsc(&root().join("bindings/typescript")))?;
        run(self.tsc(&root().join("bindings/node")).arg("--outDir").arg(package.join("lib")))?;
        run(&mut self.bundle("index"))?;
        run(self.bundle("testkit/index").arg("--external:../index"))
    }

    /// Makes one file of a module and all that it imports.
    fn bundle(&self, module: &str) -> Command {
        let mut esbuild = Command::new("node");
        esbuild.arg(self.modules().join("esbuild/bin/esbuild"));
        let file = self.staged().join("lib/node/ts").join(format!("{module}.js"));
        esbuild.arg(root().join("bindings/node/ts").join(format!("{module}.ts")));
        esbuild.args(["--bundle", "--platform=node", "--target=node18", "--log-level=warning"]);
        esbuild.arg(format!("--outfile={}", file.display()));
        esbuild
    }

    /// Adds what the package has for other platforms.
    fn complete(&self) -> Result<(), String> {
        react_native::add_to(self).map(drop)
    }

    /// Makes the tarball of the package that was built.
    pub(crate) fn pack(&self, to: &Path) -> Result<(), String> {
        write(&self.staged().join("THIRD-PARTY-NOTICES.md"), &notices::of("tessera-node")?)?;
        create(to)?;
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", "--pack-destination"]).arg(to).arg(self.staged());
        run(&mut npm)
    }

    /// Installs the tarball, with all that is published in it, into an empty folder beside the samples, as a user would,
    /// and compiles them there.
    fn install(&self) -> Result<PathBuf, String> {
        let folder = cache_dir()?.join("node-installed");
        let _ = fs::remove_dir_all(&folder);
        copy_all(&root().join(SAMPLES), &folder)?;
        self.complete()?;
        self.pack(&folder)?;
        let tarball = ending_with(&folder, ".tgz")?.pop().ok_or("npm has packed nothing")?;
        let mut npm = Command::new("npm");
        npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--silent", "--prefer-offline"]);
        run(npm.arg(tarball))?;
        let mut build = Command::new("npm");
        run(build.current_dir(&folder).args(["run", "--silent", "build"]))?;
        copy(&root().join(TESTS).join("installed.mjs"), &folder.join("built/installed.test.js"))?;
        Ok(folder)
    }

    /// Compiles programs that use the package, such as its tests.
    fn compile(&self, folders: &[&str]) -> Result<(), String> {
        self.compile_to(&self.folder, &self.staged().join("lib/node/ts/index.d.ts"), folders)
    }

    /// Compiles programs for which the package is what `entry` declares, into `built` of a folder.
    pub(crate) fn compile_to(&self, to: &Path, entry: &Path, folders: &[&str]) -> Result<(), String> {
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
            out = quoted(to.join("built")),
            package = quoted(entry.to_owned()),
            testkit = quoted(self.staged().join("lib/node/ts/testkit/index.d.ts")),
            include = include.join(", "),
        );
        // A package of its own, else `tessera-im` would mean the folder above, whose package.json has that name.
        write(&to.join("built/package.json"), "{}\n")?;
        let path = to.join("tsconfig.json");
        write(&path, &config)?;
        run(&mut self.tsc(&path))
    }

    /// Runs the compiled tests of a folder.
    pub(crate) fn tests(&self, folder: &Path) -> Result<Command, String> {
        let mut node = Command::new("node");
        node.arg("--test").arg("--test-reporter").arg(self.built(TESTS).join("reporter.js"));
        node.args(["--test-reporter-destination", "stdout"]).args(ending_with(folder, ".test.js")?);
        Ok(node)
    }

    pub(crate) fn tsc(&self, project: &Path) -> Command {
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

fn library(name: &str) -> String {
    format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")
}

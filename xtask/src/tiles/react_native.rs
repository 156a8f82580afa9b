//! React Native: its part of the npm package `tessera-im`, and the host for Linux in which it is tested.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::node::Workshop;
use crate::cargo::{cache_dir, root, run};
use crate::conformance::Driver;
use crate::files::{copy, copy_all, write};
use crate::install::is_there;
use crate::libraries::Profile;
use crate::stage::{self, Outcome, skipped};
use crate::test::Options;

mod app;
mod generated;
mod host;
mod libraries;

pub(crate) use libraries::add_libraries;

const BINDING: &str = "bindings/react-native";
/// What of the binding is in the package.
const PACKAGED: [&str; 5] = ["android", "cpp", "ios", "package.json", "ts/NativeTesseraIm.ts"];
const DRIVERS: [&str; 2] = ["conformance/drivers/react_native", "conformance/drivers/typescript"];
const BENCH: &str = "bench/react_native";
const TESTS: &str = "bindings/react-native/tests";

/// Everything that is tested of React Native in the host; the scenarios have a stage of their own.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = has_tools(options) {
        return Ok(skipped(name, reason));
    }
    let built = Built::new(Profile::Release)?;
    built.compile(&[TESTS])?;
    let snippets = built.compile_snippets()?;
    let mut tests = built.node.tests(&built.file(TESTS))?;
    tests.env("TESSERA_HOST", &built.host).env("TESSERA_HOST_PACKAGES", built.packages());
    tests.env("TESSERA_SNIPPETS", snippets);
    if options.full {
        tests.env("TESSERA_FULL", "1");
    }
    Ok(stage::run(name, vec![tests]))
}

/// Every scenario through React Native's driver.
pub(crate) fn conformance(name: &'static str, options: &Options) -> Result<Outcome, String> {
    match has_tools(options) {
        Ok(()) => Ok(stage::run(name, crate::conformance::commands("react_native", None)?)),
        Err(reason) => Ok(skipped(name, reason)),
    }
}

/// The package in an app, with React Native and its tools from npm.
pub(crate) fn app(name: &'static str, options: &Options) -> Result<Outcome, String> {
    match has_tools(options) {
        Ok(()) => Ok(stage::run(name, app::checks()?)),
        Err(reason) => Ok(skipped(name, reason)),
    }
}

/// The driver of the conformance suite.
pub(crate) fn driver() -> Result<Driver, String> {
    let built = Built::new(Profile::Release)?;
    built.compile(&DRIVERS)?;
    let driver = built.file("conformance/drivers/react_native/driver.js");
    let command = vec![built.host.clone().into(), built.packages().into(), driver.into()];
    Ok(Driver { builds: Vec::new(), command })
}

/// The program that measures React Native's rows of the bench table.
pub(crate) fn bench() -> Result<Command, String> {
    let built = Built::new(Profile::Dist)?;
    built.compile(&[BENCH])?;
    let mut rows = Command::new(&built.host);
    rows.arg(built.packages()).arg(built.file(BENCH).join("rows.js"));
    Ok(rows)
}

/// Adds React Native's part to the npm package in this folder. Returns the generated code.
pub(crate) fn add_to(node: &Workshop) -> Result<generated::Generated, String> {
    let package = node.staged();
    let generated = generated::generate()?;
    let sources = cache_dir()?.join("react-native/src");
    for (from, to) in
        [("bindings/typescript/src", "typescript/src"), ("bindings/react-native/ts", "react-native/ts")]
    {
        let _ = fs::remove_dir_all(sources.join(to));
        copy_all(&root().join(from), &sources.join(to))?;
    }
    let config = format!(
        r#"{{
  "extends": {base:?},
  "compilerOptions": {{
    "rootDir": ".",
    "outDir": {out:?},
    "declaration": true,
    "skipLibCheck": true,
    "types": [],
    "lib": ["ES2022"]
  }},
  "include": ["react-native", "typescript", {types:?}]
}}
"#,
        base = root().join("bindings/typescript/tsconfig.base.json").display().to_string(),
        out = package.join("lib").display().to_string(),
        types = root().join(BINDING).join("types").display().to_string(),
    );
    write(&sources.join("tsconfig.json"), &config)?;
    run(&mut node.tsc(&sources))?;
    copy_all(&generated.typescript.join("runtime"), &package.join("lib/react-native/generated/runtime"))?;
    // What Gradle, CocoaPods and React Native's own generator read.
    copy(&root().join("react-native.config.js"), &package.join("react-native.config.js"))?;
    copy(&root().join(BINDING).join("tessera-im.podspec"), &package.join("tessera-im.podspec"))?;
    for part in PACKAGED {
        let to = package.join(BINDING).join(part);
        let from = root().join(BINDING).join(part);
        if from.is_dir() { copy_all(&from, &to)? } else { copy(&from, &to)? }
    }
    copy_all(&generated.cpp, &package.join(BINDING).join("cpp/generated"))?;
    Ok(generated)
}

fn has_tools(options: &Options) -> Result<(), String> {
    let packages = ["nodejs", "npm", "g++", "patch", "pkg-config", "libjavascriptcoregtk-4.1-dev"];
    let have = ["node", "npm", "g++", "patch", "pkg-config"].into_iter().all(is_there);
    let has_jsc = Command::new("pkg-config").args(["--exists", "javascriptcoregtk-4.1"]).status();
    if have && has_jsc.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    options.install.packages(&packages, "some 500 MB with what they need")
}

/// The package with React Native's part, and the host.
struct Built {
    node: Workshop,
    folder: PathBuf,
    host: PathBuf,
}

impl Built {
    fn new(profile: Profile) -> Result<Built, String> {
        let node = Workshop::open()?;
        node.build_package(profile)?;
        let generated = add_to(&node)?;
        let host = host::build(&generated, profile)?;
        // Beside the npm packages, so that tests find them.
        let built = Built { folder: cache_dir()?.join("node/react-native"), node, host };
        let entry = built.node.staged().join("lib/react-native/ts/index.js");
        write(
            &built.packages().join("tessera-im.js"),
            &format!("module.exports = require({:?});\n", entry.display().to_string()),
        )?;
        let react_native = root().join(BINDING).join("host/react-native.js");
        copy(&react_native, &built.packages().join("react-native.js"))?;
        Ok(built)
    }

    /// Where the host finds packages.
    fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.join("built").join(path)
    }

    /// Compiles programs for the host, and tests that start them.
    fn compile(&self, folders: &[&str]) -> Result<(), String> {
        let entry = self.node.staged().join("lib/react-native/ts/index.d.ts");
        self.node.compile_to(&self.folder, &entry, folders)
    }

    /// Compiles the documentation's snippets, which are modules with `await`, to a form that the host's tests can run.
    fn compile_snippets(&self) -> Result<PathBuf, String> {
        let out = self.folder.join("snippets");
        let config = format!(
            r#"{{
  "compilerOptions": {{
    "target": "ES2022",
    "module": "System",
    "moduleResolution": "node10",
    "ignoreDeprecations": "5.0",
    "strict": true,
    "skipLibCheck": true,
    "types": ["node"],
    "lib": ["ES2022"],
    "outDir": {out:?},
    "paths": {{ "tessera-im": [{entry:?}] }}
  }},
  "include": [{docs:?}]
}}
"#,
            out = out.display().to_string(),
            entry = self.node.staged().join("lib/react-native/ts/index.d.ts").display().to_string(),
            docs = root().join("samples/node/docs").display().to_string(),
        );
        let path = self.folder.join("snippets.json");
        write(&path, &config)?;
        run(&mut self.node.tsc(&path))?;
        Ok(out)
    }
}

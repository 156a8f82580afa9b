//! Kotlin and Java: the generated binding, the Maven build above it, its drivers, and its tests.
//!
//! Everything is built in `kotlin` of the cache folder; what Maven downloads is in `maven` beside it.

mod android;
mod archive;
pub(crate) mod package;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::cargo::{built, cache_dir, cargo, root, run};
use crate::conformance::Driver;
use crate::install::{Permission, is_there};
use crate::libraries::{self, Profile};
use crate::stage::{Outcome, run as run_stage, skipped};
use crate::test::Options;
use crate::tiles::c::with_gateway_build;
use crate::uniffi;

const DEBIAN_PACKAGES: &[&str] = &["maven", "openjdk-17-jdk-headless"];
const DEBIAN_SIZE: &str = "some 350 MB with what they need";
/// A driver is short-lived, many run at the same time, and its output is for the runner alone.
const DRIVER_FLAGS: [&str; 5] = [
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:+DisplayVMOutputToStderr",
    "-Xmx64m",
];

/// Whether this run of xtask has compiled the modules already.
static COMPILED: OnceLock<Result<(), String>> = OnceLock::new();

/// Where everything of Kotlin is built.
struct Workshop {
    folder: PathBuf,
    /// The folder of the library that tests and drivers load.
    library: PathBuf,
}

/// Everything that is tested on the JVM alone; the scenarios are played by stages of their own.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = tools(options.install) {
        return Ok(skipped(name, reason));
    }
    let workshop = Workshop::open()?;
    let mut verify = workshop.maven(&["clean", "verify"])?;
    run(&mut cargo(&["build", "--quiet", "--package", "tessera-testkit"])?)?;
    verify.arg(format!("-Dtessera.gateway={}", built("tessera-test-gateway")?.display()));
    if options.full {
        verify.env("TESSERA_FULL", "1");
    }
    let outcome = run_stage(name, vec![verify]);
    if outcome.counts.failed == 0 {
        // The stages that follow need not compile it again.
        let _ = COMPILED.set(Ok(()));
    }
    Ok(outcome)
}

/// What is published, as those use it who have only its coordinates: the samples, and an app for Android.
pub(crate) fn package_stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = tools(options.install) {
        return Ok(skipped(name, reason));
    }
    Ok(run_stage(name, package::consumers()?))
}

/// The scenarios, through the driver of one of the two languages.
pub(crate) fn conformance(name: &'static str, options: &Options, language: &str) -> Result<Outcome, String> {
    if let Err(reason) = tools(options.install) {
        return Ok(skipped(name, reason));
    }
    Ok(run_stage(name, crate::conformance::commands(language, None)?))
}

/// The driver of the conformance suite in this language, `kotlin` or `java`.
pub(crate) fn driver(language: &str) -> Result<Driver, String> {
    tools(Permission(false)).map_err(|reason| format!("it needs a JDK and Maven: {reason}"))?;
    let workshop = Workshop::open()?;
    workshop.compile()?;
    let folder = workshop.target().join("driver");
    let classes = format!("{}/classes:{}/libraries/*", folder.display(), folder.display());
    let mut command = vec!["java".into()];
    command.extend(DRIVER_FLAGS.map(Into::into));
    command.push(format!("-Djna.library.path={}", workshop.library.display()).into());
    command.extend(["-cp", classes.as_str(), "io.tessera.driver.Main", language].map(Into::into));
    Ok(Driver { builds: Vec::new(), command })
}

/// What measures the rows of the JVM, with the library as it is published.
pub(crate) fn bench() -> Result<Command, String> {
    tools(Permission(false)).map_err(|reason| format!("it needs a JDK and Maven: {reason}"))?;
    let workshop = Workshop::with(Profile::Dist)?;
    let mut package = workshop.maven(&["clean", "package", "-Dmaven.test.skip=true", "--quiet"])?;
    run(package.args(["--activate-profiles", "bench", "--also-make", "--projects", "../../bench/jvm"]))?;
    let folder = workshop.target().join("bench");
    run(&mut with_gateway_build()?)?;
    let mut rows = Command::new(built("tessera-with-gateway")?);
    rows.args(["--", "java"]).arg(format!("-Djna.library.path={}", workshop.library.display()));
    rows.args(["-cp", &format!("{0}/classes:{0}/libraries/*", folder.display()), "io.tessera.bench.Main"]);
    rows.args(["{app}", "{ticket:alice}", "{ticket:bob}"]);
    Ok(rows)
}

/// Whether Maven and a JDK are here, or may be installed.
fn tools(install: Permission) -> Result<(), String> {
    if is_there("mvn") && is_there("javac") {
        return Ok(());
    }
    install.packages(DEBIAN_PACKAGES, DEBIAN_SIZE)
}

impl Workshop {
    /// The workshop for tests.
    fn open() -> Result<Workshop, String> {
        Workshop::with(Profile::Release)
    }

    /// The workshop with the library built and the code over it generated.
    fn with(profile: Profile) -> Result<Workshop, String> {
        let library = libraries::build(profile)?;
        let workshop = Workshop { folder: cache_dir()?.join("kotlin"), library };
        static GENERATED: OnceLock<Result<(), String>> = OnceLock::new();
        GENERATED.get_or_init(|| uniffi::generate("kotlin", &workshop.generated().join("kotlin"))).clone()?;
        Ok(workshop)
    }

    /// Compiles all modules, without their tests.
    fn compile(&self) -> Result<(), String> {
        let package = || run(self.maven(&["clean", "package", "-Dmaven.test.skip=true"])?.arg("--quiet"));
        COMPILED.get_or_init(package).clone()
    }

    fn generated(&self) -> PathBuf {
        self.folder.join("generated")
    }

    /// Where Maven builds, a folder for each module.
    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// The library for the JVM of this machine.
    fn library(&self) -> PathBuf {
        self.library.join(format!("{DLL_PREFIX}tessera_uniffi{DLL_SUFFIX}"))
    }

    /// A call of Maven on all modules.
    fn maven(&self, goals: &[&str]) -> Result<Command, String> {
        let mut maven = maven(&root().join("bindings/kotlin"))?;
        maven.arg(format!("-Dtessera.generated={}", self.generated().display()));
        maven.arg(format!("-Dtessera.build={}", self.target().display()));
        maven.arg(format!("-Dtessera.library={}", self.library.display()));
        maven.args(goals);
        Ok(maven)
    }
}

/// A call of Maven in a folder. What it downloads is kept in the cache folder, and no compiler outlives it.
fn maven(folder: &Path) -> Result<Command, String> {
    let mut maven = Command::new("mvn");
    maven.current_dir(folder).args(["--batch-mode", "--no-transfer-progress"]);
    maven.arg("-Dkotlin.compiler.daemon=false");
    maven.arg(format!("-Dmaven.repo.local={}", cache_dir()?.join("maven").display()));
    Ok(maven)
}

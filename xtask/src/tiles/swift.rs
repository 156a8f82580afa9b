//! Swift: the library for SwiftPM, the package above it, its driver, tests, sample and bench.
//!
//! Everything is built in `swift` of the cache folder: Debian's toolchain, where the machine has none of its own, and
//! `work` with the library and what SwiftPM builds.

mod package;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{built, cargo, root, run};
use crate::conformance::Driver;
use crate::install::Permission;
use crate::libraries::Profile;
use crate::stage::{Outcome, run as run_stage, skipped};
use crate::test::Options;
use toolchain::Toolchain;

pub(crate) use package::fill as fill_package;

/// A package of its own, as an app's would be.
const SAMPLE: &str = "samples/ios";

/// Checks the face for Objective-C, which is not run here.
const OBJECTIVE_C: &str = "bindings/swift/Tests/ObjectiveC/check.sh";

/// Swift with the library of a profile.
struct Workshop {
    toolchain: Toolchain,
    work: PathBuf,
    /// Where the library is installed.
    prefix: PathBuf,
}

/// Everything that is tested in Swift alone; the scenarios are played by the stage `conformance-swift`.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Some(reason) = Toolchain::missing(options.install) {
        return Ok(skipped(name, reason));
    }
    let workshop = Workshop::open(Toolchain::ready(options.install)?, Profile::Release)?;
    run(&mut cargo(&["build", "--quiet", "--package", "tessera-testkit"])?)?;
    let mut test = workshop.swift(root(), &["test", "--skip-build"])?;
    test.env("TESSERA_TEST_GATEWAY", built("tessera-test-gateway")?);
    test.env("TESSERA_SYMBOLS", workshop.built(root()).join("debug/../symbolgraph"));
    if options.full {
        test.env("TESSERA_FULL", "1");
    }
    let mut objective_c = workshop.command(root().join(OBJECTIVE_C))?;
    objective_c.arg(workshop.work.join("objective-c"));
    let sample = root().join(SAMPLE);
    let mut run_sample = workshop.command(workshop.built(&sample).join("debug/TesseraSample"))?;
    run_sample.env("TESSERA_TEST_GATEWAY", built("tessera-test-gateway")?);
    let symbols =
        ["package", "dump-symbol-graph", "--minimum-access-level", "public", "--skip-synthesized-members"];
    Ok(run_stage(
        name,
        vec![
            workshop.swift(root(), &["build", "--build-tests", "--quiet"])?,
            workshop.swift(root(), &symbols)?,
            test,
            objective_c,
            workshop.swift(&sample, &["build", "--quiet"])?,
            run_sample,
        ],
    ))
}

/// The scenarios, through the driver.
pub(crate) fn conformance(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Some(reason) = Toolchain::missing(options.install) {
        return Ok(skipped(name, reason));
    }
    Toolchain::ready(options.install)?;
    Ok(run_stage(name, crate::conformance::commands("swift", None)?))
}

/// The driver of the conformance suite.
pub(crate) fn driver() -> Result<Driver, String> {
    let workshop = Workshop::open(Toolchain::ready(Permission(false))?, Profile::Release)?;
    let build = workshop.swift(root(), &["build", "--product", "TesseraDriver", "--quiet"])?;
    let driver = workshop.command(workshop.built(root()).join("debug/TesseraDriver"))?;
    let mut command = vec![driver.get_program().to_owned()];
    command.extend(driver.get_args().map(ToOwned::to_owned));
    Ok(Driver { builds: vec![build], command })
}

/// What measures the rows of Swift in the bench table.
pub(crate) fn bench() -> Result<Command, String> {
    run(&mut cargo(&["build", "--quiet", "--package", "tessera-testkit"])?)?;
    let workshop = Workshop::open(Toolchain::ready(Permission(false))?, Profile::Dist)?;
    let build = ["build", "--configuration", "release", "--product", "TesseraBench", "--quiet"];
    run(workshop.swift(root(), &build)?.stdout(Stdio::null()))?;
    let mut rows = workshop.command(workshop.built(root()).join("release/TesseraBench"))?;
    rows.env("TESSERA_TEST_GATEWAY", built("tessera-test-gateway")?);
    Ok(rows)
}

impl Workshop {
    fn open(toolchain: Toolchain, profile: Profile) -> Result<Workshop, String> {
        let work = toolchain::work()?;
        let prefix = work.join(profile.name());
        package::install_library(profile, &prefix)?;
        Ok(Workshop { toolchain, work, prefix })
    }

    /// A command that finds the library.
    fn command(&self, program: impl AsRef<Path>) -> Result<Command, String> {
        let library = self.prefix.join("lib");
        let mut command = self.toolchain.command("env")?;
        command.arg(format!("PKG_CONFIG_PATH={}", library.join("pkgconfig").display()));
        command.arg(format!("LD_LIBRARY_PATH={}", library.display())).arg(program.as_ref());
        Ok(command)
    }

    /// A command of SwiftPM on the package in a folder.
    fn swift(&self, package: &Path, arguments: &[&str]) -> Result<Command, String> {
        let mut swift = self.command("swift")?;
        let (command, rest) = arguments.split_at(1);
        swift.args(command).arg("--package-path").arg(package);
        swift.arg("--scratch-path").arg(self.built(package));
        // For every command, because another set of flags would build everything anew.
        swift.args(["-Xswiftc", "-warnings-as-errors"]).args(rest);
        Ok(swift)
    }

    /// Where SwiftPM builds the package of a folder.
    fn built(&self, package: &Path) -> PathBuf {
        let inner = package.strip_prefix(root()).ok().filter(|inner| !inner.as_os_str().is_empty());
        self.work.join("build").join(inner.unwrap_or(Path::new("package")))
    }
}

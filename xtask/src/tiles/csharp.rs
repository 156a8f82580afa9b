//! The C# tile: its driver, its tests, its sample and its package, all of it compiled and run with Mono.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{built, cache_dir, root, run as carry_out};
use crate::conformance::Driver;
use crate::files;
use crate::install::{Permission, is_there};
use crate::libraries::Profile;
use crate::stage::{Outcome, run, skipped};
use crate::test::Options;
use crate::tiles::c::{beside_gateway, with_gateway_build};

mod package;

/// The assembly, as .NET without Unity refers to it.
const ASSEMBLY: &str = "Tessera.V2TIM.dll";

/// Programs in C#, in a folder that has the assembly and libtessera beside them, where Mono finds both.
struct Workshop(PathBuf);

impl Workshop {
    /// With the package as it is now. Its own programs are compiled against what users get.
    fn new(profile: Profile) -> Result<Self, String> {
        mono_is_there()?;
        let folder = cache_dir()?.join("csharp").join(profile.name());
        let package = folder.join("package");
        package::fill(profile, &package)?;
        let workshop = Workshop(folder);
        files::copy(&package.join(package::DOTNET).join(ASSEMBLY), &workshop.0.join(ASSEMBLY))?;
        files::copy(&package.join(package::LIBRARY), &workshop.0.join("libtessera.so"))?;
        Ok(workshop)
    }

    /// The compiler's call for a program of all sources in these folders of the repository.
    fn program(&self, name: &str, folders: &[&str]) -> Result<(Command, PathBuf), String> {
        let program = self.0.join(name).with_extension("exe");
        let mut compile = compiler();
        compile.arg(option("-out:", &program)).arg(option("-r:", &self.0.join(ASSEMBLY)));
        for folder in folders {
            compile.args(sources(&root().join(folder))?);
        }
        Ok((compile, program))
    }
}

/// A call of Mono's compiler. The language is the one of the oldest Unity that the package is for.
fn compiler() -> Command {
    let mut command = Command::new("mcs");
    command.args(["-nologo", "-langversion:7.2", "-warn:4", "-warnaserror", "-optimize"]);
    command
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}{}", path.display())
}

/// All sources in a folder and below it, in one order.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension() == Some(OsStr::new("cs")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// For commands that install nothing.
fn mono_is_there() -> Result<(), String> {
    if is_there("mcs") && is_there("mono") {
        return Ok(());
    }
    Err("Mono is missing: apt-get install mono-mcs mono-runtime".to_owned())
}

fn mono(permission: Permission) -> Result<(), String> {
    permission.packages(&["mono-mcs", "mono-runtime"], "some 40 MB")
}

/// The conformance driver: a program without a loop, or with one, as Unity has it.
pub(crate) fn driver(has_loop: bool) -> Result<Driver, String> {
    let (compile, program) =
        Workshop::new(Profile::Release)?.program("driver", &["conformance/drivers/csharp"])?;
    let mut command = vec!["mono".into(), program.into()];
    if has_loop {
        command.push("--loop".into());
    }
    Ok(Driver { builds: vec![compile], command })
}

/// Every scenario, without a loop and with one.
pub(crate) fn conformance(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = mono(options.install) {
        return Ok(skipped(name, reason));
    }
    let mut commands = crate::conformance::commands("csharp", None)?;
    commands.extend(crate::conformance::commands("unity", None)?);
    Ok(run(name, commands))
}

/// The tests and the sample.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = mono(options.install) {
        return Ok(skipped(name, reason));
    }
    let workshop = Workshop::new(Profile::Release)?;
    let (compile_tests, tests) = workshop.program("tests", &["bindings/csharp/Tests"])?;
    let mut test = beside_gateway(Path::new("mono"), options)?;
    test.arg(tests).arg(root().join("bindings/c/include/tessera/tim.h"));
    let (compile_sample, sample) = workshop.program("sample", &["samples/unity"])?;
    let mut play = beside_gateway(Path::new("mono"), options)?;
    play.arg(sample).args(["{app}", "alice", "{ticket:alice}", "bob", "{ticket:bob}"]);
    Ok(run(name, vec![with_gateway_build()?, compile_tests, test, compile_sample, play]))
}

/// What measures the rows of C#, with the library as it is published.
pub(crate) fn bench() -> Result<Command, String> {
    let (mut compile, program) =
        Workshop::new(Profile::Dist)?.program("bench", &["bindings/csharp/Bench"])?;
    carry_out(&mut compile)?;
    carry_out(&mut with_gateway_build()?)?;
    let mut measure = Command::new(built("tessera-with-gateway")?);
    measure.args(["--", "mono"]).arg(program).arg("{ticket:alice}");
    Ok(measure)
}

/// `dist/csharp`.
pub(crate) fn package() -> Result<(), String> {
    mono_is_there()?;
    package::fill(Profile::Dist, &root().join("dist/csharp"))
}

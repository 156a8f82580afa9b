//! Python: the native module, the package above it, its tests, driver and samples, the wheel, and what measures it.
//!
//! Everything is built in `python` of the cache folder: an environment with tools in `tools`, the package as an import
//! finds it in `package`, and in `installed` an environment that has nothing but the wheel and pytest.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{build_as_from_a_shell, cache_dir, cargo, root, run};
use crate::conformance::{self, Driver};
use crate::files::{copy, copy_all, create, ending_with, read, remove, write};
use crate::libraries::{self, Profile};
use crate::notices;
use crate::stage::{self, Outcome, skipped};
use crate::test::Options;
use crate::tools::version;

/// What the environment with tools has; when one of them changes, they are installed anew.
const REQUIREMENTS: [&str; 2] = ["bindings/python/tests/requirements.txt", "interop/requirements.txt"];
const SOURCES: &str = "bindings/python/python";
const TESTS: &str = "bindings/python/tests";
const SAMPLES: &str = "samples/python";
const DRIVER: &str = "conformance/drivers/python/driver.py";
const BENCH: &str = "bench/python/rows.py";
/// The file that has what other people's code in the wheel is licensed under, as `pyproject.toml` names it.
const NOTICES: &str = "dist/python/THIRD-PARTY-NOTICES.md";

/// The versions of CPython that are supported, the oldest first.
const VERSIONS: [&str; 6] = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];
/// pytest for all of them, with what it needs on the oldest.
const PYTEST: [&str; 8] = [
    "pytest==8.4.2",
    "pluggy==1.6.0",
    "iniconfig==2.1.0",
    "packaging==25.0",
    "pygments==2.19.2",
    "exceptiongroup==1.3.0",
    "tomli==2.2.1",
    "typing_extensions==4.15.0",
];

/// Where everything of Python is built.
struct Workshop {
    folder: PathBuf,
}

/// Everything that is tested in Python alone; the scenarios are played by the stage `conformance-python`.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = has_python(options) {
        return Ok(skipped(name, reason));
    }
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    let mut commands = vec![workshop.tests(options)];
    commands.extend(workshop.type_checks());
    commands.push(workshop.install()?);
    commands.extend(workshop.on_others()?);
    Ok(stage::run(name, commands))
}

/// Every scenario through Python's driver, once with callbacks on a thread and once with them on an asyncio loop.
pub(crate) fn conformance(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = has_python(options) {
        return Ok(skipped(name, reason));
    }
    let mut commands = conformance::commands("python", None)?;
    commands.extend(conformance::commands("python-asyncio", None)?);
    Ok(stage::run(name, commands))
}

/// The driver of the conformance suite.
pub(crate) fn driver(arguments: &[&str]) -> Result<Driver, String> {
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Release)?;
    let mut path = OsString::from("PYTHONPATH=");
    path.push(workshop.package());
    let mut command = vec!["env".into(), path, workshop.tool("python").into(), root().join(DRIVER).into()];
    command.extend(arguments.iter().map(OsString::from));
    Ok(Driver { builds: Vec::new(), command })
}

/// Puts the wheel into `dist/python`.
pub(crate) fn package() -> Result<(), String> {
    let workshop = Workshop::open()?;
    workshop.build_wheel(Profile::Dist, &root().join("dist/python"))
}

/// The program that measures Python's rows of the bench table.
pub(crate) fn bench() -> Result<Command, String> {
    let workshop = Workshop::open()?;
    workshop.build_package(Profile::Dist)?;
    let libraries = libraries::folder(Profile::Dist)?;
    let (client_only, capi) = (workshop.folder.join("client-only.so"), workshop.folder.join("libtessera.so"));
    copy(&libraries.join(library("tessera")), &capi)?;
    // After the package, as both leave their module at the same place.
    let bare = ["--package", "tessera-python", "--no-default-features", "--profile", Profile::Dist.name()];
    run(cargo(&["build", "--quiet"])?.args(bare))?;
    copy(&libraries.join(library("tessera_im_native")), &client_only)?;
    let mut rows = workshop.python();
    rows.arg(root().join(BENCH)).arg("--library").arg(capi);
    rows.arg("--sizes").arg(client_only).arg(workshop.module());
    Ok(rows)
}

fn has_python(options: &Options) -> Result<(), String> {
    if python_makes_environments() {
        return Ok(());
    }
    options.install.packages(&["python3-venv"], "some 50 MB with what it needs")
}

fn python_makes_environments() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Makes an environment of Python and installs packages into it.
fn make_environment(folder: &Path, packages: &[OsString]) -> Result<(), String> {
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    run(pip.args(packages))
}

impl Workshop {
    /// The workshop with its tools.
    fn open() -> Result<Workshop, String> {
        if !python_makes_environments() {
            return Err("it needs Python with venv: apt-get install python3-venv".to_owned());
        }
        let workshop = Workshop { folder: cache_dir()?.join("python") };
        let wanted = REQUIREMENTS.iter().map(|file| read(&root().join(file)));
        let wanted =
            version("python3").unwrap_or_default() + "\n" + &wanted.collect::<Result<String, _>>()?;
        let stamp = workshop.folder.join("tools/installed.txt");
        if read(&stamp).ok().as_deref() != Some(&wanted) {
            create(&workshop.folder)?;
            let files = REQUIREMENTS.iter().flat_map(|file| ["-r".into(), root().join(file).into()]);
            make_environment(&workshop.folder.join("tools"), &files.collect::<Vec<_>>())?;
            write(&stamp, &wanted)?;
        }
        Ok(workshop)
    }

    /// A program of the environment with tools.
    fn tool(&self, name: &str) -> PathBuf {
        self.folder.join("tools/bin").join(name)
    }

    fn package(&self) -> PathBuf {
        self.folder.join("package")
    }

    /// The native module in the package.
    fn module(&self) -> PathBuf {
        self.package().join("tessera_im/_native.abi3.so")
    }

    /// A Python that finds the package and the tools.
    fn python(&self) -> Command {
        let mut python = Command::new(self.tool("python"));
        python.current_dir(root()).env("PYTHONPATH", self.package()).env("MYPYPATH", self.package());
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        python
    }

    /// Builds the package `tessera_im`.
    fn build_package(&self, profile: Profile) -> Result<(), String> {
        let libraries = libraries::build(profile)?;
        // What an earlier state of the sources left must not be found.
        remove(&self.package())?;
        copy_all(&root().join(SOURCES), &self.package())?;
        copy(&libraries.join(library("tessera_im_native")), &self.module())
    }

    fn tests(&self, options: &Options) -> Command {
        let mut pytest = self.python();
        pytest.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-p", "counts"]);
        pytest.args(["-p", "tessera_im.testkit.pytest_plugin", "--strict-markers"]).arg(TESTS);
        let path = std::env::join_paths([self.package(), root().join(TESTS)]);
        pytest.env("PYTHONPATH", path.unwrap_or_default());
        if options.full {
            pytest.env("TESSERA_FULL", "1");
        }
        pytest
    }

    /// What mypy and stubtest have to say.
    fn type_checks(&self) -> Vec<Command> {
        let strict = || {
            let mut mypy = self.python();
            mypy.args(["-m", "mypy", "--strict", "--no-error-summary", "--cache-dir"]);
            mypy.arg(self.folder.join("mypy"));
            mypy
        };
        let mut package = strict();
        package.args(["--package", "tessera_im"]);
        // The oldest that mypy knows; that the package runs on 3.9 is seen where it is installed.
        package.args(["--python-version", "3.10"]);
        let mut programs = strict();
        programs.args([TESTS, SAMPLES, DRIVER, BENCH]);
        let mut stubs = self.python();
        stubs.args(["-m", "mypy.stubtest", "--concise", "tessera_im"]);
        vec![package, programs, stubs]
    }

    /// Has maturin build the wheel.
    fn build_wheel(&self, profile: Profile, to: &Path) -> Result<(), String> {
        write(&root().join(NOTICES), &notices::of("tessera-python")?)?;
        let mut maturin = Command::new(self.tool("maturin"));
        maturin.current_dir(root()).args(["build", "--quiet", "--locked", "--profile", profile.name()]);
        build_as_from_a_shell(&mut maturin)?;
        run(maturin.arg("--interpreter").arg(self.tool("python")).arg("--out").arg(to))
    }

    /// Installs the wheel into an empty environment, with the samples beside it, as a user would; returns what runs them.
    fn install(&self) -> Result<Command, String> {
        let folder = self.folder.join("installed");
        remove(&folder)?;
        copy_all(&root().join(SAMPLES), &folder.join("samples"))?;
        copy(&root().join(TESTS).join("counts.py"), &folder.join("counts.py"))?;
        self.build_wheel(Profile::Release, &folder)?;
        let wheel = ending_with(&folder, ".whl")?.pop().ok_or("maturin has built nothing")?;
        let environment = folder.join("environment");
        make_environment(&environment, &[wheel.into(), "pytest".into()])?;
        let mut pytest = Command::new(environment.join("bin/python"));
        pytest.current_dir(&folder).args(["-m", "pytest", "--quiet", "-p", "counts", "samples"]);
        pytest.env_remove("PYTHONPATH");
        Ok(pytest)
    }

    /// Runs the samples, with the wheel that was installed, on every other version of Python that is here.
    fn on_others(&self) -> Result<Vec<Command>, String> {
        let own = version("python3").unwrap_or_default();
        let others = VERSIONS.iter().filter(|version| !own.contains(&format!(" {version}.")));
        let (found, missing): (Vec<_>, Vec<_>) =
            others.map(|version| (version, interpreter(version))).partition(|(_, found)| found.is_some());
        let missing: Vec<_> = missing.iter().map(|(version, _)| **version).collect();
        if !missing.is_empty() {
            println!("not run on Python {}: not here", missing.join(", "));
        }
        if found.is_empty() {
            return Ok(Vec::new());
        }
        // All of it is the same for every version: the wheel is abi3, and pytest that of the oldest.
        let (installed, pytest) = (self.folder.join("installed"), self.folder.join("pytest"));
        let wheel = ending_with(&installed, ".whl")?.pop().ok_or("maturin has built nothing")?;
        let package = installed.join("package");
        self.unpack(&package, &[wheel.into()])?;
        if !pytest.exists() {
            self.unpack(&pytest, &PYTEST.map(OsString::from))?;
        }
        let path = std::env::join_paths([&package, &pytest, &installed]).unwrap_or_default();
        let run = |interpreter| {
            let mut pytest = Command::new(interpreter);
            pytest.current_dir(&installed).env("PYTHONPATH", &path).env("PYTHONDONTWRITEBYTECODE", "1");
            pytest.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-p", "counts", "samples"]);
            pytest
        };
        Ok(found.into_iter().filter_map(|(_, interpreter)| interpreter).map(run).collect())
    }

    /// Puts packages into a folder for any version of Python from the oldest on.
    fn unpack(&self, folder: &Path, packages: &[OsString]) -> Result<(), String> {
        let mut pip = Command::new(self.tool("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        pip.args(["--only-binary", ":all:", "--python-version", VERSIONS[0], "--target"]).arg(folder);
        run(pip.args(packages))
    }
}

/// A Python of this version: on the search path, or one of pyenv's.
fn interpreter(version: &str) -> Option<PathBuf> {
    let homes = [("PYENV_ROOT", "versions"), ("HOME", ".pyenv/versions")];
    let pyenv =
        homes.iter().filter_map(|(home, versions)| Some(Path::new(&std::env::var_os(home)?).join(versions)));
    let in_pyenv =
        pyenv.filter_map(|versions| fs::read_dir(versions).ok()).flatten().flatten().filter_map(|entry| {
            let is_it = entry.file_name().to_str()?.starts_with(&format!("{version}."));
            is_it.then(|| entry.path().join("bin/python3"))
        });
    let candidates = std::iter::once(PathBuf::from(format!("python{version}"))).chain(in_pyenv);
    candidates.into_iter().find(|candidate| {
        let mut python = Command::new(candidate);
        // A shim of pyenv's is there for versions that are not chosen, too.
        python.args(["-c", "import asyncio"]).stdout(Stdio::null()).stderr(Stdio::null());
        python.status().is_ok_and(|status| status.success())
    })
}

fn library(name: &str) -> String {
    format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")
}

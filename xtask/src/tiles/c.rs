//! The C tile: its driver, its tests and its package.

use std::path::Path;
use std::process::Command;

use crate::cargo::{built, cargo, root};
use crate::conformance::Driver;
use crate::files;
use crate::libraries::Profile;
use crate::notices;
use crate::stage::{Outcome, run, skipped};
use crate::test::Options;
use crate::tiles::native::{Headers, compiler, install, prefix, programs, with_library};

/// Groups of tests that valgrind is used for. The others fork, or count memory.
const UNDER_VALGRIND: [&str; 7] = ["calls", "clients", "logs", "loops", "matrix", "uninit", "threads"];

/// The conformance driver.
pub(crate) fn driver() -> Result<Driver, String> {
    let prefix = prefix(Profile::Release)?;
    let program = programs()?.join("driver-c");
    let sources = root().join("conformance/drivers/c");
    let mut build = compiler("gcc", "-std=c11");
    build.args([sources.join("main.c"), sources.join("json.c")]).arg("-o").arg(&program);
    with_library(&mut build, &prefix);
    Ok(Driver { builds: vec![build], command: vec![program.into()] })
}

/// The tests that need a compiler alone.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    let prefix = prefix(Profile::Release)?;
    let folder = programs()?;
    let sources = root().join("bindings/c/tests");
    let files = [
        "calls",
        "check",
        "clients",
        "cycles",
        "fork",
        "logs",
        "loops",
        "main",
        "matrix",
        "matrix_functions",
        "threads",
        "uninit",
    ];
    let compile = |program: &Path, sanitize: Option<&str>| {
        let mut build = compiler("gcc", "-std=c11");
        build.args(sanitize).args(files.map(|file| sources.join(file).with_extension("c")));
        build.arg("-o").arg(program);
        with_library(&mut build, &prefix);
        build
    };
    let (plain, sanitized) = (folder.join("tests-c"), folder.join("tests-c-asan"));
    let mut commands = vec![with_gateway_build()?];
    commands.push(compile(&plain, None));
    commands.push(beside_gateway(&plain, options)?);
    commands.push(compile(&sanitized, Some("-fsanitize=address")));
    commands.push(beside_gateway(&sanitized, options)?);
    let mut exports = Command::new(sources.join("exports.sh"));
    exports.arg(&prefix);
    commands.push(exports);
    commands.extend(swapped(&prefix, &folder, options)?);
    commands.extend(samples(&prefix, &folder, options)?);
    Ok(run(name, commands))
}

/// The tests that need further tools: valgrind, CMake, pkg-config.
pub(crate) fn tools_stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = options.install.packages(&["valgrind", "cmake", "pkg-config"], "some 150 MB") {
        return Ok(skipped(name, reason));
    }
    let prefix = prefix(Profile::Release)?;
    let folder = programs()?;
    let tests = folder.join("tests-c");
    if !tests.exists() {
        return Err("run the stage `c` first, which compiles the tests".to_owned());
    }
    let mut valgrind = valgrind(&tests, options)?;
    valgrind.args(UNDER_VALGRIND);
    let mut package = Command::new(root().join("bindings/c/tests/package/test.sh"));
    package.arg(&prefix).arg(folder.join("package-c"));
    Ok(run(name, vec![with_gateway_build()?, valgrind, package]))
}

/// The sample in C, and what the vendor's documentation shows.
fn samples(prefix: &Path, folder: &Path, options: &Options) -> Result<Vec<Command>, String> {
    let sources = root().join("samples/c");
    let [plain, documented] = ["sample-c", "sample-c-documentation"].map(|name| folder.join(name));
    let mut in_c = compiler("gcc", "-std=c11");
    in_c.arg(sources.join("main.c")).arg("-o").arg(&plain);
    with_library(&mut in_c, prefix);
    // As a reader may compile it: without what `compiler` adds.
    let mut strictly_c11 = Command::new("gcc");
    strictly_c11.args(["-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"]);
    strictly_c11.arg(prefix.join("include")).arg(sources.join("main.c"));
    let mut in_cpp = compiler("g++", "-std=c++17");
    in_cpp.arg(sources.join("documentation.cpp")).arg("-o").arg(&documented);
    with_library(&mut in_cpp, prefix);
    let mut run_plain = beside_gateway(&plain, options)?;
    run_plain.args(["{app}", "alice", "{ticket:alice}", "bob", "{ticket:bob}"]);
    let mut run_documented = beside_gateway(&documented, options)?;
    run_documented.args(["{app}", "alice", "{ticket:alice}"]);
    Ok(vec![strictly_c11, in_c, in_cpp, run_plain, run_documented])
}

/// A program that was linked with another library, with and without ours in its place.
fn swapped(prefix: &Path, folder: &Path, options: &Options) -> Result<Vec<Command>, String> {
    let sources = root().join("bindings/c/tests/swap");
    let (other, ours) = (folder.join("swap/other"), folder.join("swap/ours"));
    for folder in [&other, &ours] {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut library = compiler("gcc", "-std=c11");
    library.args(["-shared", "-fPIC"]).arg(sources.join("other.c")).arg("-o").arg(other.join("libImSDK.so"));
    let app = folder.join("swap/app");
    let mut program = compiler("gcc", "-std=c11");
    program.arg(sources.join("app.c")).arg("-o").arg(&app).arg("-L").arg(&other).arg("-lImSDK");
    files::copy(&prefix.join("lib/libtessera.so"), &ours.join("libImSDK.so"))?;
    let mut run = beside_gateway(&app, options)?;
    run.args(["alice", "{ticket:alice}"]).env("LD_LIBRARY_PATH", &ours);
    Ok(vec![library, program, run])
}

/// Builds what runs a program beside a test gateway.
pub(crate) fn with_gateway_build() -> Result<Command, String> {
    cargo(&["build", "--quiet", "--package", "tessera-testkit", "--bin", "tessera-with-gateway"])
}

/// A program beside a test gateway of its own.
pub(crate) fn beside_gateway(program: &Path, options: &Options) -> Result<Command, String> {
    let mut command = Command::new(built("tessera-with-gateway")?);
    command.arg("--").arg(program);
    if options.full {
        command.env("TESSERA_FULL", "1");
    }
    Ok(command)
}

/// What measures the rows of C, with the library as it is published.
pub(crate) fn bench() -> Result<Command, String> {
    let prefix = prefix(Profile::Dist)?;
    let (folder, sources) = (programs()?, root().join("bindings/c/bench"));
    let (getters, start) = (folder.join("bench-c-getters"), folder.join("bench-c-start"));
    let mut build = compiler("gcc", "-std=gnu11");
    build.args(["-O2", "-Wno-pedantic"]).arg(sources.join("getters.c")).arg("-o").arg(&getters);
    crate::cargo::run(with_library(&mut build, &prefix))?;
    let mut build = compiler("gcc", "-std=c11");
    build.args(["-O2", "-Wno-pedantic"]).arg(sources.join("start.c")).arg("-o").arg(&start).arg("-ldl");
    crate::cargo::run(&mut build)?;
    crate::cargo::run(&mut with_gateway_build()?)?;
    let mut both = Command::new(built("tessera-with-gateway")?);
    both.args(["--", "sh", "-c", r#""$0" "$1" && "$2" "$3""#]).arg(getters).arg("{ticket:alice}");
    both.arg(start).arg(prefix.join("lib/libtessera.so"));
    Ok(both)
}

/// A program beside a gateway, under valgrind: an invalid access or a leak fails it.
pub(crate) fn valgrind(program: &Path, options: &Options) -> Result<Command, String> {
    let mut command = beside_gateway(Path::new("valgrind"), options)?;
    command.args(["-q", "--error-exitcode=99", "--leak-check=full", "--fair-sched=yes"]);
    command.args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]).arg(program);
    Ok(command)
}

/// `dist/c`.
pub(crate) fn package() -> Result<(), String> {
    let folder = root().join("dist/c");
    install(Profile::Dist, Headers::C, &folder)?;
    notices::place(&folder, "tessera-c")
}

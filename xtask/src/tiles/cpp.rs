//! The C++ tile: its driver, its tests and its package.

use std::path::Path;
use std::process::Command;

use crate::cargo::root;
use crate::conformance::Driver;
use crate::libraries::Profile;
use crate::notices;
use crate::stage::{Outcome, run, skipped};
use crate::test::Options;
use crate::tiles::c::{beside_gateway, valgrind, with_gateway_build};
use crate::tiles::native::{Headers, compiler, install, prefix, programs, with_library};

/// The conformance driver.
pub(crate) fn driver() -> Result<Driver, String> {
    let prefix = prefix(Profile::Release)?;
    let folder = programs()?;
    let program = folder.join("driver-cpp");
    let drivers = root().join("conformance/drivers");
    let reader = folder.join("json.o");
    let mut json = compiler("gcc", "-std=c11");
    json.arg("-c").arg(drivers.join("c/json.c")).arg("-o").arg(&reader);
    let mut build = compiler("g++", "-std=c++17");
    build.arg(drivers.join("cpp/main.cpp")).arg(reader).arg("-o").arg(&program);
    with_library(&mut build, &prefix);
    Ok(Driver { builds: vec![json, build], command: vec![program.into()] })
}

/// The tests and the sample.
pub(crate) fn stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    let prefix = prefix(Profile::Release)?;
    let folder = programs()?;
    let (plain, sanitized) = (folder.join("tests-cpp"), folder.join("tests-cpp-asan"));
    let mut commands = vec![with_gateway_build()?];
    commands.extend(tests(&plain, &prefix, &[]));
    commands.push(beside_gateway(&plain, options)?);
    commands.extend(tests(&sanitized, &prefix, &["-fsanitize=address,undefined"]));
    commands.push(beside_gateway(&sanitized, options)?);
    let sample = folder.join("sample-cpp");
    let mut build = compiler("g++", "-std=c++17");
    build.arg(root().join("samples/cpp/main.cpp")).arg("-o").arg(&sample);
    with_library(&mut build, &prefix);
    let mut play = beside_gateway(&sample, options)?;
    play.args(["{app}", "alice", "{ticket:alice}", "bob", "{ticket:bob}"]);
    commands.extend([build, play]);
    commands.extend(globals(&prefix, &folder, options)?);
    commands.extend(modules(&prefix, &folder, options)?);
    let mut without_exceptions = compiler("g++", "-std=c++17");
    without_exceptions.args(["-fno-exceptions", "-fno-rtti"]);
    without_exceptions.arg(root().join("bindings/cpp/tests/package/app.cpp"));
    without_exceptions.arg("-o").arg(folder.join("app-no-exceptions"));
    with_library(&mut without_exceptions, &prefix);
    commands.push(without_exceptions);
    Ok(run(name, commands))
}

/// A program whose globals use the SDK when they are destroyed, as it comes from a debug build.
fn globals(prefix: &Path, folder: &Path, options: &Options) -> Result<[Command; 3], String> {
    let program = folder.join("globals-cpp");
    let mut build = compiler("g++", "-std=c++17");
    build.arg("-O0").arg(root().join("bindings/cpp/tests/globals.cpp")).arg("-o").arg(&program);
    with_library(&mut build, prefix);
    let mut plain = beside_gateway(&program, options)?;
    plain.args(["{app}", "{ticket:alice}"]);
    let mut in_a_callback = beside_gateway(&program, options)?;
    in_a_callback.args(["{app}", "{ticket:alice}", "exit-in-the-callback"]);
    Ok([build, plain, in_a_callback])
}

/// A program and a shared library that keep their functions to themselves.
fn modules(prefix: &Path, folder: &Path, options: &Options) -> Result<[Command; 3], String> {
    let sources = root().join("bindings/cpp/tests/modules");
    let hidden = ["-fvisibility=hidden", "-fvisibility-inlines-hidden"];
    let (module, program) = (folder.join("libmodule-cpp.so"), folder.join("modules-cpp"));
    let mut library = compiler("g++", "-std=c++17");
    library.args(hidden).args(["-shared", "-fPIC"]).arg(sources.join("module.cpp")).arg("-o").arg(&module);
    with_library(&mut library, prefix);
    let mut build = compiler("g++", "-std=c++17");
    build.args(hidden).arg(sources.join("main.cpp")).arg(&module).arg("-o").arg(&program);
    with_library(&mut build, prefix);
    let mut play = beside_gateway(&program, options)?;
    play.arg("{app}");
    Ok([library, build, play])
}

/// The tests under valgrind, and an app's build with CMake.
pub(crate) fn tools_stage(name: &'static str, options: &Options) -> Result<Outcome, String> {
    if let Err(reason) = options.install.packages(&["valgrind", "cmake"], "some 150 MB") {
        return Ok(skipped(name, reason));
    }
    let prefix = prefix(Profile::Release)?;
    let folder = programs()?;
    let program = folder.join("tests-cpp-valgrind");
    let mut commands = vec![with_gateway_build()?];
    commands.extend(tests(&program, &prefix, &[]));
    let mut tests_under_valgrind = valgrind(&program, options)?;
    tests_under_valgrind.arg("no-fork");
    commands.push(tests_under_valgrind);
    let mut package = Command::new(root().join("bindings/cpp/tests/package/test.sh"));
    package.arg(&prefix).arg(folder.join("package-cpp"));
    commands.push(package);
    Ok(run(name, commands))
}

fn tests(program: &Path, prefix: &Path, flags: &[&str]) -> [Command; 2] {
    let checks = program.with_extension("o");
    let mut in_c = compiler("gcc", "-std=c11");
    in_c.args(flags).arg("-c").arg(root().join("bindings/c/tests/check.c")).arg("-o").arg(&checks);
    let sources = root().join("bindings/cpp/tests");
    let mut build = compiler("g++", "-std=c++17");
    build.args(flags).args([sources.join("main.cpp"), sources.join("other.cpp"), checks]);
    build.arg("-o").arg(program);
    with_library(&mut build, prefix);
    [in_c, build]
}

/// `dist/cpp`: the headers of C++, and the C library that they stand on.
pub(crate) fn package() -> Result<(), String> {
    let folder = root().join("dist/cpp");
    install(Profile::Dist, Headers::Cpp, &folder)?;
    notices::place(&folder, "tessera-c")
}

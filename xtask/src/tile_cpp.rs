//! The C++ tile: its driver, its tests and its package.

use crate::cargo::root;
use crate::conformance::Driver;
use crate::libraries::Profile;
use crate::native::{compiler, prefix, programs, with_library};

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

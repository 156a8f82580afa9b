//! `cargo xtask conformance <language>`: every scenario through one language's driver.

use std::ffi::OsString;
use std::process::Command as Process;

use crate::Command;
use crate::cargo::{built, cargo, run};
use crate::tiles;

pub(crate) const COMMAND: Command = Command {
    name: "conformance",
    arguments: "<language>|autobahn [scenario]",
    about: "play every scenario against real gateways through a language's driver",
    run: |arguments| {
        let (language, only) = match arguments {
            [suite] if suite == "autobahn" => return crate::autobahn::play(),
            [language] => (language, None),
            [language, only] => (language, Some(only.as_str())),
            _ => return Err("name a language, and a scenario if you want that one alone".into()),
        };
        commands(language, only)?.iter_mut().try_for_each(run)
    },
};

/// What plays a language's part.
pub(crate) struct Driver {
    /// What has to be run before, such as compilers.
    pub(crate) builds: Vec<Process>,
    /// The driver's command line.
    pub(crate) command: Vec<OsString>,
}

/// A language, and how its driver is built and started.
type Language = (&'static str, fn() -> Result<Driver, String>);

const LANGUAGES: &[Language] = &[
    ("rust", rust),
    ("kotlin", || tiles::kotlin::driver("kotlin")),
    ("java", || tiles::kotlin::driver("java")),
    ("swift", tiles::swift::driver),
    ("node", tiles::node::driver),
    ("react_native", tiles::react_native::driver),
    ("python", || tiles::python::driver(&[])),
    ("python-asyncio", || tiles::python::driver(&["--asyncio"])),
    ("c", tiles::c::driver),
    ("cpp", tiles::cpp::driver),
    ("csharp", || tiles::csharp::driver(false)),
    ("unity", || tiles::csharp::driver(true)),
];

fn rust() -> Result<Driver, String> {
    let name = "tessera-driver-rust";
    let build = cargo(&["build", "--quiet", "--package", name])?;
    Ok(Driver { builds: vec![build], command: vec![built(name)?.into()] })
}

/// The commands that build and play; for `cargo xtask test` as well.
pub(crate) fn commands(language: &str, only: Option<&str>) -> Result<Vec<Process>, String> {
    let found = LANGUAGES.iter().find(|(name, _)| *name == language).ok_or_else(|| {
        let names: Vec<&str> = LANGUAGES.iter().map(|(name, _)| *name).collect();
        format!("there is no driver for {language:?}; there is one for {}", names.join(", "))
    });
    let driver = found?.1()?;
    let mut play = Process::new(built("tessera-conformance")?);
    if let Some(only) = only {
        play.args(["--only", only]);
    }
    play.args([language, "--"]).args(driver.command);
    let mut commands = vec![cargo(&["build", "--quiet", "--package", "tessera-conformance"])?];
    commands.extend(driver.builds);
    commands.push(play);
    Ok(commands)
}

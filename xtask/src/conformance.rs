//! `cargo xtask conformance <language>`: every scenario through one language's driver.

use std::process::Command as Process;

use crate::Command;
use crate::cargo::{built, cargo, run};

pub(crate) const COMMAND: Command = Command {
    name: "conformance",
    arguments: "rust|autobahn [scenario]",
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

/// The commands that build and play; for `cargo xtask test` as well.
pub(crate) fn commands(language: &str, only: Option<&str>) -> Result<Vec<Process>, String> {
    let driver = match language {
        "rust" => "tessera-driver-rust",
        other => return Err(format!("there is no driver for {other:?}; there is one for rust")),
    };
    let build = cargo(&["build", "--quiet", "--package", "tessera-conformance", "--package", driver])?;
    let mut play = Process::new(built("tessera-conformance")?);
    if let Some(only) = only {
        play.args(["--only", only]);
    }
    play.args([language, "--"]).arg(built(driver)?);
    Ok(vec![build, play])
}

//! What a suite needs from the system: Debian packages. They are installed only when that was asked for, by `--install`
//! or `CI=true`, and by root; else the suite is skipped with the command that would install them.

use std::process::{Command, Stdio};

use crate::cargo::run;

/// Whether system packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permission(pub(crate) bool);

impl Permission {
    /// From the arguments and the environment of a command.
    pub(crate) fn of(arguments: &[String]) -> Self {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        Permission(in_ci || arguments.iter().any(|argument| argument == "--install"))
    }

    /// Makes sure that these Debian packages are there. `size` is what installing all of them takes, for people.
    ///
    /// # Errors
    /// Why a suite that needs them is skipped, with the command that would help.
    pub(crate) fn packages(self, packages: &[&str], size: &str) -> Result<(), String> {
        let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let by_hand = format!("apt-get install {}", missing.join(" "));
        if !self.0 {
            return Err(format!("{by_hand}, or --install"));
        }
        if !is_root() || !is_there("apt-get") {
            return Err(format!("{by_hand}, which needs Debian and root"));
        }
        println!("installing {} ({size})", missing.join(" "));
        let quiet = |arguments: &[&str]| {
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
                .args(arguments);
            apt.stdout(Stdio::null());
            run(&mut apt)
        };
        quiet(&["update"])
            .and_then(|()| quiet(&[&["install", "--no-install-recommends", "-y"], &missing[..]].concat()))
            .map_err(|error| format!("{by_hand} failed: {error}"))
    }
}

fn is_installed(package: &str) -> bool {
    let query = Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]).output();
    query.is_ok_and(|output| output.stdout == b"installed")
}

/// Whether a program is in the path.
pub(crate) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

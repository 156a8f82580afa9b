//! Where `swift` comes from: the machine's own, or that of Debian 13 in a root file system of its own in the cache
//! folder.
//!
//! What runs in that root sees the checkout, the cache's work folder and the built programs at the same paths as
//! outside, because they are mounted into it. Each command has a mount namespace of its own, so the mounts are gone with
//! it, however it ends.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::cargo::{cache_dir, root, run, target_dir};
use crate::install::{Permission, is_root, is_there};

const SUITE: &str = "trixie";
const PACKAGES: &str = "swiftlang,libc6-dev,libstdc++-14-dev";
const SIZE: &str = "Debian 13 with Swift 6.0: downloads some 550 MB, takes 2.6 GB";

/// Mounts what the toolchain and the programs need into the root `$1`, for this process alone, and becomes the command
/// after `--` in there. Swift finds its own libraries through `/proc`.
const ENTER: &str = r#"
root="$1"; shift
mount --rbind /proc "$root/proc"
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    mount --bind "$1" "$root$1"
    shift
done
shift
exec chroot "$root" "$@"
"#;

/// What runs `swift` and what it has built.
pub(crate) enum Toolchain {
    /// The machine's own.
    Native,
    /// Debian's, in this folder.
    Debian(PathBuf),
}

impl Toolchain {
    /// Why there is none, and none may be set up: what needs it is skipped then.
    pub(crate) fn missing(install: Permission) -> Option<String> {
        let folder = match folder() {
            Ok(folder) => folder,
            Err(reason) => return Some(reason),
        };
        if is_there("swift") || (folder.is_dir() && is_root()) {
            None
        } else if folder.is_dir() {
            Some("Swift in its root needs root".to_owned())
        } else if !is_root() || !is_there("apt-get") {
            Some("no Swift: install Swift 6, or run this on Debian as root".to_owned())
        } else if !install.0 {
            Some(format!("no Swift: `cargo xtask test swift --install` as root sets it up ({SIZE})"))
        } else {
            None
        }
    }

    /// The machine's own, or Debian's, set up first if it is not there and may be.
    ///
    /// # Errors
    /// What is missing, or why it could not be set up.
    pub(crate) fn ready(install: Permission) -> Result<Toolchain, String> {
        if let Some(reason) = Toolchain::missing(install) {
            return Err(reason);
        }
        if is_there("swift") {
            return Ok(Toolchain::Native);
        }
        let folder = folder()?;
        if !folder.is_dir() {
            install.packages(&["debootstrap", "debian-archive-keyring"], "1 MB")?;
            set_up(&folder)?;
        }
        Ok(Toolchain::Debian(folder))
    }

    /// A command that runs `program` in the checkout.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Result<Command, String> {
        let Toolchain::Debian(folder) = self else {
            let mut command = Command::new(program.into());
            command.current_dir(root());
            return Ok(command);
        };
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-euc", ENTER, "sh"]).arg(folder);
        command.args([root().to_owned(), work()?, target_dir(|name| std::env::var_os(name))?]).arg("--");
        command.arg("env").arg("--chdir").arg(root()).arg(program.into());
        Ok(command)
    }
}

/// Where what is built with the toolchain lies.
pub(crate) fn work() -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("swift/work");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn folder() -> Result<PathBuf, String> {
    Ok(cache_dir()?.join("swift/debian-13"))
}

fn set_up(folder: &Path) -> Result<(), String> {
    println!("setting up {} ({SIZE})", folder.display());
    let start = Instant::now();
    let begun = folder.with_extension("begun");
    // Of an earlier try; its mounts have gone with it.
    let _ = std::fs::remove_dir_all(&begun);
    std::fs::create_dir_all(&begun).map_err(|error| format!("{}: {error}", begun.display()))?;
    let mut debootstrap = Command::new("unshare");
    debootstrap.args(["--mount", "--", "debootstrap", "--variant=minbase"]);
    debootstrap.arg(format!("--include={PACKAGES}")).arg(SUITE).arg(&begun).args(mirror());
    if let Some(proxy) = proxy() {
        debootstrap.env("http_proxy", proxy);
    }
    run(debootstrap.stdout(Stdio::null()))?;
    let _ = std::fs::remove_dir_all(begun.join("var/cache/apt/archives"));
    std::fs::rename(&begun, folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!("set up in {minutes:.1} minutes, {} MB", megabytes(folder));
    Ok(())
}

/// Where apt gets Debian from, which has other releases of it as well. None known: debootstrap has a default.
fn mirror() -> Option<String> {
    let _ = run(Command::new("apt-get").args(["-qq", "update"]));
    let wanted = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"];
    output("apt-get", &wanted)?.lines().find(|uri| uri.starts_with("http")).map(str::to_owned)
}

/// The proxy that apt goes through.
fn proxy() -> Option<String> {
    let setting = output("apt-config", &["dump", "--format", "%v%n", "Acquire::http::Proxy"])?;
    setting.lines().find(|value| !value.is_empty()).map(str::to_owned)
}

fn megabytes(folder: &Path) -> String {
    let used = output("du", &["--summarize", "--block-size=MB", &folder.to_string_lossy()]);
    used.and_then(|line| Some(line.split_once("MB")?.0.to_owned())).unwrap_or_default()
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

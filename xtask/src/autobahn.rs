//! `cargo xtask conformance autobahn`: the gateway's WebSocket against the Autobahn test suite.
//!
//! The suite runs under Python 2.7 only, so it is no stage of the test command. It is installed into the cache folder,
//! and its report for people is left there.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{cache_dir, cargo, run, target_dir};
use crate::files;

/// Framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, and fragmenting by the suite. Left out: 9, which
/// measures with messages of megabytes, and 12 and 13, which are about an extension that the gateway does not offer.
const CASES: &str = r#"["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]"#;
const SUITE: &str = "autobahntestsuite==0.8.2";

pub(crate) fn play() -> Result<(), String> {
    let Some(python) = python() else {
        println!("not run: the Autobahn suite needs Python 2.7 (`python2.7`, or one of pyenv)");
        return Ok(());
    };
    let folder = cache_dir()?.join("autobahn");
    let base = folder.join("python");
    if !base.join("installed").exists() {
        let mut pip = Command::new(&python);
        pip.env("PYTHONUSERBASE", &base).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-warn-script-location",
        ]);
        pip.args(["--user", SUITE]);
        run(&mut pip)?;
        files::write(&base.join("installed"), "")?;
    }
    run(&mut cargo(&[
        "build",
        "--quiet",
        "--package",
        "tessera-gateway",
        "--features",
        "echo",
        "--example",
        "echo",
    ])?)?;
    let echo = target_dir(|name| std::env::var_os(name))?.join("debug/examples/echo");
    let mut echo = Command::new(echo)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the echo example does not start: {error}"))?;
    let mut url = String::new();
    let output = echo.stdout.take().ok_or("the echo example has no output")?;
    BufReader::new(output).read_line(&mut url).map_err(|error| error.to_string())?;
    let report = folder.join("report");
    let specification = format!(
        r#"{{"outdir": {report:?}, "cases": {CASES}, "exclude-cases": [], "exclude-agent-cases": {{}}, "servers":
        [{{"agent": "tessera", "url": {:?}, "protocols": ["tessera.v1"], "options": {{"version": 18}}}}]}}"#,
        url.trim()
    );
    files::write(&folder.join("specification.json"), &specification)?;
    let mut suite = Command::new(&python);
    suite.env("PYTHONUSERBASE", &base).current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
    suite.args(["-m", "autobahntestsuite.wstest", "--mode", "fuzzingclient", "--spec", "specification.json"]);
    let played = run(&mut suite);
    // The example ends with its input.
    drop(echo.stdin.take());
    echo.wait().map_err(|error| error.to_string())?;
    played?;
    judge(&report)
}

/// Python 2.7, as pyenv or the system has it.
fn python() -> Option<PathBuf> {
    let is_27 = |python: &Path| {
        let version = Command::new(python).arg("--version").output();
        version.is_ok_and(|output| String::from_utf8_lossy(&output.stderr).starts_with("Python 2.7"))
    };
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    let of_pyenv = root.and_then(|root| std::fs::read_dir(root.join("versions")).ok()).into_iter().flatten();
    let of_pyenv = of_pyenv.flatten().map(|version| version.path().join("bin/python2.7"));
    std::iter::once(PathBuf::from("python2.7")).chain(of_pyenv).find(|python| is_27(python))
}

/// Reads the suite's index: in each case the behaviour, and how the connection was closed.
fn judge(report: &Path) -> Result<(), String> {
    let index = report.join("index.json");
    let text = std::fs::read_to_string(&index).map_err(|error| format!("{}: {error}", index.display()))?;
    let (mut passed, mut failed) = (0, 0);
    for case in text.split("\"behavior\":").skip(1) {
        let behaviour = quoted(case);
        let close = case.split("\"behaviorClose\":").nth(1).and_then(quoted);
        let name = case.split("tessera_case_").nth(1).and_then(|rest| rest.split('.').next()).unwrap_or("?");
        let good = matches!(behaviour, Some("OK" | "NON-STRICT" | "INFORMATIONAL"))
            && matches!(close, Some("OK" | "INFORMATIONAL"));
        if good {
            passed += 1;
        } else {
            failed += 1;
            println!("FAILED {} {behaviour:?}, close {close:?}", name.replace('_', "."));
        }
    }
    println!("report: {}", report.join("index.html").display());
    println!("{passed} passed, {failed} failed, 0 skipped");
    if failed == 0 && passed > 0 { Ok(()) } else { Err("the WebSocket does not do as it should".to_owned()) }
}

/// The text in the first quotes.
fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

//! `login`: a client in the terminal against a gateway in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::support::{APP, Place, Running};

/// A `login` with its lines.
struct Terminal {
    child: Child,
    input: Option<ChildStdin>,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Terminal {
    fn start(place: &Place, gateway: &Running, extra: &[&str]) -> Self {
        let url = format!("ws://{}/tessera", gateway.address);
        let fixed = ["login", "--app", APP, "--url", &url];
        let mut command = place.command(&[&fixed, extra].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Terminal { input: child.stdin.take(), child, lines }
    }

    fn order(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads on until a line begins so.
    fn until(&mut self, start: &str) -> String {
        let found = self.lines.by_ref().map(Result::unwrap).find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("it ended without `{start}`"))
    }

    fn code(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_session_is_shown_from_login_to_quit() {
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    let mut terminal = Terminal::start(&place, &gateway, &["--user", "alice", "--key-file", "app.key"]);
    terminal.until("login: success");
    assert_eq!(terminal.until("status:"), "status: logged_in as alice, connected");
    terminal.order("logout");
    terminal.until("logout: success");
    let ticket = place.sign("bob", &[]);
    terminal.order(&format!("login bob {ticket}"));
    terminal.until("login: success");
    terminal.until("status: logged_in as bob");
    terminal.order("quit");
    assert_eq!(terminal.code(), Some(0));
}

#[test]
fn a_kick_is_shown_and_ends_it_when_no_command_can_follow() {
    // C12
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    let mut terminal =
        Terminal::start(&place, &gateway, &["--user", "alice", "--key-file", "app.key", "--json"]);
    terminal.until(r#"{"call":"login","code":0"#);
    drop(terminal.input.take());
    assert_eq!(gateway.admin(&place, &["kick", "--app", APP, "--user", "alice"]).code, Some(0));
    let kicked = terminal.until(r#"{"details":{"at":"#);
    assert!(kicked.contains(r#""reason":"admin""#), "{kicked}");
    terminal.until(r#"{"connection":"#);
    assert_eq!(terminal.code(), Some(1));
}

#[test]
fn it_ends_with_its_input_when_nobody_is_logged_in_any_more() {
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    let start = || {
        let mut terminal = Terminal::start(&place, &gateway, &["--user", "alice", "--key-file", "app.key"]);
        terminal.until("login: success");
        terminal
    };
    let mut kicked = start();
    assert_eq!(gateway.admin(&place, &["kick", "--app", APP, "--user", "alice"]).code, Some(0));
    kicked.until("status: logged_out");
    assert_eq!(kicked.code(), Some(1));
    // Its ticket has to be newer than the kick.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let mut left = start();
    left.order("logout");
    assert_eq!(left.code(), Some(0));
    assert_eq!(Terminal::start(&place, &gateway, &[]).code(), Some(0), "nobody was to log in");
    let mut refused = start();
    refused.order("login bob nonsense");
    assert_eq!(refused.code(), Some(1));
}

#[test]
fn a_refused_login_ends_with_1_and_a_gateway_that_is_not_there_with_3() {
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    place.private("ticket", &place.sign("alice", &[]));
    let refused = Terminal::start(&place, &gateway, &["--user", "bob", "--ticket-file", "ticket"]);
    assert_eq!(refused.code(), Some(1));
    let nobody = place.run(&[
        "login",
        "--url",
        "ws://127.0.0.1:1/tessera",
        "--app",
        APP,
        "--user",
        "alice",
        "--ticket-file",
        "ticket",
        "--timeout",
        "1",
    ]);
    assert_eq!(nobody.code, Some(3), "{}", nobody.err);
    assert!(nobody.err.contains("9523"), "{}", nobody.err);
    assert_eq!(place.run(&["login", "--app", APP, "--user", "alice"]).code, Some(2));
}

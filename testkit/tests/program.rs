//! The test gateway as a program: a line in, a line out.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera-test-gateway"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Program { child, input, output: BufReader::new(output) }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").unwrap();
        self.line()
    }

    fn now(&mut self) -> u64 {
        self.ask("now").strip_prefix("ok ").unwrap().parse().unwrap()
    }
}

#[test]
fn commands_are_answered_and_the_end_of_its_input_ends_it() {
    let mut program = Program::start();
    assert_eq!(program.line(), format!("ok {}", tessera_testkit::APP));
    assert!(program.ask("url").starts_with("ok ws://127.0.0.1:"));
    let url = program.ask("url phone");
    assert_eq!(program.ask("url phone"), url);
    assert!(program.ask("sign alice 60").len() > 100);
    assert_eq!(program.ask("fault phone cut"), "ok");
    assert_eq!(program.ask("sessions alice 0"), "ok");
    assert_eq!(program.ask("logins"), "ok 0");
    let before = program.now();
    assert_eq!(program.ask("clock 60000"), "ok");
    assert!(program.now() >= before + 60_000);
    for wrong in [
        "kick nobody",
        "fault phone fire",
        "fault tablet cut",
        "sign alice soon",
        "clock back",
        "expires nobody",
        "",
        "fly",
    ] {
        assert!(program.ask(wrong).starts_with("error "), "{wrong:?}");
    }
    let Program { mut child, input, .. } = program;
    drop(input);
    assert!(child.wait().unwrap().success());
}

//! `tessera-with-gateway`: what its program finds, what it may ask, and what becomes of its end.
#![cfg(unix)]

use std::process::{Command, Output};

fn with_gateway(script: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera-with-gateway"));
    command.args(["--limit", "frame_bytes_max=4096", "--", "sh", "-c", script]).args(arguments);
    command.output().expect("it is built for this test")
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn a_program_finds_the_gateway_and_gets_answers() {
    let script = r#"
        echo "$TESSERA_SERVER_URL $TESSERA_ALLOW_PLAIN $0 ${#1}"
        for request in 'sign alice 5' 'now' 'kick nobody' 'fault nowhere cut' 'url phone' 'fault phone cut' 'fly'; do
            echo "@$request"; read -r word rest; echo "$request: $word"
        done"#;
    let output = with_gateway(script, &["{app}", "{ticket:bob}"]);
    assert!(output.status.success());
    let lines = lines(&output);
    let words: Vec<&str> = lines[0].split(' ').collect();
    assert!(words[0].starts_with("ws://127.0.0.1:"), "{lines:?}");
    assert_eq!(words[1..3], ["true", "1400000001"]);
    assert!(words[3].parse::<usize>().unwrap() > 100, "a ticket: {lines:?}");
    let answers = ["ok", "ok", "error", "error", "ok", "ok", "error"];
    for (line, answer) in lines[1..8].iter().zip(answers) {
        assert!(line.ends_with(&format!(": {answer}")), "{lines:?}");
    }
}

#[test]
fn its_exit_code_is_the_programs() {
    assert_eq!(with_gateway("exit 3", &[]).status.code(), Some(3));
    assert_eq!(with_gateway("kill -9 $$", &[]).status.code(), Some(125));
}

#[test]
fn its_program_may_come_without_dashes_before_it() {
    // As after `cargo run --`.
    let with_gateway = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera-with-gateway"));
        command.args(arguments).status().expect("it is built for this test").code()
    };
    assert_eq!(with_gateway(&["sh", "-c", "exit 7"]), Some(7));
    assert_eq!(with_gateway(&["--limit", "frame_bytes_max=4096", "sh", "-c", "exit 7"]), Some(7));
    for wrong in [
        &["--limit"][..],
        &["--limit", "frame_bytes_max"],
        &["--limit", "frame_bytes_max=many", "sh"],
        &["--"],
    ] {
        assert_eq!(with_gateway(wrong), Some(125), "{wrong:?}");
    }
}

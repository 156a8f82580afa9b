//! A gateway in a process of its own, an operator's commands, and its end.

use std::io::Read;

use super::support::{APP, Place, Running, TOKEN, first_frame, log_in};

const ALICE: [&str; 4] = ["--app", APP, "--user", "alice"];

#[test]
fn an_operator_sees_a_login_kicks_it_and_finds_that_in_the_audit() {
    // G5
    let place = Place::new();
    let gateway = Running::start(&place, &[]);
    let ticket = place.sign("alice", &[]);
    let (mut socket, answer) = log_in(&gateway.address, "alice", &ticket);
    assert!(answer.contains("\"type\":\"login_ok\""), "{answer}");

    let sessions = gateway.admin(&place, &[&["sessions"], &ALICE[..]].concat());
    assert_eq!(sessions.code, Some(0), "{}", sessions.err);
    assert!(sessions.out.starts_with("1 sessions\n") && sessions.out.contains("linux"), "{}", sessions.out);

    let kick = gateway.admin(&place, &[&["kick", "--json"], &ALICE[..]].concat());
    let kicked: serde_json::Value = serde_json::from_str(&kick.out).unwrap();
    assert_eq!(kicked["sessions"], 1);
    assert!(kicked["sign_after"].as_u64().unwrap() > 1_600_000_000);
    assert!(first_frame(&mut socket).contains("\"type\":\"kicked\""));
    let (_, refused) = log_in(&gateway.address, "alice", &ticket);
    assert!(refused.contains("70052"), "{refused}");

    let audit = gateway.admin(&place, &["audit"]);
    assert!(audit.out.contains("  admin  kick  app 1400000001  user alice  "), "{}", audit.out);
    assert!(!audit.out.contains(&ticket));

    gateway.signal("TERM");
    let ended = gateway.end();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(!ended.err.contains(&ticket) && !ended.err.contains(TOKEN));
}

#[test]
fn a_kick_survives_a_restart() {
    // G9
    let place = Place::new();
    let ticket = place.sign("alice", &[]);
    let gateway = Running::start(&place, &[]);
    drop(log_in(&gateway.address, "alice", &ticket));
    assert_eq!(gateway.admin(&place, &[&["kick"], &ALICE[..]].concat()).code, Some(0));
    gateway.signal("INT");
    assert_eq!(gateway.end().code, Some(0));

    let gateway = Running::start(&place, &[]);
    let (_, refused) = log_in(&gateway.address, "alice", &ticket);
    assert!(refused.contains("70052"), "{refused}");
}

#[test]
fn a_disabled_account_cannot_log_in_until_it_is_enabled() {
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    let ticket = place.sign("alice", &[]);
    drop(log_in(&gateway.address, "alice", &ticket));
    let order = |name: &str| gateway.admin(&place, &[&[name], &ALICE[..]].concat());
    assert_eq!(order("disable").code, Some(0));
    assert!(order("sessions").out.contains("the account is disabled"));
    assert!(log_in(&gateway.address, "alice", &ticket).1.contains("70051"));
    assert_eq!(order("enable").out, "enabled\n");
    assert!(log_in(&gateway.address, "alice", &ticket).1.contains("login_ok"));
}

#[test]
fn a_policy_is_set_and_shown() {
    // G3
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    let set = ["policy", "set", "--app", APP, "--preset", "dual", "--cap", "web=3"];
    assert_eq!(gateway.admin(&place, &set).code, Some(0));
    let shown = gateway.admin(&place, &["policy", "show", "--app", APP]);
    assert!(shown.out.contains("\"web\":3"), "{}", shown.out);
    let apps = gateway.admin(&place, &["apps"]);
    assert!(apps.out.starts_with("app 1400000001: 0 sessions, 0 connected; policy {"), "{}", apps.out);

    let refused = gateway.admin(&place, &["policy", "set", "--app", APP, "--cap", "web=11"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("70402") && refused.err.contains("1 to 10"), "{}", refused.err);
    assert_eq!(gateway.admin(&place, &["policy", "show", "--app", "7"]).code, Some(1));
    assert_eq!(gateway.admin(&place, &["policy", "set", "--app", APP]).code, Some(2));
}

#[test]
fn active_users_are_counted_for_today() {
    // G11
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    drop(log_in(&gateway.address, "alice", &place.sign("alice", &[])));
    // A login is counted with others, up to a second later.
    let counted = || gateway.admin(&place, &["active", "--app", APP, "--from", "2020-01-01"]);
    while counted().out != "1 users, 1 logins\n" {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let bad = gateway.admin(&place, &["active", "--app", APP, "--from", "2020-13-01"]);
    assert_eq!(bad.code, Some(1));
    assert!(bad.err.contains("70402"), "{}", bad.err);
}

#[test]
fn a_wrong_token_a_missing_one_and_a_gateway_that_is_not_there_are_told_apart() {
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    place.private("wrong.token", "0123456789abcdef-somebody");
    let wrong = place.run(&["apps", "--admin", &gateway.admin, "--token-file", "wrong.token"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains("70403") && !wrong.err.contains("somebody"), "{}", wrong.err);

    let none = place.run(&["apps", "--admin", &gateway.admin]);
    assert_eq!(none.code, Some(4));
    assert!(none.err.contains("TESSERA_ADMIN_TOKEN"), "{}", none.err);
    let mut by_environment = place.command(&["apps", "--admin", &gateway.admin]);
    assert!(by_environment.env("TESSERA_ADMIN_TOKEN", TOKEN).output().unwrap().status.success());

    let user = gateway.admin(&place, &["kick", "--app", APP, "--user", "a/b"]);
    assert_eq!(user.code, Some(2), "{}", user.err);

    let nobody = place.run(&["apps", "--admin", "http://127.0.0.1:1", "--token-file", "admin.token"]);
    assert_eq!(nobody.code, Some(3));
    assert!(nobody.err.contains("is the gateway running"), "{}", nobody.err);
    let stranger = format!("http://{}", gateway.address);
    let stranger = place.run(&["apps", "--admin", &stranger, "--token-file", "admin.token"]);
    assert_eq!(stranger.code, Some(3), "{}", stranger.err);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    // G8
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:", "--limit", "drain_ms=600000"]);
    let (mut socket, _) = log_in(&gateway.address, "alice", &place.sign("alice", &[]));
    gateway.signal("TERM");
    // The first signal has been seen when the client is told to go.
    let mut told = [0; 16];
    assert!(socket.read(&mut told).unwrap() > 0);
    gateway.signal("TERM");
    let ended = gateway.end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("second signal"), "{}", ended.err);
}

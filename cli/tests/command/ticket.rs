//! `sign` and `verify`.

use super::support::{APP, Place, SECRET};

/// The arguments of a check, with what a test changes.
fn check<'a>(app: &'a str, key: &'a str, user: &'a str) -> Vec<&'a str> {
    vec!["verify", "--app", app, "--key-file", key, "--user", user]
}

#[test]
fn what_is_signed_is_good_as_an_argument_and_from_standard_input() {
    let place = Place::new();
    let ticket = place.sign("alice", &["--expire", "600", "--userbuf-hex", "00ff"]);
    let good = place.run(&[&check(APP, "app.key", "alice")[..], &[&ticket]].concat());
    assert_eq!((good.code, good.err.as_str()), (Some(0), ""));
    assert!(good.out.starts_with("good: user alice of app 1400000001, until "), "{}", good.out);
    let piped = place.run_with_input(&check(APP, "app.key", "alice"), &format!("{ticket}\n"));
    assert_eq!(piped.code, Some(0), "{}", piped.err);
}

#[test]
fn each_failing_check_is_named_with_its_code() {
    // G1
    let place = Place::new();
    place.private("other.key", "another-secret");
    let ticket = place.sign("alice", &["--at", "1700000000", "--expire", "100"]);
    let during = "1700000050";
    for (arguments, ticket, at, expected) in [
        (check(APP, "app.key", "alice"), "", during, "text: 70002"),
        (check(APP, "app.key", "alice"), "no-ticket", during, "text: 70003"),
        (check(APP, "app.key", "alice"), ticket.as_str(), "1600000000", "document: 70003"),
        (check("7", "app.key", "alice"), &ticket, during, "app: 70014"),
        (check(APP, "app.key", "bob"), &ticket, during, "user: 70013"),
        (check(APP, "other.key", "alice"), &ticket, during, "signature: 70009"),
        (check(APP, "app.key", "alice"), &ticket, "1700000101", "expiry: 70001"),
    ] {
        let refused = place.run_with_input(&[&arguments[..], &["--at", at]].concat(), ticket);
        assert_eq!(refused.code, Some(1), "{expected}");
        assert!(
            refused.out.starts_with(&format!("refused by the check of the {expected} ")),
            "{}",
            refused.out
        );
        assert!(ticket.is_empty() || !(refused.out + &refused.err).contains(ticket));
    }
}

#[test]
fn a_ticket_of_an_older_key_is_good_while_both_are_named() {
    let place = Place::new();
    let ticket = place.sign("alice", &[]);
    place.private("new.key", "another-secret");
    let both = [&check(APP, "new.key", "alice")[..], &["--key-file", "app.key", &ticket]].concat();
    assert_eq!(place.run(&both).code, Some(0));
}

#[test]
fn a_script_reads_the_answer_as_json() {
    let place = Place::new();
    let ticket = place.sign("alice", &["--at", "1700000000", "--expire", "100"]);
    let answer = |at: &str| -> serde_json::Value {
        let ended =
            place.run(&[&check(APP, "app.key", "alice")[..], &["--json", "--at", at, &ticket]].concat());
        serde_json::from_str(&ended.out).unwrap()
    };
    let good = answer("1700000100");
    assert_eq!(
        (&good["valid"], &good["user"], &good["time"]),
        (&true.into(), &"alice".into(), &1_700_000_000.into())
    );
    let bad = answer("1700000101");
    assert_eq!(
        (&bad["valid"], &bad["check"], &bad["code"]),
        (&false.into(), &"expiry".into(), &70001.into())
    );
    assert_eq!(bad["name"], "ERR_SVR_ACCOUNT_USERSIG_EXPIRED");
}

#[test]
fn what_cannot_be_signed_is_refused_as_wrong_arguments() {
    let place = Place::new();
    let refused = |extra: &[&str]| {
        let ended = place.run(&[&["sign", "--app", APP, "--key-file", "app.key"], extra].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{extra:?}");
        ended.err
    };
    assert!(refused(&["--user", "a b"]).contains("1 to 32 characters"));
    assert!(refused(&["--user", "alice", "--expire", "0"]).contains("at least 1 s"));
    assert!(refused(&["--user", "alice", "--userbuf-hex", "0"]).contains("two digits"));
    assert!(refused(&[]).contains("--user"));
}

#[test]
fn a_key_that_cannot_be_used_is_a_matter_of_configuration_and_is_not_shown() {
    let place = Place::new();
    let sign = |key: &str| place.run(&["sign", "--app", APP, "--user", "alice", "--key-file", key]);
    let missing = sign("lost.key");
    assert_eq!(missing.code, Some(4));
    assert!(missing.err.contains("lost.key cannot be read"), "{}", missing.err);
    place.private("two.key", &format!("{SECRET} {SECRET}"));
    let two = sign("two.key");
    assert_eq!(two.code, Some(4));
    assert!(!two.err.contains(SECRET));
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = place.run(&["completions", shell]);
        assert_eq!(ended.code, Some(0));
        assert!(ended.out.contains("verify"), "{shell}");
    }
    assert_eq!(place.run(&["completions", "dos"]).code, Some(2));
}

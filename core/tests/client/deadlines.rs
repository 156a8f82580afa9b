//! C10: the deadline of a login, and answers that ask to come back.
//!
//! failures.md: "login without a network crashes", "endless retry with an invalid ticket".

use tessera_core::client::EventKind;
use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::{LoggedOut, LoggingIn};

use crate::rig::Rig;

#[test]
fn without_any_connection_it_is_9523() {
    // C10, both sides
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    let mut told = Vec::new();
    let mut connection = 1;
    let end = rig.now + tessera_core::time::Millis(29_999);
    while rig.now < end {
        told.extend(rig.fail(connection));
        let step = rig.client.next_timeout().min(end) - rig.now;
        told.extend(rig.pass(step.0));
        connection = rig.connection;
    }
    assert!(!told.iter().any(|told| told.starts_with("result")), "{told:?}");
    assert_eq!(rig.status(), LoggingIn);
    let told = rig.pass(1);
    assert!(told.contains(&"result 1 9523".to_owned()), "{told:?}");
    assert!(rig.pass(600_000).is_empty(), "it never logs in again by itself");
}

#[test]
fn without_an_answer_it_is_9520() {
    // C10, both sides
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert!(rig.pass(29_999).is_empty());
    assert_eq!(rig.pass(1), ["result 1 9520"]);
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn a_connection_that_was_there_once_makes_it_9520() {
    // C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.fail(1);
    let mut told = Vec::new();
    for _ in 0..1_000 {
        told.extend(rig.retry());
        if told.iter().any(|told| told.starts_with("result")) {
            break;
        }
        told.extend(rig.fail(rig.connection));
    }
    assert!(told.contains(&"result 1 9520".to_owned()), "{told:?}");
}

#[test]
fn joined_callers_share_the_first_deadline() {
    // C6
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.pass(29_000);
    rig.login("alice", 86_400);
    assert_eq!(rig.pass(1_000), ["result 1 9520", "result 2 9520"]);
}

#[test]
fn the_deadline_of_a_superseding_login_is_its_own() {
    // C6 C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.pass(29_000);
    rig.login("bob", 86_400);
    assert!(rig.pass(29_999).is_empty());
    assert_eq!(rig.pass(1), ["result 2 9520"]);
}

#[test]
fn a_refusal_for_now_is_waited_for_if_it_fits_before_the_deadline() {
    // C10, both sides
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert_eq!(rig.put_off(1, 1, 29_999), ["> close 1", "dropped", "connecting"]);
    assert!(rig.pass(29_998).is_empty());
    assert_eq!(rig.pass(1), ["> connect 2: login s1"]);
    assert_eq!(rig.ok(2, 1), ["connected", "result 1 ok"]);

    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert_eq!(rig.put_off(1, 1, 30_000), ["> close 1", "result 1 -10114"]);
}

#[test]
fn a_refusal_for_now_that_does_not_say_when_ends_the_login() {
    // C10: "unless it is marked retryable and its retry_after fits"
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert_eq!(rig.refuse(1, 1, codes::ERR_SVR_SSO_OVERLOAD), ["> close 1", "result 1 -10114"]);
}

#[test]
fn every_other_refusal_ends_the_login_with_its_code() {
    // C10 C13; failures.md: endless retry with an invalid ticket
    for code in [
        codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED,
        codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED,
        codes::ERR_SVR_ACCOUNT_INVALID_USERSIG,
        codes::ERR_SVR_ACCOUNT_BLACKLIST,
        codes::ERR_LOGIN_KICKED_OFF_BY_OTHER,
    ] {
        let mut rig = Rig::connected();
        rig.provider(true);
        rig.login("alice", 86_400);
        assert_eq!(rig.refuse(1, 1, code), ["> close 1".to_owned(), format!("result 1 {code}")]);
        assert_eq!(rig.status(), LoggedOut);
        assert!(rig.pass(600_000).is_empty(), "{code}: never again by itself, and the provider is not asked");
    }
}

#[test]
fn a_kick_in_answer_to_a_login_ends_it() {
    // G4: an acknowledgement was lost, and the session kicked meanwhile
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1", "result 1 6208"]);
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn the_end_of_an_older_login_is_not_the_end_of_the_newer() {
    // C6 C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.login("bob", 86_400);
    let refused = rig.refusal(1, codes::ERR_SVR_ACCOUNT_BLACKLIST, None);
    assert!(rig.frame(1, tessera_core::wire::GatewayFrame::LoginRefused(refused)).is_empty());
    assert!(rig.expired(1, 1).is_empty());
    assert_eq!(rig.status(), LoggingIn);
    assert_eq!(rig.ok(1, 2), ["result 2 ok"]);
}

#[test]
fn at_the_deadline_the_last_refusal_is_told() {
    // C10: why it took so long
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.put_off(1, 1, 20_000);
    rig.jump(30_000);
    rig.client.handle_timeout(rig.now);
    let results = std::iter::from_fn(|| rig.client.poll_event()).filter_map(|event| match event.kind {
        EventKind::Completed(_, Err(error)) => Some(error.desc),
        _ => None,
    });
    let results: Vec<String> = results.collect();
    assert_eq!(results.len(), 1);
    assert!(results[0].contains(&codes::ERR_SVR_SSO_OVERLOAD.0.to_string()), "{results:?}");
}

//! C8, C10, G4: sessions that ended, and how the gateway learns of it.

use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggedOut};
use tessera_core::wire::{GatewayFrame, LoginOk};

use crate::rig::Rig;

#[test]
fn an_acknowledgement_after_the_cancel_is_logged_out_at_once() {
    // C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.logout();
    assert_eq!(rig.ok(1, 1), ["> 1: logout s1"]);
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn an_acknowledgement_after_another_login_is_logged_out_at_once() {
    // C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    let first = rig.ok_frame(1);
    rig.login("bob", 86_400);
    assert_eq!(rig.frame(1, first), ["> 1: logout s1"]);
    assert_eq!(rig.ok(1, 2), ["result 2 ok"]);
    assert_eq!(rig.user(), "bob");
}

#[test]
fn an_acknowledgement_after_the_deadline_is_logged_out_at_once() {
    // C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.pass(30_000);
    assert_eq!(rig.ok(1, 1), ["> 1: logout s1"]);
    assert_eq!(rig.logged_out(1, 1), [""; 0]);
    rig.login("alice", 86_400);
    assert!(rig.last.as_ref().unwrap().0.ends.is_empty(), "the gateway confirmed it");
}

#[test]
fn a_login_whose_upgrade_was_given_up_is_reported_by_the_next() {
    // C8 C10
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    rig.logout();
    assert_eq!(rig.login("alice", 86_400), ["> connect 2: login s2 ends s1", "connecting"]);
    assert_eq!(rig.ok(2, 2), ["connected", "result 3 ok"]);
    rig.fail(2);
    assert_eq!(rig.retry(), ["> connect 3: resume s2"], "once acknowledged, no longer");
}

#[test]
fn a_session_that_ended_offline_is_reported_at_the_next_connection() {
    // C8
    let mut rig = Rig::reconnecting();
    rig.logout();
    assert_eq!(rig.login("bob", 86_400), ["> connect 2: login s2 ends s1", "connecting"]);
    rig.fail(2);
    assert_eq!(rig.retry(), ["> connect 3: login s2 ends s1"], "until a gateway has it");
    rig.ok(3, 2);
    rig.fail(3);
    assert_eq!(rig.retry(), ["> connect 4: resume s2"]);
}

#[test]
fn a_logout_that_the_gateway_did_not_confirm_is_reported_again() {
    // C8
    let mut rig = Rig::logged_in();
    rig.logout();
    rig.pass(5_000);
    assert_eq!(rig.login("alice", 86_400), ["> 1: login s2 ends s1"]);
}

#[test]
fn no_login_names_more_ends_than_a_gateway_takes() {
    // C8: the oldest are left to their lease
    let mut rig = Rig::idle();
    for n in 1..=10 {
        let told = rig.login("alice", 86_400);
        assert!(told[0].starts_with(&format!("> connect {n}: login s{n}")), "{told:?}");
        rig.logout();
    }
    let told = rig.login("alice", 86_400);
    assert_eq!(told[0], "> connect 11: login s11 ends s3 s4 s5 s6 s7 s8 s9 s10");
}

#[test]
fn a_login_that_names_too_many_ends_for_this_gateway_names_none_the_next_time() {
    // C8 G7: an operator may have set a lower limit
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    rig.logout();
    rig.login("alice", 86_400);
    rig.refuse(2, 2, tessera_core::generated::codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS);
    assert_eq!(rig.login("alice", 86_400)[0], "> connect 3: login s3");
}

#[test]
fn the_kick_of_a_session_that_ended_before_is_confirmed_and_not_told() {
    // C1: only the first cause is reported; G4: the gateway may forget it
    let mut rig = Rig::logged_in();
    rig.logout();
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1", "result 2 ok"]);
    assert_eq!(rig.status(), LoggedOut);
    let mut rig = Rig::logged_in();
    rig.login("bob", 86_400);
    rig.ok(1, 2);
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1"]);
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "bob".into()));
}

#[test]
fn a_session_ends_once() {
    // C1 C12
    let mut rig = Rig::logged_in();
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1", "kicked Policy"]);
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1"]);
    assert!(rig.expired(1, 1).is_empty());
    assert!(rig.pass(100_000_000).iter().all(|told| told == "> close 1" || told == "dropped"));
    let mut rig = Rig::logged_in();
    assert_eq!(rig.expired(1, 1), ["expired"]);
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1"]);
}

#[test]
fn an_end_is_reported_until_the_attempt_that_brought_it_is_acknowledged() {
    // C8: also by a resume
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    rig.login("bob", 86_400);
    let GatewayFrame::LoginOk(ok) = rig.ok_frame(2) else { panic!("it is a LoginOk") };
    rig.frame(2, GatewayFrame::LoginOk(LoginOk { attempt: 0, ..ok }));
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "bob".into()));
    rig.fail(2);
    assert_eq!(rig.retry(), ["> connect 3: resume s2 ends s1"]);
    rig.ok(3, 2);
    rig.fail(3);
    assert_eq!(rig.retry(), ["> connect 4: resume s2"]);
}

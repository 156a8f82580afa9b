//! C7: a new ticket under a session that is logged in, by a login call.

use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::LoggedIn;
use tessera_core::ticket::Ticket;

use crate::rig::{Rig, ticket};

#[test]
fn the_same_ticket_is_a_success_at_once() {
    // C7
    let mut rig = Rig::logged_in();
    let epoch = rig.client.stamp().epoch;
    assert_eq!(rig.login("alice", 86_400), ["result 2 ok"]);
    assert_eq!(rig.client.stamp().epoch, epoch);
}

#[test]
fn a_new_ticket_is_renewed_in_place_and_then_is_the_ticket() {
    // C7
    let mut rig = Rig::logged_in();
    assert_eq!(rig.login("alice", 90_000), ["> 1: renew s1"]);
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "alice".into()));
    assert_eq!(rig.renewed(1, 1, 90_000), ["result 2 ok"]);
    assert!(rig.renewed(1, 1, 90_000).is_empty());
    rig.fail(1);
    rig.retry();
    assert_eq!(rig.last.as_ref().unwrap().0.ticket, ticket("alice", 90_000));
}

#[test]
fn a_refused_renewal_reports_its_code_and_keeps_the_old_ticket() {
    // C7
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    let told = rig.renewal_refused(1, 1, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
    assert_eq!(told, ["result 2 70052"]);
    rig.fail(1);
    rig.retry();
    assert_eq!(rig.last.as_ref().unwrap().0.ticket, ticket("alice", 86_400));
    assert_eq!(rig.status(), LoggedIn);
}

#[test]
fn a_repeated_login_is_ignored_if_the_settings_say_so() {
    // C7
    let mut rig = Rig::new();
    rig.settings.ignore_repeat_login = true;
    rig.init();
    rig.login("alice", 86_400);
    rig.ok(1, 1);
    assert_eq!(rig.login("alice", 90_000), ["result 2 ok"]);
    rig.fail(1);
    rig.retry();
    assert_eq!(rig.last.as_ref().unwrap().0.ticket, ticket("alice", 86_400));
    assert_ne!(rig.login("bob", 90_000), ["result 3 ok"], "another user is no repetition");
}

#[test]
fn renewals_join_and_supersede_as_logins_do() {
    // C6 C7
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    assert!(rig.login("alice", 90_000).is_empty());
    assert_eq!(rig.login("alice", 91_000), ["> 1: renew s1", "result 2 6023", "result 3 6023"]);
    assert_eq!(rig.renewed(1, 1, 91_000), ["result 4 ok"]);
}

#[test]
fn the_answer_to_an_older_renewal_is_not_the_answer_to_the_newer() {
    // C7: attempts tell them apart
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    let old = rig.refusal(1, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG, None);
    let attempt = rig.last.as_ref().unwrap().0.attempt + 1;
    let renewed = rig.renewed_frame(1, 90_000);
    rig.login("alice", 91_000);
    let old = tessera_core::wire::Refused { attempt, ..old };
    assert!(rig.frame(1, tessera_core::wire::GatewayFrame::RenewRefused(old)).is_empty());
    assert!(rig.frame(1, renewed).is_empty());
    assert_eq!(rig.renewed(1, 1, 91_000), ["result 3 ok"]);
}

#[test]
fn while_reconnecting_a_renewal_waits_for_the_gateway() {
    // C7
    let mut rig = Rig::reconnecting();
    assert!(rig.login("alice", 90_000).iter().all(|told| told.starts_with("> connect")));
    if rig.connection == 1 {
        rig.retry();
    }
    assert_eq!(rig.ok(2, 1), ["> 2: renew s1", "connected"]);
    assert_eq!(rig.renewed(2, 1, 90_000), ["result 2 ok"]);
}

#[test]
fn a_renewal_without_the_gateway_ends_at_the_deadline() {
    // C7 C10, both sides
    let mut rig = Rig::reconnecting();
    rig.login("alice", 90_000);
    let mut told = rig.pass(29_999);
    assert!(!told.iter().any(|told| told.starts_with("result")), "{told:?}");
    told = rig.pass(1);
    assert!(told.contains(&"result 2 9523".to_owned()), "{told:?}");
    assert_eq!(rig.status(), LoggedIn);

    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    assert!(rig.pass(29_999).is_empty());
    assert_eq!(rig.pass(1), ["result 2 9520"]);
}

#[test]
fn a_renewal_that_is_acknowledged_after_its_deadline_holds() {
    // C7: the gateway has the new ticket, so the client has it too
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    rig.pass(30_000);
    assert!(rig.renewed(1, 1, 90_000).is_empty());
    assert_eq!(rig.login("alice", 90_000), ["result 3 ok"]);
}

#[test]
fn a_renewal_that_is_lost_with_its_connection_is_sent_again() {
    // C7
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    rig.fail(1);
    rig.retry();
    assert_eq!(rig.ok(2, 1), ["> 2: renew s1", "connected"]);
}

#[test]
fn a_renewal_ends_with_its_session_in_each_way() {
    // C1 C7
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    assert_eq!(rig.logout(), ["> 1: logout s1", "result 2 6023"]);
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1", "result 2 6208", "kicked Policy"]);
    let mut rig = Rig::logged_in();
    rig.login("alice", 90_000);
    assert_eq!(rig.login("bob", 90_000), ["> 1: login s2 ends s1", "result 2 6023"]);
}

#[test]
fn a_ticket_that_is_no_ticket_is_for_the_gateway_to_refuse() {
    // C16 C7
    let mut rig = Rig::logged_in();
    rig.client.login(rig.now, "alice", Ticket::new("nonsense")).unwrap();
    assert_eq!(rig.take(), ["> 1: renew s1"]);
}

#[test]
fn a_renewal_is_sent_once_also_if_the_session_is_acknowledged_again() {
    // C7
    let mut rig = Rig::logged_in();
    assert_eq!(rig.login("alice", 90_000), ["> 1: renew s1"]);
    assert!(rig.ok(1, 1).is_empty());
    assert_eq!(rig.renewed(1, 1, 90_000), ["result 2 ok"]);
}

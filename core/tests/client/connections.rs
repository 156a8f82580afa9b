//! C11, C22: connections that come and go, and that what an older one brings has no effect.
//!
//! failures.md: "client does not notice a half-open socket", "endless retry", "an old upgrade overtakes a newer login".

use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::generated::status::ConnectionStatus::{Connected, Connecting, Disconnected};
use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggedOut, LoggingIn};
use tessera_core::time::Millis;

use crate::rig::Rig;

#[test]
fn what_an_older_connection_brings_has_no_effect() {
    // G4 C11
    let mut rig = Rig::reconnecting();
    rig.retry();
    assert!(rig.kicked(1, 1).is_empty());
    assert!(rig.expired(1, 1).is_empty());
    assert!(rig.drain(1, Millis(9)).is_empty());
    assert!(rig.bye(1).is_empty());
    assert!(rig.fail(1).is_empty());
    assert!(rig.heard(1).is_empty());
    assert_eq!(rig.client.connection_status(), Connecting);
    assert_eq!(rig.ok(2, 1), ["connected"]);
    assert!(rig.fail(1).is_empty() && rig.kicked(1, 1).is_empty());
    assert_eq!((rig.status(), rig.client.connection_status()), (LoggedIn, Connected));
}

#[test]
fn a_connection_of_an_earlier_init_is_an_older_one() {
    // C9: its number is not used again
    let mut rig = Rig::logged_in();
    rig.un_init();
    rig.settings.connect_at_init = true;
    rig.init();
    assert_ne!(rig.connection, 1);
    assert!(rig.fail(1).is_empty());
    assert!(rig.hello(1).is_empty());
    assert_eq!(rig.client.connection_status(), Connecting);
}

#[test]
fn each_failed_try_is_told_and_the_next_follows() {
    // C11
    let mut rig = Rig::reconnecting();
    for n in 2..20 {
        assert_eq!(rig.retry(), [format!("> connect {n}: resume s1")]);
        assert_eq!(rig.fail(n), ["failed 9511"]);
        assert!(rig.client.next_timeout() <= rig.now + Millis(30_000));
    }
    assert_eq!(rig.status(), LoggedIn);
}

#[test]
fn a_try_takes_ten_seconds_at_most() {
    // C10, both sides
    let mut rig = Rig::reconnecting();
    rig.retry();
    assert!(rig.pass(9_999).is_empty());
    assert_eq!(rig.pass(1), ["> close 2", "failed 9510"]);
}

#[test]
fn a_minute_of_silence_drops_a_connection() {
    // C11, both sides; failures.md: client does not notice a half-open socket
    let mut rig = Rig::logged_in();
    rig.pass(59_999);
    assert!(rig.heard(1).is_empty(), "anything counts");
    assert!(rig.pass(59_999).is_empty());
    assert_eq!(rig.pass(1), ["> close 1", "dropped", "connecting"]);
    assert_eq!(rig.status(), LoggedIn);
}

#[test]
fn a_hint_probes_an_open_connection_for_five_seconds() {
    // C11, both sides
    let mut rig = Rig::logged_in();
    assert_eq!(rig.hint(), ["> 1: ping"]);
    assert!(rig.pass(4_999).is_empty());
    assert_eq!(rig.pass(1), ["> close 1", "dropped", "connecting"]);
    let mut rig = Rig::logged_in();
    rig.hint();
    rig.pass(4_999);
    rig.heard(1);
    assert!(rig.pass(50_000).is_empty());
}

#[test]
fn hints_that_go_on_do_not_put_the_end_of_the_probe_off() {
    // C11: "it probes with a 5 s limit"
    let mut rig = Rig::logged_in();
    let mut told = Vec::new();
    for _ in 0..6 {
        told.extend(rig.hint());
        told.extend(rig.pass(1_000));
    }
    assert!(told.contains(&"> close 1".to_owned()), "{told:?}");
}

#[test]
fn a_hint_retries_at_once_and_at_most_once_a_second() {
    // C11
    let mut rig = Rig::reconnecting();
    assert_eq!(rig.hint(), ["> connect 2: resume s1"]);
    rig.fail(2);
    rig.jump(999);
    assert!(rig.hint().is_empty());
    rig.jump(1);
    assert_eq!(rig.hint(), ["> connect 3: resume s1"]);
}

#[test]
fn a_login_that_is_there_already_hints_while_reconnecting() {
    // C7
    let mut rig = Rig::reconnecting();
    assert_eq!(rig.login("alice", 86_400), ["> connect 2: resume s1", "result 2 ok"]);
}

#[test]
fn the_gateways_word_on_when_to_come_back_holds() {
    // C11 G8
    let mut rig = Rig::logged_in();
    assert_eq!(rig.drain(1, Millis(7_000)), ["> close 1", "dropped", "connecting"]);
    assert!(rig.hint().is_empty());
    assert!(rig.pass(6_999).is_empty());
    assert_eq!(rig.pass(1), ["> connect 2: resume s1"]);
    assert_eq!(rig.drain(2, Millis(500)), ["> close 2", "failed -10114"], "a drain as the first frame");
    assert_eq!(rig.pass(500), ["> connect 3: resume s1"]);
}

#[test]
fn a_drain_during_login_and_logout() {
    // G8 C8 C10
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert_eq!(rig.drain(1, Millis(100)), ["> close 1", "dropped", "connecting"]);
    assert_eq!(rig.status(), LoggingIn);
    assert_eq!(rig.pass(100), ["> connect 2: login s1"]);
    assert_eq!(rig.ok(2, 1), ["connected", "result 1 ok"]);

    let mut rig = Rig::logged_in();
    rig.logout();
    assert_eq!(rig.drain(1, Millis(100)), ["> close 1", "result 2 ok", "dropped"]);
    assert!(rig.pass(600_000).is_empty());
}

#[test]
fn an_idle_connection_is_closed_without_an_event() {
    // C22
    let mut rig = Rig::connected();
    assert_eq!(rig.bye(1), ["> close 1"]);
    assert_eq!(rig.client.connection_status(), Disconnected);
    assert!(rig.fail(1).is_empty() && rig.pass(600_000).is_empty());
    assert_eq!(rig.login("alice", 86_400), ["> connect 2: login s1", "connecting"]);
}

#[test]
fn a_bye_that_crosses_a_login_is_dialed_again() {
    // C22 C10
    let mut rig = Rig::connected();
    assert_eq!(rig.login("alice", 86_400), ["> 1: login s1"]);
    assert_eq!(rig.bye(1), ["> close 1", "> connect 2: login s1", "connecting"]);
    assert_eq!(rig.ok(2, 1), ["connected", "result 1 ok"]);
}

#[test]
fn a_bye_that_crosses_a_logout_ends_it() {
    // C22 C8
    let mut rig = Rig::logged_in();
    rig.logout();
    assert_eq!(rig.bye(1), ["> close 1", "result 2 ok"]);
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn back_off_starts_over_after_a_stable_connection_however_it_ended() {
    // C11: "reset after 30 s of stability"
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    for n in 1..8 {
        rig.fail(n);
        rig.hint();
        rig.pass(1_000);
        while rig.client.connection_status() == Connecting && rig.connection == n {
            rig.retry();
        }
    }
    let connection = rig.connection;
    rig.ok(connection, 1);
    rig.logout();
    rig.logged_out(connection, 1);
    rig.pass(30_000);
    rig.bye(connection);
    rig.login("alice", 86_400);
    let before = rig.now;
    rig.fail(rig.connection);
    assert!(rig.client.next_timeout() - before <= Millis(500), "{}", rig.client.next_timeout() - before);
}

#[test]
fn back_off_grows_while_connections_do_not_hold() {
    // C11
    let mut rig = Rig::logged_in();
    let mut longest = Millis::ZERO;
    for _ in 0..10 {
        rig.pass(1_000);
        rig.fail(rig.connection);
        longest = longest.max(rig.client.next_timeout() - rig.now);
        rig.retry();
        rig.ok(rig.connection, 1);
    }
    assert!(longest > Millis(5_000), "{longest}");
}

#[test]
fn an_answered_failure_ends_the_login_and_is_a_failed_try() {
    // C10 C11: HTTP answers; onConnecting is followed by the try's failure
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    let error = Error::of(codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS);
    assert_eq!(rig.fail_with(1, error, true), ["result 1 70402", "failed 70402"]);
    assert_eq!((rig.status(), rig.client.connection_status()), (LoggedOut, Disconnected));
    assert!(rig.pass(600_000).is_empty());
}

#[test]
fn an_answered_failure_that_may_pass_is_waited_for_if_it_fits() {
    // C10, both sides
    let busy = |ms| Error::of(codes::ERR_SVR_SSO_CONNECT_LIMIT).retry_after(Some(Millis(ms)));
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    assert_eq!(rig.fail_with(1, busy(29_999), true), ["failed -302"]);
    assert_eq!(rig.pass(29_999), ["> connect 2: login s1"]);
    assert_eq!(rig.ok(2, 1), ["connected", "result 1 ok"]);
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    assert_eq!(rig.fail_with(1, busy(30_000), true)[0], "result 1 -302");
}

#[test]
fn an_answered_failure_of_a_reconnect_keeps_the_session() {
    // C11
    let mut rig = Rig::reconnecting();
    rig.retry();
    let busy = Error::of(codes::ERR_SVR_SSO_OVERLOAD).retry_after(Some(Millis(60_000)));
    assert_eq!(rig.fail_with(2, busy, true), ["failed -10114"]);
    assert!(rig.pass(59_999).is_empty());
    assert_eq!(rig.pass(1), ["> connect 3: resume s1"]);
}

#[test]
fn the_first_connection_is_tried_until_it_is_there_and_not_kept_up_afterwards() {
    // C22
    let mut rig = Rig::new();
    rig.settings.connect_at_init = true;
    rig.init();
    assert_eq!(rig.fail(1), ["failed 9511"]);
    assert_eq!(rig.retry(), ["> connect 2"]);
    assert_eq!(rig.hello(2), ["connected"]);
    assert_eq!(rig.fail(2), ["dropped"]);
    assert!(rig.pass(600_000).is_empty());
}

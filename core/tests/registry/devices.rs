//! G4: one session per device, and one connection per session; whatever is replaced learns nothing and touches nothing.
//!
//! failures.md: "a device is kicked by its own reconnect; two devices kick each other for ever".

use tessera_core::generated::status::Platform;
use tessera_core::time::Millis;

use crate::bench::{Bench, DAY, START, phone, ticket};

#[test]
fn a_login_of_the_same_device_replaces_its_session_silently() {
    // G4
    for connected in [true, false] {
        let mut bench = Bench::telling();
        bench.claim(phone(1, 1, 1));
        if !connected {
            bench.lost(1, 1);
        }
        let told = bench.claim(phone(1, 2, 2));
        let silent: &[&str] =
            if connected { &["1: closed", "2: ok 2", "counted"] } else { &["2: ok 2", "counted"] };
        assert_eq!(told, silent);
        assert_eq!(bench.live(), [2]);
        assert!(bench.record().marks.is_empty() && bench.record().kicks.is_empty());
        assert!(bench.record().offline.is_empty());
        assert!(bench.lost(1, 1).is_empty());
        assert_eq!(bench.live(), [2]);
    }
}

#[test]
fn a_device_that_changed_its_platform_is_still_one_device() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.claim(phone(1, 2, 2).from(Platform::Web)), ["1: closed", "2: ok 2", "counted"]);
    assert!(bench.record().kicks.is_empty());
}

#[test]
fn two_clients_of_one_device_do_not_replace_each_other_for_ever() {
    // G4; failures.md: two devices kick each other for ever
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).instance(1));
    bench.claim(phone(1, 2, 2).instance(2));
    let told = bench.claim(phone(1, 1, 3).instance(1).resumes(3));
    assert_eq!(told, ["3: kicked 1 Policy by android"]);
    bench.ack(1);
    let told = bench.claim(phone(1, 1, 4).instance(1).resumes(4));
    assert_eq!(told, ["4: kicked 1 Policy by android"]);
    assert_eq!(bench.live(), [2]);
}

#[test]
fn a_client_outlives_a_late_login_of_its_dead_predecessor() {
    // G4; failures.md: a device is kicked by its own reconnect
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).instance(1));
    // The login frame of a process that was killed before arrives now, and its socket is found closed at once.
    assert_eq!(bench.claim(phone(1, 2, 2).instance(2)), ["1: closed", "2: ok 2", "counted"]);
    bench.lost(2, 2);
    assert_eq!(bench.claim(phone(1, 1, 3).instance(1).resumes(3)), ["3: ok 1"]);
    assert_eq!(bench.live(), [1]);
}

#[test]
fn a_replaced_session_whose_ticket_is_refused_meanwhile_still_learns_that_it_lost() {
    // G4: a refusal in between does not make the two replace each other again
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).instance(1));
    bench.claim(phone(1, 2, 2).instance(2));
    let expired = ticket(START - 2 * DAY, 9);
    assert_eq!(bench.claim(phone(1, 1, 3).instance(1).with(expired)), ["3: refused 1 70001, closed"]);
    let told = bench.claim(phone(1, 1, 4).instance(1).resumes(4));
    assert_eq!(told, ["4: kicked 1 Policy by android"]);
}

#[test]
fn a_reconnect_never_kicks_its_own_device_nor_another() {
    // C11 G4; failures.md: a device is kicked by its own reconnect
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2).from(Platform::Web));
    bench.lost(1, 1);
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: ok 1 resumed"]);
    assert_eq!(bench.claim(phone(1, 1, 4).resumes(4)), ["3: closed", "4: ok 1 resumed"]);
    assert_eq!(bench.live(), [1, 2]);
    assert!(bench.record().kicks.is_empty());
}

#[test]
fn the_close_of_an_older_connection_does_not_touch_the_session() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.claim(phone(1, 1, 2).resumes(2)), ["1: closed", "2: ok 1 resumed"]);
    assert!(bench.lost(1, 1).is_empty());
    assert_eq!(bench.live(), [1]);
    bench.pass(Millis(120_000));
    assert_eq!(bench.live(), [1]);
    bench.lost(1, 2);
    assert_eq!(bench.live(), [-1]);
    bench.lost(1, 2);
    assert_eq!(bench.live(), [-1], "a second close");
}

#[test]
fn a_renewal_on_an_older_connection_does_not_touch_the_session() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(1, 1, 2).resumes(2));
    let before = bench.sessions();
    assert_eq!(bench.renew(1, 1, ticket(START, 50)), ["1: renewal refused 1 6014"]);
    assert_eq!(bench.sessions(), before);
    assert_eq!(bench.renew(1, 2, ticket(START, 50)), ["2: renewed 1"]);
    assert_ne!(bench.sessions(), before);
}

#[test]
fn a_renewal_without_a_session_is_refused() {
    // C7
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.renew(9, 9, ticket(START, 50)), ["9: renewal refused 9 6014"]);
    bench.lost(1, 1);
    assert_eq!(bench.renew(1, 1, ticket(START, 50)), ["1: renewal refused 1 6014"]);
    bench.claim(phone(1, 1, 2).resumes(2));
    bench.logout(1, 2);
    assert_eq!(bench.renew(1, 2, ticket(START, 50)), ["2: renewal refused 1 6014"]);
}

#[test]
fn a_login_answered_twice_on_one_connection_closes_nothing() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.claim(phone(1, 1, 1)), ["1: ok 1 resumed"]);
    assert_eq!(bench.live(), [1]);
}

#[test]
fn a_login_whose_answer_was_lost_is_not_counted_again() {
    // G11 G2
    let mut bench = Bench::new();
    assert_eq!(bench.claim(phone(1, 1, 1)), ["1: ok 1 created", "counted"]);
    bench.lost(1, 1);
    assert_eq!(bench.claim(phone(1, 1, 2)), ["2: ok 1 resumed"]);
    assert_eq!(bench.renew(1, 2, ticket(START, 50)), ["2: renewed 1"]);
    bench.logout(1, 2);
    assert_eq!(bench.claim(phone(1, 3, 3)), ["3: ok 3", "counted"]);
}

#[test]
fn a_session_that_is_claimed_again_after_a_restart_is_resumed_and_not_counted() {
    // G9 G11: "joined, renewed and resumed ones do not"; and nobody is kicked by a restart
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2).from(Platform::Web));
    bench.restart();
    assert_eq!(bench.claim(phone(2, 2, 3).from(Platform::Web).resumes(3)), ["3: ok 2"]);
    assert_eq!(bench.claim(phone(1, 1, 4).resumes(4)), ["4: ok 1"]);
}

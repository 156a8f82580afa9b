//! C15: when the ticket provider is asked, and what becomes of its answers.
//!
//! failures.md: "ticket provider called in an endless loop, or after logout; a late result lands in the next session".

use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggedOut};
use tessera_core::time::Millis;

use crate::rig::Rig;

/// Alice with a ticket of 1000 s and a provider that is asked at 80 % sharp.
fn provided() -> Rig {
    let mut rig = Rig::new();
    rig.settings.ticket_renew_jitter_percent = 0;
    rig.settings.silence_timeout_ms = 600_000;
    rig.settings.connect_at_init = true;
    rig.init();
    rig.hello(1);
    rig.provider(true);
    rig.login("alice", 1_000);
    rig.ok(1, 1);
    rig
}

/// Passes time with signs of life of the gateway.
fn pass(rig: &mut Rig, ms: u64) -> Vec<String> {
    let mut told = Vec::new();
    let mut left = ms;
    while left > 0 {
        let step = left.min(300_000);
        told.extend(rig.pass(step));
        rig.heard(rig.connection);
        left -= step;
    }
    told
}

#[test]
fn it_is_asked_once_at_its_part_of_the_tickets_life() {
    // C15, both sides
    let mut rig = provided();
    assert!(pass(&mut rig, 799_999).is_empty());
    assert_eq!(pass(&mut rig, 1), ["asked 1 for alice"]);
    assert!(pass(&mut rig, 200_000).is_empty(), "a question that is open is not asked again");
    assert_eq!(pass(&mut rig, 1), ["expired"], "C14, with a call in flight");
    assert!(rig.provide(1, 9_000).is_empty());
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn its_part_is_spread_by_its_jitter() {
    // C15: 80 % +- 5 %
    let mut seen = Vec::new();
    for seconds in 900..940 {
        let mut rig = Rig::connected();
        rig.provider(true);
        rig.login("alice", seconds);
        rig.ok(1, 1);
        let mut told = Vec::new();
        let start = rig.now;
        while !told.iter().any(|told: &String| told.starts_with("asked")) {
            assert!(rig.now < start + Millis(seconds * 1_000), "it is never asked");
            told.extend(rig.pass(1_000));
            rig.heard(1);
        }
        seen.push((rig.now - start).0 / seconds);
    }
    assert!(seen.iter().all(|part| (749..=852).contains(part)), "{seen:?}");
    assert!(seen.iter().any(|part| *part < 775) || seen.iter().any(|part| *part > 825), "{seen:?}");
}

#[test]
fn its_ticket_is_renewed_in_place_without_an_event() {
    // C15
    let mut rig = provided();
    pass(&mut rig, 800_000);
    assert_eq!(rig.provide(1, 3_000), ["> 1: renew s1"]);
    assert!(rig.renewed(1, 1, 3_000).is_empty());
    // Accepted at 800 s and good until 3000 s: 80 % of that is at 2560 s.
    assert!(pass(&mut rig, 1_759_999).is_empty());
    assert_eq!(pass(&mut rig, 1), ["asked 2 for alice"]);
}

#[test]
fn errors_are_asked_again_after_one_second_doubling_to_sixty() {
    // C15: a provider error never ends a session
    let mut rig = provided();
    pass(&mut rig, 800_000);
    let mut n = 1;
    for after in [1, 2, 4, 8, 16, 32, 60] {
        assert!(rig.provide_error(n).is_empty());
        assert!(rig.pass(after * 1_000 - 1).is_empty());
        n += 1;
        assert_eq!(rig.pass(1), [format!("asked {n} for alice")]);
    }
    assert_eq!(rig.status(), LoggedIn);
}

#[test]
fn an_answer_that_is_of_no_use_is_an_error() {
    // C15: refused, expired, or the current one
    let mut rig = provided();
    pass(&mut rig, 800_000);
    assert!(rig.provide(1, 1_000).is_empty(), "the current one");
    assert_eq!(rig.pass(1_000), ["asked 2 for alice"]);
    assert!(rig.provide(2, 700).is_empty(), "an expired one");
    assert_eq!(rig.pass(2_000), ["asked 3 for alice"]);
    assert_eq!(rig.provide(3, 2_000), ["> 1: renew s1"]);
    assert!(rig.renewal_refused(1, 1, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG).is_empty(), "a refused one");
    assert_eq!(rig.pass(4_000), ["asked 4 for alice"]);
    assert_eq!(rig.status(), LoggedIn);
}

#[test]
fn it_is_never_asked_more_often_than_every_ten_seconds() {
    // C15: tickets that are so short that 80 % of them is less
    let mut rig = provided();
    pass(&mut rig, 800_000);
    rig.provide(1, 1_001);
    rig.renewed(1, 1, 805);
    assert!(rig.pass(4_999).is_empty(), "accepted at 800 s, good until 805 s");
    let mut rig = provided();
    pass(&mut rig, 800_000);
    rig.provide(1, 1_001);
    rig.renewed(1, 1, 811);
    assert!(rig.pass(9_999).is_empty());
    assert_eq!(rig.pass(1), ["asked 2 for alice"]);
}

#[test]
fn a_new_provider_is_asked_while_the_question_to_the_older_one_is_open() {
    // C15: the answer of the older one has nowhere to go
    let mut rig = provided();
    assert_eq!(pass(&mut rig, 800_000), ["asked 1 for alice"]);
    pass(&mut rig, 4_000);
    rig.provider(true);
    assert!(rig.provide(1, 3_000).is_empty());
    assert!(pass(&mut rig, 5_999).is_empty());
    assert_eq!(pass(&mut rig, 1), ["asked 2 for alice"], "ten seconds after the last question");
    assert_eq!(rig.provide(2, 3_000), ["> 1: renew s1"]);
}

#[test]
fn an_answer_after_the_end_of_its_session_is_dropped() {
    // C15; failures.md: a late result lands in the next session
    type End = fn(&mut Rig);
    let ends: [End; 5] = [
        |rig| drop((rig.logout(), rig.logged_out(1, 1))),
        |rig| drop((rig.login("bob", 9_000), rig.ok(1, 2))),
        |rig| drop(rig.kicked(1, 1)),
        |rig| drop(rig.expired(1, 1)),
        |rig| drop((rig.un_init(), rig.init())),
    ];
    for end in ends {
        let mut rig = provided();
        pass(&mut rig, 800_000);
        end(&mut rig);
        rig.take();
        let user = rig.user();
        assert!(rig.provide(1, 9_000).is_empty());
        assert!(rig.provide_error(1).is_empty());
        assert_eq!(rig.user(), user);
    }
}

#[test]
fn the_answer_to_a_question_of_the_session_before_is_not_one_of_this() {
    // C15
    let mut rig = provided();
    pass(&mut rig, 800_000);
    rig.logout();
    rig.logged_out(1, 1);
    rig.login("alice", 2_000);
    rig.ok(1, 2);
    assert!(rig.provide(1, 9_000).is_empty());
}

#[test]
fn it_is_not_asked_at_a_login_nor_after_the_end() {
    // C15
    let mut rig = Rig::connected();
    rig.provider(true);
    rig.login("alice", 1_000);
    assert_eq!(rig.refuse(1, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED), ["> close 1", "result 1 70001"]);
    assert!(rig.pass(2_000_000).is_empty());
    for end in [Rig::logout as fn(&mut Rig) -> Vec<String>, |rig| rig.kicked(1, 1), Rig::un_init] {
        let mut rig = provided();
        end(&mut rig);
        let told = rig.pass(2_000_000);
        assert!(!told.iter().any(|told| told.starts_with("asked")), "{told:?}");
    }
}

#[test]
fn it_is_asked_without_a_connection_too_and_its_ticket_waits() {
    // C15
    let mut rig = provided();
    rig.drain(1, Millis(900_000));
    assert_eq!(rig.pass(800_000), ["asked 1 for alice"]);
    assert!(rig.provide(1, 9_000).is_empty());
    assert_eq!(rig.pass(100_000), ["> connect 2: resume s1"]);
    assert_eq!(rig.ok(2, 1), ["> 2: renew s1", "connected"]);
}

#[test]
fn a_provider_that_comes_late_or_twice_is_asked_at_the_same_time() {
    // C15: at its part of the time between acceptance and expiry
    let mut rig = provided();
    rig.provider(false);
    pass(&mut rig, 400_000);
    rig.provider(true);
    rig.provider(true);
    assert!(pass(&mut rig, 399_999).is_empty());
    assert_eq!(pass(&mut rig, 1), ["asked 1 for alice"]);
    let mut rig = provided();
    rig.provider(false);
    assert!(pass(&mut rig, 900_000).is_empty());
    let mut told = rig.provider(true);
    told.extend(rig.pass(0));
    assert_eq!(told, ["asked 1 for alice"]);
}

#[test]
fn a_renewal_by_login_that_fails_does_not_move_its_time() {
    // C15 C7
    for in_time in [true, false] {
        let mut rig = provided();
        pass(&mut rig, 700_000);
        rig.login("alice", 9_000);
        if in_time {
            rig.renewal_refused(1, 1, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
        } else {
            pass(&mut rig, 30_000);
            rig.renewal_refused(1, 1, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
        }
        let left = 77_000 + 800_000 - rig.now.0;
        assert!(pass(&mut rig, left - 1).is_empty());
        assert_eq!(pass(&mut rig, 1), ["asked 1 for alice"], "in time: {in_time}");
    }
}

#[test]
fn a_renewal_by_login_that_was_never_sent_does_not_swallow_the_question() {
    // C15 C7: the time came while it waited
    let mut rig = provided();
    rig.drain(1, Millis(950_000));
    rig.pass(780_000);
    rig.login("alice", 9_000);
    let told = rig.pass(100_000);
    assert_eq!(told, ["result 2 9523", "asked 1 for alice"]);
}

#[test]
fn one_session_asks_in_its_own_time_after_another() {
    // C15 C7
    let mut rig = provided();
    pass(&mut rig, 799_000);
    rig.login("bob", 2_000);
    rig.ok(1, 2);
    // Accepted at 799 s and good until 2000 s: 80 % of that is at 1759.8 s.
    assert!(pass(&mut rig, 960_799).is_empty());
    assert_eq!(pass(&mut rig, 1), ["asked 1 for bob"]);
}

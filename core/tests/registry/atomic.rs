//! G4: a claim is atomic per user, also while its write is under way, and a write that fails has done nothing.

use tessera_core::gateway::registry::{AdminOrder, AppRules, Request, TicketFacts};
use tessera_core::time::Millis;

use crate::bench::{Bench, START, peer, phone, session, ticket, user};

#[test]
fn what_comes_while_a_write_is_under_way_runs_after_it_in_order() {
    // G4
    let mut bench = Bench::new();
    bench.holds = true;
    assert!(bench.claim(phone(1, 1, 1)).is_empty());
    assert!(bench.claim(phone(2, 2, 2)).is_empty());
    assert!(bench.lost(2, 2).is_empty());
    assert!(bench.claim(phone(2, 2, 3).resumes(3)).is_empty());
    assert!(bench.logout(1, 9).is_empty());
    assert_eq!(bench.writes.len(), 1, "one write of a user at a time");
    assert_eq!(bench.written(true), ["1: ok 1 created", "counted"]);
    assert_eq!(bench.writes.len(), 1, "the second claim evicts, and its kick has to be durable");
    assert_eq!(
        bench.written(true),
        ["1: kicked 1 Policy by android", "2: ok 2", "counted", "3: ok 2 resumed", "9: logged out 1"]
    );
    assert_eq!(bench.live(), [2]);
}

#[test]
fn too_many_waiting_claims_are_refused_at_the_limit_and_not_before() {
    // G4 G7
    for max in [1, 3] {
        let mut bench = Bench::with(AppRules::default(), &[("claims_waiting_max", max)]);
        bench.holds = true;
        bench.claim(phone(1, 1, 1));
        for n in 0..max {
            assert!(bench.claim(phone(1, 1, 2 + n).resumes(2 + n)).is_empty(), "{n} of {max}");
        }
        assert_eq!(
            bench.claim(phone(1, 1, 99).resumes(99)),
            ["99: refused 1 -10114, again in 1000 ms, closed"]
        );
    }
}

#[test]
fn closes_acks_logouts_and_operators_are_taken_whatever_waits() {
    // G4; and what is no claim takes no place from one, so that a stranger's logouts lock nobody out
    let mut bench = Bench::with(AppRules::default(), &[("claims_waiting_max", 1)]);
    bench.holds = true;
    bench.claim(phone(1, 1, 1));
    for n in 0..50 {
        assert!(bench.lost(1, n + 100).is_empty());
        assert!(bench.ack(9).is_empty());
        assert!(bench.logout(9, n).is_empty());
    }
    assert!(bench.claim(phone(1, 1, 2).resumes(2)).is_empty());
    assert!(bench.admin(AdminOrder::Sessions).is_empty());
    let told = bench.written(true);
    assert_eq!(told.first().unwrap(), "1: ok 1 created");
    assert_eq!(told.iter().filter(|told| told.ends_with("logged out 9")).count(), 50);
    assert_eq!(told[told.len() - 3..], ["1: closed", "2: ok 1 resumed", "admin: 1 sessions"]);
}

#[test]
fn a_sign_up_that_cannot_be_written_has_not_happened() {
    // G2 G9
    let mut bench = Bench::new();
    bench.holds = true;
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.written(false), ["1: refused 1 70500, again in 1000 ms, closed"]);
    assert!(bench.store.records.is_empty());
    assert!(bench.live().is_empty());
    bench.claim(phone(1, 1, 2));
    assert_eq!(bench.written(true), ["2: ok 1 created", "counted"]);
}

#[test]
fn an_eviction_that_cannot_be_written_leaves_the_victim_alone() {
    // G4 G9
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    let before = bench.record().clone();
    bench.holds = true;
    bench.claim(phone(2, 2, 2));
    assert!(bench.claim(phone(1, 1, 3).resumes(3)).is_empty());
    let told = bench.written(false);
    assert_eq!(told, ["2: refused 2 70500, again in 1000 ms, closed", "1: closed", "3: ok 1 resumed"]);
    assert_eq!(bench.live(), [1]);
    assert_eq!(*bench.record(), before);
    bench.claim(phone(2, 2, 4));
    assert_eq!(bench.written(true), ["3: kicked 1 Policy by android", "4: ok 2", "counted"]);
}

#[test]
fn a_kick_that_cannot_be_written_has_kicked_nobody() {
    // G5 G9
    for order in [AdminOrder::Kick, AdminOrder::SetDisabled(true)] {
        let mut bench = Bench::new();
        bench.claim(phone(1, 1, 1));
        bench.holds = true;
        bench.admin(order);
        assert_eq!(bench.written(false), ["admin: failed 70500"]);
        assert_eq!(bench.live(), [1]);
        assert_eq!(bench.claim(phone(1, 1, 2).resumes(2)), ["1: closed", "2: ok 1 resumed"]);
        bench.admin(order);
        assert_eq!(bench.written(true).len(), 2);
        assert!(bench.live().is_empty());
    }
}

#[test]
fn marks_that_cannot_be_written_are_neither_left_nor_consumed() {
    // C13 G9
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    bench.holds = true;
    bench.claim(phone(2, 2, 2));
    assert_eq!(bench.written(false), ["2: refused 2 70500, again in 1000 ms, closed"]);
    assert!(bench.record().marks.is_empty());
    assert_eq!(bench.live(), [-1]);
    bench.claim(phone(2, 2, 3));
    assert_eq!(bench.written(true), ["3: ok 2", "counted"]);
    let marked = bench.record().clone();

    bench.claim(phone(1, 1, 4).resumes(4));
    assert_eq!(bench.written(false), ["4: refused 1 70500, again in 1000 ms, closed"]);
    assert_eq!(*bench.record(), marked);
    bench.claim(phone(1, 1, 5).resumes(5));
    assert_eq!(bench.written(true), ["5: kicked 1 Policy by android"]);
}

#[test]
fn a_connection_that_is_lost_during_the_write_leaves_a_session_with_a_lease() {
    // G6
    let mut bench = Bench::new();
    bench.holds = true;
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    assert_eq!(bench.written(true), ["1: ok 1 created", "counted"]);
    assert_eq!(bench.live(), [-1]);
    bench.pass(Millis(60_000));
    assert!(bench.live().is_empty());
}

#[test]
fn two_sign_ups_that_meet_create_the_account_once() {
    // G2 G11
    let mut bench = Bench::new();
    bench.holds = true;
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(1, 2, 2));
    assert_eq!(bench.written(true), ["1: ok 1 created", "counted", "1: closed", "2: ok 2", "counted"]);
}

#[test]
fn one_users_write_does_not_stop_another_user() {
    // G4
    let mut bench = Bench::new();
    bench.holds = true;
    bench.claim(phone(1, 1, 1));
    bench.user = user("bob");
    bench.claim(phone(2, 2, 2));
    assert_eq!(bench.writes.len(), 2);
    bench.writes.swap(0, 1);
    assert_eq!(bench.written(true), ["2: ok 2 created", "counted"]);
    assert_eq!(bench.written(true), ["1: ok 1 created", "counted"]);
}

#[test]
fn a_store_that_cannot_be_read_is_answered_and_decides_nothing() {
    // G9
    let mut bench = Bench::new();
    bench.store.unreadable = true;
    assert_eq!(bench.claim(phone(1, 1, 1)), ["1: refused 1 70500, again, closed"]);
    assert_eq!(bench.renew(1, 1, phone(1, 1, 1).ticket), ["1: renewal refused 1 70500, again"]);
    assert_eq!(bench.admin(AdminOrder::Kick), ["admin: failed 70500"]);
    assert_eq!(bench.logout(1, 1), ["1: logged out 1"]);
    assert!(bench.ask(Request::Lost { session: session(1), connection: 1 }).is_empty());
    let quiet = Request::Logout { peer: peer(1), session: session(1), confirm: false };
    assert!(bench.ask(quiet).is_empty());
    assert_eq!(bench.registry.users(), 0);
    bench.store.unreadable = false;
    assert_eq!(bench.claim(phone(1, 1, 2)), ["2: ok 1 created", "counted"]);
}

#[test]
fn a_ticket_that_expires_while_its_login_waits_lets_nobody_in() {
    // G1 G4: found by the simulator, where the login evicted another device and then expired
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.holds = true;
    assert!(bench.claim(phone(2, 2, 2)).is_empty());
    let soon = TicketFacts { expires: bench.now + Millis(10), ..ticket(START - 60, 3) };
    assert!(bench.claim(phone(3, 3, 3).with(soon)).is_empty());
    bench.now = bench.now + Millis(11);
    let told = bench.written(true);
    assert_eq!(told.last().unwrap(), "3: refused 3 70001, closed");
    assert_eq!(bench.live(), [2]);
}

#[test]
fn a_ticket_is_good_through_the_last_moment_of_its_life() {
    // C14 G1: equality is still valid
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    let ends_now = TicketFacts { expires: bench.now, ..ticket(START - 60, 3) };
    let told = bench.claim(phone(1, 1, 2).resumes(2).with(ends_now));
    assert_eq!(told, ["1: closed", "2: ok 1 resumed"]);
}

#[test]
fn an_account_remembers_when_it_was_signed_up() {
    // G2
    let mut bench = Bench::new();
    let signed_up = bench.now;
    bench.claim(phone(1, 1, 1));
    bench.pass(Millis(5_000));
    bench.claim(phone(2, 2, 2));
    assert_eq!(bench.record().created, signed_up);
}

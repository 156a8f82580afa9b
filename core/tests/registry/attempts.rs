//! G4: attempt numbers, and logouts that overtake the login that they end.
//!
//! failures.md: "an old upgrade, close or logout overtakes a newer login".

use tessera_core::gateway::registry::{AdminOrder, AppRules};
use tessera_core::generated::codes;
use tessera_core::time::Millis;

use crate::bench::{Bench, START, phone, ticket};

#[test]
fn a_lower_number_of_an_instance_is_closed_without_effect() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 5));
    assert_eq!(bench.claim(phone(1, 1, 6).attempt(4)), ["6: closed"]);
    assert_eq!(bench.claim(phone(1, 2, 7).attempt(4)), ["7: closed"], "another session of it");
    assert_eq!(bench.live(), [1]);
    assert_eq!(bench.claim(phone(1, 1, 8).attempt(5)), ["5: closed", "8: ok 1 resumed"], "equal is no older");
    assert_eq!(bench.claim(phone(1, 1, 9).attempt(1).instance(9)), ["8: closed", "9: ok 1 resumed"]);
}

#[test]
fn a_lower_number_stays_without_effect_for_a_minute_past_the_end() {
    // G4, both sides of the limit
    for (after, closed) in [(59_999, true), (60_000, false)] {
        let mut bench = Bench::new();
        bench.claim(phone(1, 1, 5));
        bench.claim(phone(2, 2, 6));
        bench.ack(1);
        bench.pass(Millis(after));
        let told = bench.claim(phone(1, 3, 7).attempt(4));
        assert_eq!(told == ["7: closed"], closed, "after {after} ms: {told:?}");
    }
}

#[test]
fn an_attempt_that_was_refused_was_seen_all_the_same() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.logout(1, 1);
    bench.pass(Millis(60_000));
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.claim(phone(1, 2, 6)), ["6: refused 2 70052, closed"]);
    let good = ticket(START + 100, 7);
    assert_eq!(bench.claim(phone(1, 3, 7).attempt(5).with(good)), ["7: closed"]);
    assert_eq!(bench.claim(phone(1, 4, 8).attempt(6).with(good)), ["8: ok 4", "counted"]);
}

#[test]
fn an_attempt_of_a_live_session_that_was_refused_was_seen_all_the_same() {
    // G4
    let mut bench = Bench::with(AppRules::default(), &[("recent_tickets_per_user", 1)]);
    bench.claim(phone(1, 1, 1).with(ticket(START, 1)));
    bench.lost(1, 1);
    let another = phone(1, 1, 3).resumes(3).with(ticket(START, 2));
    assert_eq!(bench.claim(another), ["3: refused 1 -10113, again in 1000 ms, closed"]);
    assert_eq!(bench.claim(phone(1, 1, 4).with(ticket(START, 1)).attempt(2)), ["4: closed"]);
    assert_eq!(bench.live(), [-1]);
}

#[test]
fn an_upgrade_from_before_a_kick_does_not_come_back_after_its_ack() {
    // G4: attempt 6 was answered, so the network's late 5 must not claim a place again
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 4));
    bench.claim(phone(2, 2, 1));
    assert_eq!(bench.claim(phone(1, 1, 6).resumes(6)), ["6: kicked 1 Policy by android"]);
    bench.ack(1);
    assert_eq!(bench.claim(phone(1, 1, 7).resumes(7).attempt(5)), ["7: closed"]);
    assert_eq!(bench.live(), [2]);
}

#[test]
fn an_upgrade_from_before_a_kick_by_mark_does_not_come_back_after_its_ack() {
    // G4 C13
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 4));
    bench.lost(1, 4);
    bench.claim(phone(2, 2, 1));
    assert_eq!(bench.claim(phone(1, 1, 6).resumes(6)), ["6: kicked 1 Policy by android"]);
    bench.ack(1);
    assert_eq!(bench.claim(phone(1, 1, 7).resumes(7).attempt(5)), ["7: closed"]);
    assert_eq!(bench.live(), [2]);
}

#[test]
fn an_upgrade_from_before_a_6208_does_not_log_in_after_it() {
    // G4 C13
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 4));
    bench.lost(1, 4);
    bench.claim(phone(2, 2, 1));
    assert_eq!(bench.claim(phone(1, 3, 6)), ["6: refused 3 6208, again, closed"]);
    assert_eq!(bench.claim(phone(1, 4, 7).attempt(5)), ["7: closed"]);
    assert_eq!(bench.live(), [2]);
}

#[test]
fn an_attempt_that_failed_for_the_store_was_seen_all_the_same() {
    // G4
    let mut bench = Bench::new();
    bench.holds = true;
    bench.claim(phone(1, 1, 6));
    bench.written(false);
    assert_eq!(bench.claim(phone(1, 2, 7).attempt(5)), ["7: closed"]);
    bench.claim(phone(1, 3, 8));
    assert_eq!(bench.written(true), ["8: ok 3 created", "counted"]);
}

#[test]
fn a_second_logout_forgets_no_attempt_number() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 5));
    assert_eq!(bench.logout(1, 5), ["5: logged out 1"]);
    assert_eq!(bench.logout(1, 6), ["6: logged out 1"]);
    assert_eq!(bench.claim(phone(1, 2, 7).attempt(4)), ["7: closed"]);
}

#[test]
fn a_logout_voids_the_login_that_it_overtook() {
    // G4 C10
    let mut bench = Bench::new();
    assert_eq!(bench.logout(1, 2), ["2: logged out 1"], "a user that nobody knows yet");
    assert_eq!(bench.claim(phone(1, 1, 1)), ["1: closed"]);
    assert_eq!(bench.claim(phone(1, 1, 9).resumes(9)), ["9: closed"], "whatever its number");
    assert!(bench.store.records.is_empty());
    assert_eq!(bench.claim(phone(1, 2, 3)), ["3: ok 2 created", "counted"], "only that session");
    assert!(bench.logout(1, 4) == ["4: logged out 1"] && bench.live() == [2]);
}

#[test]
fn a_logged_out_session_is_void_for_a_minute() {
    // G4, both sides of the limit
    for (after, told) in [(59_999, vec!["2: closed"]), (60_000, vec!["2: ok 1", "counted"])] {
        let mut bench = Bench::new();
        bench.claim(phone(1, 1, 1));
        bench.logout(1, 1);
        bench.pass(Millis(after));
        assert_eq!(bench.claim(phone(1, 1, 2)), told);
    }
}

#[test]
fn a_logout_on_another_connection_ends_the_session_and_closes_its_own() {
    // G4 C8
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.logout(1, 2), ["1: closed", "2: logged out 1"]);
    assert!(bench.lost(1, 1).is_empty());
    assert!(bench.live().is_empty());
}

#[test]
fn strangers_ends_do_not_push_out_the_ends_of_sessions() {
    // G4: whoever names sessions that never were pushes out only others of that kind
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 5));
    bench.logout(1, 5);
    (100..200).for_each(|n| drop(bench.logout(n, 6)));
    assert_eq!(bench.claim(phone(1, 2, 7).attempt(4)), ["7: closed"]);
    assert_eq!(bench.claim(phone(1, 1, 8)), ["8: closed"]);
}

#[test]
fn a_refused_resume_says_what_is_wrong_with_the_ticket() {
    // G1 G5
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.logout(1, 1);
    bench.admin(AdminOrder::Kick);
    bench.claim(phone(1, 2, 2));
    let Some(tessera_core::gateway::registry::Effect::SendAndClose(_, frame)) = bench.last.first() else {
        panic!("unexpected {:?}", bench.last)
    };
    let tessera_core::wire::GatewayFrame::LoginRefused(refused) = frame else { panic!("{frame:?}") };
    assert_eq!(refused.code, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
    assert!(refused.desc.contains(&(START - 3600).to_string()), "{}", refused.desc);
    assert!(refused.desc.contains(&START.to_string()), "{}", refused.desc);
}

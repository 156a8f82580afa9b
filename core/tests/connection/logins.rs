//! Logins on one connection: at the upgrade, later, again, and answers that come when they are not expected.

use tessera_core::gateway::connection::{Event, State};
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, Login, WireError};

use crate::bench::{
    Bench, acks, alice, expired, kicked, logged_out, login, logout, logs_in, logs_out, ok, ping, refused,
    renews, session,
};

#[test]
fn the_first_frame_is_hello_or_the_answer() {
    // C22
    assert_eq!(Bench::new().on(Event::Opened(None)), ["send hello, login within 30000 ms"]);
    let mut bench = Bench::new();
    assert_eq!(bench.on(Event::Opened(Some(login(1)))), ["claim 1"]);
    assert!(bench.claimed(1).is_empty());
    assert_eq!(bench.on(ok(1)), ["send ok 1"]);
    assert_eq!(*bench.machine.state(), State::LoggedIn { user: alice(), session: session(1) });
}

#[test]
fn frames_before_a_login_are_answered() {
    // G7: nothing is dropped in silence
    let mut bench = Bench::new();
    bench.on(Event::Opened(None));
    bench.now = bench.now + Millis(3);
    assert_eq!(bench.on(ping()), ["send pong +3 ms"]);
    assert_eq!(bench.on(renews(4)), ["send renewal refused 4 9 6014"]);
    assert_eq!(bench.on(logs_out("bob", 4)), ["end 4 of bob"]);
    assert_eq!(bench.on(logged_out(4)), ["send logged out 4"]);
    assert_eq!(bench.on(logs_out("no user", 4)), ["send error 70402"]);
    assert_eq!(bench.on(acks("bob", 4)), ["ack 4 of bob"]);
    assert_eq!(bench.on(acks("", 4)), ["send error 70402"]);
    assert_eq!(bench.on(Event::BadFrame(WireError::UnknownType)), ["send error 70402"]);
    assert_eq!(bench.on(Event::ClockSet), ["send pong +3 ms"]);
    assert_eq!(bench.on(logs_in(1)), ["claim 1"]);
}

#[test]
fn frames_while_a_login_waits_are_answered_and_do_not_disturb_it() {
    // G4
    let mut bench = Bench::awaiting();
    assert_eq!(bench.on(ping()), ["send pong +0 ms"]);
    assert_eq!(bench.on(renews(1)), ["send renewal refused 1 9 6014"], "not before login_ok");
    assert_eq!(bench.on(acks("alice", 7)), ["ack 7 of alice"]);
    assert_eq!(bench.on(Event::BadFrame(WireError::NotAFrame)), ["send error 70402"]);
    assert_eq!(bench.on(ok(1)), ["send ok 1"]);
}

#[test]
fn a_logout_while_the_login_waits_ends_it_after_its_answer() {
    // G4: it ends the session also for attempts under way
    let mut bench = Bench::awaiting();
    assert_eq!(bench.on(logs_out("alice", 1)), ["end 1 of alice"]);
    assert_eq!(bench.on(ok(1)), ["send ok 1"]);
    assert_eq!(bench.on(logged_out(1)), ["send logged out 1"]);
    assert!(matches!(bench.machine.state(), State::AwaitLogin { .. }));
    assert!(bench.on(Event::Lost).is_empty(), "there is no session to lose");
}

#[test]
fn a_newer_login_ends_the_session_of_the_connection_first() {
    // C7
    let mut bench = Bench::logged_in();
    assert_eq!(bench.on(logs_in(2)), ["end 1 of alice silently", "claim 2"]);
    assert!(bench.claimed(2).is_empty());
    assert_eq!(bench.on(ok(2)), ["send ok 2"]);
    assert_eq!(bench.on(Event::Lost), ["lost 2 of alice"]);
}

#[test]
fn a_newer_login_ends_the_claim_that_waits_and_its_late_answer_changes_nothing() {
    // G4
    let mut bench = Bench::awaiting();
    assert_eq!(bench.on(logs_in(2)), ["end 1 of alice silently", "claim 2"]);
    bench.claimed(2);
    assert_eq!(bench.on(ok(1)), ["send ok 1"], "the client logs it out");
    assert_eq!(*bench.machine.state(), State::AwaitVerdict { claimed: Some((alice(), session(2))) });
    assert_eq!(bench.on(kicked(1)), ["send kicked 1"]);
    assert_eq!(bench.on(expired(1)), ["send expired 1"]);
    assert_eq!(bench.on(logged_out(1)), ["send logged out 1"]);
    assert_eq!(bench.on(refused(1)), ["send refused 1 70052"], "no close: it would hit the newer login");
    assert_eq!(bench.on(ok(2)), ["send ok 2"]);
    assert_eq!(bench.on(Event::Lost), ["lost 2 of alice"]);
}

#[test]
fn the_same_login_again_does_not_end_its_own_session() {
    // G4
    let mut bench = Bench::logged_in();
    assert_eq!(bench.on(logs_in(1)), ["claim 1"]);
    bench.claimed(1);
    assert_eq!(bench.on(ok(1)), ["send ok 1"]);
    assert_eq!(bench.on(Event::Lost), ["lost 1 of alice"]);
}

#[test]
fn an_account_switch_ends_what_it_names_and_its_own_session() {
    // C7
    let mut bench = Bench::logged_in();
    let ends = vec![logout("alice", 1), logout("carol", 3), logout("no user", 4)];
    let switch = Login { user: "bob".into(), ends, ..*login(2) };
    assert_eq!(
        bench.on(Event::Frame(ClientFrame::Login(Box::new(switch)))),
        [
            "end 1 of alice silently",
            "end 1 of alice silently",
            "end 3 of carol silently",
            "send error 70402",
            "claim 2"
        ]
    );
}

#[test]
fn a_kick_as_the_answer_leaves_the_connection_open_for_its_ack() {
    // G4
    let mut bench = Bench::awaiting();
    assert_eq!(bench.on(kicked(1)), ["send kicked 1"]);
    assert_eq!(bench.machine.deadline(), Some(bench.now + Millis(30_000)));
    assert_eq!(bench.on(acks("alice", 1)), ["ack 1 of alice"]);
    assert_eq!(bench.on(logs_in(2)), ["claim 2"], "there is nothing to end");
}

#[test]
fn a_refused_login_closes() {
    // G1
    let mut bench = Bench::awaiting();
    assert_eq!(bench.on(refused(1)), ["send refused 1 70052", "close", "lost 1 of alice"]);
    let mut bench = Bench::new();
    bench.on(Event::Opened(Some(login(1))));
    assert_eq!(bench.on(refused(1)), ["send refused 1 70052", "close"], "refused by its ticket alone");
}

//! A connection that has a session, until that ends.

use tessera_core::gateway::connection::{Event, State};
use tessera_core::time::Millis;

use crate::bench::{Bench, START, acks, expired, kicked, logged_out, logs_in, logs_out, ping, renews};

#[test]
fn only_its_own_session_can_be_renewed() {
    // C7
    let mut bench = Bench::logged_in();
    assert_eq!(bench.on(renews(1)), ["renew 1 of alice"]);
    assert_eq!(bench.on(renews(2)), ["send renewal refused 2 9 6014"]);
}

#[test]
fn after_its_end_a_connection_awaits_the_next_login_as_after_hello() {
    // C22 G6
    for end in [logged_out(1), kicked(1), expired(1)] {
        let mut bench = Bench::logged_in();
        bench.now = bench.now + Millis(500_000);
        assert_eq!(bench.on(end).len(), 1);
        assert_eq!(bench.machine.deadline(), Some(START + Millis(530_000)));
        assert_eq!(bench.on(ping()), ["send pong +500000 ms"]);
        assert_eq!(bench.on(renews(1)), ["send renewal refused 1 9 6014"]);
        assert_eq!(bench.on(acks("alice", 1)), ["ack 1 of alice"]);
        assert_eq!(bench.on(logs_out("alice", 1)), ["end 1 of alice"]);
        assert_eq!(bench.on(logged_out(1)), ["send logged out 1"]);
        assert_eq!(bench.on(logs_in(2)), ["claim 2"]);
    }
}

#[test]
fn the_end_of_another_session_does_not_end_this_one() {
    // G4
    let mut bench = Bench::logged_in();
    for other in [logged_out(2), kicked(2), expired(2)] {
        assert_eq!(bench.on(other).len(), 1);
        assert!(matches!(bench.machine.state(), State::LoggedIn { .. }));
    }
    assert_eq!(bench.on(Event::Lost), ["lost 1 of alice"]);
}

#[test]
fn a_logout_waits_for_the_registry_before_the_session_is_gone() {
    // C8: a socket that is lost in between has to be reported
    let mut bench = Bench::logged_in();
    assert_eq!(bench.on(logs_out("alice", 1)), ["end 1 of alice"]);
    assert_eq!(bench.on(Event::Lost), ["lost 1 of alice"]);
}

#[test]
fn a_moved_clock_is_told_in_every_state() {
    // C14
    for mut bench in [Bench::new(), Bench::awaiting(), Bench::logged_in()] {
        bench.now = bench.now + Millis(77);
        assert_eq!(bench.on(Event::ClockSet), ["send pong +77 ms"]);
    }
}

//! The end of a connection, in each of its states.

use tessera_core::gateway::connection::{Event, State};
use tessera_core::time::Millis;
use tessera_core::wire::WireError;

use crate::bench::{Bench, kicked, login, logs_in, logs_out, ok, ping};

/// One connection in each state that is open, and what has to be told of its session when it is gone.
fn open() -> Vec<(Bench, &'static [&'static str])> {
    let mut fresh = Bench::new();
    fresh.on(Event::Opened(None));
    let mut unchecked = Bench::new();
    unchecked.on(Event::Opened(Some(login(1))));
    let mut again = Bench::logged_in();
    again.on(logs_in(2));
    let mut ended = Bench::logged_in();
    ended.on(kicked(1));
    let lost: &[&str] = &["lost 1 of alice"];
    vec![
        (fresh, &[]),
        (unchecked, &[]),
        (Bench::awaiting(), lost),
        (Bench::logged_in(), lost),
        (again, &[]),
        (ended, &[]),
    ]
}

fn then(first: &[&str], lost: &[&str]) -> Vec<String> {
    first.iter().chain(lost).map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_lost_socket_is_reported_where_there_is_a_session() {
    // G6
    for (mut bench, lost) in open() {
        assert_eq!(bench.on(Event::Lost), lost);
        assert_eq!(*bench.machine.state(), State::Closed);
    }
}

#[test]
fn a_close_without_a_word_is_one() {
    // G4
    for (mut bench, lost) in open() {
        assert_eq!(bench.on(Event::CloseOrder(None)), then(&["close"], lost));
    }
}

#[test]
fn a_drain_tells_when_to_come_back_and_starts_the_leases() {
    // G8
    for (mut bench, lost) in open() {
        let told = bench.on(Event::Drain(Millis(123)));
        assert_eq!(told, then(&["send drain, back after 123 ms", "close"], lost));
    }
}

#[test]
fn nothing_reaches_a_closed_socket() {
    // G7
    for (mut bench, _) in open() {
        bench.on(Event::Lost);
        bench.limits.frames_per_minute = 10;
        for n in 0..300 {
            assert!(bench.on(ping()).is_empty(), "ping {n}");
        }
        let events = [
            Event::Opened(None),
            Event::Opened(Some(login(1))),
            logs_in(3),
            logs_out("alice", 1),
            Event::BadFrame(WireError::NotAFrame),
            ok(1),
            kicked(1),
            Event::CloseOrder(None),
            Event::Deadline,
            Event::Drain(Millis(1)),
            Event::ClockSet,
            Event::Lost,
        ];
        for event in events {
            assert!(bench.on(event).is_empty());
            assert_eq!(*bench.machine.state(), State::Closed);
            assert_eq!(bench.machine.deadline(), None);
        }
    }
}

#[test]
fn a_claim_that_is_made_after_the_socket_was_lost_starts_its_lease() {
    // G6: no session without a connection stays online
    let mut bench = Bench::new();
    bench.on(Event::Opened(Some(login(1))));
    assert!(bench.on(Event::Lost).is_empty());
    assert_eq!(bench.claimed(1), ["lost 1 of alice"]);
}

#[test]
fn what_cannot_be_changes_nothing() {
    // The check of a ticket follows a login, and there is one upgrade.
    let mut bench = Bench::new();
    bench.on(Event::Opened(None));
    assert!(bench.claimed(9).is_empty());
    assert!(bench.on(Event::Lost).is_empty());
    let mut bench = Bench::logged_in();
    assert!(bench.claimed(9).is_empty());
    assert!(bench.on(Event::Opened(Some(login(2)))).is_empty());
    assert_eq!(bench.on(Event::Lost), ["lost 1 of alice"]);
}

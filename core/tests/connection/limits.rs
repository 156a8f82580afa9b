//! The limits of one connection, at both sides (G7).
//!
//! failures.md: "byte-dripping", "connection flood": a connection without a login does not last.

use tessera_core::gateway::connection::{Event, State};
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, Login, WireError};

use crate::bench::{Bench, login, logout, logs_in, ok, ping};

#[test]
fn a_login_comes_in_time_or_the_gateway_says_bye() {
    // C22 G7, both sides
    let mut bench = Bench::new();
    bench.on(Event::Opened(None));
    assert_eq!(bench.machine.deadline(), Some(bench.now + Millis(30_000)));
    bench.now = bench.now + Millis(29_999);
    assert!(bench.on(Event::Deadline).is_empty());
    assert_eq!(bench.on(ping()).len(), 1, "a ping is no login");
    bench.now = bench.now + Millis(1);
    assert_eq!(bench.on(Event::Deadline), ["send bye", "close"]);
}

#[test]
fn a_login_just_in_time_has_no_deadline_any_more() {
    // C22
    let mut bench = Bench::new();
    bench.on(Event::Opened(None));
    bench.now = bench.now + Millis(29_999);
    bench.on(logs_in(1));
    assert_eq!(bench.machine.deadline(), None);
    bench.now = bench.now + Millis(2);
    assert!(bench.on(Event::Deadline).is_empty());
    bench.claimed(1);
    bench.on(ok(1));
    assert!(bench.on(Event::Deadline).is_empty());
    assert!(matches!(bench.machine.state(), State::LoggedIn { .. }));
}

#[test]
fn so_many_frames_a_minute_and_not_one_more() {
    // G7, both sides
    for mut bench in [Bench::new(), Bench::awaiting(), Bench::logged_in()] {
        bench.limits.frames_per_minute = 240;
        for n in 0..240 {
            let told =
                if n % 2 == 0 { bench.on(ping()) } else { bench.on(Event::BadFrame(WireError::NotAFrame)) };
            assert_eq!(told.len(), 1, "frame {n}");
        }
        let told = bench.on(ping());
        assert_eq!(told[..2], ["send error -10113, again in 250 ms", "close"]);
        assert!(bench.on(Event::Lost).is_empty(), "its loss was reported already: {told:?}");
    }
}

#[test]
fn the_session_of_a_flooding_connection_keeps_its_lease() {
    // G6 G7
    let mut bench = Bench::logged_in();
    (0..240).for_each(|_| drop(bench.on(ping())));
    assert_eq!(bench.on(ping())[1..], ["close", "lost 1 of alice"]);
}

#[test]
fn frames_come_back_evenly() {
    // G7
    let mut bench = Bench::new();
    (0..240).for_each(|_| drop(bench.on(ping())));
    for _ in 0..20 {
        bench.now = bench.now + Millis(250);
        assert_eq!(bench.on(ping()).len(), 1);
    }
    bench.now = bench.now + Millis(249);
    assert_eq!(bench.on(ping())[0], "send error -10113, again in 1 ms");
}

#[test]
fn what_the_gateway_says_by_itself_does_not_count() {
    // G7
    let mut bench = Bench::logged_in();
    for _ in 0..1_000 {
        assert_eq!(bench.on(Event::ClockSet).len(), 1);
    }
    assert_eq!(bench.on(ping()).len(), 1);
}

#[test]
fn so_many_ends_in_a_login_and_not_one_more() {
    // C8 G7, both sides
    let with = |count: u8| {
        let ends = (0..count).map(|n| logout("alice", 50 + n)).collect();
        Box::new(Login { ends, ..*login(2) })
    };
    let mut bench = Bench::new();
    assert_eq!(bench.on(Event::Opened(Some(with(8)))).len(), 9);
    let mut bench = Bench::new();
    assert_eq!(bench.on(Event::Opened(Some(with(9)))), ["send refused 2 70402", "close"]);

    let mut bench = Bench::logged_in();
    let told = bench.on(Event::Frame(ClientFrame::Login(with(9))));
    assert_eq!(told, ["send refused 2 70402", "close", "lost 1 of alice"], "malformed: nothing was ended");
    let mut bench = Bench::awaiting();
    let told = bench.on(Event::Frame(ClientFrame::Login(with(9))));
    assert_eq!(told, ["send refused 2 70402", "close", "lost 1 of alice"]);
}

//! G4: kicks of sessions that had a connection, which are kept until their client has them; and whom they reach.

use tessera_core::gateway::registry::{AdminOrder, Effect, TicketFacts};
use tessera_core::generated::status::Platform;
use tessera_core::time::Millis;
use tessera_core::wire::GatewayFrame;

use crate::bench::{Bench, DAY, Login, START, phone, session, ticket};

/// Alice's first phone was evicted by her second one while it had a connection.
fn evicted() -> Bench {
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.claim(phone(2, 2, 2)), ["1: kicked 1 Policy by android", "2: ok 2", "counted"]);
    bench
}

#[test]
fn a_kick_is_durable_before_anybody_hears_of_it() {
    // G4 G9
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.holds = true;
    assert!(bench.claim(phone(2, 2, 2)).is_empty());
    bench.written(true);
    let kick = &bench.record().kicks[0];
    assert_eq!((kick.session, kick.by), (session(1), Some(Platform::Android)));
}

#[test]
fn a_kick_answers_the_resume_until_it_is_confirmed() {
    // G4
    let mut bench = evicted();
    for n in 3..6 {
        assert_eq!(bench.claim(phone(1, 1, n).resumes(n)), [format!("{n}: kicked 1 Policy by android")]);
    }
    bench.ack(1);
    assert!(bench.record().kicks.is_empty());
    let told = bench.claim(phone(1, 1, 9).resumes(9));
    assert_eq!(told, ["9: kicked 1 Policy by android"], "its end is remembered a while longer");
    bench.pass(Millis(60_000));
    let told = bench.claim(phone(1, 1, 10).resumes(10));
    assert_eq!(told, ["2: kicked 2 Policy by android", "10: ok 1"], "C13: from now on a claim made now");
}

#[test]
fn a_kick_keeps_its_time_and_platform_over_a_restart() {
    // G4 G9
    let mut bench = evicted();
    let at = bench.now;
    bench.restart();
    bench.pass(Millis(5_000));
    bench.claim(phone(1, 1, 3).resumes(3));
    let Some(Effect::Send(_, GatewayFrame::Kicked(kicked))) = bench.last.first() else {
        panic!("unexpected {:?}", bench.last)
    };
    assert_eq!((kicked.at, kicked.time, kicked.platform), (at, bench.now, Some(Platform::Android)));
}

#[test]
fn a_kick_ends_with_the_ticket_of_its_session() {
    // G4, both sides of the limit; the client comes back with a ticket that lives on
    for (at, told) in [
        (Millis::from_secs(START - 3600 + DAY), vec!["3: kicked 1 Policy by android"]),
        (Millis::from_secs(START - 3600 + DAY) + Millis(1), vec!["3: ok 1"]),
    ] {
        let mut bench = evicted();
        bench.now = at;
        bench.restart();
        let told_now = bench.claim(phone(1, 1, 3).resumes(3).with(ticket(START, 9)));
        assert_eq!(told_now, told);
    }
}

#[test]
fn a_fresh_login_of_the_device_clears_its_kick_and_nobody_elses() {
    // G4
    let mut bench = evicted();
    assert_eq!(bench.claim(phone(1, 3, 3)), ["2: kicked 2 Policy by android", "3: ok 3", "counted"]);
    let kicked: Vec<u8> = bench.record().kicks.iter().map(|row| row.session.0[0]).collect();
    assert_eq!(kicked, [2]);
}

#[test]
fn a_resume_clears_no_kick_of_its_device() {
    // G4
    let mut bench = evicted();
    bench.logout(2, 2);
    bench.claim(phone(1, 3, 3).resumes(3));
    assert_eq!(bench.claim(phone(1, 1, 4).resumes(4)), ["4: kicked 1 Policy by android"]);
}

#[test]
fn the_ack_of_an_old_kick_does_not_touch_a_newer_one() {
    // G4: a kick names a session
    let mut bench = evicted();
    bench.claim(phone(1, 3, 3));
    bench.claim(phone(2, 4, 4));
    bench.ack(1);
    bench.ack(2);
    bench.ack(77);
    assert_eq!(bench.claim(phone(1, 3, 5).resumes(5)), ["5: kicked 3 Policy by android"]);
}

#[test]
fn a_kick_never_reaches_the_newer_session_of_its_device() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.holds = true;
    bench.admin(AdminOrder::Kick);
    bench.claim(phone(1, 3, 3).with(ticket(START + 1, 9)));
    let told = bench.written(true);
    assert_eq!(told, ["1: kicked 1 Admin", "admin: kicked 1, sign after +1", "3: ok 3", "counted"]);
    assert_eq!(bench.live(), [3]);
}

#[test]
fn a_kick_reaches_the_newest_connection_of_its_session() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(1, 1, 2).resumes(2));
    assert_eq!(bench.claim(phone(2, 2, 3))[0], "2: kicked 1 Policy by android");
}

#[test]
fn a_victim_without_connection_claims_again_and_kicks_normally() {
    // C13, the default
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    assert_eq!(bench.claim(phone(2, 2, 2)), ["2: ok 2", "counted"]);
    let record = bench.record();
    assert!(record.kicks.is_empty() && record.marks.is_empty() && record.offline.is_empty());
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["2: kicked 2 Policy by android", "3: ok 1"]);
}

#[test]
fn a_confirmed_kick_is_forgotten_also_after_a_restart() {
    // G4
    let mut bench = evicted();
    bench.ack(1);
    bench.restart();
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: ok 1"]);
}

#[test]
fn a_kick_is_answered_whatever_became_of_the_ticket() {
    // G4 G5
    let mut bench = evicted();
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: kicked 1 Policy by android"]);
    assert_eq!(bench.claim(phone(2, 2, 4).resumes(4)), ["4: kicked 2 Admin"]);
}

#[test]
fn a_kick_lasts_as_long_as_the_longest_ticket_that_its_session_had() {
    // G4: found by the simulator. The answer to a renewal was lost, so the client resumes with the older ticket, which
    // lasts longer
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    let short = TicketFacts { expires: bench.now + Millis(5_000), ..ticket(START - 60, 9) };
    bench.renew(1, 1, short);
    bench.claim(phone(2, 2, 2));
    bench.now = bench.now + Millis(6_000);
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: kicked 1 Policy by android"]);
}

#[test]
fn a_late_frame_of_a_kicked_session_does_not_touch_the_newer_one_of_its_device() {
    // C12 G4: the new login has cleared the kick, but the session has ended; found by the simulator
    for resume in [true, false] {
        let mut bench = Bench::new();
        bench.claim(phone(1, 1, 1).instance(1));
        bench.claim(phone(2, 2, 2));
        assert_eq!(bench.claim(phone(1, 3, 3).instance(9)).last().unwrap(), "counted");
        assert!(bench.record().kick_of(session(1)).is_none());
        let late = Login { resume, ..phone(1, 1, 4).instance(1).resumes(4) };
        assert_eq!(bench.claim(late), ["4: kicked 1 Policy by android"]);
        assert_eq!(bench.live(), [3]);
    }
}

#[test]
fn a_device_that_was_kicked_by_an_operator_is_told_so_even_after_a_new_login() {
    // C12 G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).instance(1));
    bench.lost(1, 1);
    bench.admin(AdminOrder::Kick);
    bench.claim(phone(1, 3, 3).instance(9).with(ticket(START + 5, 9)));
    let late = phone(1, 1, 4).instance(1).resumes(4);
    assert_eq!(bench.claim(late), ["4: kicked 1 Admin"]);
    assert_eq!(bench.live(), [3]);
}

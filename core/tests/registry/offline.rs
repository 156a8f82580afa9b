//! C13 and G6 with `offline_kick_error` on: the devices that are kept, the marks that they get, and how these go.

use tessera_core::gateway::policy::Preset;
use tessera_core::gateway::registry::{AdminOrder, AppRules};
use tessera_core::generated::status::Platform;
use tessera_core::time::Millis;

use crate::bench::{Bench, DAY, START, phone, rules, ticket};

/// Alice's first phone lost its connection, and her second one took its place.
fn marked() -> Bench {
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    assert_eq!(bench.claim(phone(2, 2, 2)), ["2: ok 2", "counted"]);
    assert_eq!(bench.record().marks.len(), 1);
    bench
}

#[test]
fn a_resume_consumes_the_mark_and_is_kicked() {
    // C13
    for restart in [false, true] {
        let mut bench = marked();
        if restart {
            bench.restart();
            bench.claim(phone(2, 2, 3).resumes(3));
        }
        assert_eq!(bench.claim(phone(1, 1, 4).resumes(4)), ["4: kicked 1 Policy by android"]);
        assert!(bench.record().marks.is_empty());
        assert_eq!(bench.claim(phone(1, 1, 5).resumes(5)), ["5: kicked 1 Policy by android"], "unconfirmed");
        bench.ack(1);
        let told = bench.claim(phone(1, 3, 6));
        assert!(told.contains(&"6: ok 3".to_owned()), "the next login succeeds: {told:?}");
    }
}

#[test]
fn a_fresh_login_fails_once_and_its_repetition_gets_the_same_answer() {
    // C13
    for restart in [false, true] {
        let mut bench = marked();
        assert_eq!(bench.claim(phone(1, 3, 4)), ["4: refused 3 6208, again, closed"]);
        assert_eq!(bench.live(), [2]);
        if restart {
            bench.restart();
            bench.claim(phone(2, 2, 5).resumes(5));
        }
        assert_eq!(bench.claim(phone(1, 3, 6)), ["6: refused 3 6208, again, closed"]);
        let told = bench.claim(phone(1, 4, 7));
        let by = if restart { 5 } else { 2 };
        assert_eq!(told, [format!("{by}: kicked 2 Policy by android"), "7: ok 4".into(), "counted".into()]);
        assert!(bench.record().marks.is_empty());
    }
}

#[test]
fn a_mark_that_a_login_consumed_kicks_nobody_after_it() {
    // C13: consumed once
    let mut bench = marked();
    assert_eq!(bench.claim(phone(1, 3, 4)), ["4: refused 3 6208, again, closed"]);
    let told = bench.claim(phone(1, 1, 5).resumes(5));
    assert_eq!(told, ["2: kicked 2 Policy by android", "5: ok 1"]);
}

#[test]
fn a_mark_that_a_login_consumed_kicks_nobody_after_a_crash() {
    // C13 G9: nobody is kicked by a restart
    let mut bench = marked();
    bench.claim(phone(1, 3, 4));
    bench.loses_lazy = true;
    bench.logout(2, 2);
    assert_eq!(bench.claim(phone(1, 4, 5)), ["5: ok 4", "counted"]);
    bench.restart();
    assert_eq!(bench.claim(phone(1, 4, 6).resumes(6)), ["6: ok 4"]);
}

#[test]
fn a_device_is_marked_also_after_its_lease() {
    // G6
    for restart in [false, true] {
        let mut bench = Bench::telling();
        bench.claim(phone(1, 1, 1));
        bench.lost(1, 1);
        bench.pass(Millis(60_000));
        assert!(bench.live().is_empty());
        if restart {
            bench.restart();
        }
        bench.claim(phone(2, 2, 2));
        assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: kicked 1 Policy by android"]);
    }
}

#[test]
fn an_offline_device_that_fits_beside_the_newcomer_is_not_marked() {
    // G3 G6
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    bench.pass(Millis(60_000));
    bench.claim(phone(2, 2, 2).from(Platform::Web));
    assert!(bench.record().marks.is_empty());
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: ok 1"]);
    assert!(bench.record().offline.is_empty());
}

#[test]
fn an_offline_device_is_forgotten_after_seven_days() {
    // G6, both sides of the limit
    for (after, marked) in [(604_800_000, true), (604_800_001, false)] {
        let mut bench = Bench::telling();
        let long = tessera_core::gateway::registry::TicketFacts {
            expires: Millis::from_secs(START + 30 * DAY),
            ..ticket(START - 3600, 1)
        };
        bench.claim(phone(1, 1, 1).with(long));
        bench.lost(1, 1);
        bench.pass(Millis(after));
        bench.claim(phone(2, 2, 2).with(ticket(START + 7 * DAY, 2)));
        assert_eq!(!bench.record().marks.is_empty(), marked, "after {after} ms");
    }
}

#[test]
fn an_offline_device_is_forgotten_at_the_expiry_of_its_ticket() {
    // G6, both sides of the limit; with its session ended by time, and with a gateway that restarted
    for restart in [false, true] {
        for (late, marked) in [(0, true), (1, false)] {
            let mut bench = Bench::telling();
            bench.claim(phone(1, 1, 1));
            bench.lost(1, 1);
            if restart {
                bench.restart();
            }
            bench.now = phone(1, 1, 1).ticket.expires + Millis(late);
            bench.tick();
            bench.claim(phone(2, 2, 2).with(ticket(START, 2)));
            assert_eq!(!bench.record().marks.is_empty(), marked, "{late} ms late");
        }
    }
}

#[test]
fn a_logout_forgets_the_device() {
    // G6
    for restart in [false, true] {
        let mut bench = Bench::telling();
        bench.claim(phone(1, 1, 1));
        bench.lost(1, 1);
        assert_eq!(bench.record().offline.len(), 1);
        if restart {
            bench.restart();
        }
        bench.logout(1, 9);
        assert!(bench.record().offline.is_empty());
        bench.claim(phone(2, 2, 2));
        assert_eq!(bench.claim(phone(1, 3, 3))[1], "3: ok 3");
    }
}

#[test]
fn an_admin_kick_forgets_the_devices() {
    // G5 G6: their tickets are void, so no newcomer has to tell them anything
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    bench.pass(Millis(60_000));
    bench.admin(AdminOrder::Kick);
    let fresh = |n| ticket(START + 100, n);
    bench.claim(phone(2, 2, 2).with(fresh(2)));
    assert!(bench.record().marks.is_empty());
    assert_eq!(bench.claim(phone(1, 3, 3).with(fresh(3)))[1], "3: ok 3");
}

#[test]
fn a_device_that_is_back_is_not_kept_as_offline() {
    // G6
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    assert_eq!(bench.claim(phone(1, 1, 2).resumes(2)), ["2: ok 1 resumed"]);
    assert!(bench.record().offline.is_empty());
    bench.lost(1, 2);
    assert_eq!(bench.record().offline.len(), 1);
    bench.claim(phone(1, 3, 3));
    assert!(bench.record().offline.is_empty());
}

#[test]
fn with_the_switch_off_nothing_is_kept_and_no_mark_is_met() {
    // C13
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    assert!(bench.record().offline.is_empty());
    bench.claim(phone(2, 2, 2));
    assert!(bench.record().marks.is_empty());

    let mut bench = marked();
    bench.set_rules(AppRules::default());
    assert_eq!(bench.claim(phone(1, 1, 4).resumes(4)), ["2: kicked 2 Policy by android", "4: ok 1"]);
    assert!(bench.record().marks.is_empty());
}

#[test]
fn a_victim_with_a_connection_gets_a_kick_and_no_mark() {
    // G4 C13
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2));
    assert!(bench.record().marks.is_empty());
    assert_eq!(bench.claim(phone(1, 3, 3))[1], "3: ok 3", "a fresh login clears it");
}

#[test]
fn the_order_of_offline_devices_holds_over_lease_and_restart() {
    // G3 G6: cap 2; the oldest is the one that is marked, wherever it is
    for restart in [false, true] {
        let rules = AppRules { offline_kick_error: true, ..rules(Preset::Multi, &[(Platform::Android, 2)]) };
        let mut bench = Bench::with(rules, &[]);
        bench.claim(phone(1, 1, 1));
        bench.claim(phone(2, 2, 2));
        bench.lost(2, 2);
        bench.lost(1, 1);
        bench.pass(Millis(60_000));
        if restart {
            bench.restart();
        }
        bench.claim(phone(3, 3, 3));
        let marks: Vec<u8> = bench.record().marks.iter().map(|mark| mark.device.0[0]).collect();
        assert_eq!(marks, [1]);
        bench.claim(phone(4, 4, 4));
        let marks: Vec<u8> = bench.record().marks.iter().map(|mark| mark.device.0[0]).collect();
        assert_eq!(marks, [1, 2], "3 is live and newer");
        assert_eq!(bench.live(), [3, 4]);
    }
}

#[test]
fn offline_devices_are_kept_up_to_the_limit() {
    // G6 G7
    let rules = AppRules { offline_kick_error: true, ..rules(Preset::Multi, &[(Platform::Web, 10)]) };
    let mut bench = Bench::with(rules, &[("offline_devices_per_user", 3)]);
    for n in 1..=5 {
        bench.claim(phone(n, n, n.into()).from(Platform::Web));
    }
    for n in [2, 1, 3, 4, 5] {
        bench.lost(n, n.into());
    }
    let kept: Vec<u8> = bench.record().offline.iter().map(|row| row.device.0[0]).collect();
    assert_eq!(kept, [3, 4, 5], "the oldest place is forgotten");
}

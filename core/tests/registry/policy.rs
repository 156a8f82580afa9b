//! G3: the order of sessions, and what a policy counts.

use tessera_core::gateway::policy::Preset;
use tessera_core::generated::status::Platform;
use tessera_core::time::Millis;

use crate::bench::{Bench, START, phone, rules, ticket};

fn webs(cap: u8) -> Bench {
    Bench::with(rules(Preset::Multi, &[(Platform::Web, cap)]), &[])
}

#[test]
fn resume_and_renewal_keep_the_place_in_the_order() {
    // G3
    let mut bench = webs(2);
    let web = |n: u8| phone(n, n, n.into()).from(Platform::Web);
    bench.claim(web(1));
    bench.claim(web(2));
    bench.lost(1, 1);
    bench.claim(web(1).resumes(11));
    bench.renew(1, 11, ticket(START, 50));
    assert_eq!(bench.claim(web(3))[0], "11: kicked 1 Policy by web", "still the oldest");
}

#[test]
fn a_leased_session_counts_and_an_ended_one_does_not() {
    // G3
    let web = |n: u8| phone(n, n, n.into()).from(Platform::Web);
    let mut bench = webs(2);
    bench.claim(web(1));
    bench.claim(web(2));
    bench.lost(1, 1);
    bench.claim(web(3));
    assert_eq!(bench.live(), [2, 3]);

    let mut bench = webs(2);
    bench.claim(web(1));
    bench.claim(web(2));
    bench.logout(1, 1);
    bench.claim(web(3));
    bench.lost(2, 2);
    bench.pass(Millis(60_000));
    bench.claim(web(4));
    assert_eq!(bench.live(), [3, 4]);
}

#[test]
fn a_newcomer_evicts_the_other_platforms_of_its_set_and_nobody_else() {
    // G3
    let mut bench = Bench::with(rules(Preset::Triple, &[]), &[]);
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2).from(Platform::Mac));
    bench.claim(phone(3, 3, 3).from(Platform::Web));
    assert_eq!(bench.claim(phone(4, 4, 4).from(Platform::Ipad))[0], "1: kicked 1 Policy by ipad");
    assert_eq!(bench.live(), [2, 3, 4]);
    assert_eq!(bench.claim(phone(5, 5, 5).from(Platform::Linux))[0], "2: kicked 2 Policy by linux");
    assert_eq!(bench.live(), [3, 4, 5]);
}

#[test]
fn a_policy_change_acts_at_the_next_claim() {
    // G3
    let mut bench = webs(3);
    let web = |n: u8| phone(n, n, n.into()).from(Platform::Web);
    (1..=3).for_each(|n| drop(bench.claim(web(n))));
    bench.set_rules(rules(Preset::Single, &[]));
    bench.tick();
    assert_eq!(bench.live(), [1, 2, 3]);
    assert_eq!(bench.claim(web(2).resumes(22)), ["2: closed", "22: ok 2 resumed"], "a resume evicts nobody");
    assert_eq!(bench.claim(phone(4, 4, 4)).iter().filter(|told| told.contains("kicked")).count(), 3);
    assert_eq!(bench.live(), [4]);
}

#[test]
fn its_own_older_session_takes_no_place_from_a_device() {
    // G3 G4
    let mut bench = webs(2);
    let web = |n: u8| phone(n, n, n.into()).from(Platform::Web);
    bench.claim(web(1));
    bench.claim(web(2));
    assert_eq!(bench.claim(phone(2, 3, 3).from(Platform::Web)), ["2: closed", "3: ok 3", "counted"]);
    assert_eq!(bench.live(), [1, 3]);
}

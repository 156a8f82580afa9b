//! G6: leases and expiry at both sides of their limits, and memory that is given back.

use tessera_core::gateway::registry::{AdminOrder, AppRules, TicketFacts};
use tessera_core::generated::status::Platform;
use tessera_core::id::AppId;
use tessera_core::time::Millis;

use crate::bench::{APP, Bench, Login, START, phone, session, ticket, user};

fn expiring(login: Login, expires: Millis) -> Login {
    login.with(TicketFacts { expires, ..login.ticket })
}

#[test]
fn a_lease_ends_a_session_after_its_time_and_not_before() {
    // G6, both sides
    for (after, live) in [(59_999, vec![-1]), (60_000, vec![])] {
        let mut bench = Bench::new();
        bench.claim(phone(1, 1, 1));
        bench.pass(Millis(500_000));
        bench.lost(1, 1);
        bench.pass(Millis(after));
        assert_eq!(bench.live(), live);
    }
}

#[test]
fn a_lease_outlasts_what_else_is_due_for_its_user() {
    // G6
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    let web = expiring(phone(2, 2, 2), bench.now + Millis(30_000));
    bench.claim(web.from(Platform::Web));
    bench.lost(1, 1);
    assert_eq!(bench.pass(Millis(30_001)), ["2: expired 2"]);
    assert_eq!(bench.live(), [-1]);
}

#[test]
fn tickets_that_an_operator_has_expired_stay_so_whatever_else_is_due() {
    // C14: both sides of the last moment
    for (lease_ends, refused) in [(4_999, true), (5_000, true), (5_001, false)] {
        let mut bench = Bench::new();
        let (begun, expires) = (bench.now, bench.now + Millis(5_000));
        bench.claim(expiring(phone(1, 1, 1), expires));
        bench.admin(AdminOrder::ExpireNow);
        bench.claim(Login { lease: Some(Millis(1_000)), ..phone(2, 2, 2) });
        bench.now = begun + Millis(lease_ends - 1_000);
        bench.lost(2, 2);
        bench.pass(Millis(1_000));
        assert!(bench.live().is_empty());
        // A clock that is set back must not matter, so the ticket itself is made to look good.
        let as_old = TicketFacts { expires, ..ticket(START - 60, 7) };
        bench.now = bench.now.min(expires);
        let told = bench.claim(phone(3, 3, 3).with(as_old));
        assert_eq!(told[0] == "3: refused 3 70001, closed", refused, "{lease_ends} {told:?}");
    }
}

#[test]
fn sessions_are_counted_by_app_and_by_connection() {
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2).from(Platform::Web));
    bench.lost(1, 1);
    assert_eq!(bench.registry.sessions(), (2, 1));
    assert_eq!(bench.registry.sessions_of(APP), (2, 1));
    assert_eq!(bench.registry.sessions_of(AppId(APP.0 + 1)), (0, 0));
    let infos = bench.registry.sessions_of_user(&user("alice"));
    let seen: Vec<_> = infos.iter().map(|info| (info.session, info.connected)).collect();
    assert_eq!(seen, [(session(1), false), (session(2), true)]);
    assert!(bench.registry.sessions_of_user(&user("bob")).is_empty());
}

#[test]
fn a_signature_shows_nothing_of_itself() {
    assert_eq!(format!("{:?}", ticket(START, 7).sig), "Signature(..)");
}

#[test]
fn a_user_wakes_when_something_is_due_and_no_earlier() {
    // A tick that finds nothing to do costs every user a look.
    let mut bench = Bench::new();
    let expires = bench.now + Millis(5_000);
    bench.claim(expiring(phone(1, 1, 1), expires));
    assert_eq!(bench.registry.next_wake(), Some(expires + Millis(1)));
    bench.admin(AdminOrder::ExpireNow);
    assert_eq!(bench.registry.next_wake(), Some(expires + Millis(1)), "until then older tickets are refused");
}

#[test]
fn a_client_may_wish_for_a_shorter_lease_and_gets_no_longer_one() {
    // G6
    for (wish, gets) in [(0, 1), (1_000, 1_000), (60_000, 60_000), (99_000, 60_000)] {
        let mut bench = Bench::new();
        bench.claim(Login { lease: Some(Millis(wish)), ..phone(1, 1, 1) });
        bench.lost(1, 1);
        bench.pass(Millis(gets - 1));
        assert_eq!(bench.live(), [-1], "{wish}");
        bench.pass(Millis(1));
        assert!(bench.live().is_empty(), "{wish}");
    }
}

#[test]
fn a_ticket_is_good_to_its_last_millisecond() {
    // C14 G6, both sides
    let mut bench = Bench::new();
    bench.claim(expiring(phone(1, 1, 1), bench.now + Millis(5_000)));
    assert!(bench.pass(Millis(5_000)).is_empty());
    assert_eq!(bench.live(), [1]);
    assert_eq!(bench.pass(Millis(1)), ["1: expired 1"]);
    assert!(bench.live().is_empty());
}

#[test]
fn expiry_ends_a_leased_session_without_a_word() {
    // C14 G6
    let mut bench = Bench::new();
    bench.claim(expiring(phone(1, 1, 1), bench.now + Millis(5_000)));
    bench.lost(1, 1);
    assert!(bench.pass(Millis(5_001)).is_empty());
    assert!(bench.live().is_empty());
}

#[test]
fn a_renewal_moves_the_expiry() {
    // C7 G6
    let mut bench = Bench::new();
    bench.claim(expiring(phone(1, 1, 1), bench.now + Millis(5_000)));
    let longer = TicketFacts { expires: bench.now + Millis(9_000), ..ticket(START, 50) };
    bench.renew(1, 1, longer);
    assert!(bench.pass(Millis(9_000)).is_empty());
    assert_eq!(bench.pass(Millis(1)), ["1: expired 1"]);
}

#[test]
fn the_next_wake_is_never_later_than_what_is_due() {
    // G6
    let mut bench = Bench::new();
    bench.claim(expiring(phone(1, 1, 1), bench.now + Millis(500_000)));
    bench.lost(1, 1);
    let mut ends = Vec::new();
    while let Some(wake) = bench.registry.next_wake() {
        assert!(wake > bench.now, "a wake in the past would spin");
        bench.now = wake;
        bench.tick();
        ends.push((bench.now - Millis::from_secs(START), bench.live().len()));
    }
    assert!(ends.contains(&(Millis(60_000), 0)), "{ends:?}");
    assert_eq!(bench.registry.users(), 0);
}

#[test]
fn what_is_due_during_a_write_is_done_after_it() {
    // G4 G6
    let mut bench = Bench::new();
    bench.claim(expiring(phone(1, 1, 1), bench.now + Millis(5_000)));
    bench.holds = true;
    bench.admin(AdminOrder::SetDisabled(false));
    assert!(bench.pass(Millis(9_000)).is_empty());
    assert_eq!(bench.written(true), ["admin: disabled 0"]);
    assert_eq!(bench.pass(Millis(1)), ["1: expired 1"]);
}

#[test]
fn expire_now_ends_the_sessions_and_refuses_their_tickets() {
    // C14, as the scenarios use it
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.admin(AdminOrder::ExpireNow), ["1: expired 1", "admin: expired 1"]);
    assert_eq!(bench.claim(phone(1, 1, 2).resumes(2)), ["2: refused 1 70001, closed"]);
    let longer = TicketFacts { expires: Millis::from_secs(START + 900_000), ..ticket(START, 50) };
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3).with(longer)), ["3: ok 1"]);
}

#[test]
fn ten_thousand_users_leave_nothing_in_memory() {
    // failures.md: leaks; G6
    let mut bench = Bench::with(AppRules { offline_kick_error: true, ..AppRules::default() }, &[]);
    for n in 0..10_000_u64 {
        bench.user = user(&format!("user{n}"));
        bench.claim(phone(1, 1, 1).with(ticket(START + n % 600, 1)));
        match n % 7 {
            0 => drop(bench.logout(1, 1)),
            1 => drop(bench.lost(1, 1)),
            2 => drop(bench.claim(phone(2, 2, 2))),
            3 => drop(bench.admin(AdminOrder::Kick)),
            4 => drop(bench.admin(AdminOrder::ExpireNow)),
            5 => drop(bench.logout(9, 9)),
            _ => {}
        }
    }
    assert_eq!(bench.registry.users(), 10_000);
    let mut ticks = 0;
    while let Some(wake) = bench.registry.next_wake() {
        bench.now = wake;
        bench.tick();
        ticks += 1;
    }
    assert!(ticks < 10_000, "{ticks} ticks");
    assert_eq!((bench.registry.users(), bench.registry.sessions()), (0, (0, 0)));
}

#[test]
fn strangers_logouts_fill_no_memory_and_push_out_no_user() {
    // failures.md: no memory before login. G4: the logout of a session that was there is remembered all the same.
    let mut bench = Bench::new();
    let flood = |bench: &mut Bench| {
        for n in 0..3_000 {
            bench.user = user(&format!("nobody{n}"));
            bench.logout(1, 1);
        }
    };
    flood(&mut bench);
    let known = bench.registry.users();
    assert!((1..=1_024).contains(&known), "{known} users are in memory");
    bench.user = user("alice");
    bench.claim(phone(1, 1, 5));
    bench.logout(1, 5);
    assert_eq!(bench.claim(phone(1, 2, 7).attempt(4)), ["7: closed"]);
    assert_eq!(bench.registry.users(), known + 1);
    bench.pass(Millis(60_000));
    assert_eq!(bench.registry.users(), 0);
    flood(&mut bench);
    assert_eq!(bench.registry.users(), known, "the count went down with the users");
}

#[test]
fn strangers_requests_leave_nothing_in_memory() {
    // failures.md: connection flood; no memory before login
    let mut bench = Bench::new();
    for n in 0..1_000 {
        bench.user = user(&format!("nobody{n}"));
        bench.lost(1, 1);
        bench.ack(1);
        bench.renew(1, 1, ticket(START - 1, 1));
        bench.admin(AdminOrder::Sessions);
    }
    assert_eq!(bench.registry.users(), 0);
    bench.logout(1, 1);
    assert_eq!(bench.registry.users(), 1, "a logout is remembered, because it may have overtaken a login");
    bench.pass(Millis(60_000));
    assert_eq!(bench.registry.users(), 0);
}

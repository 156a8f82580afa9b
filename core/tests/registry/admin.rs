//! G5: kicks by an operator, the tickets that they revoke, and disabled accounts.
//!
//! failures.md: "after an admin kick a freshly signed ticket is still refused", "force-logout closes the socket, the
//! same ticket logs in again", "replay after an admin kick, or while disabled".

use std::net::{IpAddr, Ipv4Addr};

use tessera_core::gateway::admission::{Presented, admit};
use tessera_core::gateway::registry::{AdminOrder, AppRules};
use tessera_core::gateway::throttle::FailureThrottle;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::ticket::{Key, Limits, Scratch, Ticket, sign};
use tessera_core::time::Millis;

use crate::bench::{APP, Bench, START, phone, ticket, user};

#[test]
fn a_kick_ends_every_session_and_says_when_to_sign() {
    // G5
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2).from(tessera_core::generated::status::Platform::Web));
    bench.lost(2, 2);
    bench.pass(Millis(2_999));
    assert_eq!(bench.admin(AdminOrder::Kick), ["1: kicked 1 Admin", "admin: kicked 2, sign after +3"]);
    assert_eq!(bench.record().floor, START + 2);
    assert!(bench.live().is_empty());
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: kicked 1 Admin"]);
    let web = phone(2, 2, 4).resumes(4);
    assert_eq!(bench.claim(web), ["4: kicked 2 Admin"], "also of one that had no connection");
}

#[test]
fn a_ticket_from_before_the_floor_is_revoked_and_one_from_sign_after_is_not() {
    // G5; both sides
    for (second, code) in [(START - 1, Some(70052)), (START, None), (START + 1, None)] {
        let mut bench = Bench::new();
        bench.claim(phone(1, 1, 1));
        bench.admin(AdminOrder::Kick);
        bench.restart();
        let told = bench.claim(phone(1, 2, 2).with(ticket(second, 44)));
        match code {
            Some(code) => assert_eq!(told, [format!("2: refused 2 {code}, closed")]),
            None => assert_eq!(told, ["2: ok 2", "counted"], "{second}"),
        }
    }
}

#[test]
fn tickets_of_the_same_second_and_of_the_future_that_were_presented_are_revoked_durably() {
    // G5 G9; failures.md: force-logout closes the socket, the same ticket logs in again
    let mut bench = Bench::new();
    for (n, second) in [(1, START), (2, START + 300), (3, START + 600)] {
        bench.claim(phone(1, n, n.into()).with(ticket(second, 40 + n)));
    }
    bench.pass(Millis(999));
    bench.admin(AdminOrder::Kick);
    for restart in [false, true] {
        if restart {
            bench.restart();
        }
        for (n, second) in [(1, START), (2, START + 300), (3, START + 600)] {
            let connection = 10 + u64::from(n);
            let told = bench.claim(phone(1, 9, connection).with(ticket(second, 40 + n)));
            assert_eq!(told, [format!("{connection}: refused 9 70052, closed")]);
        }
    }
    let fresh = phone(1, 9, 30).with(ticket(START, 99));
    assert_eq!(bench.claim(fresh), ["30: ok 9", "counted"], "never presented, so never stolen");
}

#[test]
fn a_ticket_that_was_presented_by_a_renewal_is_revoked_too() {
    // G5
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    assert_eq!(bench.renew(1, 1, ticket(START, 50)), ["1: renewed 1"]);
    assert_eq!(bench.renew(9, 9, ticket(START, 51)), ["9: renewal refused 9 6014"]);
    bench.admin(AdminOrder::Kick);
    for n in [50, 51] {
        let told = bench.claim(phone(1, 2, n.into()).with(ticket(START, n)));
        assert_eq!(told, [format!("{n}: refused 2 70052, closed")]);
    }
}

#[test]
fn a_ticket_that_was_presented_and_refused_was_presented() {
    // G5: "one with time >= floor that the user had presented before the kick"
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.admin(AdminOrder::SetDisabled(true));
    assert_eq!(bench.claim(phone(1, 2, 2).with(ticket(START, 60))), ["2: refused 2 70051, closed"]);
    bench.admin(AdminOrder::SetDisabled(false));
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.claim(phone(1, 3, 3).with(ticket(START, 60))), ["3: refused 3 70052, closed"]);
}

#[test]
fn a_ticket_that_met_6208_or_a_kick_was_presented() {
    // G5 C13
    let mut bench = Bench::telling();
    bench.claim(phone(1, 1, 1));
    bench.lost(1, 1);
    bench.claim(phone(2, 2, 2));
    assert_eq!(bench.claim(phone(1, 3, 3).with(ticket(START, 60))), ["3: refused 3 6208, again, closed"]);
    bench.claim(phone(1, 4, 4));
    let kicked = phone(2, 2, 5).resumes(5).with(ticket(START, 61));
    assert_eq!(bench.claim(kicked), ["5: kicked 2 Policy by android"]);
    bench.admin(AdminOrder::Kick);
    for n in [60, 61] {
        let told = bench.claim(phone(9, 9, n.into()).with(ticket(START, n)));
        assert_eq!(told, [format!("{n}: refused 9 70052, closed")]);
    }
}

#[test]
fn a_ticket_whose_sign_up_failed_was_presented() {
    // G5 G9
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.holds = true;
    bench.claim(phone(2, 2, 2).with(ticket(START, 60)));
    bench.written(false);
    bench.holds = false;
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.claim(phone(2, 2, 3).with(ticket(START, 60))), ["3: refused 2 70052, closed"]);
}

#[test]
fn tickets_of_one_second_are_remembered_up_to_the_limit_and_refused_past_it() {
    // G5 G7, both sides of the limit
    let mut bench = Bench::with(AppRules::default(), &[]);
    for n in 0..32 {
        let told = bench.claim(phone(1, 1, n + 1).with(ticket(START, n as u8)));
        assert!(told.iter().any(|told| told.contains(": ok 1")), "{n}: {told:?}");
    }
    let one_more = |connection| phone(1, 1, connection).with(ticket(START, 32));
    assert_eq!(bench.claim(one_more(40)), ["40: refused 1 -10113, again in 1000 ms, closed"]);
    assert_eq!(bench.renew(1, 32, ticket(START, 33)), ["32: renewal refused 1 -10113, again in 1000 ms"]);
    let known = phone(1, 1, 41).with(ticket(START, 7));
    assert_eq!(bench.claim(known), ["32: closed", "41: ok 1 resumed"], "a known ticket needs no place");
    let old = phone(1, 1, 42).with(ticket(START - 1, 77));
    assert_eq!(bench.claim(old), ["41: closed", "42: ok 1 resumed"], "an old one is under the floor anyway");
    bench.now = bench.now + Millis(1_000);
    assert_eq!(bench.claim(one_more(43)), ["42: closed", "43: ok 1 resumed"], "their second has passed");
    bench.admin(AdminOrder::Kick);
    assert!(bench.record().revoked.is_empty(), "all of them are under the floor");
}

#[test]
fn a_floor_never_sinks() {
    // G5: the gateway's clock may be set back
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.admin(AdminOrder::Kick);
    bench.now = Millis::from_secs(START - 100);
    assert_eq!(bench.admin(AdminOrder::Kick), ["admin: kicked 0, sign after +1"]);
    assert_eq!(bench.record().floor, START);
}

#[test]
fn a_revoked_ticket_is_forgotten_when_it_has_expired() {
    // G5: the row is needless then
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).with(ticket(START, 60)));
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.record().revoked.len(), 1);
    bench.pass(Millis::from_secs(90_000));
    bench.admin(AdminOrder::Kick);
    assert!(bench.record().revoked.is_empty());
}

#[test]
fn a_ticket_is_revoked_once_and_only_if_the_floor_does_not_do_it() {
    // G5: the record must not grow with each kick
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).with(ticket(START, 41)));
    bench.claim(phone(2, 2, 2).with(ticket(START - 9, 42)));
    for _ in 0..3 {
        bench.admin(AdminOrder::Kick);
        assert_eq!(bench.record().revoked.len(), 1);
    }
}

#[test]
fn a_revoked_ticket_is_known_by_its_signature_and_not_by_its_text() {
    // G5; failures.md: re-encoded JSON
    let key = Key::new("secret").unwrap();
    let now = Millis::from_secs(START);
    let plain = sign(&key, APP.0, "alice", now, 600, None).unwrap();
    let other = reencoded(&plain);
    assert_ne!(plain, other);
    let limits = GatewayLimits::default();
    let facts = |ticket: &Ticket| {
        let mut scratch = Scratch::new(Limits::default());
        let mut throttle = FailureThrottle::new(10, Millis(60_000));
        let presented = Presented { app: APP, user: "alice", ticket };
        let keys = Some(std::slice::from_ref(&key));
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        admit(now, here, presented, keys, &limits, &mut throttle, &mut scratch).unwrap()
    };
    let (name, first) = facts(&plain);
    assert_eq!((APP, name), user("alice"));
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1).with(first));
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.claim(phone(1, 2, 2).with(facts(&other).1)), ["2: refused 2 70052, closed"]);
}

/// The same ticket with white space around its document: another text, the same signature.
fn reencoded(ticket: &Ticket) -> Ticket {
    use base64::Engine;
    let swap = |text: &str, from: [&str; 3], to: [&str; 3]| {
        from.iter().zip(to).fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let standard = swap(ticket.expose(), ["*", "-", "_"], ["+", "/", "="]);
    let packed = base64::engine::general_purpose::STANDARD.decode(standard).unwrap();
    let mut json = vec![0; 4096];
    let (json, _) = zlib_rs::decompress_slice(&mut json, &packed, zlib_rs::InflateConfig::default());
    let json = format!(" {} ", std::str::from_utf8(json).unwrap());
    let mut packed = vec![0; 4096];
    let config = zlib_rs::DeflateConfig::default();
    let (packed, _) = zlib_rs::compress_slice(&mut packed, json.as_bytes(), config);
    let text = base64::engine::general_purpose::STANDARD.encode(packed);
    Ticket::new(swap(&text, ["+", "/", "="], ["*", "-", "_"]))
}

#[test]
fn an_operator_who_names_nobody_is_told_so() {
    // G5
    let mut bench = Bench::new();
    for order in
        [AdminOrder::Kick, AdminOrder::SetDisabled(true), AdminOrder::Sessions, AdminOrder::ExpireNow]
    {
        assert_eq!(bench.admin(order), ["admin: failed 70107"]);
    }
    assert_eq!(bench.registry.users(), 0);
    assert!(bench.store.records.is_empty());
}

#[test]
fn a_disabled_account_lets_nobody_in_until_it_is_enabled() {
    // G1 G4 G9; failures.md: replay while disabled
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.claim(phone(2, 2, 2).from(tessera_core::generated::status::Platform::Web));
    bench.lost(2, 2);
    assert_eq!(bench.admin(AdminOrder::SetDisabled(true)), ["1: kicked 1 Disabled", "admin: disabled 2"]);
    bench.restart();
    assert_eq!(bench.claim(phone(1, 1, 3).resumes(3)), ["3: kicked 1 Disabled"]);
    assert_eq!(bench.claim(phone(2, 2, 4).resumes(4)), ["4: kicked 2 Disabled"]);
    assert_eq!(bench.claim(phone(1, 3, 5)), ["5: refused 3 70051, closed"]);
    bench.admin(AdminOrder::Kick);
    assert_eq!(bench.claim(phone(1, 3, 6)), ["6: refused 3 70051, closed"], "disabled comes before revoked");
    assert_eq!(bench.admin(AdminOrder::SetDisabled(false)), ["admin: disabled 0"]);
    let fresh = ticket(START + 1, 9);
    assert_eq!(bench.claim(phone(1, 3, 7).with(fresh)), ["7: ok 3", "counted"]);
}

#[test]
fn enabling_does_not_revoke_and_keeps_the_pending_kick() {
    // G4
    let mut bench = Bench::new();
    bench.claim(phone(1, 1, 1));
    bench.admin(AdminOrder::SetDisabled(true));
    bench.admin(AdminOrder::SetDisabled(false));
    assert_eq!(bench.claim(phone(1, 1, 2).resumes(2)), ["2: kicked 1 Disabled"]);
    assert_eq!(bench.claim(phone(1, 2, 3)), ["3: ok 2", "counted"]);
}

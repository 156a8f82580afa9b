//! C14, C16: expiry in gateway time, and that it goes first after any jump.
//!
//! failures.md: "expiry event only raised at the next send".

use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggedOut};
use tessera_core::time::Millis;

use crate::rig::Rig;

/// A ticket of 100 s, on a connection that is kept alive.
fn short() -> Rig {
    let mut rig = Rig::new();
    rig.settings.silence_timeout_ms = 600_000;
    rig.settings.connect_at_init = true;
    rig.init();
    rig.hello(1);
    rig.login("alice", 100);
    rig.ok(1, 1);
    rig
}

#[test]
fn a_ticket_is_good_to_its_last_millisecond() {
    // C14, both sides; failures.md: expiry event only raised at the next send
    let mut rig = short();
    rig.pass(50_000);
    rig.heard(1);
    assert!(rig.pass(50_000).is_empty());
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "alice".into()));
    assert_eq!(rig.pass(1), ["expired"]);
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
}

#[test]
fn expiry_comes_also_without_a_connection_and_stops_the_reconnects() {
    // C14
    let mut rig = short();
    rig.fail(1);
    let mut told = Vec::new();
    while rig.now < Millis(77_000 + 100_000) {
        told.extend(rig.retry());
        told.extend(rig.fail(rig.connection));
    }
    told.extend(rig.pass(60_000));
    assert_eq!(told.iter().filter(|told| *told == "expired").count(), 1, "{told:?}");
    assert!(rig.pass(600_000).is_empty());
}

#[test]
fn expiry_follows_the_gateways_clock() {
    // C14
    let mut rig = short();
    rig.skew = Millis(60_000);
    assert!(rig.pong(1).is_empty());
    assert!(rig.pass(40_000).is_empty());
    assert_eq!(rig.pass(1), ["expired"]);
    let mut rig = short();
    rig.skew = Millis(100_001);
    assert_eq!(rig.pong(1), ["expired"]);
}

#[test]
fn after_a_suspend_expiry_goes_first_whatever_comes() {
    // C11 C14 C1
    type Do = fn(&mut Rig) -> Vec<String>;
    let all: [(&str, Do); 8] = [
        ("the timers", |rig| rig.wake()),
        ("a failure", |rig| rig.fail(1)),
        ("a kick", |rig| rig.kicked(1, 1)),
        ("something", |rig| rig.heard(1)),
        ("a hint", |rig| rig.hint()),
        ("a logout", |rig| rig.logout()),
        ("the same login", |rig| rig.login("alice", 100)),
        ("a renewal", |rig| rig.login("alice", 86_400)),
    ];
    for (name, act) in all {
        let mut rig = short();
        rig.jump(200_000);
        let told = act(&mut rig);
        let events: Vec<&String> =
            told.iter().filter(|told| !told.starts_with('>') && !told.starts_with("result")).collect();
        assert_eq!(events[0], "expired", "{name}: {told:?}");
        assert!(!told.iter().any(|told| told.starts_with("kicked")), "{name}: {told:?}");
        let first_result = told.iter().position(|told| told.starts_with("result"));
        let expired = told.iter().position(|told| told == "expired");
        assert!(first_result.is_none_or(|at| Some(at) > expired), "{name}: {told:?}");
    }
}

#[test]
fn a_ticket_that_is_known_to_be_expired_is_refused_without_the_network() {
    // C16, both sides
    let mut rig = Rig::connected();
    rig.pass(50_000);
    rig.pong(1);
    rig.pass(50_000);
    assert_eq!(rig.login("alice", 100), ["> 1: login s1"], "good to its last millisecond");
    rig.logout();
    rig.pass(1);
    assert_eq!(rig.login("alice", 100), ["result 3 6206"]);
}

#[test]
fn without_the_gateways_time_the_gateway_decides() {
    // C16
    let mut rig = Rig::idle();
    rig.pass(999_999_999);
    assert_eq!(rig.login("alice", 100), ["> connect 1: login s1", "connecting"]);
    let told = rig.refuse(1, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert_eq!(told, ["> close 1", "connected", "result 1 70001"]);
    assert_eq!(rig.login("alice", 100), ["result 2 6206"], "now the time is known");
    rig.un_init();
    rig.init();
    assert_eq!(rig.login("alice", 100)[0], "> connect 2: login s2", "it was learned before this init");
}

#[test]
fn an_expired_ticket_for_another_account_changes_nothing() {
    // C7 C16
    let mut rig = Rig::logged_in();
    rig.jump(50_000);
    rig.pong(1);
    for (user, n) in [("bob", 2), ("alice", 3)] {
        assert_eq!(rig.login(user, 10), [format!("result {n} 6206")]);
    }
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "alice".into()));
}

#[test]
fn an_acknowledgement_that_is_expired_on_arrival() {
    // C14: logged in, and out within the same second
    let mut rig = Rig::connected();
    rig.login("alice", 10);
    rig.jump(10_001);
    assert_eq!(rig.ok(1, 1), ["result 1 ok", "expired"]);
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn the_renewal_in_flight_at_expiry_is_dropped_and_its_session_ended() {
    // C14 C15 C7: an acknowledged renewal would leave a session that nobody has
    let mut rig = short();
    assert_eq!(rig.login("alice", 86_400), ["> 1: renew s1"]);
    let told = rig.pass(200_000);
    let ends = told.iter().filter(|told| *told == "expired").count();
    assert_eq!(ends, 1, "{told:?}");
    assert!(told.contains(&"> 1: logout s1".to_owned()), "{told:?}");
    assert!(rig.renewed(1, 1, 86_400).is_empty());
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn a_ticket_is_good_in_its_last_millisecond_also_when_the_clock_is_heard() {
    // C14, both sides
    let mut rig = short();
    rig.jump(100_000);
    assert_eq!(rig.pong(1), [""; 0]);
    rig.jump(1);
    assert_eq!(rig.pong(1), ["expired"]);
}

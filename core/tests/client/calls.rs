//! C1, C4–C9: what each call does in each state, and that it completes once.
//!
//! failures.md: "user id still readable after a kick", "unInit during login loses the callback", "login success
//! reported before the socket is up".

use tessera_core::client::{Config, Init};
use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggedOut, LoggingIn, LoggingOut};
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId};
use tessera_core::ticket::Ticket;
use tessera_core::time::Millis;

use crate::rig::{APP, Rig, ticket};

#[test]
fn a_login_is_successful_with_its_acknowledgement_and_not_before() {
    // C3; failures.md: login success reported before the socket is up
    let mut rig = Rig::connected();
    assert_eq!(rig.login("alice", 86_400), ["> 1: login s1"]);
    assert_eq!((rig.status(), rig.user()), (LoggingIn, String::new()));
    assert!(rig.pong(1).is_empty());
    assert_eq!(rig.status(), LoggingIn);
    assert_eq!(rig.ok(1, 1), ["result 1 ok"]);
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "alice".into()));
}

#[test]
fn a_login_without_a_connection_travels_in_the_upgrade() {
    // C22
    let mut rig = Rig::idle();
    assert_eq!(rig.login("alice", 86_400), ["> connect 1: login s1", "connecting"]);
    assert_eq!(rig.ok(1, 1), ["connected", "result 1 ok"]);
}

#[test]
fn a_login_during_the_first_connect_waits_for_hello() {
    // C22
    let mut rig = Rig::new();
    rig.settings.connect_at_init = true;
    rig.init();
    assert!(rig.login("alice", 86_400).is_empty());
    assert_eq!(rig.hello(1), ["> 1: login s1", "connected"]);
}

#[test]
fn arguments_are_checked_first_and_change_nothing() {
    // C4, and C7: a refusal made locally changes nothing
    for mut rig in [Rig::connected(), Rig::logged_in()] {
        let before = rig.client.stamp();
        for (user, ticket, code) in [
            ("", "t", 6017),
            ("alice", "", 6017),
            ("a b", "t", 7003),
            ("é", "t", 7003),
            (&*"x".repeat(33), "t", 7003),
        ] {
            let call = rig.client.login(rig.now, user, Ticket::new(ticket)).unwrap();
            assert_eq!(rig.take(), [format!("result {} {code}", call.0)], "{user:?} {ticket:?}");
        }
        assert_eq!(rig.client.stamp(), before);
    }
}

#[test]
fn without_init_every_call_is_answered_6013() {
    // C5
    let mut rig = Rig::new();
    assert_eq!(rig.login("alice", 1), ["result 1 6013"]);
    assert_eq!(rig.logout(), ["result 2 6013"]);
    assert!(rig.hint().is_empty() && rig.provider(true).is_empty());
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
    rig.init();
    rig.un_init();
    assert_eq!(rig.logout(), ["result 3 6013"]);
}

#[test]
fn the_same_login_joins_and_all_get_the_one_result() {
    // C6
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    assert!(rig.login("alice", 86_400).is_empty());
    assert!(rig.login("alice", 86_400).is_empty());
    assert_eq!(rig.ok(1, 1), ["result 1 ok", "result 2 ok", "result 3 ok"]);
    assert!(rig.ok(1, 1).is_empty());
}

#[test]
fn another_login_supersedes_and_ends_the_older_one() {
    // C6
    for (user, seconds) in [("bob", 86_400), ("alice", 86_401)] {
        let mut rig = Rig::connected();
        rig.login("alice", 86_400);
        rig.login("alice", 86_400);
        let told = rig.login(user, seconds);
        assert_eq!(told, ["> 1: login s2 ends s1", "result 1 6023", "result 2 6023"]);
        assert_eq!(rig.status(), LoggingIn);
        assert_eq!(rig.ok(1, 2), ["result 3 ok"]);
        assert_eq!(rig.user(), user);
    }
}

#[test]
fn a_login_in_the_upgrade_that_is_superseded_takes_its_connection_along() {
    // C6
    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    let told = rig.login("bob", 86_400);
    assert_eq!(told, ["> close 1", "> connect 2: login s2 ends s1", "result 1 6023"]);
    assert!(rig.ok(1, 1).is_empty(), "a frame of an older connection");
    assert_eq!(rig.ok(2, 2), ["connected", "result 2 ok"]);
}

#[test]
fn a_logout_while_logging_in_cancels_and_succeeds() {
    // C8
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.login("alice", 86_400);
    assert_eq!(rig.logout(), ["> 1: logout s1", "result 1 6023", "result 2 6023", "result 3 ok"]);
    assert_eq!(rig.status(), LoggedOut);

    let mut rig = Rig::idle();
    rig.login("alice", 86_400);
    assert_eq!(rig.logout(), ["> close 1", "result 1 6023", "result 2 ok"]);
    assert!(rig.pass(100_000).is_empty());
}

#[test]
fn a_logout_waits_for_the_gateway_and_joins() {
    // C8 C1
    let mut rig = Rig::logged_in();
    assert_eq!(rig.logout(), ["> 1: logout s1"]);
    assert_eq!((rig.status(), rig.user()), (LoggingOut, String::new()));
    assert!(rig.logout().is_empty());
    assert!(rig.logged_out(1, 1) == ["result 2 ok", "result 3 ok"]);
    assert_eq!(rig.status(), LoggedOut);
    assert_eq!(rig.logout(), ["result 4 ok"]);
}

#[test]
fn a_logout_gives_up_after_five_seconds() {
    // C8, both sides
    let mut rig = Rig::logged_in();
    rig.logout();
    assert!(rig.pass(4_999).is_empty());
    assert_eq!(rig.pass(1), ["result 2 ok"]);
    assert!(rig.logged_out(1, 1).is_empty());
}

#[test]
fn a_logout_without_a_connection_succeeds_at_once() {
    // C8
    let mut rig = Rig::reconnecting();
    assert_eq!(rig.logout(), ["result 2 ok"]);
    assert_eq!(rig.status(), LoggedOut);
    assert!(rig.pass(600_000).is_empty(), "nobody needs a connection");

    let mut rig = Rig::reconnecting();
    rig.retry();
    assert_eq!(rig.logout(), ["> close 2", "result 2 ok"], "nor the one that carries a resume");
}

#[test]
fn a_login_while_logging_out_ends_the_logout_first() {
    // C1
    let mut rig = Rig::logged_in();
    rig.logout();
    assert_eq!(rig.login("bob", 86_400), ["> 1: login s2 ends s1", "result 2 ok"]);
    assert_eq!(rig.status(), LoggingIn);
    assert!(rig.logged_out(1, 1).is_empty());
    assert_eq!(rig.ok(1, 2), ["result 3 ok"]);
}

#[test]
fn an_account_switch_has_no_user_until_it_is_done() {
    // C7 C21
    let mut rig = Rig::logged_in();
    assert_eq!(rig.login("bob", 86_400), ["> 1: login s2 ends s1"]);
    assert_eq!((rig.status(), rig.user()), (LoggingIn, String::new()));
    assert_eq!(rig.kicked(1, 1), ["> 1: ack s1"], "no event for the session that was left");
    assert_eq!(rig.refuse(1, 2, codes::ERR_SVR_ACCOUNT_BLACKLIST), ["> close 1", "result 2 70051"]);
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
    assert!(rig.pass(600_000).is_empty());
}

#[test]
fn an_account_switch_while_reconnecting_leaves_the_resume() {
    // C7
    let mut rig = Rig::reconnecting();
    rig.retry();
    assert_eq!(rig.login("bob", 86_400), ["> close 2", "> connect 3: login s2 ends s1"]);
    let mut rig = Rig::reconnecting();
    assert_eq!(rig.login("bob", 86_400), ["> connect 2: login s2 ends s1"], "at once, not at the next try");
}

#[test]
fn un_init_completes_every_call_with_7009_once() {
    // C9; failures.md: unInit during login loses the callback
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    rig.login("alice", 86_400);
    assert_eq!(rig.un_init(), ["> 1: logout s1", "> close 1", "result 1 7009", "result 2 7009"]);
    assert!(rig.un_init().is_empty() && rig.ok(1, 1).is_empty() && rig.pass(600_000).is_empty());

    let mut rig = Rig::logged_in();
    rig.logout();
    assert_eq!(rig.un_init(), ["> close 1", "result 2 7009"]);

    let mut rig = Rig::logged_in();
    rig.login("alice", 86_401);
    assert_eq!(rig.un_init(), ["> 1: logout s1", "> close 1", "result 2 7009"]);
}

#[test]
fn un_init_drops_events_and_turns_undelivered_results_into_7009() {
    // C9
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    let frame = rig.ok_frame(1);
    let report = tessera_core::client::Report::Frame(frame);
    rig.client.handle_report(rig.now, 1, report);
    let kicked = tessera_core::client::Report::Frame(rig.kicked_frame(1));
    rig.client.handle_report(rig.now, 1, kicked);
    assert_eq!(rig.un_init(), ["> 1: ack s1", "> close 1", "result 1 7009"]);
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
}

#[test]
fn init_again_is_one_of_three_things() {
    // C9
    let mut rig = Rig::logged_in();
    let config = |app| Config {
        app: AppId(app),
        device: DeviceId([9; 16]),
        platform: Platform::Web,
        settings: rig.settings.clone(),
    };
    let (same, other, none) = (config(APP.0), config(5), config(0));
    assert_eq!(rig.client.init(rig.now, same), Ok(Init::AlreadyRunning));
    assert_eq!(rig.client.init(rig.now, other).unwrap_err().code.0, 90101);
    assert_eq!(rig.client.init(rig.now, none).unwrap_err().code.0, 6017);
    assert_eq!((rig.take(), rig.user()), (vec![], "alice".into()));
}

#[test]
fn a_session_that_was_ended_by_un_init_is_reported_after_the_next_init() {
    // C8 C9: the logout of unInit is not awaited
    let mut rig = Rig::logged_in();
    rig.un_init();
    rig.settings.connect_at_init = true;
    rig.init();
    let connection = rig.connection;
    assert_eq!(rig.hello(connection), [format!("> {connection}: logout s1"), "connected".into()]);
    rig.logged_out(connection, 1);
    rig.login("alice", 86_400);
    assert!(rig.last.as_ref().unwrap().0.ends.is_empty());
    assert_eq!(rig.last.as_ref().unwrap().0.ticket, ticket("alice", 86_400));
}

#[test]
fn a_login_wishes_for_the_lease_of_the_settings() {
    // G4
    for (setting, wish) in [(0, None), (5_000, Some(Millis(5_000)))] {
        let mut rig = Rig::new();
        rig.settings.lease_ms = setting;
        rig.init();
        rig.login("alice", 86_400);
        assert_eq!(rig.last.as_ref().unwrap().0.lease, wish);
    }
}

#[test]
fn a_login_that_waits_for_the_first_connect_is_superseded_without_another_connect() {
    // C6
    let mut rig = Rig::new();
    rig.settings.connect_at_init = true;
    rig.init();
    assert!(rig.login("alice", 86_400).is_empty());
    assert_eq!(rig.login("bob", 86_400), ["result 1 6023"]);
    assert_eq!(rig.hello(1), ["> 1: login s2 ends s1", "connected"]);
    assert_eq!(rig.ok(1, 2), ["result 2 ok"]);
    assert_eq!(rig.user(), "bob");
}

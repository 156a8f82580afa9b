//! C18: what waits for the host is bounded, and results and session events are never dropped.

use tessera_core::client::EventKind;
use tessera_core::generated::codes;

use crate::rig::{Rig, ticket};

fn small() -> Rig {
    let mut rig = Rig::new();
    rig.settings.events_waiting_max = 16;
    rig.init();
    rig
}

#[test]
fn a_call_past_the_limit_is_refused_and_changes_nothing() {
    // C18, both sides
    let mut rig = small();
    for _ in 0..16 {
        rig.client.logout(rig.now).unwrap();
    }
    let stamp = rig.client.stamp();
    for error in [
        rig.client.logout(rig.now).unwrap_err(),
        rig.client.login(rig.now, "alice", ticket("alice", 9)).unwrap_err(),
        rig.client.login(rig.now, "", ticket("alice", 9)).unwrap_err(),
    ] {
        assert_eq!(error.code, codes::ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT);
    }
    assert_eq!(rig.client.stamp(), stamp);
    let told = rig.take();
    assert_eq!(told.len(), 16);
    assert_eq!(told[15], "result 16 ok");
    assert_eq!(rig.logout(), ["result 17 ok"], "room again");
}

#[test]
fn calls_that_wait_for_the_gateway_count_as_well() {
    // C18, both sides
    let mut rig = small();
    for _ in 0..16 {
        rig.client.login(rig.now, "alice", ticket("alice", 86_400)).unwrap();
        rig.take();
    }
    assert!(rig.client.login(rig.now, "alice", ticket("alice", 86_400)).is_err());
    let told = rig.ok(1, 1);
    assert_eq!(told.iter().filter(|told| told.ends_with(" ok")).count(), 16);
}

#[test]
fn so_do_calls_that_wait_for_a_renewal_or_a_logout() {
    // C18, both sides
    let mut rig = small();
    rig.login("alice", 86_400);
    assert!(rig.ok(1, 1).contains(&"result 1 ok".to_owned()));
    for _ in 0..16 {
        rig.client.login(rig.now, "alice", ticket("alice", 90_000)).unwrap();
        rig.take();
    }
    assert!(rig.client.login(rig.now, "alice", ticket("alice", 90_000)).is_err());
    assert_eq!(rig.renewed(1, 1, 90_000).len(), 16);
    for _ in 0..16 {
        rig.logout();
    }
    assert!(rig.client.logout(rig.now).is_err());
    assert_eq!(rig.logged_out(1, 1).len(), 16);
}

#[test]
fn a_host_that_does_not_listen_loses_only_connect_events() {
    // C18
    let mut rig = small();
    rig.login("alice", 86_400);
    rig.ok(1, 1);
    rig.client.login(rig.now, "alice", ticket("alice", 86_400)).unwrap();
    let mut connection = 1;
    for _ in 0..500 {
        let error = tessera_core::error::Error::of(codes::ERR_SDK_NET_CONN_REFUSE);
        let report = tessera_core::client::Report::Failed { error, answered: false };
        rig.client.handle_report(rig.now, connection, report);
        rig.now = rig.next_timeout();
        rig.client.handle_timeout(rig.now);
        rig.take_orders();
        connection = rig.connection;
    }
    let report = tessera_core::client::Report::Frame(rig.kicked_frame(1));
    rig.client.handle_report(rig.now, connection, report);
    let events = rig.events();
    assert!(events.len() <= 18, "{}", events.len());
    assert_eq!(events.first().unwrap(), "result 2 ok");
    assert_eq!(events.last().unwrap(), "kicked Policy");
    assert!(events.iter().any(|event| event.starts_with("failed") || event == "connecting"));
}

#[test]
fn each_event_says_who_was_logged_in_then() {
    // C3 C18
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    let ok = tessera_core::client::Report::Frame(rig.ok_frame(1));
    rig.client.handle_report(rig.now, 1, ok);
    let kicked = tessera_core::client::Report::Frame(rig.kicked_frame(1));
    rig.client.handle_report(rig.now, 1, kicked);
    rig.take_orders();
    let first = rig.client.poll_event().unwrap();
    let second = rig.client.poll_event().unwrap();
    assert!(matches!(first.kind, EventKind::Completed(_, Ok(()))));
    assert!(matches!(second.kind, EventKind::KickedOffline(_)));
    assert!(first.stamp.user.is_some() && second.stamp.user.is_none());
    assert!(first.stamp.epoch < second.stamp.epoch);
    assert_eq!(second.stamp, rig.client.stamp());
}

#[test]
fn after_un_init_a_full_queue_still_takes_its_7009() {
    // C9 C18
    let mut rig = small();
    // The one event before them is that the connection is being made.
    for _ in 0..15 {
        rig.client.login(rig.now, "alice", ticket("alice", 86_400)).unwrap();
    }
    assert!(rig.client.login(rig.now, "alice", ticket("alice", 86_400)).is_err());
    let told = rig.un_init();
    assert_eq!(told.iter().filter(|told| told.ends_with("7009")).count(), 15);
}

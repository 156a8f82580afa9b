//! At every limit the peer is told (G7).

use tessera_core::error::Code;
use tessera_core::generated::codes;
use tessera_core::ticket::Ticket;
use tessera_core::wire::Login;
use tokio::net::TcpStream;

use crate::support::{Client, config_with, eventually, fault_of, login, outcome, raw, request, start};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn is_429(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 429 ")
        && answer.contains("\r\nRetry-After: 5\r\n")
        && fault_of(answer).code == codes::ERR_SVR_SSO_CONNECT_LIMIT
        && fault_of(answer).retry_after.is_some()
}

#[tokio::test]
async fn one_connection_too_many_is_told_and_health_checks_are_answered() {
    // G7: connection flood; reconnect herd: health checks never refused
    let gateway = start(config_with(|config| config.limits.connections_max = 3)).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(Client::open(gateway.addr()).await);
    }
    for _ in 0..20 {
        assert!(is_429(&raw(gateway.addr(), &request("")).await));
    }
    assert!(raw(gateway.addr(), HEALTH).await.ends_with("\r\n\r\nok"));
    let refused = gateway.counters().refused[&codes::ERR_SVR_SSO_CONNECT_LIMIT];
    assert_eq!(refused, 20);
    clients.pop();
    eventually("a place is free", || gateway.counters().sockets == 2).await;
    clients.push(Client::open(gateway.addr()).await);
    for client in &mut clients {
        client.ping().await;
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_flood_of_sockets_does_not_keep_those_inside_from_working() {
    // G7: connection flood
    let gateway = start(config_with(|config| config.limits.connections_max = 1)).await;
    let mut client = Client::open(gateway.addr()).await;
    let mut flood = Vec::new();
    for _ in 0..400 {
        flood.push(TcpStream::connect(gateway.addr()).await.unwrap());
    }
    client.ping().await;
    // Those on top of the ones that are waited for are told without being read.
    let answer = crate::support::read_all(flood.last_mut().unwrap()).await;
    assert!(is_429(&answer), "{answer}");
    drop(flood);
    eventually("the flood is over", || gateway.counters().sockets == 1).await;
    client.ping().await;
    gateway.stop().await;
}

#[tokio::test]
async fn one_address_has_its_own_limit_unless_it_is_exempt() {
    // G7
    for exempt in [false, true] {
        let gateway = start(config_with(|config| {
            config.loopback_exempt = exempt;
            config.limits.connections_per_address = 2;
        }))
        .await;
        let _inside = [Client::open(gateway.addr()).await, Client::open(gateway.addr()).await];
        if exempt {
            Client::open(gateway.addr()).await.ping().await;
        } else {
            assert!(is_429(&raw(gateway.addr(), &request("")).await));
            assert!(raw(gateway.addr(), HEALTH).await.ends_with("\r\n\r\nok"));
        }
        gateway.stop().await;
    }
}

#[tokio::test]
async fn too_many_logins_from_one_address_are_refused_with_a_time() {
    // G7
    let gateway = start(config_with(|config| {
        config.loopback_exempt = false;
        config.limits.logins_per_address_per_minute = 2;
    }))
    .await;
    for user in ["alice", "bob"] {
        assert_eq!(outcome(gateway.addr(), &login(&gateway, user)).await, Code(0));
    }
    let mut third = Client::upgrade(gateway.addr(), Some(&login(&gateway, "carol"))).await;
    let refused = third.refused().await;
    assert_eq!((refused.code, refused.retryable), (codes::ERR_SVR_SSO_FREQ_LIMIT, true));
    assert!(refused.retry_after.is_some());
    assert_eq!(third.close_code().await, Some(1000));
    gateway.set_clock(60_000);
    assert_eq!(outcome(gateway.addr(), &login(&gateway, "carol")).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn a_stranger_with_bad_tickets_locks_nobody_out() {
    // G1, G7
    let gateway = start(config_with(|config| {
        config.limits.logins_per_user_per_minute = 2;
        config.limits.ticket_failures_max = 1000;
    }))
    .await;
    let stranger = Login { ticket: Ticket::new("guess"), ..login(&gateway, "alice") };
    for _ in 0..5 {
        let code = outcome(gateway.addr(), &stranger).await;
        assert_eq!(code, codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
    }
    for _ in 0..2 {
        assert_eq!(outcome(gateway.addr(), &login(&gateway, "alice")).await, Code(0));
    }
    assert_eq!(outcome(gateway.addr(), &login(&gateway, "alice")).await, codes::ERR_SVR_SSO_FREQ_LIMIT);
    assert_eq!(outcome(gateway.addr(), &login(&gateway, "bob")).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn too_many_bad_tickets_for_one_user_are_refused_for_a_while() {
    // G1: 70050
    let gateway = start(config_with(|config| config.limits.ticket_failures_max = 3)).await;
    let bad = Login { ticket: Ticket::new("guess"), ..login(&gateway, "alice") };
    for _ in 0..3 {
        let code = outcome(gateway.addr(), &bad).await;
        assert_eq!(code, codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
    }
    let good = login(&gateway, "alice");
    assert_eq!(outcome(gateway.addr(), &good).await, codes::ERR_SVR_ACCOUNT_FREQ_LIMIT);
    assert_eq!(outcome(gateway.addr(), &login(&gateway, "bob")).await, Code(0));
    gateway.set_clock(60_000);
    assert_eq!(outcome(gateway.addr(), &good).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn who_answers_no_ping_is_dropped_and_keeps_the_lease() {
    // G6: half-open socket
    let gateway = start(config_with(|config| config.limits.ping_interval_ms = 50)).await;
    let login = login(&gateway, "alice");
    // It is never read again, so its pings stay unanswered; the other one answers as it waits.
    let silent = Client::logged_in(gateway.addr(), &login).await;
    let mut alive = Client::open(gateway.addr()).await;
    let living = tokio::spawn(async move { alive.next().await });
    eventually("it is dropped", || gateway.counters().dropped == 1).await;
    eventually("its session waits", || gateway.counters().sessions_connected == 0).await;
    assert_eq!(gateway.counters().sessions, 1);
    assert!(!living.is_finished());
    drop(silent);
    gateway.stop().await;
}

#[tokio::test]
async fn who_does_not_read_is_closed_instead_of_filling_the_memory() {
    // G7: send_queue_max
    let gateway = start(config_with(|config| {
        config.limits.send_queue_max = 4;
        config.limits.frames_per_minute = 100_000;
    }))
    .await;
    let mut client = Client::open(gateway.addr()).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(Client::open(gateway.addr()).await);
    }
    // More at once than the queue holds, faster than any task can take it.
    for _ in 0..2000 {
        gateway.set_clock(0);
    }
    let end = loop {
        match client.next().await {
            Ok(_) => {}
            Err(code) => break code,
        }
    };
    assert_eq!(end, Some(1013));
    assert!(gateway.counters().dropped >= 1);
    gateway.stop().await;
}

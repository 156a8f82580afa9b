//! How a gateway ends (G8).

use tessera_core::generated::codes;
use tessera_core::time::Millis;
use tessera_core::wire::GatewayFrame;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{
    Client, config, config_with, eventually, fault_of, login, raw, read_all, request, start,
};

#[tokio::test]
async fn clients_are_told_when_to_come_back_and_newcomers_are_sent_elsewhere() {
    // G8
    let gateway = start(config_with(|config| {
        config.limits.drain_spread_ms = 3000;
        config.limits.drain_ms = 60_000;
    }))
    .await;
    let addr = gateway.addr();
    let mut idle = Client::open(addr).await;
    let mut logged_in = Client::logged_in(addr, &login(&gateway, "alice")).await;
    // It stops reading, so the drain has to wait for it, and there is time to look.
    let mut stuck = TcpStream::connect(addr).await.unwrap();
    stuck.write_all(&request("")).await.unwrap();
    eventually("all are there", || gateway.counters().connections == 3).await;
    let draining = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.drain().await }
    });
    for client in [&mut idle, &mut logged_in] {
        let GatewayFrame::Drain(drain) = client.frame().await else { panic!() };
        assert!(drain.retry_after <= Millis(3000));
    }
    let answer = raw(addr, &request("")).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: "), "{answer}");
    assert_eq!(fault_of(&answer).code, codes::ERR_SVR_SSO_OVERLOAD);
    assert!(fault_of(&answer).retry_after.is_some());
    let health = raw(addr, b"GET /healthz HTTP/1.1\r\n\r\n").await;
    assert!(health.starts_with("HTTP/1.1 503 ") && health.ends_with("\r\n\r\ndraining"), "{health}");
    for client in [&mut idle, &mut logged_in] {
        assert_eq!(client.close_code().await, Some(1001));
    }
    assert!(read_all(&mut stuck).await.contains("\"drain\""));
    drop(stuck);
    tokio::time::timeout(crate::support::PATIENCE, draining).await.unwrap().unwrap();
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_drain_ends_by_its_deadline_whoever_stays() {
    // G8
    let gateway = start(config_with(|config| config.limits.drain_ms = 0)).await;
    let _client = Client::open(gateway.addr()).await;
    tokio::time::timeout(crate::support::PATIENCE, gateway.drain()).await.unwrap();
    assert_eq!((gateway.counters().connections, gateway.counters().sockets), (0, 0));
}

#[tokio::test]
async fn a_stop_closes_what_is_open_and_half_open() {
    let gateway = start(config()).await;
    let mut client = Client::logged_in(gateway.addr(), &login(&gateway, "alice")).await;
    let mut half_open = TcpStream::connect(gateway.addr()).await.unwrap();
    half_open.write_all(b"GET ").await.unwrap();
    eventually("both are there", || gateway.counters().sockets == 2).await;
    tokio::time::timeout(crate::support::PATIENCE, gateway.stop()).await.unwrap();
    assert_eq!(client.close_code().await, Some(1001));
    assert_eq!(read_all(&mut half_open).await, "");
    gateway.stop().await;
}

#[tokio::test]
async fn a_gateway_whose_last_handle_is_dropped_stops() {
    let gateway = start(config()).await;
    let mut client = Client::open(gateway.addr()).await;
    drop(gateway.clone());
    client.ping().await;
    drop(gateway);
    assert_eq!(client.close_code().await, Some(1001));
}

#[tokio::test]
async fn a_port_that_is_taken_is_reported_with_a_remedy() {
    let gateway = start(config()).await;
    let taken = config_with(|config| config.listen = gateway.addr());
    let store = std::sync::Arc::new(tessera_gateway::store::memory::MemoryStore::new());
    let Err(error) = tessera_gateway::Gateway::start(taken, store).await else { panic!() };
    assert!(error.to_string().contains("stop the program that has the port"), "{error}");
    gateway.stop().await;
}

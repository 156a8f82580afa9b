//! What a client and a gateway see through the proxy: here the healthy line and its end, in the modules the faults.
//!
//! Nothing here is timed, except that "nothing arrived" is a bounded wait.

// Helpers outside #[test] functions count as plain code for the lint.
#![allow(clippy::unwrap_used)]

mod counted;
mod faults;

use std::future::Future;
use std::io::{ErrorKind, Result};
use std::time::Duration;

use tessera_testkit::proxy::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A gateway's listener, and a proxy in front of it.
async fn line() -> (TcpListener, Proxy) {
    let gateway = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(gateway.local_addr().unwrap()).await.unwrap();
    (gateway, proxy)
}

/// A new connection through the proxy: the client's end and the gateway's.
async fn pair(gateway: &TcpListener, proxy: &Proxy) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(proxy.addr()).await.unwrap();
    let (session, _) = soon(gateway.accept()).await.unwrap();
    (client, session)
}

/// Guards a test against hanging.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.expect("this was to happen")
}

/// Whether the future stays pending for as long as a test cares to wait.
async fn never<T>(future: impl Future<Output = T>) -> bool {
    timeout(Duration::from_millis(60), future).await.is_err()
}

async fn read_exactly(stream: &mut TcpStream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    soon(stream.read_exact(&mut bytes)).await.unwrap();
    bytes
}

/// Everything that arrives, and how it ended.
async fn read_out(stream: &mut TcpStream) -> (Vec<u8>, Result<()>) {
    let mut bytes = Vec::new();
    let end = soon(stream.read_to_end(&mut bytes)).await;
    (bytes, end.map(drop))
}

async fn assert_reset(stream: &mut TcpStream) {
    let (bytes, end) = read_out(stream).await;
    assert!(bytes.is_empty());
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

/// Sends in both directions and checks what arrives.
async fn assert_flows(client: &mut TcpStream, session: &mut TcpStream) {
    client.write_all(b"ping").await.unwrap();
    assert_eq!(read_exactly(session, 4).await, b"ping");
    session.write_all(b"pong!").await.unwrap();
    assert_eq!(read_exactly(client, 5).await, b"pong!");
}

async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// Bytes whose order can be told.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

#[tokio::test]
async fn bytes_pass_in_both_directions_and_are_counted() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
    assert_eq!((proxy.connections(), proxy.accepted(), proxy.bytes()), (1, 1, (4, 5)));
    drop((client, session));
    until(|| proxy.connections() == 0).await;
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn several_connections_do_not_mix() {
    let (gateway, proxy) = line().await;
    let (mut client_a, mut session_a) = pair(&gateway, &proxy).await;
    let (mut client_b, mut session_b) = pair(&gateway, &proxy).await;
    client_b.write_all(b"b").await.unwrap();
    client_a.write_all(b"a").await.unwrap();
    assert_eq!(read_exactly(&mut session_a, 1).await, b"a");
    assert_eq!(read_exactly(&mut session_b, 1).await, b"b");
    assert_eq!(proxy.connections(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn megabytes_pass_unchanged_while_both_peers_send() {
    let (gateway, proxy) = line().await;
    let (client, session) = pair(&gateway, &proxy).await;
    let sent = pattern(3_000_000);
    let exchange = |stream: TcpStream| {
        let sent = sent.clone();
        tokio::spawn(async move {
            let (mut reader, mut writer) = stream.into_split();
            let writing = tokio::spawn(async move {
                writer.write_all(&sent).await.unwrap();
                writer.shutdown().await.unwrap();
            });
            let mut read = Vec::new();
            reader.read_to_end(&mut read).await.unwrap();
            writing.await.unwrap();
            read
        })
    };
    let (at_client, at_session) = (exchange(client), exchange(session));
    assert!(soon(at_client).await.unwrap() == sent);
    assert!(soon(at_session).await.unwrap() == sent);
}

#[tokio::test]
async fn an_end_of_one_direction_is_passed_on_and_the_other_lives() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    client.write_all(b"last words").await.unwrap();
    client.shutdown().await.unwrap();
    let (heard, end) = read_out(&mut session).await;
    assert_eq!(heard, b"last words");
    end.unwrap();
    session.write_all(b"answer").await.unwrap();
    assert_eq!(read_exactly(&mut client, 6).await, b"answer");
    drop(session);
    let (rest, end) = read_out(&mut client).await;
    assert!(rest.is_empty());
    end.unwrap();
    until(|| proxy.connections() == 0).await;
}

#[tokio::test]
async fn a_reset_of_one_peer_reaches_the_other() {
    let (gateway, proxy) = line().await;
    let (client, mut session) = pair(&gateway, &proxy).await;
    client.set_zero_linger().unwrap();
    drop(client);
    assert_reset(&mut session).await;
}

#[tokio::test]
async fn an_absent_gateway_is_a_reset_for_the_client() {
    let (gateway, proxy) = line().await;
    drop(gateway);
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    assert_reset(&mut client).await;
}

#[tokio::test]
async fn drop_closes_the_port_and_resets_what_is_open() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    let addr = proxy.addr();
    drop(proxy);
    assert_eq!(TcpStream::connect(addr).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_reset(&mut client).await;
    assert_reset(&mut session).await;
}

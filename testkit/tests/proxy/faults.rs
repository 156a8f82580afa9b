//! The faults that act at once, and what ends them.

use std::time::Duration;

use tessera_testkit::proxy::Direction;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{assert_flows, assert_reset, line, never, pair, pattern, read_exactly, read_out, soon, until};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn cut_resets_both_sides_and_the_next_connection_works() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
    proxy.cut();
    assert_reset(&mut client).await;
    assert_reset(&mut session).await;
    until(|| proxy.connections() == 0).await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
}

#[tokio::test]
async fn cut_resets_a_connection_that_was_only_just_made() {
    let (gateway, proxy) = line().await;
    for _ in 0..50 {
        let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
        proxy.cut();
        assert_reset(&mut client).await;
    }
    assert_eq!(proxy.accepted(), 50);
    drop(gateway);
}

#[tokio::test]
async fn faults_can_be_made_from_a_thread_without_a_runtime() {
    let (gateway, proxy) = line().await;
    let (mut client, _session) = pair(&gateway, &proxy).await;
    std::thread::scope(|scope| {
        scope.spawn(|| proxy.cut());
    });
    assert_reset(&mut client).await;
}

#[tokio::test]
async fn down_resets_and_refuses_until_restored() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.down();
    assert_reset(&mut client).await;
    assert_reset(&mut session).await;
    for _ in 0..3 {
        // A reset that is faster than the connect shows there already.
        if let Ok(mut client) = TcpStream::connect(proxy.addr()).await {
            assert_reset(&mut client).await;
        }
    }
    assert!(never(gateway.accept()).await);
    until(|| proxy.accepted() == 4).await;
    assert_eq!(proxy.connections(), 0);
    proxy.restore();
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
}

#[tokio::test]
async fn refuse_leaves_open_connections_alone() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.refuse();
    if let Ok(mut refused) = TcpStream::connect(proxy.addr()).await {
        assert_reset(&mut refused).await;
    }
    assert_flows(&mut client, &mut session).await;
}

#[tokio::test]
async fn stall_keeps_connections_open_and_delivers_the_same_bytes_later() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
    proxy.stall();
    client.write_all(b"one ").await.unwrap();
    session.write_all(b"three ").await.unwrap();
    assert!(never(session.read_u8()).await);
    assert!(never(client.read_u8()).await);
    client.write_all(b"two").await.unwrap();
    session.write_all(b"four").await.unwrap();
    assert_eq!((proxy.connections(), proxy.bytes()), (1, (4, 5)));
    proxy.restore();
    assert_eq!(read_exactly(&mut session, 7).await, b"one two");
    assert_eq!(read_exactly(&mut client, 10).await, b"three four");
}

#[tokio::test]
async fn a_stalled_connection_is_accepted_and_reaches_the_gateway_when_restored() {
    let (gateway, proxy) = line().await;
    proxy.stall();
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    client.write_all(b"hello").await.unwrap();
    assert!(never(gateway.accept()).await);
    assert_eq!((proxy.connections(), proxy.accepted()), (1, 1));
    proxy.restore();
    let (mut session, _) = soon(gateway.accept()).await.unwrap();
    assert_eq!(read_exactly(&mut session, 5).await, b"hello");
}

#[tokio::test]
async fn a_stall_hides_ends_and_resets() {
    let (gateway, proxy) = line().await;
    let (mut client_a, mut session_a) = pair(&gateway, &proxy).await;
    let (client_b, mut session_b) = pair(&gateway, &proxy).await;
    proxy.stall();
    client_a.shutdown().await.unwrap();
    client_b.set_zero_linger().unwrap();
    drop(client_b);
    assert!(never(session_a.read_u8()).await);
    assert!(never(session_b.read_u8()).await);
    assert_eq!(proxy.connections(), 2);
    proxy.restore();
    read_out(&mut session_a).await.1.unwrap();
    assert_reset(&mut session_b).await;
}

#[tokio::test]
async fn a_stall_pushes_back_and_loses_nothing() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.stall();
    let block = pattern(64 * 1024);
    let mut written = 0;
    // A proxy that went on reading would take this without end; 256 MiB are far beyond any socket's buffers.
    while written < 256 << 20 {
        match timeout(Duration::from_millis(100), client.write(&block[written % block.len()..])).await {
            Ok(more) => written += more.unwrap(),
            Err(_) => break,
        }
    }
    assert!(written < 256 << 20);
    assert_eq!(proxy.bytes(), (0, 0));
    client.shutdown().await.unwrap();
    proxy.restore();
    let (read, end) = read_out(&mut session).await;
    end.unwrap();
    assert_eq!(read.len(), written);
    assert!(read.chunks(block.len()).all(|chunk| chunk == &block[..chunk.len()]));
}

#[tokio::test]
async fn cut_reaches_stalled_connections_too() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.stall();
    let mut silent = TcpStream::connect(proxy.addr()).await.unwrap();
    proxy.cut();
    assert_reset(&mut client).await;
    assert_reset(&mut session).await;
    assert_reset(&mut silent).await;
}

#[tokio::test]
async fn delayed_bytes_wait_and_keep_their_order() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.delay(HOUR);
    client.write_all(b"first ").await.unwrap();
    session.write_all(b"back").await.unwrap();
    assert!(never(session.read_u8()).await);
    assert!(never(client.read_u8()).await);
    proxy.delay(Duration::from_millis(5));
    for piece in [&b"second "[..], b"third"] {
        client.write_all(piece).await.unwrap();
    }
    assert_eq!(read_exactly(&mut session, 18).await, b"first second third");
    assert_eq!(read_exactly(&mut client, 4).await, b"back");
    client.shutdown().await.unwrap();
    read_out(&mut session).await.1.unwrap();
}

#[tokio::test]
async fn a_delay_carries_more_than_it_can_hold() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.delay(Duration::from_millis(2));
    let sent = pattern(500_000);
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        client.write_all(&sent).await.unwrap();
        client
    });
    assert!(read_exactly(&mut session, expected.len()).await == expected);
    soon(writing).await.unwrap();
}

#[tokio::test]
async fn restore_ends_every_fault() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.delay(HOUR);
    proxy.slice(Some(1));
    proxy.cut_after(Direction::ToGateway, 1);
    proxy.stall_after(Direction::ToClient, 1);
    proxy.stall();
    proxy.restore();
    assert_flows(&mut client, &mut session).await;
}

#[tokio::test]
async fn sliced_bytes_arrive_complete_and_in_pieces() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    for slice in [0, 1, 7] {
        proxy.slice(Some(slice));
        let sent = pattern(1000);
        client.write_all(&sent).await.unwrap();
        assert!(read_exactly(&mut session, sent.len()).await == sent);
    }
    // The first piece alone passes when the line stalls right behind it.
    proxy.slice(Some(3));
    proxy.stall_after(Direction::ToClient, 1);
    session.write_all(b"abcdef").await.unwrap();
    assert_eq!(read_exactly(&mut client, 1).await, b"a");
    proxy.restore();
    assert_eq!(read_exactly(&mut client, 5).await, b"bcdef");
}

//! The faults that wait for a byte count: exactly that many bytes arrive.

use std::io::ErrorKind;

use tessera_testkit::proxy::Direction;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{assert_flows, assert_reset, line, never, pair, pattern, read_exactly, read_out, soon, until};

#[tokio::test]
async fn cut_after_delivers_exactly_that_many_bytes_to_the_gateway() {
    let (gateway, proxy) = line().await;
    let sent = pattern(30_000);
    for k in [0, 1, 2, 17, 1000, 16_384, 29_999, 30_000] {
        proxy.cut_after(Direction::ToGateway, k);
        let (mut client, mut session) = pair(&gateway, &proxy).await;
        client.write_all(&sent).await.unwrap();
        let (heard, end) = read_out(&mut session).await;
        assert!(heard == sent[..k as usize], "{k} bytes were to arrive, not {}", heard.len());
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_reset(&mut client).await;
    }
    // The last one was used up: the next connection is whole.
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_after_delivers_exactly_that_many_bytes_to_the_client_in_slices() {
    let (gateway, proxy) = line().await;
    let sent = pattern(2_000);
    proxy.slice(Some(5));
    for k in [0, 1, 5, 6, 999] {
        let (mut client, mut session) = pair(&gateway, &proxy).await;
        proxy.cut_after(Direction::ToClient, k);
        session.write_all(&sent).await.unwrap();
        let (heard, end) = read_out(&mut client).await;
        assert!(heard == sent[..k as usize], "{k} bytes were to arrive, not {}", heard.len());
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_reset(&mut session).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_after_waits_for_a_receiver_that_is_behind() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    let sent = pattern(20_000_000);
    let k = 19_000_000;
    proxy.cut_after(Direction::ToClient, k as u64);
    let writing = tokio::spawn({
        let sent = sent.clone();
        async move { session.write_all(&sent).await }
    });
    // The line fills up: the count is not reached before the client reads.
    assert!(never(until(|| proxy.connections() == 0)).await);
    let (heard, end) = read_out(&mut client).await;
    assert!(heard == sent[..k], "{k} bytes were to arrive, not {}", heard.len());
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    // The writer may have handed all to its own machine before the reset.
    let _ = soon(writing).await.unwrap();
}

#[tokio::test]
async fn cut_after_counts_on_from_the_middle_of_an_open_connection() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
    proxy.cut_after(Direction::ToGateway, 6);
    client.write_all(b"1234").await.unwrap();
    assert_eq!(read_exactly(&mut session, 4).await, b"1234");
    drop((client, session));
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    client.write_all(b"567").await.unwrap();
    let (heard, end) = read_out(&mut session).await;
    assert_eq!(heard, b"56");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn stall_after_delivers_exactly_that_many_bytes_and_the_rest_when_restored() {
    let (gateway, proxy) = line().await;
    for k in [0, 1, 5, 10] {
        let (mut client, mut session) = pair(&gateway, &proxy).await;
        proxy.stall_after(Direction::ToGateway, k);
        client.write_all(b"0123456789").await.unwrap();
        let k = k as usize;
        assert_eq!(read_exactly(&mut session, k).await, b"0123456789"[..k]);
        assert!(never(session.read_u8()).await);
        session.write_all(b"unheard").await.unwrap();
        assert!(never(client.read_u8()).await);
        proxy.restore();
        assert_eq!(read_exactly(&mut session, 10 - k).await, b"0123456789"[k..]);
        assert_eq!(read_exactly(&mut client, 7).await, b"unheard");
    }
}

#[tokio::test]
async fn duplicate_after_sends_exactly_the_bytes_so_far_to_the_gateway_once_more() {
    let (gateway, proxy) = line().await;
    let sent = pattern(30_000);
    for k in [0, 1, 17, 16_384, 30_000] {
        let (mut client, mut session) = pair(&gateway, &proxy).await;
        proxy.duplicate_after(Direction::ToGateway, k);
        client.write_all(&sent).await.unwrap();
        let (mut second, _) = soon(gateway.accept()).await.unwrap();
        assert!(read_exactly(&mut second, k as usize).await == sent[..k as usize], "{k}");
        assert!(read_exactly(&mut session, sent.len()).await == sent, "the first connection goes on");
        assert_flows(&mut client, &mut session).await;
        // Answers on the second one reach nobody, and it outlives the first.
        second.write_all(b"unheard").await.unwrap();
        drop((client, session));
        assert!(never(second.read_u8()).await);
        assert_eq!(proxy.connections(), 1);
        drop(second);
        until(|| proxy.connections() == 0).await;
    }
    // The last one was used up.
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    assert_flows(&mut client, &mut session).await;
    assert!(never(gateway.accept()).await);
}

#[tokio::test]
async fn duplicate_after_can_wait_for_the_gateways_bytes_and_a_cut_ends_both_connections() {
    let (gateway, proxy) = line().await;
    let (mut client, mut session) = pair(&gateway, &proxy).await;
    proxy.duplicate_after(Direction::ToClient, 3);
    client.write_all(b"question").await.unwrap();
    assert_eq!(read_exactly(&mut session, 8).await, b"question");
    session.write_all(b"answer").await.unwrap();
    assert_eq!(read_exactly(&mut client, 6).await, b"answer");
    let (mut second, _) = soon(gateway.accept()).await.unwrap();
    assert_eq!(read_exactly(&mut second, 8).await, b"question");
    proxy.cut();
    assert_reset(&mut session).await;
    assert_reset(&mut second).await;
}

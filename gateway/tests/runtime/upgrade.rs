//! The upgrade request: what is answered by HTTP, and what never gets as far as that.

use tessera_core::error::Code;
use tessera_core::wire::GatewayFrame;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Client, config, config_with, eventually, fault_of, raw, read_all, request, start};

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

#[tokio::test]
async fn a_request_that_is_no_good_upgrade_is_told_why() {
    let gateway = start(config()).await;
    let good = String::from_utf8(request("")).unwrap();
    let with_frame = [good.as_bytes(), &[0x81, 0x80, 0, 0, 0, 0]].concat();
    for (bytes, expected) in [
        (b"\x16\x03\x01\x02\x00".to_vec(), "400"),
        (b"nonsense\r\n\r\n".to_vec(), "400"),
        (b"GET /tessera HTTP/1.1\r\nbad header\r\n\r\n".to_vec(), "400"),
        (good.replace("HTTP/1.1", "HTTP/1.0").into_bytes(), "400"),
        (request("Authorization: Tessera e30\r\n"), "400"),
        (request("Authorization: Basic eDp5\r\n"), "400"),
        (request(&format!("X: {}\r\n", "x".repeat(9000))), "400"),
        (with_frame, "400"),
        (good.replace("/tessera", "/other").into_bytes(), "404"),
        (good.replace("GET", "POST").into_bytes(), "404"),
        (good.replace("13", "12").into_bytes(), "426"),
        (good.replace("tessera.v1", "tessera.v9").into_bytes(), "426"),
        (good.replace("websocket", "h2c").into_bytes(), "426"),
    ] {
        let answer = raw(gateway.addr(), &bytes).await;
        assert_eq!(status(&answer), expected, "{answer}");
        assert_eq!(fault_of(&answer).code, Code(70402));
        assert!(answer.contains("\r\nContent-Type: application/json\r\n"));
        assert!(answer.contains("\r\nConnection: close"));
        assert_eq!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"), expected == "426");
    }
    eventually("all sockets are closed", || gateway.counters().sockets == 0).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_request_that_drips_is_ended_by_its_deadline() {
    // G7: slow handshake, byte-dripping
    let gateway = start(config_with(|config| config.limits.upgrade_within_ms = 100)).await;
    let mut silent = TcpStream::connect(gateway.addr()).await.unwrap();
    let mut dripping = TcpStream::connect(gateway.addr()).await.unwrap();
    let drip = async {
        for byte in b"GET /tessera HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            if dripping.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_millis(300), drip).await;
    assert_eq!(status(&read_all(&mut silent).await), "408");
    drop(silent);
    drop(dripping);
    eventually("both are closed", || gateway.counters().sockets == 0).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_request_may_come_in_pieces() {
    let gateway = start(config()).await;
    let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
    for piece in request("").chunks(7) {
        socket.write_all(piece).await.unwrap();
        socket.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut socket, &mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    gateway.stop().await;
}

#[tokio::test]
async fn a_browser_offers_more_subprotocols_and_gets_ours() {
    let gateway = start(config()).await;
    let mut client = Client::upgrade(gateway.addr(), None).await;
    assert!(matches!(client.frame().await, GatewayFrame::Hello(_)));
    gateway.stop().await;
}

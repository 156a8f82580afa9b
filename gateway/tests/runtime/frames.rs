//! What a peer may send that is no good frame.

use futures_util::SinkExt;
use tessera_core::generated::codes;
use tessera_core::wire::{ClientFrame, GatewayFrame};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};

use crate::support::{Client, config, config_with, login, start};

#[tokio::test]
async fn what_is_not_understood_is_answered_and_the_connection_stays() {
    // G7: at no time is anything dropped in silence
    let gateway = start(config()).await;
    let login = login(&gateway, "alice");
    let mut before = Client::open(gateway.addr()).await;
    let mut logged_in = Client::logged_in(gateway.addr(), &login).await;
    let mut after = Client::logged_in(gateway.addr(), &crate::support::login(&gateway, "bob")).await;
    let deep = format!("{}{}", "[".repeat(1500), "]".repeat(1500));
    let deep_field = format!(r#"{{"type":"ping","x":{deep}}}"#);
    for text in
        ["", "x", "null", "[]", "{}", r#"{"type":7}"#, r#"{"type":"nonsense"}"#, r#"{"type":"login"}"#, &deep]
    {
        for client in [&mut before, &mut logged_in, &mut after] {
            client.send_text(text).await;
            assert_eq!(client.fault().await.code, codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, "{text}");
            client.ping().await;
        }
    }
    after.send_logout(&login).await;
    assert!(matches!(after.frame().await, GatewayFrame::LoggedOut(_)));
    assert_eq!(logged_in.close_code().await, Some(1000));
    after.send_text("x").await;
    after.fault().await;
    // Unknown fields are ignored, however deep.
    for text in [r#"{"type":"ping","of":"a newer version"}"#, &deep_field] {
        before.send_text(text).await;
        assert!(matches!(before.frame().await, GatewayFrame::Pong(_)));
    }
    gateway.stop().await;
}

#[tokio::test]
async fn what_is_no_text_frame_is_told_and_closed() {
    // oversized and fragmented frames
    let gateway = start(config()).await;
    let data =
        |data, payload: Vec<u8>, last| Message::Frame(Frame::message(payload, OpCode::Data(data), last));
    let invalid = codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS;
    let too_large = codes::ERR_SDK_NET_PKG_SIZE_LIMIT;
    let cases = [
        (vec![Message::binary(vec![1, 2, 3])], invalid, 1003),
        (vec![data(Data::Text, vec![0xff, 0xfe], true)], invalid, 1007),
        (vec![Message::text("x".repeat(4097))], too_large, 1009),
        (
            vec![data(Data::Text, vec![b'x'; 4000], false), data(Data::Continue, vec![b'x'; 97], true)],
            too_large,
            1009,
        ),
        (vec![data(Data::Continue, vec![b'x'], true)], invalid, 1002),
    ];
    for (messages, code, close) in cases {
        let mut new = Client::open(gateway.addr()).await;
        let mut logged_in = Client::logged_in(gateway.addr(), &login(&gateway, "alice")).await;
        for client in [&mut new, &mut logged_in] {
            for message in &messages {
                client.socket.send(message.clone()).await.unwrap();
            }
            assert_eq!(client.fault().await.code, code);
            assert_eq!(client.close_code().await, Some(close));
        }
    }
    let mut largest = Client::open(gateway.addr()).await;
    largest.send_text(&format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(4096 - 22))).await;
    assert!(matches!(largest.frame().await, GatewayFrame::Pong(_)));
    gateway.stop().await;
}

#[tokio::test]
async fn too_many_frames_are_told_and_closed() {
    // G7
    let gateway = start(config_with(|config| config.limits.frames_per_minute = 10)).await;
    let mut by_frames = Client::open(gateway.addr()).await;
    let mut by_pings = Client::open(gateway.addr()).await;
    for _ in 0..11 {
        by_frames.send_text("x").await;
        by_pings.socket.send(Message::Ping(Default::default())).await.unwrap();
    }
    for _ in 0..10 {
        assert_eq!(by_frames.fault().await.code, codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS);
    }
    for client in [&mut by_frames, &mut by_pings] {
        let fault = client.fault().await;
        assert_eq!(fault.code, codes::ERR_SVR_SSO_FREQ_LIMIT);
        assert!(fault.retry_after.is_some());
        assert_eq!(client.close_code().await, Some(1008));
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_close_of_the_peer_is_answered_with_a_close() {
    // RFC 6455, 5.5.1; found by the Autobahn suite
    let gateway = start(config()).await;
    let mut client = Client::logged_in(gateway.addr(), &login(&gateway, "alice")).await;
    let frame = CloseFrame { code: CloseCode::Away, reason: Default::default() };
    client.socket.close(Some(frame)).await.unwrap();
    assert_eq!(client.close_code().await, Some(1001), "the code that it gave");
    gateway.stop().await;
}

#[tokio::test]
async fn frames_right_behind_a_login_are_not_lost_when_it_comes_to_rest() {
    let gateway = start(config()).await;
    for pings in [0, 1, 5] {
        let mut client = Client::upgrade(gateway.addr(), None).await;
        assert!(matches!(client.frame().await, GatewayFrame::Hello(_)));
        let login = login(&gateway, &format!("user-{pings}"));
        client
            .socket
            .feed(Message::text(ClientFrame::Login(Box::new(login.clone())).to_text()))
            .await
            .unwrap();
        for _ in 0..pings {
            client.socket.feed(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
        }
        client.socket.flush().await.unwrap();
        let mut pongs = 0;
        let mut logged_in = false;
        while pongs < pings || !logged_in {
            match client.frame().await {
                GatewayFrame::LoginOk(_) => logged_in = true,
                GatewayFrame::Pong(_) => pongs += 1,
                other => panic!("{other:?}"),
            }
        }
        client.ping().await;
        client.send_logout(&login).await;
        assert!(matches!(client.frame().await, GatewayFrame::LoggedOut(_)));
    }
    gateway.stop().await;
}

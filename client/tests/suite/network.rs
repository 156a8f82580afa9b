//! How the transport meets the network: HTTP answers, TLS, limits.

use std::sync::Arc;

use tessera_client::{Code, codes};
use tessera_core::wire::Login;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::{Gateway, accepted, within};

async fn login_answered_by(answer: &str) -> tessera_client::Error {
    let gateway = Gateway::start().await;
    let config = gateway.config().login_timeout(std::time::Duration::from_secs(5));
    let (client, _heard) = gateway.client_with(config);
    let pending = client.login("alice", "SECRET-TICKET-1");
    gateway.answer(answer).await;
    within(pending).await.unwrap_err()
}

#[tokio::test]
async fn http_answers_end_a_login_with_their_codes() {
    // C10
    for (answer, code) in [
        ("429 Too Many Requests\r\nRetry-After: 7\r\n", codes::ERR_SVR_SSO_OVERLOAD),
        ("503 Service Unavailable\r\nRetry-After: 7\r\n", codes::ERR_SVR_SSO_OVERLOAD),
        ("426 Upgrade Required\r\n", codes::ERR_SDK_INTERFACE_NOT_SUPPORT),
        ("404 Not Found\r\n", codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS),
        ("400 Bad Request\r\n", codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS),
        ("101 Switching Protocols\r\nUpgrade: websocket\r\n", codes::ERR_SDK_INTERFACE_NOT_SUPPORT),
    ] {
        let error = login_answered_by(&format!("HTTP/1.1 {answer}\r\n")).await;
        assert_eq!(error.code, code, "{answer}");
        if answer.contains("Retry-After") {
            assert_eq!(error.retry_after, Some(tessera_client::Millis(7_000)));
        }
    }
}

#[tokio::test]
async fn a_refused_upgrade_is_a_failed_try_and_not_a_lost_connection() {
    // C11 C22
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client();
    let pending = client.login("alice", "SECRET-TICKET-1");
    gateway.answer("HTTP/1.1 404 Not Found\r\n\r\n").await;
    within(pending).await.unwrap_err();
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "failed 70402".into()));
}

#[tokio::test]
async fn an_error_frame_in_the_body_has_the_word() {
    // C10
    let body = r#"{"type":"error","code":-302,"desc":"as many as there may be","retry_after":9000}"#;
    let length = body.len();
    let error = login_answered_by(&format!("HTTP/1.1 429 X\r\nContent-Length: {length}\r\n\r\n{body}")).await;
    assert_eq!((error.code, error.desc.as_str()), (Code(-302), "as many as there may be"));
}

#[tokio::test]
async fn an_answer_to_come_back_in_time_is_followed() {
    // C10
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client();
    let pending = client.login("alice", "SECRET-TICKET-1");
    gateway.answer("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n\r\n").await;
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted(&login)).await;
    within(pending).await.unwrap();
    assert_eq!(heard.rest(), ["connecting", "failed -10114", "connected"]);
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_connection() {
    let gateway = Gateway::start().await;
    let (_client, mut heard, mut connection, _login) = gateway.logged_in().await;
    let at_the_limit = format!(r#"{{"type":"news","x":"{}"}}"#, "x".repeat(64 * 1024 - 22));
    assert_eq!(at_the_limit.len(), 64 * 1024);
    connection.send_text(&at_the_limit).await;
    connection.send_text(&"x".repeat(64 * 1024 + 1)).await;
    assert_eq!(heard.next().await, "disconnected 9522");
}

#[tokio::test]
async fn a_host_name_without_an_address_is_9516() {
    let gateway = Gateway::start().await;
    let (client, mut heard) =
        gateway.client_with(gateway.config().server_url("ws://gateway.invalid:1/tessera"));
    drop(client.login("alice", "SECRET-TICKET-1"));
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "failed 9516".into()));
}

#[tokio::test]
async fn a_try_that_hangs_ends_with_9510() {
    // C10
    let gateway = Gateway::start().await;
    let config = gateway.config().connect_timeout(std::time::Duration::from_millis(100));
    let (client, mut heard) = gateway.client_with(config);
    drop(client.login("alice", "SECRET-TICKET-1"));
    let mut silent = gateway.accept_tcp().await;
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "failed 9510".into()));
    // The socket is not left behind.
    let mut request = Vec::new();
    within(silent.read_to_end(&mut request)).await.unwrap();
}

/// A certificate authority's PEM, and a server with a certificate of it for `localhost`.
fn tls_server() -> (String, TlsAcceptor) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = leaf.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (ca_pem, TlsAcceptor::from(Arc::new(config)))
}

/// Reads one upgrade request over TLS and accepts the login in it.
async fn accept_login<S>(mut stream: S) -> (S, Login)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(within(stream.read_u8()).await.unwrap());
    }
    let text = String::from_utf8(request).unwrap();
    let line = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    let login = Login::from_authorization(&line("Authorization: Tessera ")).unwrap();
    let key = derive_accept_key(line("Sec-WebSocket-Key:").as_bytes());
    let frame = accepted(&login).to_text();
    // The answer and the first frame in one piece, as a gateway in a hurry sends them.
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {key}\r\nSec-WebSocket-Protocol: tessera.v1\r\n\r\n"
    )
    .into_bytes();
    answer.extend([0x81, 126]);
    answer.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
    answer.extend(frame.as_bytes());
    stream.write_all(&answer).await.unwrap();
    stream.flush().await.unwrap();
    (stream, login)
}

#[tokio::test]
async fn tls_with_an_own_authority_works_and_without_it_is_refused() {
    let gateway = Gateway::start().await;
    let (ca_pem, acceptor) = tls_server();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, ca_pem).unwrap();
    let url = gateway.url.replace("ws://127.0.0.1", "wss://localhost");
    let config = gateway.config().server_url(url).allow_plain(false);

    let (trusting, _heard) = gateway.client_with(config.clone().ca_file(ca_file.to_str().unwrap()));
    let pending = trusting.login("alice", "SECRET-TICKET-1");
    let stream = within(acceptor.accept(gateway.accept_tcp().await)).await.unwrap();
    let (_stream, login) = accept_login(stream).await;
    within(pending).await.unwrap();
    assert_eq!(login.user, "alice");

    let (doubting, mut heard) = gateway.client_with(config);
    let mut events = doubting.events();
    drop(doubting.login("alice", "SECRET-TICKET-1"));
    assert!(within(acceptor.accept(gateway.accept_tcp().await)).await.is_err());
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "failed 9511".into()));
    within(events.next()).await;
    match within(events.next()).await {
        Some(tessera_client::SdkEvent::ConnectFailed(error)) => {
            assert!(error.desc.contains("TLS"), "{error}")
        }
        other => panic!("{other:?}"),
    }
}

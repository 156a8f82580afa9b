//! The WebSocket upgrade: one HTTP request, one answer (RFC 6455, section 4).
//!
//! Written here and not left to the WebSocket library for two reasons: a login travels in the request, and libraries
//! log requests; and a refusal has a body, which says why and for how long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tessera_core::generated::codes;
use tessera_core::generated::versions::{AUTH_SCHEME, SDK_VERSION, SUBPROTOCOL};
use tessera_core::wire::Login;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use crate::entropy;
use crate::failure::Failure;
use crate::url::Address;

/// Most bytes of an answer's head, and of a refusal's body.
const ANSWER_BYTES_MAX: usize = 8 * 1024;
/// Most header lines of an answer.
const HEADERS_MAX: usize = 64;
/// The constant of RFC 6455, section 1.3.
const WEBSOCKET_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Upgrades a stream. What follows the answer on it stays in the reader that is returned.
pub(crate) async fn upgrade<S>(
    stream: S,
    address: &Address,
    login: Option<&Login>,
) -> Result<BufReader<S>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let key = key()?;
    let mut stream = BufReader::with_capacity(ANSWER_BYTES_MAX, stream);
    stream.write_all(request(address, &key, login).as_bytes()).await?;
    stream.flush().await?;
    let head = read_head(&mut stream).await?;
    let answer = Answer::parse(&head, &key)?;
    if answer.status != 101 {
        let body = read_body(&mut stream, answer.content_length).await;
        return Err(Failure::http(answer.status, answer.retry_after, &body));
    }
    answer.check()?;
    Ok(stream)
}

fn key() -> Result<String, Failure> {
    let bytes: [u8; 16] = entropy::bytes().map_err(|error| Failure { error, answered: false })?;
    Ok(STANDARD.encode(bytes))
}

fn request(address: &Address, key: &str, login: Option<&Login>) -> String {
    let Address { target, authority, .. } = address;
    let mut text = format!(
        "GET {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\
         User-Agent: tessera/{SDK_VERSION}\r\n"
    );
    if let Some(login) = login {
        text.push_str(&format!("Authorization: {AUTH_SCHEME} {}\r\n", login.to_authorization()));
    }
    text.push_str("\r\n");
    text
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    loop {
        let news = stream.fill_buf().await?;
        if news.is_empty() {
            let desc = "the server closed the connection without an answer";
            return Err(Failure::network(codes::ERR_SDK_NET_DISCONNECT, desc));
        }
        let (before, taken) = (head.len(), news.len());
        head.extend_from_slice(news);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            stream.consume(end + 4 - before);
            head.truncate(end + 4);
            return Ok(head);
        }
        stream.consume(taken);
        if head.len() > ANSWER_BYTES_MAX {
            return Err(Failure::not_ours("its answer is too long"));
        }
    }
}

/// The body of a refusal, or what there is of it: the status alone says enough. The caller's deadline bounds it.
async fn read_body<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, length: Option<usize>) -> String {
    let length = length.unwrap_or_default().min(ANSWER_BYTES_MAX);
    let mut body = vec![0; length];
    match stream.read_exact(&mut body).await {
        Ok(_) => String::from_utf8(body).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// What matters of an answer.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    content_length: Option<usize>,
    retry_after: Option<u64>,
    upgrades: bool,
    accepts_key: bool,
    speaks_ours: bool,
    extends: bool,
}

impl Answer {
    fn parse(head: &[u8], key: &str) -> Result<Self, Failure> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(_)) = parsed.parse(head) else {
            return Err(Failure::not_ours("its answer is not HTTP"));
        };
        let mut answer = Answer { status: parsed.code.unwrap_or_default(), ..Answer::default() };
        for header in parsed.headers.iter() {
            let Ok(value) = std::str::from_utf8(header.value) else { continue };
            let value = value.trim();
            match header.name.to_ascii_lowercase().as_str() {
                "content-length" => answer.content_length = value.parse().ok(),
                "retry-after" => answer.retry_after = value.parse().ok(),
                "upgrade" => answer.upgrades = value.eq_ignore_ascii_case("websocket"),
                "sec-websocket-accept" => answer.accepts_key = value == accept_of(key),
                "sec-websocket-protocol" => answer.speaks_ours = value == SUBPROTOCOL,
                "sec-websocket-extensions" => answer.extends = true,
                _ => {}
            }
        }
        Ok(answer)
    }

    /// That a 101 is the one that was asked for.
    fn check(&self) -> Result<(), Failure> {
        if !self.upgrades || !self.accepts_key {
            return Err(Failure::not_ours("its upgrade is not one to WebSocket"));
        }
        if !self.speaks_ours {
            return Err(Failure::not_ours("it did not choose this subprotocol"));
        }
        if self.extends {
            return Err(Failure::not_ours("it chose an extension that was not offered"));
        }
        Ok(())
    }
}

fn accept_of(key: &str) -> String {
    let text = format!("{key}{WEBSOCKET_GUID}");
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn address() -> Address {
        Address::parse("wss://chat.example.com/im?zone=2", false).unwrap()
    }

    fn good() -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n",
            accept_of(KEY)
        )
    }

    fn check(answer: &str) -> Result<(), Failure> {
        Answer::parse(answer.as_bytes(), KEY).and_then(|answer| answer.check())
    }

    #[test]
    fn the_accept_value_is_that_of_the_standards_example() {
        assert_eq!(accept_of(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn the_request_asks_for_the_subprotocol_and_has_no_login_of_itself() {
        let text = request(&address(), KEY, None);
        assert!(text.starts_with("GET /im?zone=2 HTTP/1.1\r\nHost: chat.example.com\r\n"));
        assert!(text.contains("Sec-WebSocket-Protocol: tessera.v1\r\n"));
        assert!(!text.contains("Authorization"));
    }

    #[test]
    fn an_upgrade_must_be_the_one_that_was_asked_for() {
        check(&good()).unwrap();
        for (from, to) in [
            ("Upgrade: WebSocket\r\n", ""),
            (accept_of(KEY).as_str(), "AAAA"),
            (SUBPROTOCOL, "tessera.v9"),
            ("Connection: Upgrade", "Sec-WebSocket-Extensions: permessage-deflate"),
        ] {
            let failure = check(&good().replacen(from, to, 1)).unwrap_err();
            assert_eq!(failure.error.code, codes::ERR_SDK_INTERFACE_NOT_SUPPORT, "without {from}");
        }
        assert!(check("220 smtp.example.com ready\r\n\r\n").is_err());
    }

    #[tokio::test]
    async fn frames_that_follow_the_answer_in_one_packet_are_kept() {
        let (mut server, client) = tokio::io::duplex(1024);
        let address = address();
        let upgraded = tokio::spawn(async move { upgrade(client, &address, None).await });
        let mut request = vec![0; 1024];
        let length = server.read(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request[..length]).into_owned();
        let key = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
        let answer = good().replace(&accept_of(KEY), &accept_of(key));
        // Split inside the head's end, and with the first frame in the second packet.
        let (first, second) = answer.split_at(answer.len() - 2);
        server.write_all(first.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
        server.write_all(format!("{second}FRAME").as_bytes()).await.unwrap();
        let mut rest = [0; 5];
        upgraded.await.unwrap().unwrap().read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"FRAME");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let (mut server, client) = tokio::io::duplex(64 * 1024);
        server.write_all(&vec![b'x'; 32 * 1024]).await.unwrap();
        let failure = upgrade(client, &address(), None).await.unwrap_err();
        assert_eq!(failure.error.code, codes::ERR_SDK_INTERFACE_NOT_SUPPORT);
    }
}

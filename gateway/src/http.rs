//! The upgrade request and its answers. It reads and writes bytes in memory, no socket.
//!
//! Not a web server: there is one path to upgrade on and one for health checks, and every answer ends the connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tessera_core::error::Code;
use tessera_core::generated::codes;
use tessera_core::generated::versions::{AUTH_SCHEME, SUBPROTOCOL, UPGRADE_PATH};
use tessera_core::time::Millis;
use tessera_core::wire::{Fault, GatewayFrame, Login};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Where health checks ask.
const HEALTH_PATH: &str = "/healthz";
/// The most header fields of a request. Proxies and browsers send about twenty.
const FIELDS_MAX: usize = 64;

/// A request that was read.
#[derive(Debug)]
pub(crate) struct Request {
    get: bool,
    path: String,
    fields: Vec<(String, Vec<u8>)>,
}

/// A request that may be upgraded.
#[derive(Debug)]
pub(crate) struct Upgrade {
    accept_key: String,
    /// The login that it brought.
    pub(crate) login: Option<Box<Login>>,
}

/// Why a request is not upgraded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    /// The number of the code table.
    pub(crate) code: Code,
    desc: &'static str,
    retry_after: Option<Millis>,
}

/// How much of a request is there.
pub(crate) enum Progress {
    /// Its head ends before this byte.
    Complete(usize),
    /// More is needed.
    Partial,
    /// It cannot become a request.
    Hopeless,
}

/// Looks for the end of a request's head, of which the first `seen` bytes were looked at before.
pub(crate) fn progress(bytes: &[u8], seen: usize) -> Progress {
    // No method begins otherwise; a TLS handshake on a plain port is told at once.
    if bytes.first().is_some_and(|first| !first.is_ascii_uppercase()) {
        return Progress::Hopeless;
    }
    let from = seen.saturating_sub(3);
    match bytes[from..].windows(4).position(|window| window == b"\r\n\r\n") {
        Some(at) => Progress::Complete(from + at + 4),
        None => Progress::Partial,
    }
}

impl Request {
    /// Reads a complete head.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, Refusal> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(head) {
            Ok(httparse::Status::Complete(_)) if request.version == Some(1) => {}
            Ok(_) => return Err(Refusal::malformed("the request is not HTTP/1.1")),
            Err(_) => return Err(Refusal::malformed("the request is not HTTP, or has too many headers")),
        }
        let path = request.path.unwrap_or_default();
        let path = path.split_once('?').map_or(path, |(path, _)| path).to_owned();
        let get = request.method == Some("GET");
        let own = |field: &httparse::Header<'_>| (field.name.to_ascii_lowercase(), field.value.to_vec());
        Ok(Request { get, path, fields: request.headers.iter().map(own).collect() })
    }

    /// Whether it asks for the gateway's health.
    pub(crate) fn is_health_check(&self) -> bool {
        self.get && self.path == HEALTH_PATH
    }

    /// The values of a header field, by its name in lower case.
    pub(crate) fn values(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        let named = self.fields.iter().filter(move |(known, _)| known == name);
        named.filter_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// Checks that it is an upgrade to this protocol.
    pub(crate) fn upgrade(&self) -> Result<Upgrade, Refusal> {
        if !self.get || self.path != UPGRADE_PATH {
            return Err(Refusal::new(404, "there is nothing here; the upgrade is a GET of /tessera"));
        }
        if !self.has_token("connection", "upgrade") || !self.has_token("upgrade", "websocket") {
            return Err(Refusal::new(426, "this path speaks WebSocket only"));
        }
        if !self.values("sec-websocket-version").any(|version| version.trim() == "13") {
            return Err(Refusal::new(426, "this gateway speaks version 13 of WebSocket"));
        }
        if !self.has_token("sec-websocket-protocol", SUBPROTOCOL) {
            return Err(Refusal::new(426, "the subprotocol must be tessera.v1"));
        }
        let key = self.values("sec-websocket-key").next().map(str::trim).unwrap_or_default();
        if !STANDARD.decode(key).is_ok_and(|key| key.len() == 16) {
            return Err(Refusal::malformed("Sec-WebSocket-Key must be 16 bytes in base64"));
        }
        Ok(Upgrade { accept_key: derive_accept_key(key.as_bytes()), login: self.login()? })
    }

    fn login(&self) -> Result<Option<Box<Login>>, Refusal> {
        let malformed =
            || Refusal::malformed("Authorization must be `Tessera` and a login frame in base64url");
        if !self.fields.iter().any(|(name, _)| name == "authorization") {
            return Ok(None);
        }
        let value = self.values("authorization").next().ok_or_else(malformed)?;
        let (scheme, parameter) = value.trim().split_once(' ').ok_or_else(malformed)?;
        if !scheme.eq_ignore_ascii_case(AUTH_SCHEME) {
            return Err(malformed());
        }
        Login::from_authorization(parameter.trim())
            .map(|login| Some(Box::new(login)))
            .map_err(|_| malformed())
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(token))
    }
}

impl Upgrade {
    /// The answer that switches to WebSocket.
    pub(crate) fn answer(&self) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n",
            self.accept_key
        )
    }
}

impl Refusal {
    fn new(status: u16, desc: &'static str) -> Self {
        Refusal { status, code: codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, desc, retry_after: None }
    }

    /// 400.
    pub(crate) fn malformed(desc: &'static str) -> Self {
        Refusal::new(400, desc)
    }

    /// 408: the request did not come in time.
    pub(crate) fn too_slow() -> Self {
        Refusal::new(408, "the upgrade request was not complete in time")
    }

    /// 429: a limit on connections.
    pub(crate) fn too_many(retry_after: Option<Millis>) -> Self {
        let code = codes::ERR_SVR_SSO_CONNECT_LIMIT;
        Refusal { status: 429, code, desc: "too many connections", retry_after }
    }

    /// 503: the gateway is about to stop.
    pub(crate) fn draining(retry_after: Millis) -> Self {
        let code = codes::ERR_SVR_SSO_OVERLOAD;
        Refusal { status: 503, code, desc: "the gateway is about to stop", retry_after: Some(retry_after) }
    }

    /// The whole answer; its body has the form of an `error` frame.
    pub(crate) fn answer(&self) -> String {
        let Refusal { status, code, desc, retry_after } = *self;
        let fault = Fault { code, desc: desc.to_owned(), retry_after };
        let mut fields = "Content-Type: application/json\r\n".to_owned();
        if let Some(Millis(ms)) = retry_after {
            fields += &format!("Retry-After: {}\r\n", ms.div_ceil(1000));
        }
        if status == 426 {
            fields += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
            fields += &format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n");
        }
        answer(status, &fields, &GatewayFrame::Error(fault).to_text())
    }
}

/// The answer to a health check.
pub(crate) fn health(draining: bool) -> String {
    let (status, body) = if draining { (503, "draining") } else { (200, "ok") };
    answer(status, "Content-Type: text/plain\r\n", body)
}

fn answer(status: u16, fields: &str, body: &str) -> String {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        408 => "Request Timeout",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Error",
    };
    // A 426 has to name what to upgrade to in `Connection` as well (RFC 9110).
    let connection = if status == 426 { "close, Upgrade" } else { "close" };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} {reason}\r\nConnection: {connection}\r\nContent-Length: {length}\r\n{fields}\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "GET /tessera HTTP/1.1\r\nHost: g\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: other, tessera.v1\r\n\r\n";

    fn status(head: &str) -> u16 {
        match Request::parse(head.as_bytes()).and_then(|request| request.upgrade()) {
            Ok(_) => 101,
            Err(refusal) => refusal.status,
        }
    }

    #[test]
    fn an_upgrade_is_answered_as_the_standard_says() {
        let upgrade = Request::parse(GOOD.as_bytes()).unwrap().upgrade().unwrap();
        assert!(upgrade.login.is_none());
        let answer = upgrade.answer();
        assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(answer.contains("\r\nSec-WebSocket-Protocol: tessera.v1\r\n"));
    }

    #[test]
    fn each_mistake_has_its_status() {
        assert_eq!(status(GOOD), 101);
        assert_eq!(status(&GOOD.replace("/tessera", "/tessera?x=1")), 101);
        for (from, to, expected) in [
            ("GET", "POST", 404),
            ("/tessera", "/", 404),
            ("HTTP/1.1", "HTTP/1.0", 400),
            ("Upgrade: WebSocket", "Upgrade: h2c", 426),
            ("keep-alive, Upgrade", "keep-alive", 426),
            ("Version: 13", "Version: 8", 426),
            ("other, tessera.v1", "other", 426),
            ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "\u{e9}", 400),
            ("Host: g", "Host: g\r\nAuthorization: Basic eA==", 400),
            ("Host: g", "Host: g\r\nAuthorization: Tessera", 400),
            ("Host: g", "Host: g\r\nAuthorization: Tessera !", 400),
            ("Host: g", "Host g", 400),
        ] {
            assert_eq!(status(&GOOD.replacen(from, to, 1)), expected, "{from} -> {to}");
        }
        let many = "X: y\r\n".repeat(FIELDS_MAX);
        assert_eq!(status(&GOOD.replacen("Host: g\r\n", &many, 1)), 400);
    }

    #[test]
    fn a_refusal_has_the_form_of_an_error_frame_and_says_when_to_come_back() {
        // G7
        let answer = Refusal::too_many(Some(Millis(1500))).answer();
        assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
        assert!(answer.contains("\r\nRetry-After: 2\r\n"));
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let GatewayFrame::Error(fault) = GatewayFrame::parse(body).unwrap() else { panic!("{body}") };
        assert_eq!((fault.code, fault.retry_after), (Code(-302), Some(Millis(1500))));
    }

    #[test]
    fn the_end_of_a_head_is_found_however_it_is_cut() {
        for cut in 0..GOOD.len() {
            assert!(matches!(progress(&GOOD.as_bytes()[..cut], 0), Progress::Partial), "{cut}");
            let whole = progress(GOOD.as_bytes(), cut);
            assert!(matches!(whole, Progress::Complete(end) if end == GOOD.len()), "{cut}");
        }
        assert!(matches!(progress(b"\x16\x03\x01", 0), Progress::Hopeless));
    }
}

//! How failures of the network become codes of the table.
//!
//! Only translation: what a failure means for a login or a session is for the core to say (C10, C11).

use std::io;

use tessera_core::client::Report;
use tessera_core::error::{Code, Error};
use tessera_core::generated::codes;
use tessera_core::generated::versions::SUBPROTOCOL;
use tessera_core::time::Millis;
use tessera_core::wire::GatewayFrame;

/// Why a connection could not be made, or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// True if the gateway itself refused, by an HTTP answer.
    pub(crate) answered: bool,
}

impl Failure {
    /// The network failed.
    pub(crate) fn network(code: Code, desc: impl Into<String>) -> Self {
        Failure { error: Error::new(code, desc), answered: false }
    }

    /// The host name was not resolved.
    pub(crate) fn lookup(host: &str, error: &io::Error) -> Self {
        let desc = format!("the host name {host} could not be resolved: {error}");
        Failure::network(codes::ERR_SDK_NET_HOST_GETADDRINFO_FAILED, desc)
    }

    /// TLS was not agreed on. `what` has the reason, for example an unknown issuer.
    pub(crate) fn tls(what: &dyn std::fmt::Display) -> Self {
        Failure::network(codes::ERR_SDK_NET_CONN_REFUSE, format!("TLS with the gateway failed: {what}"))
    }

    /// Reading or writing failed.
    pub(crate) fn io(error: &io::Error) -> Self {
        // rustls puts its errors into this kind; nothing else here does.
        if error.kind() == io::ErrorKind::InvalidData {
            return Failure::tls(error);
        }
        Failure::network(code_of_io(error.kind()), format!("the connection failed: {error}"))
    }

    /// What is at the address speaks HTTP, but not `tessera.v1`.
    pub(crate) fn not_ours(what: &str) -> Self {
        let desc = format!("the server at this address does not speak {SUBPROTOCOL}: {what}");
        Failure { error: Error::new(codes::ERR_SDK_INTERFACE_NOT_SUPPORT, desc), answered: true }
    }

    /// An HTTP answer other than 101. A body with an `error` frame has the word.
    pub(crate) fn http(status: u16, retry_after_secs: Option<u64>, body: &str) -> Self {
        let header = retry_after_secs.map(Millis::from_secs);
        if status == 408 {
            // The network was slow, which is no answer to anything.
            let desc = "the gateway did not get the request in time (HTTP 408)";
            return Failure::network(codes::ERR_SDK_NET_CONN_TIMEOUT, desc);
        }
        if let Ok(GatewayFrame::Error(fault)) = GatewayFrame::parse(body) {
            let after = fault.retry_after.or(header);
            return Failure { error: Error::new(fault.code, fault.desc).retry_after(after), answered: true };
        }
        let (code, text, answered) = match status {
            429 => (codes::ERR_SVR_SSO_OVERLOAD, "the gateway has met a limit", true),
            503 => (codes::ERR_SVR_SSO_OVERLOAD, "the gateway is not available", true),
            426 => return Failure::not_ours("it wants another version (HTTP 426)"),
            // A proxy answers so while the gateway behind it is away.
            500..=599 => (codes::ERR_SDK_NET_CONN_REFUSE, "the gateway is not reached", false),
            _ => (
                codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS,
                "there is no gateway at this address; check host and path of `server_url`",
                true,
            ),
        };
        let error = Error::new(code, format!("{text} (HTTP {status})")).retry_after(header);
        Failure { error, answered }
    }
}

impl From<Failure> for Report {
    fn from(failure: Failure) -> Report {
        Report::Failed { error: failure.error, answered: failure.answered }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::io(&error)
    }
}

impl From<tokio_websockets::Error> for Failure {
    fn from(error: tokio_websockets::Error) -> Failure {
        match error {
            tokio_websockets::Error::Io(error) => Failure::io(&error),
            tokio_websockets::Error::PayloadTooLong { len, max_len } => Failure::network(
                codes::ERR_SDK_NET_PKG_SIZE_LIMIT,
                format!("the gateway sent a frame of {len} bytes; at most {max_len} are taken"),
            ),
            other => Failure::network(
                codes::ERR_SDK_NET_DISCONNECT,
                format!("the gateway broke the WebSocket protocol: {other}"),
            ),
        }
    }
}

fn code_of_io(kind: io::ErrorKind) -> Code {
    use io::ErrorKind as K;
    match kind {
        K::ConnectionRefused => codes::ERR_SDK_NET_CONN_REFUSE,
        K::NetworkUnreachable | K::HostUnreachable | K::NetworkDown | K::AddrNotAvailable => {
            codes::ERR_SDK_NET_NET_UNREACH
        }
        K::TimedOut => codes::ERR_SDK_NET_CONN_TIMEOUT,
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => codes::ERR_SDK_NET_RESET_BY_PEER,
        K::OutOfMemory | K::QuotaExceeded => codes::ERR_SDK_NET_SOCKET_NO_BUFF,
        _ => codes::ERR_SDK_NET_DISCONNECT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_have_their_codes() {
        for (kind, code) in [
            (io::ErrorKind::ConnectionRefused, 9511),
            (io::ErrorKind::NetworkUnreachable, 9512),
            (io::ErrorKind::HostUnreachable, 9512),
            (io::ErrorKind::TimedOut, 9510),
            (io::ErrorKind::ConnectionReset, 9514),
            (io::ErrorKind::UnexpectedEof, 9508),
        ] {
            let failure = Failure::io(&kind.into());
            assert_eq!((failure.error.code, failure.answered), (Code(code), false), "{kind:?}");
        }
        let tls = Failure::io(&io::Error::new(io::ErrorKind::InvalidData, "UnknownIssuer"));
        assert_eq!(tls.error.code, codes::ERR_SDK_NET_CONN_REFUSE);
        assert!(tls.error.desc.contains("TLS") && tls.error.desc.contains("UnknownIssuer"));
    }

    #[test]
    fn http_answers_have_their_codes_and_their_time_to_come_back() {
        let after = |secs| Some(Millis::from_secs(secs));
        for (status, header, code, retryable, answered, retry_after) in [
            (429, Some(3), codes::ERR_SVR_SSO_OVERLOAD, true, true, after(3)),
            (503, Some(7), codes::ERR_SVR_SSO_OVERLOAD, true, true, after(7)),
            (503, None, codes::ERR_SVR_SSO_OVERLOAD, true, true, None),
            (426, None, codes::ERR_SDK_INTERFACE_NOT_SUPPORT, false, true, None),
            (404, None, codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, false, true, None),
            (400, None, codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, false, true, None),
            (200, None, codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, false, true, None),
            (502, None, codes::ERR_SDK_NET_CONN_REFUSE, true, false, None),
            (408, None, codes::ERR_SDK_NET_CONN_TIMEOUT, true, false, None),
        ] {
            let Failure { error, answered: said } = Failure::http(status, header, "<html>");
            assert_eq!(
                (error.code, error.retryable, said, error.retry_after),
                (code, retryable, answered, retry_after),
                "HTTP {status}"
            );
        }
        assert!(Failure::http(404, None, "").error.desc.contains("server_url"));
    }

    #[test]
    fn an_error_frame_in_the_body_has_the_word() {
        let body = r#"{"type":"error","code":-302,"desc":"too many connections","retry_after":1500}"#;
        let failure = Failure::http(429, Some(9), body);
        assert_eq!(failure.error.code, codes::ERR_SVR_SSO_CONNECT_LIMIT);
        assert_eq!(failure.error.retry_after, Some(Millis(1500)));
        assert!(failure.answered);
    }
}

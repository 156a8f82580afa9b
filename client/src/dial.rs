//! From an address to an open WebSocket: name look-up, TCP, TLS, upgrade.
//!
//! The deadline of a try is not kept here; the core orders a disconnect when it has passed (C10).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tessera_core::wire::Login;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_websockets::{ClientBuilder, Limits, WebSocketStream};

use crate::failure::Failure;
use crate::tcp::Tcp;
use crate::tls::{self, ExtraRoots};
use crate::upgrade::upgrade;
use crate::url::Address;

/// The largest frame that is taken from a gateway.
pub(crate) const FRAME_BYTES_MAX: usize = 64 * 1024;
/// How long one address of a name has for itself before the next is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// An open connection.
pub(crate) type Socket = WebSocketStream<BufReader<Box<dyn Stream>>>;

/// TCP, or TLS over it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where to connect, and whom to trust there.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) address: Address,
    pub(crate) roots: ExtraRoots,
}

/// Opens a connection; a login goes into the upgrade request.
pub(crate) async fn dial(endpoint: &Endpoint, login: Option<&Login>) -> Result<Socket, Failure> {
    let address = &endpoint.address;
    let candidates: Vec<SocketAddr> = tokio::net::lookup_host((address.host.as_str(), address.port))
        .await
        .map_err(|error| Failure::lookup(&address.host, &error))?
        .collect();
    let tcp = connect_any(interleave(&candidates)).await?;
    tcp.set_nodelay(true)?;
    let tcp = Tcp(tcp);
    let stream: Box<dyn Stream> =
        if address.tls { Box::new(secure(endpoint, tcp).await?) } else { Box::new(tcp) };
    let stream = upgrade(stream, address, login).await?;
    let limits = Limits::default().max_payload_len(Some(FRAME_BYTES_MAX));
    Ok(ClientBuilder::new().limits(limits).take_over(stream))
}

async fn secure(endpoint: &Endpoint, tcp: Tcp) -> Result<tokio_rustls::client::TlsStream<Tcp>, Failure> {
    let config = tls::config(&endpoint.roots).map_err(|error| Failure::tls(&error))?;
    let name = ServerName::try_from(endpoint.address.host.clone()).map_err(|error| Failure::tls(&error))?;
    Ok(TlsConnector::from(Arc::clone(&config)).connect(name, tcp).await?)
}

/// The first address that answers wins. One that is silent, such as IPv6 without a route, must not cost the whole try.
async fn connect_any(candidates: Vec<SocketAddr>) -> Result<TcpStream, io::Error> {
    let mut tries = FuturesUnordered::new();
    let mut candidates = candidates.into_iter();
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host name has no address");
    loop {
        match candidates.next() {
            Some(address) => tries.push(TcpStream::connect(address)),
            None if tries.is_empty() => return Err(last),
            None => {}
        }
        tokio::select! {
            Some(result) = tries.next() => match result {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = tokio::time::sleep(NEXT_ADDRESS_AFTER), if candidates.len() > 0 => {}
        }
    }
}

/// The resolver's order, with the two families taking turns (RFC 8305, section 4).
fn interleave(candidates: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = candidates.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, others): (Vec<SocketAddr>, Vec<SocketAddr>) =
        candidates.iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut others = others.into_iter();
    let mut mixed = Vec::with_capacity(candidates.len());
    for address in preferred {
        mixed.push(address);
        mixed.extend(others.next());
    }
    mixed.extend(others);
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn address_families_take_turns() {
        let mixed = interleave(&addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]));
        assert_eq!(mixed, addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]));
        assert!(interleave(&[]).is_empty());
    }

    #[tokio::test]
    async fn an_address_that_refuses_does_not_hide_one_that_answers() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refuses = unused.local_addr().unwrap();
        drop(unused);
        assert_eq!(connect_any(vec![refuses, good]).await.unwrap().peer_addr().unwrap(), good);
        let error = connect_any(vec![refuses]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect_any(vec![]).await.is_err());
    }
}

//! The address that a connection counts for: its socket's, or what a trusted proxy says (G7).
//!
//! Nobody else is believed: a client that could choose its address would be under no limit.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::config::Network;

/// The signature that every PROXY header of version 2 begins with.
const V2_SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header of version 1, by its specification.
const V1_BYTES_MAX: usize = 107;
/// The longest header of version 2 that is read; proxies send a few addresses and short notes.
const V2_BYTES_MAX: usize = 2048;

impl Network {
    /// Whether the address is in this network. An IPv4 address is the same whether it is written in IPv6 or not.
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = |a: &[u8], b: &[u8]| {
            let bits = usize::from(self.prefix).min(a.len() * 8);
            let (whole, rest) = (bits / 8, bits % 8);
            let mask = !(0xff_u8.checked_shr(rest as u32).unwrap_or(0));
            a[..whole] == b[..whole] && (rest == 0 || (a[whole] ^ b[whole]) & mask == 0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(&a.octets(), &b.octets()),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(&a.octets(), &b.octets()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Whether one of the networks has the address.
pub(crate) fn is_trusted(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// The client behind trusted proxies, by the values of `Forwarded` (RFC 7239): each proxy adds whom it heard at the
/// end, so the last one that is no trusted proxy itself is the client. None if that is unknown.
pub(crate) fn forwarded<'a>(
    values: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> Option<IpAddr> {
    let mut client = None;
    for value in values.rev() {
        for element in split_unquoted(value, ',').into_iter().rev() {
            let address = forwarded_for(element)?;
            client = Some(address);
            if !is_trusted(trusted, address) {
                return client;
            }
        }
    }
    client
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = split_unquoted(element, ';').into_iter().filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let node = node.trim().trim_matches('"');
    if let Some(bracketed) = node.strip_prefix('[') {
        return bracketed.split_once(']')?.0.parse().ok();
    }
    let address = node.split_once(':').map_or(node, |(address, _)| address);
    address.parse().ok()
}

fn split_unquoted(text: &str, at: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == at && !quoted
    })
    .collect()
}

/// Reads the PROXY header that a trusted proxy opens its connection with, version 1 or 2, and not a byte more. None
/// if the proxy speaks for itself, as in its health checks.
///
/// # Errors
/// Of the socket, and `InvalidData` for anything that is no such header.
pub(crate) async fn read_proxy(socket: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    let mut header = vec![0; V2_SIGNATURE.len()];
    socket.read_exact(&mut header).await?;
    if header == V2_SIGNATURE { read_v2(socket, header).await } else { read_v1(socket, header).await }
}

async fn read_v2(socket: &mut TcpStream, mut header: Vec<u8>) -> io::Result<Option<SocketAddr>> {
    let mut fixed = [0; 4];
    socket.read_exact(&mut fixed).await?;
    let rest = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    if rest > V2_BYTES_MAX {
        return Err(invalid("a PROXY header that is too long"));
    }
    header.extend_from_slice(&fixed);
    let start = header.len();
    header.resize(start + rest, 0);
    socket.read_exact(&mut header[start..]).await?;
    let header = ppp::v2::Header::try_from(&header[..]).map_err(|_| invalid("a malformed PROXY header"))?;
    Ok(match (header.command, header.addresses) {
        (ppp::v2::Command::Local, _) => None,
        (_, ppp::v2::Addresses::IPv4(pair)) => Some((pair.source_address, pair.source_port).into()),
        (_, ppp::v2::Addresses::IPv6(pair)) => Some((pair.source_address, pair.source_port).into()),
        (_, ppp::v2::Addresses::Unspecified | ppp::v2::Addresses::Unix(_)) => None,
    })
}

async fn read_v1(socket: &mut TcpStream, mut header: Vec<u8>) -> io::Result<Option<SocketAddr>> {
    while !header.ends_with(b"\n") {
        // Looks how far the line goes before taking it, because what follows it belongs to the client.
        let mut ahead = [0; V1_BYTES_MAX];
        let room = V1_BYTES_MAX.saturating_sub(header.len());
        let seen = socket.peek(&mut ahead[..room]).await?;
        if seen == 0 || !header.starts_with(b"PROXY") {
            return Err(invalid("no PROXY header"));
        }
        let take = ahead[..seen].iter().position(|byte| *byte == b'\n').map_or(seen, |at| at + 1);
        let start = header.len();
        header.resize(start + take, 0);
        socket.read_exact(&mut header[start..]).await?;
    }
    let header = ppp::v1::Header::try_from(&header[..]).map_err(|_| invalid("a malformed PROXY header"))?;
    Ok(match header.addresses {
        ppp::v1::Addresses::Tcp4(pair) => Some((pair.source_address, pair.source_port).into()),
        ppp::v1::Addresses::Tcp6(pair) => Some((pair.source_address, pair.source_port).into()),
        ppp::v1::Addresses::Unknown => None,
    })
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    fn network(text: &str) -> Network {
        let (address, prefix) = text.split_once('/').unwrap();
        Network { address: address.parse().unwrap(), prefix: prefix.parse().unwrap() }
    }

    #[test]
    fn a_network_has_its_own_addresses_only() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.129", "192.0.2.127"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("203.0.113.7/32", "::ffff:203.0.113.7", "203.0.113.6"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
        ] {
            let network = network(text);
            assert!(network.contains(inside.parse().unwrap()), "{text} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{text} {outside}");
        }
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        // G7
        let trusted = [network("10.0.0.0/8")];
        let client = |values: &[&str]| forwarded(values.iter().copied(), &trusted).map(|ip| ip.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(client(&["for=192.0.2.1"]), some("192.0.2.1"));
        assert_eq!(client(&["For=\"[2001:db8::1]:4711\";proto=https"]), some("2001:db8::1"));
        assert_eq!(client(&["for=198.51.100.9, for=192.0.2.1:99, for=10.1.2.3"]), some("192.0.2.1"));
        assert_eq!(client(&["for=198.51.100.9", "proto=https;for=192.0.2.1"]), some("192.0.2.1"));
        assert_eq!(client(&["for=10.0.0.1"]), some("10.0.0.1"));
        for unknown in ["", "for=unknown", "for=_hidden", "for=", "for", "for=\"[::1", ",", "for=1.2.3.4,é\""]
        {
            assert_eq!(client(&[unknown]), None, "{unknown}");
        }
    }

    async fn read(bytes: &[u8]) -> (io::Result<Option<SocketAddr>>, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut proxy = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        proxy.write_all(bytes).await.unwrap();
        proxy.shutdown().await.unwrap();
        let address = read_proxy(&mut socket).await;
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).await.unwrap();
        (address, rest)
    }

    #[tokio::test]
    async fn a_proxy_header_is_taken_off_and_nothing_else() {
        // G7
        let (address, rest) = read(b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\nGET /").await;
        assert_eq!(address.unwrap(), Some("192.0.2.1:4711".parse().unwrap()));
        assert_eq!(rest, b"GET /");
        let (address, _) = read(b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n").await;
        assert_eq!(address.unwrap(), Some("[2001:db8::1]:1".parse().unwrap()));
        let (address, rest) = read(b"PROXY UNKNOWN\r\nGET /").await;
        assert_eq!((address.unwrap(), &rest[..]), (None, &b"GET /"[..]));

        let mut v2 = V2_SIGNATURE.to_vec();
        v2.extend_from_slice(&[0x21, 0x11, 0, 12, 192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x67, 1, 187]);
        v2.extend_from_slice(b"GET /");
        let (address, rest) = read(&v2).await;
        assert_eq!(address.unwrap(), Some("192.0.2.1:4711".parse().unwrap()));
        assert_eq!(rest, b"GET /");
        let mut local = V2_SIGNATURE.to_vec();
        local.extend_from_slice(&[0x20, 0, 0, 0]);
        assert_eq!(read(&local).await.0.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_proxy_header_is_refused() {
        let mut long = V2_SIGNATURE.to_vec();
        long.extend_from_slice(&[0x21, 0x11, 0xff, 0xff]);
        let endless = format!("PROXY {}", "x".repeat(500));
        for bytes in
            [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PROXY TCP4 a b c d\r\n", b"PROXY", endless.as_bytes(), &long]
        {
            assert!(read(bytes).await.0.is_err(), "{bytes:?}");
        }
    }
}

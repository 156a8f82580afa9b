//! The gateway that is loaded, and what is needed to log in there.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::Uri;
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId};
use tessera_core::ticket::{Key, sign};
use tessera_core::time::Millis;
use tessera_core::wire::Login;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::either::Either;

use crate::session::{LoadError, Socket};

/// How long the tickets of a run are valid, in seconds.
const TICKET_SECS: u64 = 86_400;
/// How many loopback addresses are used; each has some 28 000 ports.
const SOURCES: u64 = 16;

/// A gateway, an app of it, and the app's key.
#[derive(Debug)]
pub struct Target {
    pub(crate) uri: Uri,
    addr: SocketAddr,
    tls: Option<(Tls, ServerName<'static>)>,
    app: AppId,
    key: Key,
    /// Random, so that ids of two runs differ.
    run: u64,
    drawn: AtomicU64,
    spread: bool,
}

struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Target {
    /// A gateway by its URL, `ws://` or `wss://`; for the latter `ca_file` has the certificates (PEM) that are trusted.
    ///
    /// # Errors
    /// [`LoadError::Target`] if the URL or the file cannot be used.
    pub async fn new(url: &str, app: u64, key: Key, ca_file: Option<&Path>) -> Result<Self, LoadError> {
        let wrong = |what: String| LoadError::Target(what);
        let uri: Uri = url.parse().map_err(|error| wrong(format!("{url} is not a URL: {error}")))?;
        let host = uri.host().ok_or_else(|| wrong(format!("{url} names no host")))?.to_owned();
        let (secure, port) = match uri.scheme_str() {
            Some("ws") => (false, 80),
            Some("wss") => (true, 443),
            _ => return Err(wrong(format!("{url} does not begin with ws:// or wss://"))),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let addr = lookup_host((bare.as_str(), uri.port_u16().unwrap_or(port)))
            .await
            .map_err(|error| wrong(format!("{host} is not found: {error}")))?
            .next()
            .ok_or_else(|| wrong(format!("{host} has no address")))?;
        let tls = match secure {
            true => {
                let file = ca_file.ok_or_else(|| wrong("a wss:// URL needs a CA file".to_owned()))?;
                let name = ServerName::try_from(bare).map_err(|error| wrong(error.to_string()))?;
                Some((Tls(connector(file)?), name))
            }
            false => None,
        };
        let run = getrandom::u64().map_err(|error| wrong(format!("no random numbers: {error}")))?;
        Ok(Target { uri, addr, tls, app: AppId(app), key, run, drawn: AtomicU64::new(0), spread: false })
    }

    /// Connects from several loopback addresses in turn, so that ports do not run out. For Linux, where all of
    /// 127.0.0.0/8 is this machine, and for a gateway on 127.0.0.1.
    #[must_use]
    pub fn spread_sources(self) -> Self {
        Target { spread: true, ..self }
    }

    /// A login of `user` as a new session, from a device that nobody else has, with a ticket signed now.
    ///
    /// # Errors
    /// [`LoadError::Target`] if `user` is no user id.
    pub fn login(&self, user: &str) -> Result<Login, LoadError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        let ticket = sign(&self.key, self.app.0, user, now, TICKET_SECS, None)
            .map_err(|error| LoadError::Target(error.to_string()))?;
        Ok(Login {
            app: self.app,
            user: user.to_owned(),
            ticket,
            device: DeviceId(self.id()),
            platform: Platform::Linux,
            session: SessionId(self.id()),
            instance: InstanceId(self.id()),
            attempt: 1,
            resume: false,
            ends: Vec::new(),
            lease: None,
        })
    }

    /// The same session on another connection.
    pub fn resume_of(login: &Login) -> Login {
        Login { attempt: login.attempt + 1, resume: true, ..login.clone() }
    }

    fn id(&self) -> [u8; 16] {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.run.to_le_bytes());
        id[8..].copy_from_slice(&drawn.to_le_bytes());
        id
    }

    /// A socket to it, with TLS if the URL says so.
    pub(crate) async fn connect(&self) -> Result<Socket, LoadError> {
        let socket = self.connect_tcp().await?;
        socket.set_nodelay(true)?;
        match &self.tls {
            Some((tls, name)) => Ok(Either::Right(Box::new(tls.0.connect(name.clone(), socket).await?))),
            None => Ok(Either::Left(socket)),
        }
    }

    /// A bare TCP connection to it; for anchors.
    ///
    /// # Errors
    /// [`LoadError::Io`].
    pub async fn connect_tcp(&self) -> Result<TcpStream, LoadError> {
        if !self.spread || !self.addr.ip().is_loopback() || !self.addr.is_ipv4() {
            return Ok(TcpStream::connect(self.addr).await?);
        }
        let turn = self.drawn.fetch_add(1, Ordering::Relaxed) % SOURCES;
        let source = Ipv4Addr::new(127, 0, 0, u8::try_from(2 + turn).expect("a few sources"));
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((source, 0)))?;
        Ok(socket.connect(self.addr).await?)
    }
}

fn connector(ca_file: &Path) -> Result<TlsConnector, LoadError> {
    let wrong = |what: String| LoadError::Target(format!("{}: {what}", ca_file.display()));
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(ca_file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

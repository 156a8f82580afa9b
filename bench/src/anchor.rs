//! The servers that rows are held against: what a connection costs with nothing of ours in it.
//!
//! On the same runtime, TLS library and WebSocket library as the gateway, with the same buffer sizes.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::json;
use tessera_bench::target::Target;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::Outcome;
use crate::process::Server;
use crate::setup::Setup;

/// What it does with a connection.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Accepts and closes.
    Close,
    /// Accepts and reads until the peer closes.
    Hold,
    /// Upgrades to WebSocket and reads until the peer closes.
    Websocket,
}

/// Its arguments.
#[derive(clap::Args)]
pub(crate) struct Anchor {
    kind: Kind,
    /// Certificate chain and key; with them it speaks TLS.
    #[arg(long, num_args = 2, value_names = ["CHAIN", "KEY"])]
    tls: Vec<PathBuf>,
}

impl Anchor {
    pub(crate) fn run(self) -> Outcome {
        let tls = match &self.tls[..] {
            [chain, key] => Some(acceptor(chain, key)?),
            _ => None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(serve(self.kind, tls))
    }
}

/// Starts one as a process.
pub(crate) async fn start(setup: &Setup, kind: Kind, tls: bool) -> Outcome<(Server, Arc<Target>)> {
    let mut command = Command::new(&setup.me);
    command.arg("anchor").arg(match kind {
        Kind::Close => "close",
        Kind::Hold => "hold",
        Kind::Websocket => "websocket",
    });
    if tls {
        command.arg("--tls").arg(setup.path("chain.pem")).arg(setup.path("key.pem"));
    }
    let server = Server::start(&mut command)?;
    let target = setup.target(&server.said("url")?).await?;
    Ok((server, target))
}

async fn serve(kind: Kind, tls: Option<TlsAcceptor>) -> Outcome {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(4096)?;
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    println!("{}", json!({ "url": format!("{scheme}://{}/", listener.local_addr()?) }));
    let ended = async {
        // Whoever has started it holds the other end.
        let _ = tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await;
    };
    tokio::select! {
        () = accept(listener, kind, tls) => {}
        () = ended => {}
    }
    // Standard input is read by a thread that nothing can interrupt.
    std::process::exit(0)
}

async fn accept(listener: TcpListener, kind: Kind, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let _ = socket.set_nodelay(true);
        // A task for each kind, because one for all would be as large as the largest.
        match (kind, tls.clone()) {
            (Kind::Close, _) => drop(tokio::spawn(async { drop(socket) })),
            (Kind::Hold, _) => drop(tokio::spawn(hold(socket))),
            (Kind::Websocket, None) => drop(tokio::spawn(websocket(socket))),
            (Kind::Websocket, Some(tls)) => drop(tokio::spawn(async move {
                if let Ok(socket) = Box::pin(tls.accept(socket)).await {
                    websocket(Box::new(socket)).await;
                }
            })),
        }
    }
}

async fn hold(mut socket: TcpStream) {
    let mut byte = [0; 1];
    while socket.read(&mut byte).await.is_ok_and(|read| read > 0) {}
}

async fn websocket(socket: impl AsyncRead + AsyncWrite + Unpin) {
    let config = WebSocketConfig::default().read_buffer_size(256).write_buffer_size(1024);
    if let Ok(mut socket) = Box::pin(accept_async_with_config(socket, Some(config))).await {
        while let Some(Ok(_)) = socket.next().await {}
    }
}

fn acceptor(chain: &PathBuf, key: &PathBuf) -> Outcome<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(chain)?.collect::<Result<Vec<_>, _>>()?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

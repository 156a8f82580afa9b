//! The endpoint's listener: few connections at a time, each with time limits, closed with the gateway.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::auth::{PeerAddress, Tokens};
use super::routes;
use crate::Gateway;
use crate::config::AdminConfig;

/// Connections at a time; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 64;

/// From the first byte to the end of a request's headers, and between two requests.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// The smallest buffer that hyper takes; no admin call is larger.
const HEADER_BYTES_MAX: usize = 8192;

/// How long [`AdminServer::stop`] waits for calls under way.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What handlers share.
pub(super) struct Shared {
    pub(super) gateway: Gateway,
    pub(super) tokens: Tokens,
}

/// The admin endpoint does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("the admin endpoint cannot listen on {address}: {source}; set another `admin.listen`")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A running admin endpoint. Dropping it without [`AdminServer::stop`] leaves it running.
#[derive(Debug)]
pub struct AdminServer {
    address: SocketAddr,
    stopping: CancellationToken,
    connections: TaskTracker,
    accepting: JoinHandle<()>,
}

impl AdminServer {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Its address for people and programs.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no further calls, and waits for those under way, 5 s at most.
    pub async fn stop(self) {
        self.stopping.cancel();
        // It ends at once, and cannot fail: it holds no lock and parses nothing.
        let _ = self.accepting.await;
        self.connections.close();
        let _ = tokio::time::timeout(STOP_WITHIN, self.connections.wait()).await;
    }
}

/// Starts the admin endpoint of a gateway.
///
/// # Errors
/// [`ServeError::Listen`] if the address is taken or not of this machine.
pub async fn serve(gateway: Gateway, config: AdminConfig) -> Result<AdminServer, ServeError> {
    let listen_error = |source| ServeError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let router = routes::router(Arc::new(Shared { gateway, tokens: Tokens::new(&config.tokens) }));
    let (stopping, connections) = (CancellationToken::new(), TaskTracker::new());
    let acceptor = Acceptor {
        listener,
        router,
        stopping: stopping.clone(),
        connections: connections.clone(),
        room: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
    };
    let accepting = tokio::spawn(acceptor.run());
    Ok(AdminServer { address, stopping, connections, accepting })
}

struct Acceptor {
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    connections: TaskTracker,
    room: Arc<Semaphore>,
}

impl Acceptor {
    async fn run(self) {
        let stopping = self.stopping.clone();
        // What is cancelled here holds nothing but a place in the queue.
        let _ = stopping.run_until_cancelled(self.accept()).await;
    }

    async fn accept(&self) -> Infallible {
        loop {
            let place = Arc::clone(&self.room).acquire_owned().await.expect("the semaphore is never closed");
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let (router, stopping) = (self.router.clone(), self.stopping.clone());
                    self.connections.spawn(async move {
                        connection(stream, peer, router, stopping).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Mostly too many open files: it passes, and trying at once would only burn a core.
                    tracing::warn!(%error, "the admin endpoint cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stopping: CancellationToken) {
    let router = router.layer(axum::Extension(PeerAddress(peer)));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).max_buf_size(HEADER_BYTES_MAX);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = std::pin::pin!(serving);
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        () = stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "an admin connection ended early");
    }
}

//! A relay between a client and the gateway that counts turns and can cut the line.
//!
//! A turn is a wait for the other side: bytes of the gateway that come after bytes of the client. Opening the TCP
//! connection is one more, which happens below.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

use crate::Outcome;

/// See the module.
pub(crate) struct Relay {
    pub(crate) addr: SocketAddr,
    counts: Arc<Counts>,
    cut: broadcast::Sender<()>,
    accepting: tokio::task::AbortHandle,
}

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    turns: AtomicU64,
    client_spoke: AtomicBool,
}

impl Relay {
    pub(crate) async fn start(upstream: SocketAddr) -> Outcome<Relay> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (addr, counts, cut) = (listener.local_addr()?, Arc::<Counts>::default(), broadcast::channel(1).0);
        let (shared, cuts) = (Arc::clone(&counts), cut.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, upstream, Arc::clone(&shared), cuts.subscribe()));
            }
        });
        Ok(Relay { addr, counts, cut, accepting: accepting.abort_handle() })
    }

    /// Round trips so far.
    pub(crate) fn round_trips(&self) -> u64 {
        self.counts.connections.load(Ordering::SeqCst) + self.counts.turns.load(Ordering::SeqCst)
    }

    /// Resets every connection.
    pub(crate) fn cut(&self) {
        // Nobody listens if none is open.
        let _ = self.cut.send(());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn forward(
    client: TcpStream,
    upstream: SocketAddr,
    counts: Arc<Counts>,
    mut cut: broadcast::Receiver<()>,
) {
    counts.connections.fetch_add(1, Ordering::SeqCst);
    let Ok(gateway) = TcpStream::connect(upstream).await else { return };
    for socket in [&client, &gateway] {
        let _ = (socket.set_nodelay(true), socket.set_zero_linger());
    }
    let ((from_client, to_client), (from_gateway, to_gateway)) = (client.into_split(), gateway.into_split());
    let up = copy(from_client, to_gateway, || counts.client_spoke.store(true, Ordering::SeqCst));
    let down = copy(from_gateway, to_client, || {
        if counts.client_spoke.swap(false, Ordering::SeqCst) {
            counts.turns.fetch_add(1, Ordering::SeqCst);
        }
    });
    tokio::select! {
        ((), ()) = async { tokio::join!(up, down) } => {}
        _ = cut.recv() => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, note: impl Fn()) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        note();
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

//! A TCP proxy inside the test process that can lose, stall, slow and cut the line between a client and a gateway.
//!
//! Not a parser: it moves bytes and knows nothing of TLS, WebSocket or frames. Give each client a proxy of its own,
//! so that a fault hits that client alone.
//!
//! Faults are plain function calls: they can be made from any thread, inside or outside a runtime, and nothing is
//! awaited. They are exact: each byte is forwarded under the lock that a fault takes, so no byte passes once
//! [`stall`](Proxy::stall), [`cut`](Proxy::cut) or [`down`](Proxy::down) has returned. Closing the sockets of a cut
//! connection happens in the background, a moment later.
//!
//! Without a fault the line is transparent: bytes pass in order, the end of one direction is passed on as the end of
//! that direction alone (a half-close), and a reset by one peer is passed on as a reset to the other. Each direction
//! holds at most 64 KiB of its own; beyond that the sender meets the usual back-pressure of TCP.
//!
//! ```
//! use tessera_testkit::proxy::Proxy;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let gateway = TcpListener::bind("127.0.0.1:0").await?;
//! let proxy = Proxy::start(gateway.local_addr()?).await?;
//!
//! let mut client = TcpStream::connect(proxy.addr()).await?;
//! let (mut session, _) = gateway.accept().await?;
//! client.write_all(b"hello").await?;
//! let mut heard = [0; 5];
//! session.read_exact(&mut heard).await?;
//! assert_eq!(&heard, b"hello");
//!
//! proxy.cut();
//! let error = client.read(&mut heard).await.expect_err("the line was cut");
//! assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
//! # Ok(())
//! # }
//! ```

mod pump;
mod state;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;

use state::{Link, Shared, Trip, TripAction};

/// A way through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What the client sends.
    ToGateway,
    /// What the gateway sends.
    ToClient,
}

/// One listening port on loopback whose connections are forwarded to one address, with faults on request.
///
/// Dropping it closes the port before the drop returns, and resets what is open.
pub struct Proxy {
    addr: SocketAddr,
    upstream: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Proxy {
    /// Opens a free port of 127.0.0.1 and forwards each of its connections to `upstream`.
    ///
    /// The upstream connection is opened when a client's connection is accepted. If the upstream refuses it, the
    /// client sees its own connection accepted and then reset.
    ///
    /// # Errors
    /// No port or no file descriptor was to be had.
    ///
    /// # Panics
    /// Outside a tokio runtime, or in one without I/O and time. The proxy works as long as that runtime runs.
    pub async fn start(upstream: SocketAddr) -> io::Result<Proxy> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(listener)?);
        let accepting = tokio::spawn(pump::accept(Arc::clone(&shared), upstream)).abort_handle();
        Ok(Proxy { addr, upstream, shared, accepting })
    }

    /// The address that the client connects to, instead of the gateway's.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Resets every open connection, on both sides, once. New connections pass.
    ///
    /// A client sees `ECONNRESET` at its next read or write; bytes that were under way are lost. A connection that
    /// the client already holds and the proxy has yet to accept is reset too. Connections that a stall holds are
    /// reset as well, and the stall goes on for new ones.
    pub fn cut(&self) {
        self.shared.change(|state| state.cut());
    }

    /// Lets no new connection pass, until [`restore`](Proxy::restore) or [`stall`](Proxy::stall). Open ones live on.
    ///
    /// A client sees its connection accepted and reset at once: connecting succeeds, or fails with `ECONNRESET` if
    /// the reset is faster, and the first read or write fails with `ECONNRESET`. Ends a stall.
    pub fn refuse(&self) {
        self.shared.change(|state| state.link = Link::Refusing);
    }

    /// The network is lost: [`cut`](Proxy::cut) and [`refuse`](Proxy::refuse) in one.
    pub fn down(&self) {
        self.shared.change(|state| {
            state.link = Link::Refusing;
            state.cut();
        });
    }

    /// The line goes silent and nobody is told, until [`restore`](Proxy::restore).
    ///
    /// Nothing is read or written in either direction, and no end or reset of one peer reaches the other. A client
    /// sees a connection that stays open and answers nothing (a half-open connection); it can write until the
    /// buffers of its own machine are full. New connections are accepted and just as silent; the gateway hears of
    /// them when the line is restored. Ends a refusal.
    pub fn stall(&self) {
        self.shared.change(|state| state.link = Link::Stalled);
    }

    /// Ends every fault: refusal, stall, delay, slicing, and what `cut_after`, `stall_after` and `duplicate_after` still
    /// wait for.
    ///
    /// What a stall held flows again, in order and complete. What was reset stays reset.
    pub fn restore(&self) {
        self.shared.change(|state| state.restore());
    }

    /// Each byte of each direction arrives this much later than it was sent; the order stays. Zero is the default.
    ///
    /// The end of a direction is delayed like a byte; the TCP handshake and resets are not. Bytes already under way
    /// follow the new delay too. As a direction holds 64 KiB at most, it carries at most that much in one delay.
    pub fn delay(&self, delay: Duration) {
        self.shared.change(|state| state.delay = delay);
    }

    /// Forwards at most this many bytes in one write, and yields to other tasks after each; `None`, the default,
    /// sets no limit. Zero counts as one.
    ///
    /// A client sees the same bytes in smaller segments, so that a frame reaches it in pieces. TCP may still join
    /// pieces for a reader that is late.
    pub fn slice(&self, bytes_max: Option<usize>) {
        self.shared.change(|state| state.slice = bytes_max.map(|bytes| bytes.max(1)));
    }

    /// Resets a connection, on both sides, when exactly `bytes` more bytes were forwarded in this direction. Once.
    ///
    /// The count begins now and runs through the open connection and those after it; the one that forwards the last
    /// of these bytes is the one that is reset. With zero it is the one that next has a byte to forward, and that
    /// byte is lost. The receiver reads exactly these bytes, then `ECONNRESET`; the sender sees `ECONNRESET`. Nothing
    /// moves any more in either direction, but the reset itself waits until the receiver's machine has room for all of
    /// these bytes. (On other systems than Linux that cannot be told, and a receiver that is far behind may lose some.)
    ///
    /// Replaces what [`stall_after`](Proxy::stall_after), [`duplicate_after`](Proxy::duplicate_after) or an earlier call
    /// set for this direction.
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.trip_after(direction, bytes, TripAction::Cut);
    }

    /// Stalls the whole line, as [`stall`](Proxy::stall) does, when exactly `bytes` more bytes were forwarded in this
    /// direction. Once.
    ///
    /// Counts as [`cut_after`](Proxy::cut_after) does, and replaces what that set for this direction. With zero it
    /// stalls when the next byte comes, which is kept and flows after [`restore`](Proxy::restore).
    pub fn stall_after(&self, direction: Direction, bytes: u64) {
        self.trip_after(direction, bytes, TripAction::Stall);
    }

    /// Sends what a connection has sent to the gateway so far once more, on a second connection to the gateway, when
    /// exactly `bytes` more bytes were forwarded in this direction. Once.
    ///
    /// Counts as [`cut_after`](Proxy::cut_after) does, and replaces what that set for this direction. The first
    /// connection goes on as if nothing had happened. What the gateway answers on the second is dropped; that one is
    /// never closed from here, except by a [`cut`](Proxy::cut) or with the proxy. At most the first 64 KiB are sent
    /// again. Neither [`bytes`](Proxy::bytes) nor [`accepted`](Proxy::accepted) counts the second connection.
    pub fn duplicate_after(&self, direction: Direction, bytes: u64) {
        self.trip_after(direction, bytes, TripAction::Duplicate);
    }

    /// How many connections the proxy holds at present, stalled ones and the second ones of
    /// [`duplicate_after`](Proxy::duplicate_after) included.
    ///
    /// Follows the sockets: it falls when both sides of a connection are closed.
    pub fn connections(&self) -> usize {
        self.shared.lock().open
    }

    /// The bytes written to the gateway and to the clients since the start, in this order.
    pub fn bytes(&self) -> (u64, u64) {
        let forwarded = self.shared.lock().forwarded;
        (forwarded[Direction::ToGateway as usize], forwarded[Direction::ToClient as usize])
    }

    /// How many connections clients made since the start, refused ones included.
    pub fn accepted(&self) -> u64 {
        self.shared.lock().accepted
    }

    fn trip_after(&self, direction: Direction, left: u64, action: TripAction) {
        self.shared.change(|state| state.trips[direction as usize] = Some(Trip { left, action }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        // This also ends the tasks of the connections, which reset their sockets.
        self.shared.change(|state| state.close());
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("addr", &self.addr)
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}

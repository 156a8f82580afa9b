//! The tasks of a proxy: one that accepts, and one for each connection, with a pump for each direction.
//!
//! Decides nothing: whether a byte may move is asked of the state, under its lock, at the moment it would move.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Direction;
use super::state::{Accepted, Membership, Reset, Shared, TripAction, reset_on_drop};

/// What a direction holds at most, in bytes.
const HELD_BYTES_MAX: usize = 64 * 1024;
/// What one read takes at most, in bytes.
const READ_BYTES_MAX: usize = 16 * 1024;
/// What is kept of a connection's bytes to the gateway, in case they are to be sent twice.
const REPLAYED_BYTES_MAX: usize = 64 * 1024;
/// The pause after a failed accept: it fails for want of file descriptors, which only time brings back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Accepts until the port is closed.
pub(super) async fn accept(shared: Arc<Shared>, upstream: SocketAddr) {
    while let Some(accepted) = poll_fn(|cx| shared.poll_accept(cx)).await {
        match accepted {
            Ok(accepted) => {
                tokio::spawn(serve(accepted, upstream));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// One connection, from its acceptance to the close of both sockets.
async fn serve(accepted: Accepted, upstream: SocketAddr) {
    // In this order: the membership is dropped last, so a connection counts until its sockets are closed.
    let Accepted { membership, client } = accepted;
    let Ok(gateway) = connect(&membership, upstream).await else {
        return;
    };
    // Small segments must leave at once, or TCP would join slices. A socket that refuses is dead already.
    let _ = client.set_nodelay(true);
    let _ = gateway.set_nodelay(true);
    let line = Line { membership: &membership, upstream, sent: Mutex::default() };
    let up = Pump::new(&line, Direction::ToGateway, &client, &gateway);
    let down = Pump::new(&line, Direction::ToClient, &gateway, &client);
    match tokio::try_join!(up.run(), down.run()) {
        Ok(_) => {
            close_in_order(&client);
            close_in_order(&gateway);
        }
        Err(Reset::Now) => {}
        Err(Reset::Behind(Direction::ToGateway)) => sent_or_cut(&membership, &gateway).await,
        Err(Reset::Behind(Direction::ToClient)) => sent_or_cut(&membership, &client).await,
    }
}

/// Sends these bytes once more, on a connection of their own, and drops what is answered until the gateway closes it.
async fn replay(membership: Membership, upstream: SocketAddr, bytes: Vec<u8>) -> Result<(), Reset> {
    let gateway = connect(&membership, upstream).await?;
    let mut changes = membership.shared().changes();
    let mut rest = &bytes[..];
    let mut scratch = vec![0; READ_BYTES_MAX];
    loop {
        let flows = membership.shared().lock().flows(&membership)?;
        tokio::select! {
            () = changed(&mut changes) => {}
            _ = gateway.writable(), if flows && !rest.is_empty() => {
                rest = &rest[written(gateway.try_write(rest))?..];
            }
            _ = gateway.readable(), if flows => {
                if let Ok(0) = gateway.try_read(&mut scratch) {
                    return Ok(());
                }
            }
        }
    }
}

/// What a write that may have found no room came to.
fn written(result: io::Result<usize>) -> Result<usize, Reset> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result.map_err(|_| Reset::Now),
    }
}

/// Connects upstream, but not while the line is stalled: the gateway must not hear of the client then.
async fn connect(membership: &Membership, upstream: SocketAddr) -> Result<TcpStream, Reset> {
    let mut changes = membership.shared().changes();
    while !membership.shared().lock().flows(membership)? {
        changed(&mut changes).await;
    }
    let socket = if upstream.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(|_| Reset::Now)?;
    reset_on_drop(SockRef::from(&socket));
    let mut connecting = pin!(socket.connect(upstream));
    loop {
        tokio::select! {
            result = &mut connecting => return result.map_err(|_| Reset::Now),
            () = changed(&mut changes) => {
                membership.shared().lock().flows(membership)?;
            }
        }
    }
}

/// Undoes [`reset_on_drop`], for a connection whose two ends were passed on.
fn close_in_order(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(None);
}

/// Waits until all that was written to this socket is sent, unless the connection is cut before.
async fn sent_or_cut(membership: &Membership, stream: &TcpStream) {
    let mut changes = membership.shared().changes();
    let mut sent = pin!(sent(stream));
    while membership.shared().lock().flows(membership).is_ok() {
        tokio::select! {
            _ = &mut sent => return,
            () = changed(&mut changes) => {}
        }
    }
}

/// Waits until all that was written to this socket is sent; where that cannot be told, only until there is room.
///
/// A reset discards what is unsent, and the congestion window alone holds back a run of small segments.
async fn sent(stream: &TcpStream) -> io::Result<()> {
    #[cfg(any(target_os = "android", target_os = "linux"))]
    SockRef::from(stream).set_tcp_notsent_lowat(1)?;
    // A second handle makes the runtime ask the system afresh; of the first it may remember an older answer.
    let second = TcpStream::from_std(SockRef::from(stream).try_clone()?.into())?;
    second.writable().await
}

/// Waits for the next change of the state. A membership keeps the sender alive, so there always can be one.
async fn changed(changes: &mut watch::Receiver<()>) {
    if changes.changed().await.is_err() {
        pending().await
    }
}

/// What both directions of a connection share.
struct Line<'a> {
    membership: &'a Membership,
    upstream: SocketAddr,
    /// What was forwarded to the gateway, as far as it is kept.
    sent: Mutex<Vec<u8>>,
}

impl Line<'_> {
    fn keep(&self, bytes: &[u8]) {
        let mut sent = self.sent();
        let room = REPLAYED_BYTES_MAX - sent.len();
        sent.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn duplicate(&self) {
        tokio::spawn(replay(self.membership.another(), self.upstream, self.sent().clone()));
    }

    fn sent(&self) -> MutexGuard<'_, Vec<u8>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One direction of a connection.
struct Pump<'a> {
    line: &'a Line<'a>,
    membership: &'a Membership,
    direction: Direction,
    from: &'a TcpStream,
    to: &'a TcpStream,
    held: VecDeque<Chunk>,
    held_bytes: usize,
    /// The sender's end was read.
    ended: bool,
    scratch: Vec<u8>,
}

/// Bytes read together; none are the end of the direction.
struct Chunk {
    arrived: Instant,
    bytes: Vec<u8>,
    written: usize,
}

/// What a pump may wait for.
struct Wait {
    read: bool,
    /// How long the first chunk is still to be held; `None` if there is no chunk or nothing may be written.
    write_in: Option<Duration>,
}

/// What a write came to.
enum Progress {
    More,
    /// The end was passed on.
    Ended,
}

impl<'a> Pump<'a> {
    fn new(line: &'a Line<'a>, direction: Direction, from: &'a TcpStream, to: &'a TcpStream) -> Self {
        let (membership, held, scratch) = (line.membership, VecDeque::new(), vec![0; READ_BYTES_MAX]);
        Pump { line, membership, direction, from, to, held, held_bytes: 0, ended: false, scratch }
    }

    /// Moves bytes until the sender's end was passed on.
    async fn run(mut self) -> Result<(), Reset> {
        let mut changes = self.membership.shared().changes();
        loop {
            changes.borrow_and_update();
            let wait = self.wait()?;
            tokio::select! {
                () = changed(&mut changes) => {}
                ready = self.from.readable(), if wait.read => self.read(ready)?,
                ready = writable_in(self.to, wait.write_in), if wait.write_in.is_some() => {
                    match self.write(ready)? {
                        Progress::More => {}
                        Progress::Ended => return Ok(()),
                    }
                    // Lets a reader in the same runtime see the pieces of a sliced write one by one.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn wait(&self) -> Result<Wait, Reset> {
        let state = self.membership.shared().lock();
        if !state.flows(self.membership)? {
            return Ok(Wait { read: false, write_in: None });
        }
        let read = !self.ended && self.held_bytes < HELD_BYTES_MAX;
        let write_in = self.held.front().map(|chunk| state.delay.saturating_sub(chunk.arrived.elapsed()));
        Ok(Wait { read, write_in })
    }

    /// Takes what the sender has, unless a stall came first: then not even its reset may be noticed.
    fn read(&mut self, ready: io::Result<()>) -> Result<(), Reset> {
        let state = self.membership.shared().lock();
        if !state.flows(self.membership)? {
            return Ok(());
        }
        let room = READ_BYTES_MAX.min(HELD_BYTES_MAX - self.held_bytes);
        let read = match ready.and_then(|()| self.from.try_read(&mut self.scratch[..room])) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(_) => return Err(Reset::Now),
        };
        self.ended = read == 0;
        self.held_bytes += read;
        self.held.push_back(Chunk {
            arrived: Instant::now(),
            bytes: self.scratch[..read].to_vec(),
            written: 0,
        });
        Ok(())
    }

    /// Passes on the first chunk, as far as the faults and the receiver take it.
    fn write(&mut self, ready: io::Result<()>) -> Result<Progress, Reset> {
        ready.map_err(|_| Reset::Now)?;
        let shared = self.membership.shared();
        let mut state = shared.lock();
        // The delay may have grown while this pump waited.
        let Some(chunk) = self.held.front_mut().filter(|chunk| chunk.arrived.elapsed() >= state.delay) else {
            return Ok(Progress::More);
        };
        if !state.flows(self.membership)? {
            return Ok(Progress::More);
        }
        if chunk.bytes.is_empty() {
            SockRef::from(self.to).shutdown(Shutdown::Write).map_err(|_| Reset::Now)?;
            return Ok(Progress::Ended);
        }
        let Some(written) = chunk.write(self.to, state.write_max(self.direction))? else {
            return Ok(Progress::More);
        };
        self.held_bytes -= written;
        if self.direction == Direction::ToGateway {
            self.line.keep(&chunk.bytes[chunk.written - written..chunk.written]);
        }
        if chunk.written == chunk.bytes.len() {
            self.held.pop_front();
        }
        let tripped = state.count(self.direction, written);
        drop(state);
        match tripped {
            Some(TripAction::Cut) => return Err(Reset::Behind(self.direction)),
            Some(TripAction::Stall) => shared.wake(),
            Some(TripAction::Duplicate) => self.line.duplicate(),
            None => {}
        }
        Ok(Progress::More)
    }
}

impl Chunk {
    /// Writes some of what is left, at most `max` bytes; `None` if the receiver has no room.
    fn write(&mut self, to: &TcpStream, max: usize) -> Result<Option<usize>, Reset> {
        if max == 0 {
            return Ok(Some(0));
        }
        let rest = &self.bytes[self.written..];
        match to.try_write(&rest[..rest.len().min(max)]) {
            Ok(written) => {
                self.written += written;
                Ok(Some(written))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(_) => Err(Reset::Now),
        }
    }
}

/// Waits out the rest of a delay, then for room at the receiver.
async fn writable_in(to: &TcpStream, delay: Option<Duration>) -> io::Result<()> {
    // A timer rounds up to the next millisecond, so none is set when there is nothing to wait for.
    if let Some(delay) = delay.filter(|delay| !delay.is_zero()) {
        tokio::time::sleep(delay).await;
    }
    to.writable().await
}

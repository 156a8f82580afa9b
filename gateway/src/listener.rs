//! From a socket to a connection: limits, TLS, the upgrade request, and its answer.
//!
//! Everything here has one deadline, so a peer that sends a byte now and then holds its place for no longer than
//! everybody else (G7). What it takes in memory is given back before the WebSocket begins.

use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tessera_core::generated::limits::row;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};

use crate::address::{forwarded, is_trusted, read_proxy};
use crate::connection::Driver;
use crate::connections::Phase;
use crate::gate::Pass;
use crate::gateway::Shared;
use crate::http::{self, Progress, Refusal, Request};
use crate::stream::Stream;

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A socket that was let in.
struct Visitor {
    shared: Arc<Shared>,
    address: IpAddr,
    /// Whether the socket is a trusted proxy's, so that its address is not the client's.
    proxied: bool,
    pass: Pass,
}

/// Accepts sockets until the gateway stops.
pub(crate) async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        match accepted {
            Ok((socket, peer)) => welcome(&shared, socket, peer.ip().to_canonical()),
            // The peer's own end; the next one may be fine.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(reason) => {
                warn!(%reason, "no socket can be accepted; raise the limit of open files if this goes on");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn welcome(shared: &Arc<Shared>, socket: TcpStream, address: IpAddr) {
    let proxied = is_trusted(&shared.trusted_proxies, address);
    let entered = shared.gate.enter();
    let Some(pass) = entered.and_then(|mut pass| (proxied || pass.at(address)).then_some(pass)) else {
        return tell_blindly(shared, socket);
    };
    let visitor = Visitor { shared: Arc::clone(shared), address, proxied, pass };
    shared.tasks.spawn(visitor.serve(socket));
}

/// Answers a request that is not read, because not even for that there is room. It may be lost on its way.
fn tell_blindly(shared: &Shared, socket: TcpStream) {
    let refusal = too_many();
    shared.tally.refused(refusal.code);
    if shared.tls.is_none()
        && let Ok(mut socket) = socket.into_std()
    {
        // The peer may be gone; there is nothing else to try.
        let _ = socket.write(refusal.answer().as_bytes());
    }
}

fn too_many() -> Refusal {
    Refusal::too_many(row::CONNECTIONS_PER_ADDRESS.retry_after)
}

impl Visitor {
    async fn serve(self, socket: TcpStream) {
        let stop = self.shared.stop.clone();
        // Boxed, so that a connection's task is not as large as the upgrade that is behind it.
        let opened = tokio::select! {
            opened = Box::pin(self.open(socket)) => opened,
            () = stop.cancelled() => None,
        };
        drop(stop);
        if let Some(connection) = opened {
            connection.run().await;
        }
    }

    /// Its parts that are rare or large are boxed: a future of more than a kilobyte is past what an allocator has at
    /// hand, and every login would pay for that.
    async fn open(mut self, mut socket: TcpStream) -> Option<Box<Driver>> {
        let deadline = Instant::now() + Duration::from_millis(self.shared.limits.upgrade_within_ms);
        // Frames are small and each is waited for.
        let _ = socket.set_nodelay(true);
        if self.proxied && self.shared.proxy_protocol {
            match timeout_at(deadline, Box::pin(read_proxy(&mut socket))).await {
                Ok(Ok(Some(client))) => self.address = client.ip().to_canonical(),
                Ok(Ok(None)) => {}
                Ok(Err(_)) | Err(_) => return Box::pin(self.refuse_proxy(socket)).await,
            }
        }
        let mut stream = match timeout_at(deadline, self.secure(socket)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(reason)) => return self.gone(&reason.to_string()),
            Err(_) => return self.gone("no TLS handshake in time"),
        };
        let read = timeout_at(deadline, read_request(&mut stream, self.shared.limits.header_bytes_max)).await;
        let opened = match read {
            Ok(Ok(Ok((request, _)))) if request.is_health_check() => {
                let draining = self.shared.connections.phase() != Phase::Open;
                Box::pin(stream.finish(http::health(draining).as_bytes())).await;
                return None;
            }
            Ok(Ok(Ok((request, rest)))) => self.upgrade(&mut stream, &request, rest),
            Ok(Ok(Err(refusal))) => Err(refusal),
            Ok(Err(reason)) => return self.gone(&reason.to_string()),
            Err(_) => Err(Refusal::too_slow()),
        };
        match opened {
            Ok(start) => Some(Driver::new(self.shared, stream, start, self.address, self.pass)),
            Err(refusal) => {
                debug!(code = refusal.code.0, address = %self.address, "upgrade refused");
                self.shared.tally.refused(refusal.code);
                Box::pin(stream.finish(refusal.answer().as_bytes())).await;
                None
            }
        }
    }

    async fn secure(&self, socket: TcpStream) -> io::Result<Stream> {
        match &self.shared.tls {
            Some(tls) => Ok(Stream::tls(Box::pin(tls.accept(socket)).await?)),
            None => Ok(Stream::plain(socket)),
        }
    }

    /// Answers the request with 101, if nothing is against it.
    fn upgrade(&mut self, stream: &mut Stream, request: &Request, rest: usize) -> Result<Start, Refusal> {
        if self.proxied {
            if !self.shared.proxy_protocol {
                let client = forwarded(request.values("forwarded"), &self.shared.trusted_proxies);
                self.address = client.unwrap_or(self.address);
            }
            if !is_trusted(&self.shared.trusted_proxies, self.address) && !self.pass.at(self.address) {
                return Err(too_many());
            }
        }
        if !self.pass.is_admitted() {
            return Err(too_many());
        }
        let upgrade = request.upgrade()?;
        if rest > 0 {
            return Err(Refusal::malformed("frames may be sent after the upgrade only"));
        }
        let place = self.shared.connections.enter(self.shared.limits.send_queue_max);
        let place = place.ok_or_else(|| Refusal::draining(self.shared.spread()))?;
        stream.say_first(upgrade.answer());
        self.shared.tally.upgrades.fetch_add(1, Ordering::Relaxed);
        Ok(Start { place, login: upgrade.login })
    }

    async fn refuse_proxy(self, socket: TcpStream) -> Option<Box<Driver>> {
        warn!(address = %self.address, "a trusted proxy sent no PROXY header; see `proxy_protocol`");
        if self.shared.tls.is_none() {
            let refusal = Refusal::malformed("the proxy must begin with a PROXY header");
            Stream::plain(socket).finish(refusal.answer().as_bytes()).await;
        }
        None
    }

    fn gone(&self, reason: &str) -> Option<Box<Driver>> {
        debug!(address = %self.address, reason, "a socket ended before its upgrade");
        None
    }
}

/// What a connection begins with.
pub(crate) struct Start {
    pub(crate) place: crate::connections::Place,
    pub(crate) login: Option<Box<tessera_core::wire::Login>>,
}

/// Reads a request, and how many bytes came behind it.
async fn read_request(stream: &mut Stream, bytes_max: u64) -> io::Result<Result<(Request, usize), Refusal>> {
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let seen = bytes.len();
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match http::progress(&bytes, seen) {
            Progress::Complete(end) if end <= bytes_max => {
                return Ok(Request::parse(&bytes[..end]).map(|request| (request, bytes.len() - end)));
            }
            Progress::Partial if bytes.len() < bytes_max => {}
            Progress::Complete(_) | Progress::Partial => {
                return Ok(Err(Refusal::malformed("the request is larger than header_bytes_max")));
            }
            Progress::Hopeless => return Ok(Err(Refusal::malformed("the request is not HTTP/1.1"))),
        }
    }
}

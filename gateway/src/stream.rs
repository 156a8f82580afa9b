//! A client's socket, with or without TLS: how what is said first leaves together with what follows, and how it is closed
//! without losing what was last written.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How long a peer has to take the last words and close its side.
const LINGER: Duration = Duration::from_secs(2);
/// How much a peer may still send meanwhile.
const LINGER_BYTES_MAX: usize = 256 * 1024;

/// The socket, and what is said on it before anything else.
pub(crate) struct Stream {
    socket: Socket,
    /// Written with the first bytes that follow, or by a flush: a write of its own costs as much as the rest of a login.
    head: Vec<u8>,
    /// How many bytes were read from it so far.
    bytes_read: u64,
}

/// The socket.
enum Socket {
    /// Plain.
    Plain(TcpStream),
    /// With TLS. Boxed, because its state is larger than all else that a plain connection has.
    Tls(Box<TlsStream<TcpStream>>),
    /// It has moved ([`Stream::take`]).
    Moved,
}

impl Stream {
    fn new(socket: Socket) -> Self {
        Stream { socket, head: Vec::new(), bytes_read: 0 }
    }

    /// Moves the socket out. What is left behind is closed.
    pub(crate) fn take(&mut self) -> Stream {
        std::mem::replace(self, Stream::new(Socket::Moved))
    }

    /// How many bytes were read from it so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Without TLS.
    pub(crate) fn plain(socket: TcpStream) -> Self {
        Stream::new(Socket::Plain(socket))
    }

    /// With TLS.
    pub(crate) fn tls(socket: TlsStream<TcpStream>) -> Self {
        Stream::new(Socket::Tls(Box::new(socket)))
    }

    /// Says this before whatever is written next. It may wait for that, but not beyond a flush.
    pub(crate) fn say_first(&mut self, head: impl Into<Vec<u8>>) {
        self.head = head.into();
    }

    /// Writes the last words and closes. A socket that is closed while something of its peer is unread is reset,
    /// which takes the last words away from the peer; so what comes is read and dropped until the peer closes.
    pub(crate) async fn finish(&mut self, last_words: &[u8]) {
        let finish = async {
            self.write_all(last_words).await?;
            self.shutdown().await?;
            let (mut bin, mut total) = ([0; 512], 0);
            while total < LINGER_BYTES_MAX {
                match self.read(&mut bin).await? {
                    0 => break,
                    more => total += more,
                }
            }
            io::Result::Ok(())
        };
        // If the peer is gone or does not read, there is nobody to tell.
        let _ = tokio::time::timeout(LINGER, finish).await;
    }
}

impl Stream {
    /// Writes of the head, and of `bytes` behind it. How many of `bytes` were written.
    fn poll_write_head(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let slices = [IoSlice::new(&self.head), IoSlice::new(bytes)];
        let written = match &mut self.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_write_vectored(context, &slices),
            Socket::Tls(socket) => Pin::new(socket).poll_write_vectored(context, &slices),
            Socket::Moved => Poll::Ready(Ok(0)),
        };
        let written = ready!(written)?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        let of_head = written.min(self.head.len());
        self.head.drain(..of_head);
        if self.head.is_empty() {
            self.head = Vec::new();
        }
        Poll::Ready(Ok(written - of_head))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let before = buffer.filled().len();
        ready!(match &mut stream.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Tls(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Moved => Poll::Ready(Ok(())),
        })?;
        stream.bytes_read += (buffer.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        while !stream.head.is_empty() {
            let written = ready!(stream.poll_write_head(context, bytes))?;
            if written > 0 {
                return Poll::Ready(Ok(written));
            }
        }
        match &mut stream.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Tls(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Moved => Poll::Ready(Ok(0)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        while !stream.head.is_empty() {
            ready!(stream.poll_write_head(context, &[]))?;
        }
        match &mut stream.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_flush(context),
            Socket::Tls(socket) => Pin::new(socket).poll_flush(context),
            Socket::Moved => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        while !stream.head.is_empty() {
            ready!(stream.poll_write_head(context, &[]))?;
        }
        match &mut stream.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Tls(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Moved => Poll::Ready(Ok(())),
        }
    }
}

//! A client's socket, with or without TLS, and how it is closed without losing what was last written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How long a peer has to take the last words and close its side.
const LINGER: Duration = Duration::from_secs(2);
/// How much a peer may still send meanwhile.
const LINGER_BYTES_MAX: usize = 256 * 1024;

/// The socket.
pub(crate) enum Stream {
    /// Plain.
    Plain(TcpStream),
    /// With TLS. Boxed, because its state is larger than all else that a plain connection has.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
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

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Stream::Tls(socket) => Pin::new(socket).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Stream::Tls(socket) => Pin::new(socket).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(socket) => Pin::new(socket).poll_flush(context),
            Stream::Tls(socket) => Pin::new(socket).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Stream::Tls(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}

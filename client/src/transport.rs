//! One task per connection: it opens it, sends the core's frames, and reports what comes.
//!
//! It decides nothing. A connection lives as long as its [`Link`]: dropping that sends what is queued, closes, and ends
//! the task within [`CLOSE_WITHIN`], whatever the network does.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tessera_core::client::Report;
use tessera_core::generated::codes;
use tessera_core::wire::{ClientFrame, GatewayFrame, Login, WireError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_websockets::Message;

use crate::dial::{Endpoint, Socket, dial};
use crate::failure::Failure;

/// How long a connection that is being closed may still take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Frames that may wait for the network. The core sends a handful; more means that nothing gets out.
const FRAMES_WAITING_MAX: usize = 64;

/// The near end of a connection.
#[derive(Debug)]
pub(crate) struct Link {
    frames: mpsc::Sender<ClientFrame>,
    /// Dropped with the link, which is how the task learns of it even while a write is stuck.
    _alive: oneshot::Sender<()>,
}

impl Link {
    /// Opens a connection in its own task. `report` is called from there.
    pub(crate) fn open<R>(
        runtime: &Handle,
        endpoint: Arc<Endpoint>,
        login: Option<Box<Login>>,
        report: R,
    ) -> Self
    where
        R: Fn(Report) + Send + Sync + 'static,
    {
        let (frames, queue) = mpsc::channel(FRAMES_WAITING_MAX);
        let (alive, gone) = oneshot::channel::<()>();
        runtime.spawn(async move {
            let released = async {
                // Nothing is ever sent: the error is the news.
                let _ = gone.await;
                tokio::time::sleep(CLOSE_WITHIN).await;
            };
            tokio::select! {
                () = live(&endpoint, login, queue, &report) => {}
                () = released => tracing::debug!("a connection did not close in time and was dropped"),
            }
        });
        Link { frames, _alive: alive }
    }

    /// Queues a frame; false if the queue is full, which means that the connection is dead.
    pub(crate) fn send(&self, frame: ClientFrame) -> bool {
        match self.frames.try_send(frame) {
            Ok(()) => true,
            // The task has ended, and its report says why.
            Err(mpsc::error::TrySendError::Closed(_)) => true,
            Err(mpsc::error::TrySendError::Full(_)) => false,
        }
    }
}

/// A connection from its first packet to its last.
async fn live<R: Fn(Report)>(
    endpoint: &Endpoint,
    login: Option<Box<Login>>,
    mut queue: mpsc::Receiver<ClientFrame>,
    report: &R,
) {
    tracing::debug!(address = endpoint.address.shown(), with_login = login.is_some(), "connecting");
    let opened = tokio::select! {
        opened = dial(endpoint, login.as_deref()) => opened,
        // No frame is sent before the gateway's first, so this is the link being dropped.
        _ = queue.recv() => return,
    };
    let ended = match opened {
        Ok(socket) => serve(socket, &mut queue, report).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = ended {
        tracing::info!(code = failure.error.code.0, "connection ended: {}", failure.error.desc);
        report(failure.into());
    }
}

/// Carries frames both ways until the link is dropped (then it closes in order) or the connection fails.
async fn serve<R: Fn(Report)>(
    mut socket: Socket,
    queue: &mut mpsc::Receiver<ClientFrame>,
    report: &R,
) -> Result<(), Failure> {
    tracing::debug!("connected");
    loop {
        tokio::select! {
            frame = queue.recv() => match frame {
                Some(frame) => socket.send(Message::text(frame.to_text())).await?,
                None => {
                    // Nobody waits for the gateway's own close.
                    let _ = socket.close().await;
                    return Ok(());
                }
            },
            message = socket.next() => match message {
                Some(message) => report(understand(&message?)?),
                None => return Err(closed("the connection was closed")),
            },
        }
    }
}

fn understand(message: &Message) -> Result<Report, Failure> {
    if let Some((code, reason)) = message.as_close() {
        let code = u16::from(code);
        return Err(closed(&format!("the gateway closed the connection ({code} {})", printable(reason))));
    }
    let Some(text) = message.as_text() else { return Ok(Report::Heard) };
    match GatewayFrame::parse(text) {
        Ok(frame) => {
            if let GatewayFrame::Error(fault) = &frame {
                tracing::warn!(
                    code = fault.code.0,
                    "the gateway refused a frame: {}",
                    printable(&fault.desc)
                );
            }
            Ok(Report::Frame(frame))
        }
        Err(error @ WireError::UnknownType) => {
            tracing::debug!("skipped a frame: {error}");
            Ok(Report::Heard)
        }
        Err(error @ (WireError::NotAFrame | WireError::Field(_))) => {
            tracing::warn!("skipped a malformed frame of the gateway: {error}");
            Ok(Report::Heard)
        }
    }
}

fn closed(desc: &str) -> Failure {
    Failure::network(codes::ERR_SDK_NET_DISCONNECT, desc)
}

/// A peer's text for a log line: short, and without what would break the line.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_core::time::Millis;
    use tessera_core::wire::Time;

    #[test]
    fn frames_that_nobody_understands_are_signs_of_life() {
        for text in [r#"{"type":"news","x":1}"#, "not json", r#"{"type":"hello"}"#, ""] {
            assert_eq!(understand(&Message::text(text.to_owned())), Ok(Report::Heard), "{text}");
        }
        assert_eq!(understand(&Message::ping("x")), Ok(Report::Heard));
        assert_eq!(understand(&Message::binary(vec![1])), Ok(Report::Heard));
        let pong = GatewayFrame::Pong(Time { time: Millis(5) });
        assert_eq!(understand(&Message::text(pong.to_text())), Ok(Report::Frame(pong)));
    }

    #[test]
    fn a_close_is_9508_with_its_reason() {
        let failure = understand(&Message::close(None, "")).unwrap_err();
        assert_eq!(failure.error.code, codes::ERR_SDK_NET_DISCONNECT);
        assert!(!failure.answered);
    }

    #[test]
    fn a_peers_text_cannot_break_a_log_line() {
        assert_eq!(printable("a\r\nb\u{1b}[31m"), "ab[31m");
        assert_eq!(printable(&"x".repeat(1000)).len(), 200);
    }
}

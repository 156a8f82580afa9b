//! One connection: moves frames, commands and timers between its socket and its machine, which decides everything.
//!
//! An idle one is kept small: no buffers of the upgrade, small WebSocket buffers, one timer for all deadlines, and a
//! mailbox that takes nothing while it is empty.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tessera_core::error::Code;
use tessera_core::gateway::connection::{Action, Connection, Event, State};
use tessera_core::gateway::registry::{Claim, Peer, Request, UserKey, refusal};
use tessera_core::gateway::throttle::Bucket;
use tessera_core::generated::codes;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, Fault, GatewayFrame, Login, Renew};
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tracing::{debug, info};

use crate::connections::Place;
use crate::counters::count;
use crate::gate::Pass;
use crate::gateway::Shared;
use crate::listener::Start;
use crate::mailbox::{Command, Mailbox};
use crate::stream::Stream;

/// What a socket is read into at first. It grows to the largest frame that comes.
const READ_BUFFER_BYTES: usize = 256;
/// The same once the login is over, when hardly more than answers to pings are read.
const READ_BUFFER_AT_REST_BYTES: usize = 32;
/// What is collected before it is written; a flush follows at once.
const WRITE_BUFFER_BYTES: usize = 1024;
/// What is said of anything that is no frame.
const MALFORMED: Code = codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS;
/// How long the last frames may take.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);
/// The same when the gateway stops, which waits for it.
const LAST_WORDS_AT_STOP_WITHIN: Duration = Duration::from_millis(100);

/// A connection and all that it holds.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    socket: WebSocketStream<Stream>,
    machine: Connection,
    login: Option<Box<Login>>,
    place: Place,
    address: IpAddr,
    timer: Pin<Box<Sleep>>,
    /// The machine's deadline, and when that is for timers, which do not follow the gateway's clock.
    deadline: Option<(Millis, Instant)>,
    ping_at: Instant,
    /// Pings since the peer was last heard.
    unanswered: u64,
    /// Control frames of the peer, which the machine does not see.
    control: Bucket,
    flushing: bool,
    /// How many bytes of the socket are read when the login is, if nothing else has come.
    login_read: Option<u64>,
    end: Option<CloseCode>,
    _pass: Pass,
}

/// What the task waits for.
enum Input {
    Message(Message),
    Failed(SocketError),
    Command(Command),
    Timer,
}

impl Driver {
    pub(crate) fn new(
        shared: Arc<Shared>,
        stream: Stream,
        start: Start,
        address: IpAddr,
        pass: Pass,
    ) -> Box<Self> {
        let now = shared.clock.now();
        let ping_at = Instant::now() + Duration::from_millis(shared.limits.ping_interval_ms);
        Box::new(Driver {
            login_read: Some(stream.bytes_read()),
            socket: web_socket(stream, READ_BUFFER_BYTES, &shared.limits),
            machine: Connection::new(now, &shared.limits),
            login: start.login,
            place: start.place,
            address,
            timer: Box::pin(tokio::time::sleep_until(ping_at)),
            deadline: None,
            ping_at,
            unanswered: 0,
            control: Bucket::full(now, shared.limits.frames_per_minute),
            flushing: false,
            end: None,
            _pass: pass,
            shared,
        })
    }

    pub(crate) async fn run(mut self: Box<Self>) {
        let login = self.login.take();
        self.handle(Event::Opened(login));
        // The answer to a login that needed no write is there already, and leaves with the answer to the upgrade.
        while self.end.is_none()
            && let Some(command) = self.place.mailbox.take()
        {
            self.take(Input::Command(command));
        }
        self.flushing = true;
        while self.end.is_none() {
            self.set_timer();
            let input = poll_fn(|context| self.poll_input(context)).await;
            self.take(input);
        }
        self.place.mailbox.close();
        self.handle(Event::Lost);
        Box::pin(self.finish()).await;
    }

    fn poll_input(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        let mut blocked = false;
        if self.flushing {
            match self.socket.poll_flush_unpin(context) {
                Poll::Ready(Ok(())) => {
                    self.flushing = false;
                    self.come_to_rest();
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Input::Failed(error)),
                // A peer that does not read is not read from either.
                Poll::Pending => blocked = true,
            }
        }
        if let Poll::Ready(command) = self.place.mailbox.poll_next(context, blocked) {
            return Poll::Ready(Input::Command(command));
        }
        if !blocked && let Poll::Ready(message) = self.socket.poll_next_unpin(context) {
            return Poll::Ready(match message {
                Some(Ok(message)) => Input::Message(message),
                Some(Err(error)) => Input::Failed(error),
                None => Input::Failed(SocketError::ConnectionClosed),
            });
        }
        self.timer.as_mut().poll(context).map(|()| Input::Timer)
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Message(message) => {
                self.unanswered = 0;
                self.take_message(message);
            }
            Input::Failed(error) => self.take_failure(&error),
            Input::Command(Command::Answer(frame)) => self.handle(Event::Answer(*frame)),
            Input::Command(Command::Close(frame)) => {
                self.handle(Event::CloseOrder(frame.map(|frame| *frame)))
            }
            Input::Command(Command::Drain(retry_after)) => self.handle(Event::Drain(retry_after)),
            Input::Command(Command::ClockSet) => self.handle(Event::ClockSet),
            Input::Command(Command::Stop) => self.end = Some(CloseCode::Away),
            Input::Command(Command::Overflow) => {
                info!(address = %self.address, "a connection is closed: its peer does not read");
                self.shared.tally.refused(codes::ERR_SVR_SSO_OVERLOAD);
                count(&self.shared.tally.dropped);
                self.end = Some(CloseCode::Again);
            }
            Input::Timer => self.take_timer(),
        }
    }

    /// Gives back what the WebSocket's buffers have grown to by the login, once: they never shrink by themselves, and
    /// an idle session is what a gateway has most of. After a flush, and only if nothing was read behind the login.
    fn come_to_rest(&mut self) {
        if !matches!(self.machine.state(), State::LoggedIn { .. }) {
            return;
        }
        let read = self.socket.get_ref().bytes_read();
        if self.login_read.take() == Some(read) {
            let stream = self.socket.get_mut().take();
            self.socket = web_socket(stream, READ_BUFFER_AT_REST_BYTES, &self.shared.limits);
        }
    }

    fn take_message(&mut self, message: Message) {
        self.login_read = match &message {
            Message::Text(text) if self.login.is_none() => {
                self.login_read.map(|read| read + wire_bytes(text))
            }
            _ => None,
        };
        match message {
            Message::Text(_) | Message::Binary(_) if self.shared.echoes => self.write(message),
            Message::Text(text) => self.handle(match ClientFrame::parse(text.as_str()) {
                Ok(frame) => Event::Frame(frame),
                Err(error) => Event::BadFrame(error),
            }),
            Message::Binary(_) => {
                self.fail(MALFORMED, "frames are text, not binary", None, CloseCode::Unsupported)
            }
            Message::Ping(_) | Message::Pong(_) => {
                let now = self.shared.clock.now();
                if let Err(wait) = self.control.take(now, self.shared.limits.frames_per_minute) {
                    let code = codes::ERR_SVR_SSO_FREQ_LIMIT;
                    self.fail(code, "too many frames on this connection", Some(wait), CloseCode::Policy);
                }
                // The answer to a ping waits in the socket's buffer.
                self.flushing = true;
            }
            Message::Close(_) => self.end = Some(CloseCode::Normal),
            Message::Frame(_) => {}
        }
    }

    fn take_failure(&mut self, error: &SocketError) {
        match error {
            SocketError::Capacity(_) => {
                let code = codes::ERR_SDK_NET_PKG_SIZE_LIMIT;
                self.fail(code, "the frame is larger than frame_bytes_max", None, CloseCode::Size);
            }
            SocketError::Utf8(_) => self.fail(MALFORMED, "the frame is not UTF-8", None, CloseCode::Invalid),
            SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                self.end = Some(CloseCode::Normal);
            }
            SocketError::Protocol(_) => {
                self.fail(MALFORMED, "this is not WebSocket", None, CloseCode::Protocol);
            }
            _ => self.end = Some(CloseCode::Normal),
        }
    }

    fn take_timer(&mut self) {
        let now = Instant::now();
        if let Some((_, at)) = self.deadline
            && at <= now
        {
            // Should the clock have been set back meanwhile, the machine does nothing, and waits for the rest.
            self.deadline = None;
            self.handle(Event::Deadline);
        }
        if self.ping_at > now || self.end.is_some() {
            return;
        }
        if self.unanswered >= self.shared.limits.ping_misses {
            debug!(address = %self.address, "a connection is dropped: its peer does not answer");
            count(&self.shared.tally.dropped);
            self.end = Some(CloseCode::Away);
            return;
        }
        self.unanswered += 1;
        self.ping_at = now + Duration::from_millis(self.shared.limits.ping_interval_ms);
        if !self.flushing {
            self.write(Message::Ping(Default::default()));
        }
    }

    fn set_timer(&mut self) {
        let due = self.machine.deadline();
        if due != self.deadline.map(|(due, _)| due) {
            let at = |due: Millis| Instant::now() + Duration::from_millis((due - self.shared.clock.now()).0);
            self.deadline = due.map(|due| (due, at(due)));
        }
        let next = self.deadline.map_or(self.ping_at, |(_, at)| at.min(self.ping_at));
        if self.timer.deadline() != next {
            self.timer.as_mut().reset(next);
        }
    }

    fn handle(&mut self, event: Event) {
        let now = self.shared.clock.now();
        let actions = self.machine.handle(now, event, &self.shared.limits);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send(frame) => self.send(&frame),
                Action::Close => self.end = self.end.or(Some(CloseCode::Normal)),
                Action::Logout { user, session, confirm } => {
                    self.request(user, Request::Logout { peer: self.peer(), session, confirm });
                }
                Action::Claim(login) => self.claim(&login),
                Action::Renew(user, renew) => self.renew(user, &renew),
                Action::KickAck(user, session) => self.request(user, Request::KickAck { session }),
                Action::Lost(user, session) => {
                    self.request(user, Request::Lost { session, connection: self.place.number });
                }
            }
        }
    }

    fn claim(&mut self, login: &Login) {
        let now = self.shared.clock.now();
        let exempt = self.shared.gate.is_exempt(self.address);
        match self.shared.desk.admit(now, self.address, exempt, login) {
            Ok((user, ticket)) => {
                let user = (login.app, user);
                self.handle(Event::Claimed(user, login.session));
                let claim = Claim::new(self.peer(), login, ticket);
                self.request(user, Request::Claim(Box::new(claim)));
            }
            Err(error) => {
                let refused = refusal(now, login.session, login.attempt, error);
                self.handle(Event::CloseOrder(Some(GatewayFrame::LoginRefused(refused))));
            }
        }
    }

    fn renew(&mut self, user: UserKey, renew: &Renew) {
        let now = self.shared.clock.now();
        let (session, attempt) = (renew.session, renew.attempt);
        match self.shared.desk.readmit(now, self.address, &user, &renew.ticket) {
            Ok(ticket) => self.request(user, Request::Renew { peer: self.peer(), session, attempt, ticket }),
            Err(error) => {
                let refused = refusal(now, session, attempt, error);
                self.handle(Event::Answer(GatewayFrame::RenewRefused(refused)));
            }
        }
    }

    fn request(&self, user: UserKey, request: Request<Mailbox>) {
        self.shared.shards.request(user, request);
    }

    fn peer(&self) -> Peer<Mailbox> {
        Peer { connection: self.place.number, handle: self.place.mailbox.clone() }
    }

    fn send(&mut self, frame: &GatewayFrame) {
        if self.shared.echoes {
            return;
        }
        self.note(frame);
        self.write(Message::text(frame.to_text()));
    }

    fn write(&mut self, message: Message) {
        // It only fails when the socket is closed, which reading finds out as well.
        if self.socket.start_send_unpin(message).is_err() {
            self.end = self.end.or(Some(CloseCode::Normal));
        }
        self.flushing = true;
    }

    /// Says why, then closes, without asking the machine: what came is nothing that it could be told.
    fn fail(&mut self, code: Code, desc: &str, retry_after: Option<Millis>, close: CloseCode) {
        self.send(&GatewayFrame::Error(Fault { code, desc: desc.to_owned(), retry_after }));
        self.end = Some(close);
    }

    /// Counts and logs what a frame says, and remembers how to close after it.
    fn note(&mut self, frame: &GatewayFrame) {
        match frame {
            GatewayFrame::LoginOk(ok) => {
                if let State::LoggedIn { user: (app, user), .. } = self.machine.state() {
                    debug!(%app, %user, session = ?ok.session, resumed = ok.resumed, "login");
                }
            }
            GatewayFrame::LoginRefused(refused) | GatewayFrame::RenewRefused(refused) => {
                debug!(code = refused.code.0, session = ?refused.session, address = %self.address, "refused");
                self.shared.tally.refused(refused.code);
            }
            GatewayFrame::Kicked(kicked) => {
                debug!(session = ?kicked.session, reason = ?kicked.reason, "kicked")
            }
            GatewayFrame::Error(fault) => {
                self.shared.tally.refused(fault.code);
                if fault.code == codes::ERR_SVR_SSO_FREQ_LIMIT {
                    self.end = Some(CloseCode::Policy);
                }
            }
            GatewayFrame::Drain(_) => self.end = Some(CloseCode::Away),
            GatewayFrame::Hello(_)
            | GatewayFrame::Renewed(_)
            | GatewayFrame::LoggedOut(_)
            | GatewayFrame::Expired(_)
            | GatewayFrame::Pong(_)
            | GatewayFrame::Bye(_) => {}
        }
    }

    /// Sends what is left and a close frame, and closes the socket.
    async fn finish(mut self: Box<Self>) {
        let code = self.end.unwrap_or(CloseCode::Normal);
        let stop = self.shared.stop.clone();
        let last_words = async {
            let close = Message::Close(Some(CloseFrame { code, reason: Default::default() }));
            if self.socket.send(close).await.is_err() {
                // If the peer closed first, the answer to that waits in the socket's buffer.
                let _ = self.socket.flush().await;
            }
        };
        let within = if stop.is_cancelled() { LAST_WORDS_AT_STOP_WITHIN } else { LAST_WORDS_WITHIN };
        // If the peer is gone or does not read, there is nobody to tell.
        let _ = tokio::time::timeout(within, last_words).await;
        tokio::select! {
            biased;
            () = self.socket.get_mut().finish(&[]) => {}
            () = stop.cancelled() => {}
        }
    }
}

fn web_socket(stream: Stream, read_buffer_bytes: usize, limits: &GatewayLimits) -> WebSocketStream<Stream> {
    let frame_max = usize::try_from(limits.frame_bytes_max).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(read_buffer_bytes)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(Some(frame_max))
        .max_frame_size(Some(frame_max));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config))
        .now_or_never()
        .expect("wrapping a socket waits for nothing")
}

/// What a text takes on the wire as one frame of a client: a header that grows with it, the mask, and the text.
fn wire_bytes(text: &str) -> u64 {
    let header = match text.len() {
        ..126 => 2,
        126..65_536 => 4,
        _ => 10,
    };
    header + 4 + text.len() as u64
}

impl Drop for Driver {
    /// A connection that ends in any other way, by a panic too, must not keep its session online.
    fn drop(&mut self) {
        let now = self.shared.clock.now();
        let lost = self.machine.handle(now, Event::Lost, &self.shared.limits);
        for action in lost {
            if let Action::Lost(user, session) = action {
                let request = Request::Lost { session, connection: self.place.number };
                self.shared.shards.request_later(user, request);
            }
        }
    }
}

//! A gateway that does what the test says, frame by frame, and waits that end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tessera_client::{Client, ClientConfig, Error, Kick, SdkListener};
use tessera_core::wire::{
    self, ClientFrame, GatewayFrame, Hello, KickReason, Kicked, Login, LoginOk, Refused,
};
use tessera_core::{error::Code, time::Millis};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// Gateway time in every frame.
pub(crate) const NOW: Millis = Millis(1_700_000_000_000);
/// The app of all tests.
pub(crate) const APP: u64 = 1_400_000_000;

/// Ends a wait that would go on for ever.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("the wait has an end")
}

/// Listens, and hands out connections.
pub(crate) struct Gateway {
    pub(crate) url: String,
    listener: TcpListener,
}

/// One upgraded connection.
pub(crate) struct Connection {
    /// The login of the upgrade request.
    pub(crate) login: Option<Login>,
    /// Path and query of the upgrade request.
    pub(crate) target: String,
    socket: WebSocketStream<TcpStream>,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Gateway { url: format!("ws://{}", listener.local_addr().unwrap()), listener }
    }

    /// Settings of a client of this gateway: short back-off, and no connection before the login.
    pub(crate) fn config(&self) -> ClientConfig {
        ClientConfig::new()
            .server_url(&self.url)
            .allow_plain(true)
            .connect_at_init(false)
            .set("reconnect_delay_min_ms", "10")
            .set("reconnect_delay_max_ms", "20")
            .set("hint_interval_ms", "0")
    }

    /// An initialised client of this gateway, and what it hears.
    pub(crate) fn client(&self) -> (Client, Heard) {
        self.client_with(self.config())
    }

    pub(crate) fn client_with(&self, config: ClientConfig) -> (Client, Heard) {
        let client = Client::new();
        let heard = Heard::by(&client);
        client.init(APP, config).unwrap();
        (client, heard)
    }

    /// A client that is logged in as alice, and its connection.
    pub(crate) async fn logged_in(&self) -> (Client, Heard, Connection, Login) {
        self.logged_in_with(self.config()).await
    }

    pub(crate) async fn logged_in_with(&self, config: ClientConfig) -> (Client, Heard, Connection, Login) {
        let (client, mut heard) = self.client_with(config);
        let pending = client.login("alice", "SECRET-TICKET-1");
        let mut connection = self.accept().await;
        let login = connection.login.clone().unwrap();
        connection.send(accepted(&login)).await;
        within(pending).await.unwrap();
        assert_eq!(heard.next().await, "connecting");
        assert_eq!(heard.next().await, "connected");
        (client, heard, connection, login)
    }

    pub(crate) async fn accept_tcp(&self) -> TcpStream {
        within(self.listener.accept()).await.unwrap().0
    }

    pub(crate) async fn accept(&self) -> Connection {
        Connection::upgrade(self.accept_tcp().await).await
    }

    /// Answers one upgrade request with this text.
    pub(crate) async fn answer(&self, text: &str) {
        let mut stream = self.accept_tcp().await;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(within(stream.read_u8()).await.unwrap());
        }
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
}

impl Connection {
    #[allow(clippy::result_large_err, reason = "the type of the library's callback")]
    async fn upgrade(stream: TcpStream) -> Self {
        let (mut login, mut target) = (None, String::new());
        let callback = |request: &Request, mut response: Response| {
            let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap());
            login = authorization
                .map(|value| Login::from_authorization(value.strip_prefix("Tessera ").unwrap()).unwrap());
            target = request.uri().to_string();
            assert_eq!(request.headers()["sec-websocket-protocol"], "tessera.v1");
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("tessera.v1"));
            Ok(response)
        };
        let socket = within(tokio_tungstenite::accept_hdr_async(stream, callback)).await.unwrap();
        Connection { login, target, socket }
    }

    pub(crate) async fn send(&mut self, frame: GatewayFrame) {
        self.send_text(&frame.to_text()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        within(self.socket.send(Message::text(text))).await.unwrap();
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        within(self.socket.send(message)).await.unwrap();
    }

    pub(crate) async fn greet(&mut self) {
        self.send(GatewayFrame::Hello(Hello { time: NOW, login_within: Millis(30_000) })).await;
    }

    /// The next frame; panics at the connection's end.
    pub(crate) async fn frame(&mut self) -> ClientFrame {
        loop {
            match within(self.socket.next()).await.unwrap().unwrap() {
                Message::Text(text) => return ClientFrame::parse(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
                Message::Close(_) => panic!("closed instead of a frame"),
            }
        }
    }

    pub(crate) async fn login(&mut self) -> Login {
        match self.frame().await {
            ClientFrame::Login(login) => *login,
            other => panic!("{other:?} instead of a login"),
        }
    }

    /// Whether the client closes in order; frames before that are skipped.
    pub(crate) async fn closes(&mut self) -> bool {
        loop {
            match within(self.socket.next()).await {
                Some(Ok(Message::Close(_))) => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    }
}

pub(crate) fn accepted(login: &Login) -> GatewayFrame {
    accepted_until(login, NOW + Millis::from_secs(86_400))
}

pub(crate) fn accepted_until(login: &Login, expires: Millis) -> GatewayFrame {
    GatewayFrame::LoginOk(LoginOk {
        session: login.session,
        attempt: login.attempt,
        time: NOW,
        expires,
        resumed: login.resume,
        created: false,
    })
}

pub(crate) fn refused(login: &Login, code: Code) -> GatewayFrame {
    let Error { desc, retryable, .. } = Error::of(code);
    let (session, attempt) = (login.session, login.attempt);
    GatewayFrame::LoginRefused(Refused {
        session,
        attempt,
        time: NOW,
        code,
        desc,
        retryable,
        retry_after: None,
    })
}

pub(crate) fn kicked(login: &Login) -> GatewayFrame {
    GatewayFrame::Kicked(Kicked {
        session: login.session,
        time: NOW,
        reason: KickReason::Policy,
        platform: Some(tessera_client::Platform::Ipad),
        at: NOW,
    })
}

pub(crate) fn note(login: &Login) -> wire::SessionNote {
    wire::SessionNote { session: login.session, time: NOW }
}

/// What a listener heard, in order.
pub(crate) struct Heard {
    words: mpsc::UnboundedReceiver<String>,
    pub(crate) listener: Arc<dyn SdkListener>,
}

impl Heard {
    pub(crate) fn by(client: &Client) -> Self {
        let (sender, words) = mpsc::unbounded_channel();
        let listener: Arc<dyn SdkListener> = Arc::new(Recorder(sender));
        client.add_listener(Arc::clone(&listener));
        Heard { words, listener }
    }

    pub(crate) async fn next(&mut self) -> String {
        within(self.words.recv()).await.expect("the listener lives")
    }

    /// What was heard so far and not asked for.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.words.try_recv().ok()).collect()
    }
}

struct Recorder(mpsc::UnboundedSender<String>);

impl Recorder {
    fn say(&self, word: impl Into<String>) {
        let _ = self.0.send(word.into());
    }
}

impl SdkListener for Recorder {
    fn on_connecting(&self) {
        self.say("connecting");
    }
    fn on_connect_success(&self) {
        self.say("connected");
    }
    fn on_connect_failed(&self, error: &Error) {
        self.say(format!("failed {}", error.code));
    }
    fn on_disconnected(&self, error: &Error) {
        self.say(format!("disconnected {}", error.code));
    }
    fn on_kicked_offline(&self) {
        self.say("kicked");
    }
    fn on_kicked_offline_ex(&self, kick: &Kick) {
        self.say(format!("kicked by {:?} of {:?}", kick.reason, kick.platform));
    }
    fn on_user_sig_expired(&self) {
        self.say("expired");
    }
}

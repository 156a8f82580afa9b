//! A gateway on loopback and a plain WebSocket client that plays one device by hand.

#![allow(clippy::unwrap_used, reason = "a failed test ends by it")]
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tessera_core::error::Code;
use tessera_core::gateway::registry::AppRules;
use tessera_core::generated::status::Platform;
use tessera_core::generated::versions::SUBPROTOCOL;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId};
use tessera_core::ticket::{Key, Ticket, sign};
use tessera_core::time::Millis;
use tessera_core::wire::{
    ClientFrame, Fault, GatewayFrame, KickAck, Kicked, Login, LoginOk, Logout, Refused,
};
use tessera_gateway::Gateway;
use tessera_gateway::config::{AppConfig, Config};
use tessera_gateway::store::Store;
use tessera_gateway::store::memory::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

pub(crate) const APP: AppId = AppId(1_400_000_000);
const SECRET: &str = "a secret that signs tickets in tests only";

/// How long anything may take before a test gives up. Nothing is asserted about how quick it is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        store: None,
        admin: None,
        trusted_proxies: Vec::new(),
        proxy_protocol: false,
        loopback_exempt: true,
        apps: vec![AppConfig { id: APP, keys: vec![Key::new(SECRET).unwrap()], rules: AppRules::default() }],
        limits: Default::default(),
    }
}

pub(crate) fn config_with(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = config();
    change(&mut config);
    config
}

pub(crate) async fn start(config: Config) -> Gateway {
    start_on(config, Arc::new(MemoryStore::new())).await
}

pub(crate) async fn start_on(config: Config, store: Arc<dyn Store>) -> Gateway {
    Gateway::start(config, store).await.unwrap()
}

pub(crate) fn ticket(user: &str, second: u64, expire_secs: u64) -> Ticket {
    sign(&Key::new(SECRET).unwrap(), APP.0, user, Millis::from_secs(second), expire_secs, None).unwrap()
}

fn unique() -> [u8; 16] {
    static LAST: AtomicU64 = AtomicU64::new(1);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    id[8..12].copy_from_slice(&std::process::id().to_be_bytes());
    id
}

/// A login of a device of its own, with a ticket that was signed a while ago.
pub(crate) fn login(gateway: &Gateway, user: &str) -> Login {
    login_at(gateway.clock().now().as_secs() - 60, user)
}

pub(crate) fn login_at(second: u64, user: &str) -> Login {
    Login {
        app: APP,
        user: user.to_owned(),
        ticket: ticket(user, second, 86_400),
        device: DeviceId(unique()),
        platform: Platform::Android,
        session: SessionId(unique()),
        instance: InstanceId(unique()),
        attempt: 1,
        resume: false,
        ends: Vec::new(),
        lease: None,
    }
}

/// The same session on a new connection.
pub(crate) fn resumed(login: &Login) -> Login {
    Login { attempt: login.attempt + 1, resume: true, ..login.clone() }
}

/// A later login of the same device.
pub(crate) fn again(login: &Login) -> Login {
    Login { attempt: login.attempt + 1, session: SessionId(unique()), resume: false, ..login.clone() }
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Client {
    /// Opens a connection and takes its `hello`.
    pub(crate) async fn open(addr: SocketAddr) -> Client {
        let mut client = Client::upgrade(addr, None).await;
        assert!(matches!(client.frame().await, GatewayFrame::Hello(_)));
        client
    }

    /// Opens a connection with a login in the upgrade, and takes nothing.
    pub(crate) async fn upgrade(addr: SocketAddr, login: Option<&Login>) -> Client {
        Client::try_upgrade(addr, login).await.unwrap()
    }

    pub(crate) async fn try_upgrade(
        addr: SocketAddr,
        login: Option<&Login>,
    ) -> Result<Client, tokio_tungstenite::tungstenite::Error> {
        let mut request = format!("ws://{addr}/tessera").into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().unwrap());
        if let Some(login) = login {
            let value = format!("Tessera {}", login.to_authorization());
            request.headers_mut().insert("Authorization", value.parse().unwrap());
        }
        let stream = TcpStream::connect(addr).await?;
        let upgrade = tokio_tungstenite::client_async(request, stream);
        let (socket, _) = tokio::time::timeout(PATIENCE, upgrade).await.unwrap()?;
        Ok(Client { socket })
    }

    /// A connection that is logged in.
    pub(crate) async fn logged_in(addr: SocketAddr, login: &Login) -> Client {
        let mut client = Client::upgrade(addr, Some(login)).await;
        client.login_ok().await;
        client
    }

    pub(crate) async fn send(&mut self, frame: ClientFrame) {
        self.send_text(&frame.to_text()).await;
    }

    pub(crate) async fn send_login(&mut self, login: &Login) {
        self.send(ClientFrame::Login(Box::new(login.clone()))).await;
    }

    pub(crate) async fn send_logout(&mut self, login: &Login) {
        let logout = Logout { app: login.app, user: login.user.clone(), session: login.session };
        self.send(ClientFrame::Logout(logout)).await;
    }

    pub(crate) async fn send_kick_ack(&mut self, login: &Login) {
        let ack = KickAck { app: login.app, user: login.user.clone(), session: login.session };
        self.send(ClientFrame::KickAck(ack)).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next frame, or the code of the close; pings are answered meanwhile.
    pub(crate) async fn next(&mut self) -> Result<GatewayFrame, Option<u16>> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(GatewayFrame::parse(text.as_str()).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> GatewayFrame {
        self.next().await.expect("closed instead of a frame")
    }

    /// The code of the close, which must be next.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        self.next().await.expect_err("a frame instead of a close")
    }

    pub(crate) async fn login_ok(&mut self) -> LoginOk {
        match self.frame().await {
            GatewayFrame::LoginOk(ok) => ok,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn refused(&mut self) -> Refused {
        match self.frame().await {
            GatewayFrame::LoginRefused(refused) | GatewayFrame::RenewRefused(refused) => refused,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn kicked(&mut self) -> Kicked {
        match self.frame().await {
            GatewayFrame::Kicked(kicked) => kicked,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn fault(&mut self) -> Fault {
        match self.frame().await {
            GatewayFrame::Error(fault) => fault,
            other => panic!("{other:?}"),
        }
    }

    /// Proves that the connection is open, and that everything before has been handled.
    pub(crate) async fn ping(&mut self) {
        self.send(ClientFrame::Ping {}).await;
        assert!(matches!(self.frame().await, GatewayFrame::Pong(_)));
    }
}

/// Logs in on a connection of its own; the code of the refusal, or 0. The connection is closed afterwards.
pub(crate) async fn outcome(addr: SocketAddr, login: &Login) -> Code {
    let mut client = Client::upgrade(addr, Some(login)).await;
    match client.frame().await {
        GatewayFrame::LoginOk(_) => Code(0),
        GatewayFrame::LoginRefused(refused) => refused.code,
        other => panic!("{other:?}"),
    }
}

/// What is answered to these bytes until the gateway closes.
pub(crate) async fn raw(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    read_all(&mut socket).await
}

/// Reads until the gateway closes.
pub(crate) async fn read_all(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let _ = tokio::time::timeout(PATIENCE, read).await.expect("not closed");
    String::from_utf8_lossy(&answer).into_owned()
}

/// An upgrade request with another line in it.
pub(crate) fn request(line: &str) -> Vec<u8> {
    let request = format!(
        "GET /tessera HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: tessera.v1\r\n{line}\r\n"
    );
    request.into_bytes()
}

/// The fault in the body of an HTTP answer.
pub(crate) fn fault_of(answer: &str) -> Fault {
    let body = answer.split_once("\r\n\r\n").expect(answer).1;
    match GatewayFrame::parse(body) {
        Ok(GatewayFrame::Error(fault)) => fault,
        other => panic!("{other:?} in {answer}"),
    }
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

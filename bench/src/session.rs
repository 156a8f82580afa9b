//! One raw session: a WebSocket, and frames in and out of it.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tessera_core::generated::versions::{AUTH_SCHEME, SUBPROTOCOL};
use tessera_core::wire::{ClientFrame, GatewayFrame, Login, Logout};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::either::Either;

use crate::target::Target;

/// How long anything may take that a gateway answers.
const WITHIN: Duration = Duration::from_secs(30);
/// Small, because thousands of sessions are in one process.
const BUFFER_BYTES: usize = 512;

pub(crate) type Socket = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Why a session is not there, or not any more.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The gateway cannot be loaded at all.
    #[error("{0}")]
    Target(String),
    /// A socket failed.
    #[error("a socket failed: {0}")]
    Io(#[from] io::Error),
    /// The upgrade was refused: a limit on connections, or another server.
    #[error("the upgrade was refused with HTTP status {0}")]
    Upgrade(u16),
    /// The WebSocket failed.
    #[error("a WebSocket failed: {0}")]
    WebSocket(Box<SocketError>),
    /// The gateway refused.
    #[error("refused with {code}: {desc}")]
    Refused {
        /// The code.
        code: i32,
        /// The gateway's text.
        desc: String,
    },
    /// The gateway sent another frame than the one that was due.
    #[error("another frame was due than {0}")]
    Unexpected(String),
    /// The gateway closed the connection.
    #[error("the gateway closed the connection")]
    Closed,
    /// Nothing came in time.
    #[error("no answer within {} s", WITHIN.as_secs())]
    Late,
}

impl From<SocketError> for LoadError {
    fn from(error: SocketError) -> Self {
        match error {
            SocketError::Http(answer) => LoadError::Upgrade(answer.status().as_u16()),
            other => LoadError::WebSocket(Box::new(other)),
        }
    }
}

/// A WebSocket to the gateway. Dropping it closes the socket without a word.
pub struct Session {
    socket: WebSocketStream<Socket>,
    /// The login that it was made by, or is to be made by.
    pub login: Login,
}

impl Session {
    /// Opens a connection whose upgrade request brings the login, and waits until it is acknowledged.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn log_in(target: &Target, login: Login) -> Result<Session, LoadError> {
        let socket = timeout(WITHIN, upgrade(target, Some(&login))).await.map_err(|_| LoadError::Late)??;
        let mut session = Session { socket, login };
        session.acknowledged().await?;
        Ok(session)
    }

    /// Opens a connection without a login; [`Session::claim`] is to follow.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn open(target: &Target, login: Login) -> Result<Session, LoadError> {
        let socket = timeout(WITHIN, upgrade(target, None)).await.map_err(|_| LoadError::Late)??;
        let mut session = Session { socket, login };
        match session.next().await? {
            GatewayFrame::Hello(_) => Ok(session),
            other => Err(unexpected(&other)),
        }
    }

    /// Logs in on the open connection, and waits until it is acknowledged.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn claim(&mut self) -> Result<(), LoadError> {
        self.send(&ClientFrame::Login(Box::new(self.login.clone()))).await?;
        self.acknowledged().await
    }

    /// Logs out, and waits until that is confirmed.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn log_out(mut self) -> Result<(), LoadError> {
        let Login { app, user, session, .. } = self.login.clone();
        self.send(&ClientFrame::Logout(Logout { app, user, session })).await?;
        match self.next().await? {
            GatewayFrame::LoggedOut(_) => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Waits until the gateway kicks it.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn kicked(&mut self) -> Result<(), LoadError> {
        match self.next().await? {
            GatewayFrame::Kicked(_) => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Cuts the line: the gateway's side is reset.
    ///
    /// # Errors
    /// [`LoadError::Io`].
    pub fn cut(self) -> Result<Login, LoadError> {
        match self.socket.get_ref() {
            Either::Left(socket) => socket.set_zero_linger()?,
            Either::Right(tls) => tls.get_ref().0.set_zero_linger()?,
        }
        Ok(self.login)
    }

    /// Reads for ever, and answers pings meanwhile. What comes back is why that ended.
    pub async fn idle(&mut self) -> LoadError {
        match self.frame().await {
            Ok(frame) => unexpected(&frame),
            Err(error) => error,
        }
    }

    async fn acknowledged(&mut self) -> Result<(), LoadError> {
        match self.next().await? {
            GatewayFrame::LoginOk(_) => Ok(()),
            GatewayFrame::LoginRefused(refused) => {
                Err(LoadError::Refused { code: refused.code.0, desc: refused.desc })
            }
            other => Err(unexpected(&other)),
        }
    }

    async fn send(&mut self, frame: &ClientFrame) -> Result<(), LoadError> {
        Ok(self.socket.send(Message::text(frame.to_text())).await?)
    }

    async fn next(&mut self) -> Result<GatewayFrame, LoadError> {
        timeout(WITHIN, self.frame()).await.map_err(|_| LoadError::Late)?
    }

    async fn frame(&mut self) -> Result<GatewayFrame, LoadError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return GatewayFrame::parse(text.as_str())
                        .map_err(|error| LoadError::Unexpected(error.to_string()));
                }
                Some(Ok(Message::Close(_))) | None => return Err(LoadError::Closed),
                // Pings are answered inside.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

/// A bare WebSocket, without any frame of ours; for anchors.
pub struct Bare {
    _socket: WebSocketStream<Socket>,
}

impl Bare {
    /// Upgrades.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn open(target: &Target) -> Result<Bare, LoadError> {
        let request = target.uri.clone().into_client_request()?;
        let upgraded = async {
            let stream = target.connect().await?;
            Ok::<_, LoadError>(client_async_with_config(request, stream, Some(config())).await?.0)
        };
        Ok(Bare { _socket: timeout(WITHIN, upgraded).await.map_err(|_| LoadError::Late)?? })
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(BUFFER_BYTES)
}

fn unexpected(frame: &GatewayFrame) -> LoadError {
    match frame {
        GatewayFrame::Error(fault) => LoadError::Refused { code: fault.code.0, desc: fault.desc.clone() },
        other => {
            let text = format!("{other:?}");
            LoadError::Unexpected(text.split(['(', ' ']).next().unwrap_or_default().to_owned())
        }
    }
}

async fn upgrade(target: &Target, login: Option<&Login>) -> Result<WebSocketStream<Socket>, LoadError> {
    let mut request = target.uri.clone().into_client_request()?;
    let fields = request.headers_mut();
    fields.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    if let Some(login) = login {
        let value = format!("{AUTH_SCHEME} {}", login.to_authorization());
        let mut value = HeaderValue::try_from(value).expect("a scheme and base64url");
        value.set_sensitive(true);
        fields.insert(AUTHORIZATION, value);
    }
    Ok(client_async_with_config(request, target.connect().await?, Some(config())).await?.0)
}

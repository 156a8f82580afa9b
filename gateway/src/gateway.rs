//! A running gateway: how it starts, what all its parts share, and how it ends.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tessera_core::generated::limits::GatewayLimits;
use tessera_core::generated::versions::UPGRADE_PATH;
use tessera_core::id::{AppId, IdSource};
use tessera_core::time::Millis;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::admin::{self, Admin};
use crate::clock::Clock;
use crate::config::{Config, Network};
use crate::connections::Connections;
use crate::counters::{Counters, Tally};
use crate::desk::Desk;
use crate::gate::Gate;
use crate::shard::Shards;
use crate::store::{Store, StoreError};
use crate::{listener, tls};

/// How often time is looked at. A client has to hear of its ticket's expiry within a second (C14); a tenth of that
/// leaves the rest to the network.
const TICK: Duration = Duration::from_millis(100);
/// How many sockets may wait to be accepted, as they do when a herd reconnects. The system may allow fewer.
const BACKLOG: u32 = 4096;

/// A running gateway. Clones are the same gateway; when the last is dropped, it stops.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::sync::Arc;
/// use tessera_gateway::Gateway;
/// use tessera_gateway::config::{AppConfig, Config};
/// use tessera_gateway::store::memory::MemoryStore;
/// use tessera_core::{id::AppId, ticket::Key};
///
/// let app = AppConfig { id: AppId(1), keys: vec![Key::new("secret")?], rules: Default::default() };
/// let config = Config {
///     listen: "127.0.0.1:0".parse()?,
///     tls: None,
///     store: None,
///     admin: None,
///     trusted_proxies: Vec::new(),
///     proxy_protocol: false,
///     loopback_exempt: true,
///     apps: vec![app],
///     limits: Default::default(),
/// };
/// let gateway = Gateway::start(config, Arc::new(MemoryStore::new())).await?;
/// assert!(gateway.url().starts_with("ws://127.0.0.1:"));
/// gateway.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    admin: Admin,
    addr: SocketAddr,
    _stop: DropGuard,
}

/// What all parts of a gateway share.
pub(crate) struct Shared {
    pub(crate) limits: GatewayLimits,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) proxy_protocol: bool,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) desk: Desk,
    pub(crate) gate: Arc<Gate>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) shards: Arc<Shards>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    spread: Mutex<IdSource>,
    /// No sessions: messages go back as they came (`Gateway::start_echo`).
    pub(crate) echoes: bool,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {reason}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why, and what to do.
        reason: String,
    },
    /// A file for TLS cannot be used.
    #[error("{path} cannot be used as the {what}: {reason}; it must be a PEM file that the gateway may read")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A policy that was set at run time is no policy to this version.
    #[error(
        "the stored policy of app {app} is not understood: {reason}; use the version that has written it"
    )]
    Policy {
        /// The app.
        app: AppId,
        /// Why.
        reason: String,
    },
    /// The system gives no random numbers.
    #[error("the system has no random numbers to give: {0}")]
    Entropy(String),
}

impl Gateway {
    /// Starts a gateway: when this returns, clients can connect.
    ///
    /// Policies that were set at run time are read from the store and win over the configuration. The admin endpoint
    /// of the configuration is not started here.
    ///
    /// # Errors
    /// [`StartError`]; its texts say what to do.
    pub async fn start(config: Config, store: Arc<dyn Store>) -> Result<Gateway, StartError> {
        Gateway::start_with(config, store, false).await
    }

    /// A gateway that has no sessions, and sends every WebSocket message back instead: for the example `echo`.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    #[cfg(feature = "echo")]
    #[doc(hidden)]
    pub async fn start_echo(config: Config, store: Arc<dyn Store>) -> Result<Gateway, StartError> {
        Gateway::start_with(config, store, true).await
    }

    async fn start_with(config: Config, store: Arc<dyn Store>, echoes: bool) -> Result<Gateway, StartError> {
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let mut rules: BTreeMap<_, _> = config.apps.iter().map(|app| (app.id, app.rules.clone())).collect();
        admin::overlay(&mut rules, store.policies()?)
            .map_err(|(app, reason)| StartError::Policy { app, reason })?;
        let keys: HashMap<_, _> = config.apps.into_iter().map(|app| (app.id, app.keys)).collect();
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(|error| StartError::Entropy(error.to_string()))?;
        let listener = listen(config.listen)?;
        let addr = listener
            .local_addr()
            .map_err(|error| StartError::Listen { addr: config.listen, reason: error.to_string() })?;

        let (clock, tally, tasks) = (Arc::<Clock>::default(), Arc::<Tally>::default(), TaskTracker::new());
        let shards = Shards::new(
            &rules,
            &config.limits,
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&tally),
            tasks.clone(),
        );
        let shared = Arc::new(Shared {
            trusted_proxies: config.trusted_proxies,
            proxy_protocol: config.proxy_protocol,
            tls,
            store,
            clock,
            tally,
            desk: Desk::new(keys, config.limits.clone()),
            gate: Arc::new(Gate::new(&config.limits, config.loopback_exempt)),
            connections: Arc::default(),
            shards: Arc::new(shards),
            tasks,
            stop: CancellationToken::new(),
            spread: Mutex::new(IdSource::new(entropy)),
            limits: config.limits,
            echoes,
        });
        shared.tasks.spawn(listener::accept(Arc::clone(&shared), listener));
        shared.tasks.spawn(tick(Arc::clone(&shared)));
        info!(%addr, tls = shared.tls.is_some(), "started");
        let admin = Admin::new(Arc::clone(&shared), rules);
        let stop = shared.stop.clone().drop_guard();
        Ok(Gateway { inner: Arc::new(Inner { shared, admin, addr, _stop: stop }) })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.inner.addr
    }

    /// The URL for clients: `ws://` or `wss://`, the address, and the path.
    pub fn url(&self) -> String {
        let scheme = if self.inner.shared.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}{UPGRADE_PATH}", self.inner.addr)
    }

    /// The operations of an operator.
    pub fn admin(&self) -> &Admin {
        &self.inner.admin
    }

    /// The gateway's clock.
    pub fn clock(&self) -> &Clock {
        &self.inner.shared.clock
    }

    /// Moves the clock to Unix time plus `offset_ms`, tells every connection, and ends what has expired by it.
    pub fn set_clock(&self, offset_ms: i64) {
        let shared = &self.inner.shared;
        shared.clock.set_offset(offset_ms);
        shared.connections.clock_set();
        shared.shards.tick();
    }

    /// What it has counted.
    pub fn counters(&self) -> Counters {
        let shared = &self.inner.shared;
        let (users, sessions, connected) = shared.shards.count();
        Counters {
            sockets: shared.gate.sockets(),
            connections: shared.connections.count(),
            users: users as u64,
            sessions: sessions as u64,
            sessions_connected: connected as u64,
            ..shared.tally.read()
        }
    }

    /// Ends it with notice (G8): no new connections (503 with `Retry-After`; health checks are answered), each client
    /// is told when to connect elsewhere. Waits until all have left, `drain_ms` at most, then stops.
    pub async fn drain(&self) {
        let shared = &self.inner.shared;
        info!(connections = shared.connections.count(), "draining");
        shared.connections.drain(|| shared.spread());
        let left = shared.connections.emptied();
        // Whoever is still there afterwards is closed by the stop.
        let _ = tokio::time::timeout(Duration::from_millis(shared.limits.drain_ms), left).await;
        self.stop().await;
    }

    /// Ends it at once: sockets are closed, tasks have ended, and writes are finished when this returns.
    pub async fn stop(&self) {
        let shared = &self.inner.shared;
        shared.stop.cancel();
        shared.connections.stop();
        shared.tasks.close();
        shared.tasks.wait().await;
        // What the last connections have counted.
        shared.shards.tick();
        shared.tasks.wait().await;
        info!(addr = %self.inner.addr, "stopped");
    }
}

impl Shared {
    /// When one client of many is to connect elsewhere: its own random time in `drain_spread_ms`.
    pub(crate) fn spread(&self) -> Millis {
        let mut source = self.spread.lock().unwrap_or_else(PoisonError::into_inner);
        Millis(source.between(0, self.limits.drain_spread_ms))
    }
}

/// Lets time pass until the gateway stops.
async fn tick(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => shared.shards.tick(),
            () = shared.stop.cancelled() => break,
        }
    }
    // Also when nobody called `stop`, but the last handle of the gateway was dropped.
    shared.connections.stop();
}

fn listen(addr: SocketAddr) -> Result<TcpListener, StartError> {
    let open = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait for the old sockets' last minute. On Windows the option means something else.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse => "; stop the program that has the port, or choose another in `listen`",
            io::ErrorKind::PermissionDenied => {
                "; choose a port from 1024 on, or allow this program lower ones"
            }
            io::ErrorKind::AddrNotAvailable => "; this machine does not have the address, see `listen`",
            _ => "; see `listen`",
        };
        StartError::Listen { addr, reason: format!("{error}{remedy}") }
    })
}

//! A gateway inside the test process, under control: its tickets, kicks, clock, policy, store and each client's
//! network.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tessera_core::error::Error;
use tessera_core::gateway::policy::{Policy, PolicyText};
use tessera_core::gateway::registry::{AppRules, SessionInfo};
use tessera_core::generated::codes;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::AppId;
use tessera_core::ticket::{Key, Ticket, sign};
use tessera_core::time::Millis;
use tessera_gateway::config::{AppConfig, Config};
use tessera_gateway::store::Store;
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::memory::MemoryStore;

use crate::proxy::Proxy;

/// The app of a test gateway, unless another is asked for.
pub const APP: u64 = 1_400_000_001;
/// The key of that app. Known to everybody: for tests only.
pub const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

/// How long a gateway that restarts tries to get its port and its store back. A process that another thread is just
/// starting has copies of the old one's sockets and files, until it has become the program that it is to be.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// Who gives a test's orders, in the gateway's audit log.
pub(crate) const ACTOR: &str = "testkit";

/// What a test gateway starts with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The app; default [`APP`].
    pub app: u64,
    /// Its secret key; default [`KEY`].
    pub key: String,
    /// Who may be online beside whom; default every platform beside every other, one each.
    pub policy: PolicyText,
    /// Whether a device that was kicked while offline is told so by 6208; default no.
    pub offline_kick_error: bool,
    /// Limits by their names (`docs/limits.md`). Those that count calls are off unless named here.
    pub limits: BTreeMap<String, u64>,
    /// The store's file; default none: in memory, which survives [`TestGateway::restart`].
    pub store: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            app: APP,
            key: KEY.to_owned(),
            policy: PolicyText::default(),
            offline_kick_error: false,
            limits: BTreeMap::new(),
            store: None,
        }
    }
}

/// Why a test gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An option is wrong; the text names it.
    #[error("{0}")]
    Option(String),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] tessera_gateway::store::StoreError),
    /// The gateway does not start.
    #[error(transparent)]
    Gateway(#[from] tessera_gateway::StartError),
    /// No port for the gateway, or for a client's proxy.
    #[error("no port: {0}")]
    Port(#[from] std::io::Error),
}

/// A running test gateway. Dropping it ends it.
///
/// ```
/// use tessera_testkit::{Options, TestGateway};
///
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # runtime.block_on(async {
/// let gateway = TestGateway::start(Options::default()).await?;
/// let ticket = gateway.sign("alice", 60);
/// println!("log in at {} with {} characters", gateway.url(), ticket.expose().len());
/// # Ok::<(), tessera_testkit::StartError>(()) }).unwrap();
/// ```
pub struct TestGateway {
    options: Options,
    key: Key,
    addr: SocketAddr,
    /// Keeps the port from others while the gateway restarts.
    _reserved: socket2::Socket,
    /// Absent while it restarts, and once it is stopped.
    gateway: Option<tessera_gateway::Gateway>,
    /// Set for a store in memory, which outlives the gateway.
    memory: Option<Arc<MemoryStore>>,
    clock_offset: i64,
    proxies: BTreeMap<String, Arc<Proxy>>,
}

impl TestGateway {
    /// Starts a gateway on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options) -> Result<TestGateway, StartError> {
        let key = Key::new(&options.key).map_err(|error| StartError::Option(error.to_string()))?;
        let memory = options.store.is_none().then(|| Arc::new(MemoryStore::new()));
        let (reserved, addr) = reserve_port()?;
        let gateway = Some(launch(&options, addr, memory.as_ref()).await?);
        Ok(TestGateway {
            options,
            key,
            addr,
            _reserved: reserved,
            gateway,
            memory,
            clock_offset: 0,
            proxies: BTreeMap::new(),
        })
    }

    /// The URL for clients whose network is not to be disturbed.
    pub fn url(&self) -> String {
        self.gateway().url()
    }

    /// The URL for one client by name, through a proxy of its own.
    ///
    /// # Errors
    /// [`StartError::Port`].
    pub async fn url_of(&mut self, client: &str) -> Result<String, StartError> {
        if !self.proxies.contains_key(client) {
            let proxy = Proxy::start(self.addr).await?;
            self.proxies.insert(client.to_owned(), Arc::new(proxy));
        }
        let proxy = &self.proxies[client];
        Ok(self.gateway().url().replace(&self.addr.to_string(), &proxy.addr().to_string()))
    }

    /// The network of a client that [`TestGateway::url_of`] was asked for.
    pub fn network(&self, client: &str) -> Option<&Arc<Proxy>> {
        self.proxies.get(client)
    }

    /// The gateway itself.
    ///
    /// # Panics
    /// After [`TestGateway::stop`], or a restart that failed; so does everything else that needs the gateway.
    pub fn gateway(&self) -> &tessera_gateway::Gateway {
        self.gateway.as_ref().expect("it is absent only during a restart and after a stop")
    }

    // ---- tickets ------------------------------------------------------------------------------------------------

    /// A ticket that is good from now on for so many seconds.
    ///
    /// # Panics
    /// If `user` is no user id or `expire_secs` is 0.
    pub fn sign(&self, user: &str, expire_secs: u64) -> Ticket {
        self.sign_at(user, self.now(), expire_secs)
    }

    /// A ticket as if signed at a gateway time, such as the one that [`TestGateway::kick`] returns.
    ///
    /// # Panics
    /// As [`TestGateway::sign`].
    pub fn sign_at(&self, user: &str, time: Millis, expire_secs: u64) -> Ticket {
        sign(&self.key, self.options.app, user, time, expire_secs, None)
            .unwrap_or_else(|error| panic!("no ticket for {user:?}: {error}"))
    }

    // ---- what an operator does ----------------------------------------------------------------------------------

    /// Kicks a user; returns when a ticket has to be signed at the earliest to be good again.
    ///
    /// # Errors
    /// 70107 for a user who never logged in.
    pub async fn kick(&self, user: &str) -> Result<Millis, Error> {
        self.gateway().admin().kick(ACTOR, self.app(), user).await.map(|kicked| kicked.sign_after)
    }

    /// Disables an account, or enables it.
    ///
    /// # Errors
    /// As [`TestGateway::kick`].
    pub async fn set_disabled(&self, user: &str, disabled: bool) -> Result<(), Error> {
        self.gateway().admin().set_disabled(ACTOR, self.app(), user, disabled).await.map(drop)
    }

    /// Makes the tickets of a user's sessions count as expired.
    ///
    /// # Errors
    /// As [`TestGateway::kick`].
    pub async fn expire_now(&self, user: &str) -> Result<(), Error> {
        self.gateway().admin().expire_now(ACTOR, self.app(), user).await.map(drop)
    }

    /// A user's sessions, oldest first; none for a user who never logged in.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn sessions(&self, user: &str) -> Result<Vec<SessionInfo>, Error> {
        match self.gateway().admin().sessions(ACTOR, self.app(), user).await {
            Ok((sessions, _)) => Ok(sessions),
            Err(unknown) if unknown.code == codes::ERR_SVR_ACCOUNT_NOT_FOUND => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Sets the policy, which acts at the next login.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub async fn set_policy(&self, policy: PolicyText, offline_kick_error: bool) -> Result<(), Error> {
        self.gateway().admin().set_policy(ACTOR, self.app(), policy, Some(offline_kick_error)).await
    }

    // ---- faults -------------------------------------------------------------------------------------------------

    /// Gateway time.
    pub fn now(&self) -> Millis {
        self.gateway().clock().now()
    }

    /// Moves the gateway's clock, and tells connected clients.
    pub fn move_clock(&mut self, by_ms: i64) {
        self.clock_offset = self.clock_offset.saturating_add(by_ms);
        self.gateway().set_clock(self.clock_offset);
    }

    /// Ends the gateway at once and starts it again on the same port and store; every connection is lost.
    ///
    /// # Errors
    /// As [`TestGateway::start`].
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.gateway().stop().await;
        self.come_back().await
    }

    /// Drains the gateway, and has it back after a while.
    ///
    /// # Errors
    /// As [`TestGateway::start`].
    pub async fn drain(&mut self, back_after: Duration) -> Result<(), StartError> {
        self.gateway().drain().await;
        tokio::time::sleep(back_after).await;
        self.come_back().await
    }

    /// Ends the gateway for good, and waits for it.
    pub async fn stop(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop().await;
        }
    }

    async fn come_back(&mut self) -> Result<(), StartError> {
        // The old one has to go before the new one opens its store.
        drop(self.gateway.take());
        let given_up = Instant::now() + AGAIN_WITHIN;
        let gateway = loop {
            match launch(&self.options, self.addr, self.memory.as_ref()).await {
                Err(
                    StartError::Store(_) | StartError::Gateway(tessera_gateway::StartError::Listen { .. }),
                ) if Instant::now() < given_up => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                launched => break launched?,
            }
        };
        gateway.set_clock(self.clock_offset);
        self.gateway = Some(gateway);
        Ok(())
    }

    /// Makes a store in memory refuse writes, or take them again. A store in a file is not touched.
    pub fn fail_writes(&self, fail: bool) {
        if let Some(memory) = &self.memory {
            memory.fail_writes(fail);
        }
    }

    fn app(&self) -> AppId {
        AppId(self.options.app)
    }
}

/// The device id of a client by this name, for the setting `device_id`: the same name is the same device, in every
/// language's test kit.
pub fn device_id(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Binds a free port without listening on it: the gateway can then listen there, again and again, and nobody else is
/// given the port in between.
fn reserve_port() -> std::io::Result<(socket2::Socket, SocketAddr)> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let addr = socket.local_addr()?.as_socket().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    Ok((socket, addr))
}

async fn launch(
    options: &Options,
    listen: SocketAddr,
    memory: Option<&Arc<MemoryStore>>,
) -> Result<tessera_gateway::Gateway, StartError> {
    let option = |error: &dyn std::fmt::Display| StartError::Option(error.to_string());
    let policy = Policy::try_from(options.policy.clone()).map_err(|error| option(&error))?;
    let rules = AppRules { policy, offline_kick_error: options.offline_kick_error };
    let mut limits = quiet_limits()?;
    for (name, value) in &options.limits {
        limits.set(name, &value.to_string()).map_err(|error| option(&error))?;
    }
    let key = Key::new(&options.key).map_err(|error| option(&error))?;
    let store: Arc<dyn Store> = match (memory, &options.store) {
        (Some(memory), _) => Arc::clone(memory) as Arc<dyn Store>,
        (None, Some(path)) => Arc::new(EmbeddedStore::open(path)?),
        (None, None) => Arc::new(MemoryStore::new()),
    };
    let config = Config {
        listen,
        tls: None,
        store: options.store.clone(),
        admin: None,
        trusted_proxies: Vec::new(),
        proxy_protocol: false,
        loopback_exempt: true,
        apps: vec![AppConfig { id: AppId(options.app), keys: vec![key], rules }],
        limits,
    };
    Ok(tessera_gateway::Gateway::start(config, store).await?)
}

/// The default limits, without those that count calls: a test logs in as often as it likes.
fn quiet_limits() -> Result<GatewayLimits, StartError> {
    let mut limits = GatewayLimits::default();
    for name in [
        "logins_per_user_per_minute",
        "logins_per_address_per_minute",
        "frames_per_minute",
        "ticket_failures_max",
        "recent_tickets_per_user",
    ] {
        let highest = tessera_core::settings::limit_row(name).map_or(0, |row| row.max);
        limits.set(name, &highest.to_string()).map_err(|error| StartError::Option(error.to_string()))?;
    }
    Ok(limits)
}

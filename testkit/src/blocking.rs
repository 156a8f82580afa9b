//! The test gateway for those who have no async runtime: the test kits of other languages are bound to it.
//!
//! Every method may be called from any thread, also from one that some other runtime runs; it blocks until what it
//! says is done, so a host with an event loop calls it from a thread pool. The runtime behind it is one for all
//! gateways of the process, has two threads, and is never shut down. It holds no rule of its own: what a kick or a cut
//! does is in [`TestGateway`] and [`Proxy`].
//!
//! ```
//! use std::time::Duration;
//! use tessera_testkit::Options;
//! use tessera_testkit::blocking::{Condition, Fault, Gateway};
//!
//! let gateway = Gateway::start(Options::default())?;
//! let url = gateway.url_of("phone")?;
//! let ticket = gateway.sign("alice", 60, None)?;
//! println!("a phone logs in at {url} with {} characters", ticket.expose().len());
//! gateway.fault("phone", Fault::Down)?;
//! gateway.wait_until(Condition::Sessions { user: "alice".to_owned(), count: 0 }, Duration::from_secs(5))?;
//! gateway.stop();
//! # Ok::<(), tessera_testkit::blocking::Error>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tessera_core::gateway::policy::PolicyText;
use tessera_core::gateway::registry::SessionInfo;
use tessera_core::id::AppId;
use tessera_core::ticket::{Key, Ticket, sign};
use tessera_core::time::Millis;
use tessera_gateway::{Clock, Counters};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::RwLock;

use crate::gateway::{ACTOR, Options, StartError, TestGateway};
use crate::proxy::Proxy;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// A user's sessions are asked for when the gateway's counts have changed, and so often at least.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument or an option is wrong; the text says what is allowed.
    #[error("{0}")]
    Argument(String),
    /// The gateway does not start, or not again: no port, no thread, or a store that cannot be opened.
    #[error("{0}")]
    Start(String),
    /// The gateway refused it, with its code: 70107 for a user who never logged in, 70402 for a policy that is none.
    #[error(transparent)]
    Refused(#[from] tessera_core::error::Error),
    /// The time is over, and what was waited for is not so.
    #[error("waited for {wanted}, but there was {seen}")]
    TimedOut {
        /// What was waited for.
        wanted: String,
        /// What was there at the last look.
        seen: String,
    },
    /// The gateway is stopped.
    #[error("the test gateway is stopped")]
    Stopped,
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Option(text) => Error::Argument(text),
            StartError::Store(_) | StartError::Gateway(_) | StartError::Port(_) => {
                Error::Start(error.to_string())
            }
        }
    }
}

/// What happens to one client's network. See [`Proxy`] for what the client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Open connections are reset; new ones pass.
    Cut,
    /// The network is lost: open connections are reset, and no new one passes.
    Down,
    /// No new connection passes; open ones live on.
    Refuse,
    /// Nothing passes in either direction, and nobody is told.
    Stall,
    /// Each byte arrives this much later.
    Delay(Duration),
    /// Every fault ends.
    Restore,
}

/// What [`Gateway::wait_until`] waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A user has exactly so many sessions, connected or not. A user who never logged in has none.
    Sessions {
        /// The user.
        user: String,
        /// How many.
        count: usize,
    },
    /// Exactly so many sessions of a user have a connection.
    Connected {
        /// The user.
        user: String,
        /// How many.
        count: usize,
    },
    /// Through one client's network go exactly so many connections.
    Connections {
        /// The client's name, as in [`Gateway::url_of`].
        client: String,
        /// How many.
        count: usize,
    },
    /// The gateway has acknowledged at least so many new sessions since it started (G11).
    Logins(u64),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Sessions { user, count } => write!(f, "{count} sessions of {user}"),
            Condition::Connected { user, count } => write!(f, "{count} connected sessions of {user}"),
            Condition::Connections { client, count } => write!(f, "{count} connections of {client}"),
            Condition::Logins(count) => write!(f, "{count} logins"),
        }
    }
}

/// A running test gateway. Clones are the same one. When the last is dropped it ends, without being waited for.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    app: u64,
    key: Key,
    key_text: String,
    /// Moved along with the gateway's, so that time and tickets are to be had while the gateway restarts.
    clock: Clock,
    /// Written while it restarts; `None` once it is stopped.
    gateway: RwLock<Option<TestGateway>>,
    networks: Mutex<BTreeMap<String, Network>>,
}

/// One client's line, kept here so that it can be disturbed while the gateway restarts.
#[derive(Clone)]
struct Network {
    url: String,
    proxy: Arc<Proxy>,
}

impl Gateway {
    /// Starts a gateway on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Argument`] for a wrong option, else [`Error::Start`].
    pub fn start(options: Options) -> Result<Gateway, Error> {
        let key = Key::new(&options.key).map_err(|error| Error::Argument(error.to_string()))?;
        let (app, key_text) = (options.app, options.key.clone());
        let gateway = run(async || TestGateway::start(options).await)??;
        let inner = Inner {
            app,
            key,
            key_text,
            clock: Clock::default(),
            gateway: RwLock::new(Some(gateway)),
            networks: Mutex::default(),
        };
        Ok(Gateway { inner: Arc::new(inner) })
    }

    /// Ends the gateway for good and waits for it. Everything but [`Gateway::now`], [`Gateway::sign`] and a second stop
    /// fails from then on.
    pub fn stop(&self) {
        // It fails if the runtime was never there, and then nothing runs.
        let _ = run(async || {
            if let Some(mut gateway) = self.inner.gateway.write().await.take() {
                gateway.stop().await;
            }
        });
        self.inner.networks().clear();
    }

    /// The app.
    pub fn app(&self) -> u64 {
        self.inner.app
    }

    /// The app's secret key, for tests that sign by other means.
    pub fn key(&self) -> &str {
        &self.inner.key_text
    }

    /// The URL for clients whose network is not to be disturbed. It stays the same over a restart.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub fn url(&self) -> Result<String, Error> {
        self.with(async |gateway| Ok(gateway.url()))
    }

    /// The URL for one client by a name, through a network of its own, which [`Gateway::fault`] disturbs. The same name
    /// gives the same URL.
    ///
    /// # Errors
    /// [`Error::Stopped`]; [`Error::Start`] without a port.
    pub fn url_of(&self, client: &str) -> Result<String, Error> {
        if let Some(network) = self.inner.networks().get(client) {
            return Ok(network.url.clone());
        }
        self.with_mut(async |gateway| {
            let url = gateway.url_of(client).await?;
            let proxy = Arc::clone(gateway.network(client).expect("it was made in the line above"));
            self.inner.networks().insert(client.to_owned(), Network { url: url.clone(), proxy });
            Ok(url)
        })
    }

    // ---- tickets ------------------------------------------------------------------------------------------------

    /// A ticket that is good for so many seconds from `at` on, in gateway time; without `at`, from now on.
    ///
    /// # Errors
    /// [`Error::Argument`] if `user` is no user id, or `expire_secs` is 0 or too much.
    pub fn sign(&self, user: &str, expire_secs: u64, at: Option<Millis>) -> Result<Ticket, Error> {
        let at = at.unwrap_or_else(|| self.now());
        let ticket = sign(&self.inner.key, self.inner.app, user, at, expire_secs, None);
        ticket.map_err(|error| Error::Argument(error.to_string()))
    }

    /// Gateway time.
    pub fn now(&self) -> Millis {
        self.inner.clock.now()
    }

    // ---- what an operator does ----------------------------------------------------------------------------------

    /// Kicks a user; returns when a ticket has to be signed at the earliest to be good again (G5).
    ///
    /// # Errors
    /// [`Error::Refused`] with 70107 for a user who never logged in; [`Error::Stopped`].
    pub fn kick(&self, user: &str) -> Result<Millis, Error> {
        self.with(async |gateway| Ok(gateway.kick(user).await?))
    }

    /// Disables an account, which ends its sessions.
    ///
    /// # Errors
    /// As [`Gateway::kick`].
    pub fn disable(&self, user: &str) -> Result<(), Error> {
        self.set_disabled(user, true)
    }

    /// Enables an account again.
    ///
    /// # Errors
    /// As [`Gateway::kick`].
    pub fn enable(&self, user: &str) -> Result<(), Error> {
        self.set_disabled(user, false)
    }

    fn set_disabled(&self, user: &str, disabled: bool) -> Result<(), Error> {
        self.with(async |gateway| Ok(gateway.set_disabled(user, disabled).await?))
    }

    /// Makes the tickets of a user's sessions count as expired.
    ///
    /// # Errors
    /// As [`Gateway::kick`].
    pub fn expire_now(&self, user: &str) -> Result<(), Error> {
        self.with(async |gateway| Ok(gateway.expire_now(user).await?))
    }

    /// A user's sessions, oldest first; none for a user who never logged in.
    ///
    /// # Errors
    /// [`Error::Refused`] if the store cannot be read; [`Error::Stopped`].
    pub fn sessions(&self, user: &str) -> Result<Vec<SessionInfo>, Error> {
        self.with(async |gateway| Ok(gateway.sessions(user).await?))
    }

    /// Sets who may be online beside whom. Acts at the next login (G3).
    ///
    /// # Errors
    /// [`Error::Refused`] with 70402 for a policy that is none; [`Error::Stopped`].
    pub fn set_policy(&self, policy: PolicyText) -> Result<(), Error> {
        let app = AppId(self.inner.app);
        self.with(async move |gateway| {
            Ok(gateway.gateway().admin().set_policy(ACTOR, app, policy, None).await?)
        })
    }

    /// Sets whether a device that was kicked while offline is told so by 6208 (C13).
    ///
    /// # Errors
    /// [`Error::Refused`] if the store refuses it; [`Error::Stopped`].
    pub fn set_offline_kick_error(&self, on: bool) -> Result<(), Error> {
        let app = AppId(self.inner.app);
        self.with(async move |gateway| {
            let admin = gateway.gateway().admin();
            let policy = admin.apps().await.into_iter().find(|info| info.id == app).map(|info| info.policy);
            Ok(admin.set_policy(ACTOR, app, policy.unwrap_or_default(), Some(on)).await?)
        })
    }

    // ---- faults -------------------------------------------------------------------------------------------------

    /// Moves the gateway's clock by so many milliseconds, and tells connected clients.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub fn move_clock(&self, by_ms: i64) -> Result<(), Error> {
        self.with_mut(async |gateway| {
            gateway.move_clock(by_ms);
            self.inner.clock.advance(by_ms);
            Ok(())
        })
    }

    /// Disturbs the network of one client, or restores it. Works while the gateway restarts, too.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that [`Gateway::url_of`] was not asked for.
    pub fn fault(&self, client: &str, fault: Fault) -> Result<(), Error> {
        let proxy = self.inner.proxy(client)?;
        match fault {
            Fault::Cut => proxy.cut(),
            Fault::Down => proxy.down(),
            Fault::Refuse => proxy.refuse(),
            Fault::Stall => proxy.stall(),
            Fault::Delay(delay) => proxy.delay(delay),
            Fault::Restore => proxy.restore(),
        }
        Ok(())
    }

    /// How many connections one client has open.
    ///
    /// # Errors
    /// As [`Gateway::fault`].
    pub fn connections(&self, client: &str) -> Result<usize, Error> {
        Ok(self.inner.proxy(client)?.connections())
    }

    /// How many logins the gateway has acknowledged since it started (G11).
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub fn logins(&self) -> Result<u64, Error> {
        self.with(async |gateway| Ok(gateway.gateway().counters().logins))
    }

    /// Makes a store in memory refuse writes, or take them again.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub fn fail_writes(&self, fail: bool) -> Result<(), Error> {
        self.with(async move |gateway| {
            gateway.fail_writes(fail);
            Ok(())
        })
    }

    /// Ends the gateway at once and starts it again on the same port and store; every connection is lost.
    ///
    /// # Errors
    /// [`Error::Start`] if it does not come back, and then it is stopped; [`Error::Stopped`].
    pub fn restart(&self) -> Result<(), Error> {
        self.with_mut(async |gateway| Ok(gateway.restart().await?))
    }

    /// Tells the clients to connect elsewhere, waits until they have left, and has the gateway back after a while.
    ///
    /// # Errors
    /// As [`Gateway::restart`].
    pub fn drain(&self, back_after: Duration) -> Result<(), Error> {
        self.with_mut(async |gateway| Ok(gateway.drain(back_after).await?))
    }

    // ---- waiting ------------------------------------------------------------------------------------------------

    /// Waits until something is so. A host whose waits can be interrupted calls it again and again with a short time.
    ///
    /// # Errors
    /// [`Error::TimedOut`]; and as the calls that show the same.
    pub fn wait_until(&self, condition: Condition, timeout: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + timeout;
        run(async || {
            let mut look = Look::default();
            loop {
                let seen = self.look(&condition, &mut look).await?;
                let Some(seen) = seen else { return Ok(()) };
                if Instant::now() >= deadline {
                    return Err(Error::TimedOut { wanted: condition.to_string(), seen });
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        })?
    }

    /// What there is instead of what is waited for; `None` if it is there.
    async fn look(&self, condition: &Condition, look: &mut Look) -> Result<Option<String>, Error> {
        let gateway = self.inner.gateway.read().await;
        let gateway = gateway.as_ref().ok_or(Error::Stopped)?;
        let counters = gateway.gateway().counters();
        let (wanted, seen) = match condition {
            Condition::Sessions { user, count } => {
                (*count, look.sessions(gateway, &counters, user).await?.len())
            }
            Condition::Connected { user, count } => {
                let sessions = look.sessions(gateway, &counters, user).await?;
                (*count, sessions.iter().filter(|session| session.connected).count())
            }
            Condition::Connections { client, count } => (*count, self.connections(client)?),
            Condition::Logins(count) => {
                return Ok((counters.logins < *count).then(|| counters.logins.to_string()));
            }
        };
        Ok((wanted != seen).then(|| seen.to_string()))
    }

    // ---- the way in ---------------------------------------------------------------------------------------------

    fn with<T: Send>(
        &self,
        act: impl AsyncFnOnce(&TestGateway) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        run(async || act(self.inner.gateway.read().await.as_ref().ok_or(Error::Stopped)?).await)?
    }

    fn with_mut<T: Send>(
        &self,
        act: impl AsyncFnOnce(&mut TestGateway) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        run(async || act(self.inner.gateway.write().await.as_mut().ok_or(Error::Stopped)?).await)?
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("app", &self.inner.app).finish_non_exhaustive()
    }
}

impl Inner {
    fn networks(&self) -> MutexGuard<'_, BTreeMap<String, Network>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn proxy(&self, client: &str) -> Result<Arc<Proxy>, Error> {
        let networks = self.networks();
        let network = networks.get(client);
        network.map(|network| Arc::clone(&network.proxy)).ok_or_else(|| {
            let known: Vec<&str> = networks.keys().map(String::as_str).collect();
            Error::Argument(format!("no client has the name {client:?}; known are {known:?}"))
        })
    }
}

/// What was seen last of a user's sessions. Asking for them is an operator's order that the gateway writes down, so it
/// is not done at every look.
#[derive(Default)]
struct Look {
    at: Option<(Instant, [u64; 3])>,
    sessions: Vec<SessionInfo>,
}

impl Look {
    async fn sessions(
        &mut self,
        gateway: &TestGateway,
        counters: &Counters,
        user: &str,
    ) -> Result<&[SessionInfo], Error> {
        let counts = [counters.sessions, counters.sessions_connected, counters.logins];
        let is_fresh = self.at.is_some_and(|(at, then)| then == counts && at.elapsed() < ASK_EVERY);
        if !is_fresh {
            self.sessions = gateway.sessions(user).await?;
            self.at = Some((Instant::now(), counts));
        }
        Ok(&self.sessions)
    }
}

/// Runs to the end on the calling thread; what it spawns runs on the test kit's own threads.
fn run<T: Send>(work: impl AsyncFnOnce() -> T + Send) -> Result<T, Error> {
    let runtime = runtime()?;
    if Handle::try_current().is_err() {
        return Ok(runtime.block_on(work()));
    }
    // A thread that runs some runtime must not block on another one.
    thread::scope(|scope| match scope.spawn(|| runtime.block_on(work())).join() {
        Ok(result) => Ok(result),
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

    let process = std::process::id();
    let mut made = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    // The child of a fork has none of its parent's threads.
    if let Some((_, runtime)) = made.filter(|(owner, _)| *owner == process) {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("testkit").enable_all().build();
    let runtime =
        runtime.map_err(|error| Error::Start(format!("no thread for the test gateway: {error}")))?;
    // Never dropped: that would block, on whatever thread of the host it happened.
    Ok(made.insert((process, Box::leak(Box::new(runtime)))).1)
}

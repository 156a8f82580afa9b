//! The gateway's configuration, checked: what `load.rs` makes of file, environment and flags.

mod apps;
mod file;
pub mod keys;
mod load;
mod mistake;
mod secret;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use tessera_core::gateway::registry::AppRules;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::AppId;
use tessera_core::ticket::Key;

pub(crate) use load::load_text;
pub use load::{Loaded, LogConfig, Sources, load};
pub use mistake::{ConfigError, Mistake, Place};
pub use secret::read_secret;

/// Everything that a gateway is started with.
#[derive(Debug)]
pub struct Config {
    /// Where clients connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate chain and key in PEM; without them the listener speaks plain WebSocket.
    pub tls: Option<TlsFiles>,
    /// The store's file; `None` keeps everything in memory, for tests.
    pub store: Option<PathBuf>,
    /// The admin endpoint; `None` leaves it out.
    pub admin: Option<AdminConfig>,
    /// Networks whose `Forwarded` header or PROXY line is believed (G7).
    pub trusted_proxies: Vec<Network>,
    /// Whether trusted proxies open each connection with a PROXY protocol line instead of sending `Forwarded`.
    pub proxy_protocol: bool,
    /// Whether addresses of the loopback range are exempt from the limits per address (G7).
    pub loopback_exempt: bool,
    /// The apps.
    pub apps: Vec<AppConfig>,
    /// Limits and times (G7).
    pub limits: GatewayLimits,
}

/// One app.
#[derive(Debug)]
pub struct AppConfig {
    /// Its `sdkAppID`.
    pub id: AppId,
    /// Its secret keys: a ticket signed with any of them is good, so that keys can be rotated.
    pub keys: Vec<Key>,
    /// Its policy and switches.
    pub rules: AppRules,
}

/// Files for TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// The admin endpoint.
#[derive(Debug)]
pub struct AdminConfig {
    /// Where it listens. Not a loopback address only if the operator says so.
    pub listen: SocketAddr,
    /// Who may call it.
    pub tokens: Vec<AdminToken>,
}

/// A bearer token of the admin endpoint, with the name that audit records show.
#[derive(Clone)]
pub struct AdminToken {
    /// The name.
    pub name: String,
    /// The secret, at least 16 characters.
    pub secret: String,
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdminToken({})", self.name)
    }
}

/// A network in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address.
    pub address: std::net::IpAddr,
    /// How many leading bits count.
    pub prefix: u8,
}

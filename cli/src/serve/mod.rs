//! `tessera serve`: a gateway in the foreground, until a signal ends it.

mod flags;
mod log;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tessera_gateway::Gateway;
use tessera_gateway::admin_http::{self, AdminServer};
use tessera_gateway::config::keys::FILE_ENV;
use tessera_gateway::config::{Config, Loaded, Sources, load};
use tessera_gateway::store::Store;
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::memory::MemoryStore;

use self::flags::KeyFlags;
use crate::output::{self, Exit, Failure, Outcome};
use crate::progress;
use crate::signals::Signals;

/// Runs a gateway until SIGTERM or SIGINT; then tells its clients to go elsewhere, waits for them, and ends. A second
/// signal ends it at once.
///
/// A flag wins over the environment, which wins over the configuration file. docs/gateway-configuration.md lists the
/// keys of the file.
#[derive(Args)]
pub(crate) struct Serve {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", env = FILE_ENV)]
    config: Option<PathBuf>,
    #[command(flatten)]
    keys: KeyFlags,
    /// A limit, as NAME=NUMBER; may be given several times. docs/limits.md lists them.
    #[arg(long, value_name = "NAME=NUMBER", value_parser = name_and_value)]
    limit: Vec<(String, String)>,
    /// The line that says where it listens as a JSON object.
    #[arg(long)]
    json: bool,
}

impl Serve {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        let Loaded { config, log, warnings } = load(&self.sources()).map_err(|error| {
            Failure::new(Exit::Configuration, format!("the configuration is refused\n{error}"))
        })?;
        log::start(&log);
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let store = open_store(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Failure::new(Exit::Configuration, format!("the system gives no threads: {error}"))
        })?;
        runtime.block_on(serve(config, store, json))
    }

    fn sources(self) -> Sources {
        Sources {
            file: self.config.filter(|path| !path.as_os_str().is_empty()),
            // A value that is not Unicode cannot be meant for one of these variables.
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            flags: self.keys.0,
            limits: self.limit,
        }
    }
}

fn open_store(config: &Config) -> Outcome<Arc<dyn Store>> {
    let Some(path) = &config.store else { return Ok(Arc::new(MemoryStore::new())) };
    let what = format!("opening the store {}", path.display());
    let store = progress::during(&what, || EmbeddedStore::open(path));
    match store {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(Failure::new(Exit::Configuration, error.to_string())),
    }
}

async fn serve(mut config: Config, store: Arc<dyn Store>, json: bool) -> Outcome {
    let unusable = |message: String| Failure::new(Exit::Configuration, message);
    // Before anything listens, so that no signal is missed.
    let mut signals =
        Signals::new().map_err(|error| unusable(format!("signals cannot be caught: {error}")))?;
    let admin = config.admin.take();
    let gateway = Gateway::start(config, store).await.map_err(|error| unusable(error.to_string()))?;
    let admin = match admin {
        Some(admin) => {
            Some(admin_http::serve(gateway.clone(), admin).await.map_err(|e| unusable(e.to_string()))?)
        }
        None => None,
    };
    announce(&gateway, admin.as_ref(), json);
    signals.next().await;
    tracing::info!("draining; a second signal ends at once");
    tokio::select! {
        () = end(gateway, admin) => {
            tracing::info!("ended");
            Ok(())
        }
        () = signals.next() => Err(Failure::new(Exit::Refused, "ended at once by a second signal")),
    }
}

async fn end(gateway: Gateway, admin: Option<AdminServer>) {
    gateway.drain().await;
    if let Some(admin) = admin {
        admin.stop().await;
    }
    gateway.stop().await;
}

fn announce(gateway: &Gateway, admin: Option<&AdminServer>, json: bool) {
    let (url, admin) = (gateway.url(), admin.map(AdminServer::url));
    if json {
        return output::line(&json!({ "url": url, "admin": admin }).to_string());
    }
    let admin = admin.map_or(String::new(), |admin| format!(", admin endpoint at {admin}"));
    output::line(&format!("ready: clients connect to {url}{admin}"));
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=NUMBER, such as lease_ms=60000")?;
    Ok((name.to_owned(), value.to_owned()))
}

//! The gateway under test: the real `tessera` binary.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tessera_bench::target::Target;

use crate::Outcome;
use crate::process::Server;
use crate::setup::{APP, Setup, TOKEN};

/// How it is run.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The store's file; none keeps everything in memory.
    pub(crate) store: Option<&'a Path>,
    pub(crate) tls: bool,
}

/// A running one.
pub(crate) struct Gateway {
    pub(crate) server: Server,
    pub(crate) target: Arc<Target>,
    admin: String,
}

impl Gateway {
    pub(crate) async fn start(setup: &Setup, run: Run<'_>) -> Outcome<Gateway> {
        let server = Server::start(&mut command(setup, run))?;
        let target = setup.target(&server.said("url")?).await?;
        let admin = server.said("admin")?;
        Ok(Gateway { server, target, admin })
    }

    /// Where clients connect.
    pub(crate) fn addr(&self) -> Outcome<SocketAddr> {
        let url = self.server.said("url")?;
        let addr = url.split('/').nth(2).unwrap_or_default();
        Ok(addr.parse()?)
    }

    /// What kicks a user through the admin endpoint; it keeps its connection.
    pub(crate) fn kicker(&self) -> impl Fn(&str) -> Outcome + Clone + Send + Sync + 'static {
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(10)));
        let (agent, admin) = (ureq::Agent::from(config.build()), self.admin.clone());
        move |user| {
            let url = format!("{admin}/v1/apps/{APP}/users/{user}/kick");
            let mut answer =
                agent.post(&url).header("authorization", format!("Bearer {TOKEN}")).send_empty()?;
            answer.body_mut().read_to_string()?;
            Ok(())
        }
    }
}

/// How it is started. Limits that would refuse the load are out of the way; sizes and times are the defaults.
pub(crate) fn command(setup: &Setup, run: Run<'_>) -> Command {
    let mut command = Command::new(&setup.tessera);
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    command.args(["--log-level", "warn", "--limit", "connections_max=100000", "--limit", "drain_ms=200"]);
    command.args(["--limit", "login_within_ms=600000", "--limit", "logins_per_user_per_minute=100000"]);
    command.args(["--app", &APP.to_string(), "--key-file"]).arg(setup.path("app.key"));
    command.arg("--admin-token-file").arg(setup.path("admin.token"));
    command.arg("--store").arg(run.store.unwrap_or(Path::new(":memory:")));
    if run.tls {
        command.arg("--tls-certificate").arg(setup.path("chain.pem"));
        command.arg("--tls-key").arg(setup.path("key.pem"));
    }
    command
}

//! What every row needs: counts, programs, a folder, a key, a certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tempfile::TempDir;
use tessera_bench::target::Target;
use tessera_core::ticket::Key;

use crate::Outcome;

/// The app of every gateway under test.
pub(crate) const APP: u64 = 1_400_000_001;
const SECRET: &str = "bench-only-secret-of-an-app-that-is-nobodys";
/// The admin token of every gateway under test.
pub(crate) const TOKEN: &str = "bench-only-admin-token";

/// How much of everything.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub(crate) struct Counts {
    /// Idle sessions held at once.
    #[arg(long, default_value_t = 15_000)]
    pub(crate) sessions: usize,
    /// Logins of each round.
    #[arg(long, default_value_t = 4_000)]
    pub(crate) logins: usize,
    /// Kicks of each kind, and cuts.
    #[arg(long, default_value_t = 300)]
    pub(crate) kicks: usize,
    /// Sessions in a registry without sockets.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) registry: usize,
    /// Tickets signed and checked.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) tickets: usize,
    /// Rounds of what is repeated; the median counts.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Logins under way at the same time.
    #[arg(long, default_value_t = 32)]
    pub(crate) width: usize,
}

/// See the module.
pub(crate) struct Setup {
    pub(crate) tessera: PathBuf,
    /// This program.
    pub(crate) me: PathBuf,
    pub(crate) python: Option<PathBuf>,
    pub(crate) node_modules: Option<PathBuf>,
    pub(crate) counts: Counts,
    folder: TempDir,
}

impl Setup {
    pub(crate) fn new(
        tessera: PathBuf,
        me: PathBuf,
        folder: Option<&Path>,
        counts: Counts,
        python: Option<PathBuf>,
        node_modules: Option<PathBuf>,
    ) -> Outcome<Self> {
        let folder = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                TempDir::new_in(folder)?
            }
            None => TempDir::new()?,
        };
        let certificate =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let setup = Setup { tessera, me, python, node_modules, counts, folder };
        setup.write("app.key", SECRET)?;
        setup.write("admin.token", TOKEN)?;
        setup.write("chain.pem", &certificate.cert.pem())?;
        setup.write("key.pem", &certificate.signing_key.serialize_pem())?;
        Ok(setup)
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A server as something to load.
    pub(crate) async fn target(&self, url: &str) -> Outcome<Arc<Target>> {
        let target = Target::new(url, APP, self.key()?, Some(&self.path("chain.pem"))).await?;
        Ok(Arc::new(target.spread_sources()))
    }

    /// The app's key.
    pub(crate) fn key(&self) -> Outcome<Key> {
        Ok(Key::new(SECRET)?)
    }

    fn write(&self, name: &str, text: &str) -> Outcome {
        std::fs::write(self.path(name), text)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    }
}

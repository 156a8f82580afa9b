//! `tessera bench`: load on a running gateway, and what it took.
//!
//! What loads is the library of `tessera-bench`; here are arguments and lines.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tessera_bench::load::{self, Plan, Report};
use tessera_bench::session::LoadError;
use tessera_bench::target::Target;

use crate::output::{self, Exit, Failure, Outcome};

/// Loads a running gateway: holds sessions, logs in and out, kicks by second logins, and shows the times.
///
/// It needs the app's secret key, because it signs tickets. Its users are called bench-held-0, bench-login-0,
/// bench-kick-0 and so on; the gateway signs them up and keeps their accounts. Each session takes an open file here and
/// in the gateway, so raise the limits of both (`ulimit -n`) for many. From another machine than the gateway's, its
/// limits on connections and logins of one address apply, and what they refuse is counted as failed.
#[derive(Args)]
pub(crate) struct Bench {
    /// The gateway.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7700/tessera")]
    url: String,
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    /// A file that holds the app's secret key alone.
    #[arg(long, value_name = "FILE", env = "TESSERA_KEY_FILE")]
    key_file: PathBuf,
    /// A file with the root certificates to trust (PEM); a wss:// URL needs it.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Sessions to hold while the rest is measured.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = count)]
    sessions: usize,
    /// Logins to time, each with its logout.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = count)]
    logins: usize,
    /// Sessions to kick, one after the other.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = count)]
    kicks: usize,
    /// Logins under way at the same time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = count)]
    width: usize,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(crate) fn run(self) -> Outcome {
        let key = crate::key::read(&self.key_file)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Failure::new(Exit::Configuration, format!("the system gives no threads: {error}"))
        })?;
        let Bench { sessions, logins, kicks, width, .. } = self;
        let report = runtime.block_on(async {
            let target = Target::new(&self.url, self.app, key, self.ca_file.as_deref()).await?;
            load::run(Arc::new(target), Plan { sessions, logins, kicks, width }).await
        });
        let report = report.map_err(|error| failure(&error))?;
        match self.json {
            true => output::line(&json!(report).to_string()),
            false => lines(&report).iter().for_each(|line| output::line(line)),
        }
        match report.failures.values().sum::<usize>() {
            0 => Ok(()),
            failed => Err(Failure::new(Exit::Refused, format!("{failed} failed"))),
        }
    }
}

fn lines(report: &Report) -> Vec<String> {
    let Report { sessions_held, sessions_opened_in_s, logins, logins_per_second, kicks, .. } = report;
    let times = |p50: f64, p99: f64| format!("p50 {p50:.2} ms, p99 {p99:.2} ms");
    let mut lines = vec![format!("sessions  {sessions_held} held, opened in {sessions_opened_in_s:.2} s")];
    if *logins > 0 {
        let times = times(report.login_p50_ms, report.login_p99_ms);
        lines.push(format!("logins    {logins}, {logins_per_second:.0} in a second, {times}"));
    }
    if *kicks > 0 {
        let times = times(report.kick_p50_ms, report.kick_p99_ms);
        lines.push(format!("kicks     {kicks}, login to event {times}"));
    }
    lines.extend(report.failures.iter().map(|(what, count)| format!("failed    {count}: {what}")));
    lines
}

fn failure(error: &LoadError) -> Failure {
    let exit = match error {
        LoadError::Target(_) => Exit::Usage,
        LoadError::Upgrade(_) | LoadError::Refused { .. } | LoadError::Unexpected(_) => Exit::Refused,
        LoadError::Io(_) | LoadError::WebSocket(_) | LoadError::Closed | LoadError::Late => Exit::Unreachable,
    };
    Failure::new(exit, error.to_string())
}

/// At most what one machine has ports for.
fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 0..=1_000_000) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 0 to 1000000".to_owned()),
    }
}

//! Subcommands that speak to a gateway's admin endpoint. Each makes one call and shows its answer.

mod client;
mod policy;
mod show;

use clap::Args;
use serde_json::Value;
use tessera_core::id::UserId;

pub(crate) use self::policy::Policy;

use self::client::Endpoint;
use crate::output::{Exit, Failure, Outcome};

/// A user of an app.
#[derive(Args)]
struct Target {
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    /// The user.
    #[arg(long)]
    user: String,
}

impl Target {
    /// The path of an action. Its parts need no escape: a user id has only letters, digits, `_` and `-`.
    fn path(&self, action: &str) -> Outcome<String> {
        let user = UserId::parse(&self.user).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        Ok(format!("/v1/apps/{}/users/{user}/{action}", self.app))
    }
}

/// Lists the gateway's apps with their policies and sessions.
#[derive(Args)]
pub(crate) struct Apps {
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Apps {
    pub(crate) fn run(self) -> Outcome {
        let answer = self.endpoint.get("/v1/apps")?;
        self.endpoint.show(&answer, show::apps);
        Ok(())
    }
}

/// Lists a user's sessions, oldest first.
#[derive(Args)]
pub(crate) struct Sessions {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Sessions {
    pub(crate) fn run(self) -> Outcome {
        let answer = self.endpoint.get(&self.target.path("sessions")?)?;
        self.endpoint.show(&answer, show::sessions);
        Ok(())
    }
}

/// Ends all sessions of a user and revokes the tickets used so far.
#[derive(Args)]
pub(crate) struct Kick {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Kick {
    pub(crate) fn run(self) -> Outcome {
        let answer = self.endpoint.post(&self.target.path("kick")?)?;
        self.endpoint.show(&answer, show::kicked);
        Ok(())
    }
}

/// Disables a user's account, which ends its sessions.
#[derive(Args)]
pub(crate) struct Disable {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Disable {
    pub(crate) fn run(self) -> Outcome {
        let answer = self.endpoint.post(&self.target.path("disable")?)?;
        self.endpoint.show(&answer, show::disabled);
        Ok(())
    }
}

/// Enables a user's account again.
#[derive(Args)]
pub(crate) struct Enable {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Enable {
    pub(crate) fn run(self) -> Outcome {
        let answer = self.endpoint.post(&self.target.path("enable")?)?;
        self.endpoint.show(&answer, |_: &Value| vec!["enabled".to_owned()]);
        Ok(())
    }
}

/// Counts different users and logins of an app over days (UTC).
#[derive(Args)]
pub(crate) struct Active {
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    /// The first day, such as 2026-11-01; today unless given.
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<String>,
    /// The last day; today unless given.
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Active {
    pub(crate) fn run(self) -> Outcome {
        let today = || crate::output::moment(crate::output::now().as_secs())[..10].to_owned();
        let (from, to) = (self.from.unwrap_or_else(today), self.to.unwrap_or_else(today));
        let answer = self.endpoint.get(&format!("/v1/apps/{}/active?from={from}&to={to}", self.app))?;
        self.endpoint.show(&answer, show::active);
        Ok(())
    }
}

/// The gateway judges the day; here it is only made sure that nothing else gets into the URL.
fn day(text: &str) -> Result<String, String> {
    let digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if digits { Ok(text.to_owned()) } else { Err("write a day as 2026-11-21".to_owned()) }
}

/// Shows the newest audit records, newest first.
#[derive(Args)]
pub(crate) struct Audit {
    /// How many.
    #[arg(long, default_value_t = 20)]
    max: u32,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Audit {
    pub(crate) fn run(self) -> Outcome {
        let answer = self.endpoint.get(&format!("/v1/audit?max={}", self.max))?;
        self.endpoint.show(&answer, show::audit);
        Ok(())
    }
}

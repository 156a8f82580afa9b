//! `tessera policy`: who of an app may be online beside whom.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::Endpoint;
use super::show;
use crate::output::{Exit, Failure, Outcome};

/// Shows or sets an app's policy.
#[derive(Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Shows the policy in force.
    Show(Show),
    /// Sets the policy; it acts at the next login and wins over the configuration file from then on.
    Set(Set),
}

#[derive(Args)]
struct Show {
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    #[command(flatten)]
    endpoint: Endpoint,
}

#[derive(Args)]
#[command(group = ArgGroup::new("policy").required(true).multiple(true).args(["preset", "set", "cap"]))]
struct Set {
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    /// One of V2TIM's policies.
    #[arg(long, value_parser = ["single", "dual", "triple", "multi"], conflicts_with = "set")]
    preset: Option<String>,
    /// Platforms of which one at most is online, such as android,iphone; several times for several sets.
    #[arg(long, value_name = "PLATFORM,…")]
    set: Vec<String>,
    /// How many instances of a platform may be online, such as web=3; several times for several platforms.
    #[arg(long, value_name = "PLATFORM=NUMBER", value_parser = cap)]
    cap: Vec<(String, u8)>,
    /// Whether a device that was kicked while it was offline is told so by 6208.
    #[arg(long, value_name = "BOOL")]
    offline_kick_error: Option<bool>,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Policy {
    pub(crate) fn run(self) -> Outcome {
        match self.action {
            Action::Show(show) => show.run(),
            Action::Set(set) => set.run(),
        }
    }
}

impl Show {
    fn run(self) -> Outcome {
        let answer = self.endpoint.get("/v1/apps")?;
        let apps = answer["apps"].as_array().into_iter().flatten();
        let Some(app) = apps.into_iter().find(|app| app["id"] == json!(self.app)) else {
            return Err(Failure::new(Exit::Refused, format!("the gateway has no app {}", self.app)));
        };
        let rules = json!({ "policy": app["policy"], "offline_kick_error": app["offline_kick_error"] });
        self.endpoint.show(&rules, show::policy);
        Ok(())
    }
}

impl Set {
    fn run(self) -> Outcome {
        let body = self.body();
        let answer = self.endpoint.put(&format!("/v1/apps/{}/policy", self.app), &body)?;
        self.endpoint.show(&answer, |_: &Value| vec!["set; it acts at the next login".to_owned()]);
        Ok(())
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some(preset) = &self.preset {
            body.insert("preset".to_owned(), json!(preset));
        }
        if !self.set.is_empty() {
            let sets: Vec<Vec<&str>> =
                self.set.iter().map(|set| set.split(',').map(str::trim).collect()).collect();
            body.insert("sets".to_owned(), json!(sets));
        }
        if !self.cap.is_empty() {
            let caps: Map<_, _> =
                self.cap.iter().map(|(platform, cap)| (platform.clone(), json!(cap))).collect();
            body.insert("caps".to_owned(), Value::Object(caps));
        }
        if let Some(flag) = self.offline_kick_error {
            body.insert("offline_kick_error".to_owned(), json!(flag));
        }
        Value::Object(body)
    }
}

fn cap(text: &str) -> Result<(String, u8), String> {
    let wrong = "write PLATFORM=NUMBER, such as web=3";
    let (platform, number) = text.split_once('=').ok_or(wrong)?;
    Ok((platform.to_owned(), number.parse().map_err(|_| wrong)?))
}

//! Calls to the admin endpoint, and the failures that they end in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tessera_core::generated::codes;
use tessera_gateway::config::read_secret;
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

use crate::output::{self, Exit, Failure, Outcome};
use crate::progress;

/// The environment variable with the token itself.
const TOKEN_ENV: &str = "TESSERA_ADMIN_TOKEN";

/// Longer than the endpoint takes at most.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Where the admin endpoint is, and with which token.
#[derive(Args)]
pub(super) struct Endpoint {
    /// The admin endpoint of the gateway.
    #[arg(long, value_name = "URL", env = "TESSERA_ADMIN_URL", default_value = "http://127.0.0.1:7701")]
    admin: String,
    /// A file that holds the bearer token alone; without it the token is in the environment as TESSERA_ADMIN_TOKEN.
    #[arg(long, value_name = "FILE", env = "TESSERA_ADMIN_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Endpoint {
    pub(super) fn get(&self, path: &str) -> Outcome<Value> {
        self.call("GET", path, String::new())
    }

    pub(super) fn post(&self, path: &str) -> Outcome<Value> {
        self.call("POST", path, String::new())
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Outcome<Value> {
        self.call("PUT", path, body.to_string())
    }

    /// Shows an answer, as JSON if that was asked for.
    pub(super) fn show(&self, answer: &Value, lines: impl FnOnce(&Value) -> Vec<String>) {
        if self.json {
            return output::line(&answer.to_string());
        }
        for line in lines(answer) {
            output::line(&line);
        }
    }

    fn call(&self, method: &str, path: &str, body: String) -> Outcome<Value> {
        let admin = self.admin.trim_end_matches('/');
        if !admin.starts_with("http://") {
            let message =
                "--admin must be an http:// URL; for a distant gateway use a tunnel, such as `ssh -L`";
            return Err(Failure::new(Exit::Usage, message));
        }
        let token = self.token()?;
        let request = Request::builder()
            .method(method)
            .uri(format!("{admin}{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(body)
            .map_err(|_| Failure::new(Exit::Usage, "--admin is not a URL, or the token is not one"))?;
        let answer = progress::during(&format!("waiting for {admin}"), || agent().run(request));
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        self.read(path, answer)
    }

    fn token(&self) -> Outcome<String> {
        let given = |path: &&PathBuf| !path.as_os_str().is_empty();
        if let Some(path) = self.token_file.as_ref().filter(given) {
            return token_of(path);
        }
        match std::env::var(TOKEN_ENV) {
            Ok(token) if !token.trim().is_empty() => Ok(token.trim().to_owned()),
            _ => {
                let message = format!("there is no admin token: add --token-file FILE, or set {TOKEN_ENV}");
                Err(Failure::new(Exit::Configuration, message))
            }
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let message = format!(
            "no answer from {}: {error}; is the gateway running, and has it an admin token (`admin.tokens`)?",
            self.admin
        );
        Failure::new(Exit::Unreachable, message)
    }

    fn read(&self, path: &str, mut answer: Response<Body>) -> Outcome<Value> {
        let status = answer.status();
        let body: Result<Value, _> = answer.body_mut().read_json();
        match body {
            Ok(body) if status.is_success() => Ok(body),
            // The same from a gateway's own port, from another version, and from a mistyped URL.
            Ok(body) if status == 404 && body["code"] == codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS.0 => {
                let message =
                    format!("{} has no {path}; is it the admin endpoint (`admin.listen`)?", self.admin);
                Err(Failure::new(Exit::Unreachable, message))
            }
            Ok(body) if body["code"].is_i64() => {
                let (code, desc) = (&body["code"], body["desc"].as_str().unwrap_or_default());
                Err(Failure::new(Exit::Refused, format!("refused: {code}: {desc}")))
            }
            Ok(_) | Err(_) => {
                let message = format!("{} answers, but is no Tessera admin endpoint ({status})", self.admin);
                Err(Failure::new(Exit::Unreachable, message))
            }
        }
    }
}

fn agent() -> Agent {
    // No proxy and no redirect: the token goes to the gateway that was named and to nobody else.
    let config = Agent::config_builder().proxy(None).max_redirects(0).http_status_as_error(false);
    config.timeout_connect(Some(CONNECT_WITHIN)).timeout_global(Some(ANSWER_WITHIN)).build().into()
}

fn token_of(path: &Path) -> Outcome<String> {
    let (token, warning) = read_secret(path).map_err(|message| Failure::new(Exit::Configuration, message))?;
    if let Some(warning) = warning {
        output::note(&format!("tessera: warning: {warning}"));
    }
    Ok(token)
}

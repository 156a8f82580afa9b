//! `tessera login`: a client in the terminal. It shows status and events as they come and takes commands from standard
//! input.

mod commands;
mod show;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tessera_client::{Client, ClientConfig, Error, Kind, LoginStatus, Platform, SdkEvent};
use tessera_core::ticket::{self, Key};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use self::commands::Order;
use self::show::Screen;
use crate::output::{self, Exit, Failure, Outcome};
use crate::signals::Signals;

/// How long a ticket is valid that is signed here.
const SIGNED_FOR_SECS: u64 = 86_400;

/// Logs a user in, stays online, and shows status and events as they come.
///
/// Commands on standard input: `login USER TICKET`, `logout`, `hint` (the network has changed), `status`, `quit`.
/// It ends with `quit` or a signal, when the first login is refused (1) or finds no gateway (3), and, once standard
/// input has ended, when nobody is logged in any more: with 0 after `logout`, else with 1.
#[derive(Args)]
pub(crate) struct Login {
    /// The gateway.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7700/tessera")]
    url: String,
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    /// The user to log in at the start; needs a ticket or a key.
    #[arg(long, requires = "credential")]
    user: Option<String>,
    /// A file that holds the user's ticket alone.
    #[arg(long, value_name = "FILE", group = "credential")]
    ticket_file: Option<PathBuf>,
    /// A file that holds the app's secret key: tickets are signed here, at the start and before one expires.
    #[arg(long, value_name = "FILE", group = "credential", env = "TESSERA_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// A file with further root certificates (PEM).
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// Accept an unencrypted ws:// URL of another machine.
    #[arg(long)]
    allow_plain: bool,
    /// The platform to report, such as android or web; that of this machine unless given.
    #[arg(long, value_parser = platform)]
    platform: Option<Platform>,
    /// The device id to report, 32 hexadecimal digits; a random one unless given.
    #[arg(long, value_name = "HEX")]
    device_id: Option<String>,
    /// Give up a login after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Login {
    pub(crate) fn run(self) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            Failure::new(Exit::Configuration, format!("the system gives no event loop: {error}"))
        })?;
        runtime.block_on(self.stay())
    }

    async fn stay(self) -> Outcome {
        let signals = Signals::new().map_err(|error| {
            Failure::new(Exit::Configuration, format!("signals cannot be caught: {error}"))
        })?;
        let key = self.key_file.as_deref().map(crate::key::read).transpose()?;
        let ticket = self.ticket(key.as_ref())?;
        let client = Client::new();
        client.init(self.app, self.config()).map_err(|error| failure(&error))?;
        if let Some(key) = key {
            let app = self.app;
            client.set_ticket_provider(move |user: String| {
                let signed = sign(&key, app, &user);
                async move { signed }
            });
        }
        let screen = Screen { json: self.json };
        let mut online = Online {
            events: client.events(),
            client,
            screen,
            orders: Some(commands::read()),
            calls: JoinSet::new(),
            over: self.user.is_none().then_some(Over::AsTold),
            signals,
        };
        let outcome = match self.user.zip(ticket) {
            Some((user, ticket)) => online.first_login(&user, &ticket).await,
            None => Ok(true),
        };
        let outcome = match outcome {
            Ok(true) => online.follow().await,
            Ok(false) => Ok(()),
            Err(failure) => Err(failure),
        };
        // The session is logged out on the way; that the gateway hears of it is waited for, but not for long.
        let _ = tokio::time::timeout(Duration::from_secs(5), online.client.logout()).await;
        let _ = online.client.un_init().await;
        outcome
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new()
            .server_url(&self.url)
            .allow_plain(self.allow_plain || is_loopback(&self.url))
            .login_timeout(Duration::from_secs(self.timeout));
        if let Some(file) = &self.ca_file {
            config = config.ca_file(file);
        }
        if let Some(platform) = self.platform {
            config = config.platform(platform);
        }
        if let Some(device) = &self.device_id {
            config = config.device_id(device);
        }
        config
    }

    fn ticket(&self, key: Option<&Key>) -> Outcome<Option<String>> {
        if let Some(path) = &self.ticket_file {
            let read = tessera_gateway::config::read_secret(path);
            return read
                .map(|(ticket, _)| Some(ticket))
                .map_err(|text| Failure::new(Exit::Configuration, text));
        }
        match (key, &self.user) {
            (Some(key), Some(user)) => sign(key, self.app, user)
                .map(Some)
                .map_err(|error| Failure::new(Exit::Usage, error.to_string())),
            _ => Ok(None),
        }
    }
}

/// A client with its events and the orders of whoever sits in front of it.
struct Online {
    client: Client,
    events: tessera_client::Events,
    screen: Screen,
    orders: Option<UnboundedReceiver<Order>>,
    /// Calls whose result is not there yet, and what it will mean.
    calls: JoinSet<Option<Over>>,
    /// Set while nobody is logged in.
    over: Option<Over>,
    signals: Signals,
}

/// Why nobody is logged in.
#[derive(Clone, Copy)]
enum Over {
    /// Nobody was to be.
    AsTold,
    /// The gateway did not want it.
    Refused,
}

impl Online {
    /// Logs in and shows what happens meanwhile. False if it was told to end.
    async fn first_login(&mut self, user: &str, ticket: &str) -> Outcome<bool> {
        let mut pending = std::pin::pin!(self.client.login(user, ticket));
        self.screen.status(&self.client);
        loop {
            tokio::select! {
                biased;
                Some(event) = self.events.next() => self.screen.event(&self.client, &event),
                outcome = pending.as_mut() => {
                    self.screen.result("login", &outcome);
                    self.screen.status(&self.client);
                    return outcome.map(|()| true).map_err(|error| failure(&error));
                }
                () = self.signals.next() => return Ok(false),
            }
        }
    }

    async fn follow(&mut self) -> Outcome {
        loop {
            // Without orders nothing can begin any more.
            match self.over {
                Some(over) if self.orders.is_none() && self.calls.is_empty() => return over.outcome(),
                Some(_) | None => {}
            }
            tokio::select! {
                event = self.events.next() => {
                    let Some(event) = event else { return Ok(()) };
                    self.screen.event(&self.client, &event);
                    if ends_session(&event) {
                        self.over = Some(Over::Refused);
                    }
                }
                Some(Ok(Some(over))) = self.calls.join_next() => self.over = Some(over),
                order = next(&mut self.orders) => match order {
                    Some(Order::Quit) => return Ok(()),
                    Some(order) => self.carry_out(order),
                    None => self.orders = None,
                },
                () = self.signals.next() => return Ok(()),
            }
        }
    }

    /// Does not wait: the result is shown when it is there, and the next order may come before it.
    fn carry_out(&mut self, order: Order) {
        let (name, pending) = match order {
            Order::Login { user, ticket } => {
                self.over = None;
                ("login", self.client.login(&user, &ticket))
            }
            Order::Logout => ("logout", self.client.logout()),
            Order::Hint => return self.client.notify_network_available(),
            Order::Status => return self.screen.status(&self.client),
            Order::Unknown(text) => return output::note(&text),
            Order::Quit => return,
        };
        self.screen.status(&self.client);
        let (screen, client) = (self.screen, self.client.clone());
        self.calls.spawn(async move {
            let outcome = pending.await;
            screen.result(name, &outcome);
            screen.status(&client);
            let refused = outcome.is_err().then_some(Over::Refused);
            let over = if name == "logout" { Some(Over::AsTold) } else { refused };
            over.filter(|_| client.status() == LoginStatus::LoggedOut)
        });
    }
}

impl Over {
    fn outcome(self) -> Outcome {
        match self {
            Over::AsTold => Ok(()),
            Over::Refused => Err(Failure::new(Exit::Refused, "")),
        }
    }
}

/// The next order; never, once they have ended.
async fn next(orders: &mut Option<UnboundedReceiver<Order>>) -> Option<Order> {
    match orders {
        Some(orders) => orders.recv().await,
        None => std::future::pending().await,
    }
}

fn ends_session(event: &SdkEvent) -> bool {
    matches!(event, SdkEvent::KickedOffline(_) | SdkEvent::UserSigExpired)
}

fn failure(error: &Error) -> Failure {
    let exit = match error.code.row().map_or(Kind::Internal, |row| row.kind) {
        Kind::Network => Exit::Unreachable,
        Kind::Argument => Exit::Usage,
        Kind::Success
        | Kind::State
        | Kind::Ticket
        | Kind::Account
        | Kind::Kicked
        | Kind::Limit
        | Kind::Internal => Exit::Refused,
    };
    Failure::new(exit, format!("{}: {}", error.code, error.desc))
}

fn sign(key: &Key, app: u64, user: &str) -> Result<String, ticket::SignError> {
    let ticket = ticket::sign(key, app, user, output::now(), SIGNED_FOR_SECS, None)?;
    Ok(ticket.expose().to_owned())
}

/// Whether the traffic stays on this machine, where nobody needs TLS.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("ws://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn platform(text: &str) -> Result<Platform, String> {
    let names = || Platform::ALL.iter().map(|platform| platform.as_str()).collect::<Vec<_>>().join(", ");
    Platform::parse(text).ok_or_else(|| format!("allowed are {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_need_no_tls() {
        for local in ["ws://127.0.0.1:7700/tessera", "ws://localhost/", "ws://[::1]:1/x"] {
            assert!(is_loopback(local), "{local}");
        }
        for far in [
            "ws://10.0.0.1/",
            "ws://localhost.example.com/",
            "wss://127.0.0.1/",
            "ws://127.0.0.1@example.com/",
        ] {
            assert!(!is_loopback(far), "{far}");
        }
    }
}

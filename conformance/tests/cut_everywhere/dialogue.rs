//! One dialogue, step by step, with what must hold after each. Not a scenario: those say what is told when; here only
//! what holds whatever happens to the network.

use std::fmt;
use std::time::Duration;

use tessera_client::{Client, ClientConfig, ConnectionStatus, Events, LoginStatus, SdkEvent, codes};
use tessera_core::ticket::Ticket;
use tessera_testkit::proxy::{Direction, Proxy};
use tessera_testkit::{APP, TestGateway};
use tokio::time::{sleep, timeout};

use super::Fault;

/// No call may take longer, whatever its own deadline. Far more than any of them, because machines are busy.
const HANG: Duration = Duration::from_secs(30);
/// How long the open connection is waited for before the login goes on without it.
const OPEN_WITHIN: Duration = Duration::from_millis(200);
/// How long a stall lasts while the client waits for its kick, which nothing but the network's return can bring.
const KICK_UNTOLD: Duration = Duration::from_millis(300);
/// A login after a fault may meet the rest of it.
const LOGINS_MAX: usize = 4;

/// How the first login reaches the gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Opening {
    /// In the upgrade request.
    Upgrade,
    /// By a frame on the open connection.
    Frame,
}

/// One place for one fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) opening: Opening,
    pub(crate) fault: Fault,
    pub(crate) direction: Direction,
    pub(crate) at: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "login by {:?}, {:?} {:?} after {} bytes",
            self.opening, self.fault, self.direction, self.at
        )
    }
}

type Outcome<T = ()> = Result<T, String>;

/// Plays the dialogue without a fault; answers the bytes to the gateway and to the client.
pub(crate) async fn undisturbed(gateway: &TestGateway, opening: Opening) -> (u64, u64) {
    let proxy = Proxy::start(gateway.gateway().addr()).await.unwrap();
    let dialogue = Dialogue::start(gateway, &proxy, &format!("clean-{opening:?}"), opening, Fault::Reset);
    dialogue.play().await.unwrap();
    proxy.bytes()
}

/// Plays the dialogue with a fault.
pub(crate) async fn play(gateway: &TestGateway, number: usize, case: Case) -> Outcome {
    let proxy = Proxy::start(gateway.gateway().addr()).await.map_err(|error| error.to_string())?;
    match case.fault {
        Fault::Reset => proxy.cut_after(case.direction, case.at),
        Fault::Stall => proxy.stall_after(case.direction, case.at),
        Fault::Duplicate => proxy.duplicate_after(case.direction, case.at),
    }
    // All names have one length, so that the dialogues have one too.
    let user = format!("user-{number:06}");
    let dialogue = Dialogue::start(gateway, &proxy, &user, case.opening, case.fault);
    dialogue.play().await?;
    forgotten(gateway, &user).await
}

/// Waits until a condition holds; false if it does not in that time.
pub(crate) async fn until(within: Duration, condition: impl Fn() -> bool) -> bool {
    let held = async {
        while !condition() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(within, held).await.is_ok()
}

/// The gateway keeps no session of the user for longer than it takes to miss a dead connection and its lease.
async fn forgotten(gateway: &TestGateway, user: &str) -> Outcome {
    let empty = async {
        while !gateway.sessions(user).await.map_err(|error| error.to_string())?.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    timeout(HANG, empty).await.map_err(|_| "a session is left in the gateway".to_owned())?
}

struct Dialogue<'a> {
    gateway: &'a TestGateway,
    proxy: &'a Proxy,
    client: Client,
    events: Events,
    user: String,
    stalls: bool,
    opening: Opening,
}

impl<'a> Dialogue<'a> {
    fn start(gateway: &'a TestGateway, proxy: &'a Proxy, user: &str, opening: Opening, fault: Fault) -> Self {
        let client = Client::new();
        let events = client.events();
        let stalls = fault == Fault::Stall;
        let url = gateway.url().replace(&gateway.gateway().addr().to_string(), &proxy.addr().to_string());
        client.init(APP, config(url, stalls, opening)).unwrap();
        Dialogue { gateway, proxy, client, events, user: user.to_owned(), stalls, opening }
    }

    async fn play(mut self) -> Outcome {
        if matches!(self.opening, Opening::Frame) {
            until(OPEN_WITHIN, || self.client.connection_status() == ConnectionStatus::Connected).await;
        }
        let ticket = self.gateway.sign(&self.user, 3_600);
        self.login(&ticket).await?;
        let kicked = self.gateway.kick(&self.user).await.map_err(|error| error.to_string())?;
        self.kicked().await?;
        let ticket = self.gateway.sign_at(&self.user, kicked, 3_600);
        self.login(&ticket).await?;
        in_time("logout", self.client.logout()).await?.map_err(|error| format!("logout: {error}"))?;
        self.holds(LoginStatus::LoggedOut)?;
        // A kick that comes late, or twice, has to pass the line before the client is ended.
        self.proxy.restore();
        in_time("unInit", self.client.un_init()).await?.map_err(|error| format!("unInit: {error}"))?;
        while let Some(event) = in_time("the end of the events", self.events.next()).await? {
            match event {
                SdkEvent::KickedOffline(_) => return Err("kicked twice".to_owned()),
                SdkEvent::UserSigExpired => return Err("the ticket expired".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Logs in. Only a stall may make that fail, and only at its deadline; then the network is back for the next try.
    async fn login(&mut self, ticket: &Ticket) -> Outcome {
        for _ in 0..LOGINS_MAX {
            match in_time("login", self.client.login(&self.user, ticket.expose())).await? {
                Ok(()) => return self.holds(LoginStatus::LoggedIn),
                Err(error)
                    if self.stalls
                        && [
                            codes::ERR_SDK_NET_WAIT_ACK_TIMEOUT,
                            codes::ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK,
                        ]
                        .contains(&error.code) =>
                {
                    self.holds(LoginStatus::LoggedOut)?;
                    self.proxy.restore();
                }
                Err(error) => return Err(format!("login: {error}")),
            }
        }
        Err("no login succeeds after the network is back".to_owned())
    }

    /// Waits for the kick; after a while with the network back.
    async fn kicked(&mut self) -> Outcome {
        let told = match timeout(KICK_UNTOLD, next_kick(&mut self.events)).await {
            Ok(told) => told,
            Err(_) => {
                self.proxy.restore();
                in_time("the kick", next_kick(&mut self.events)).await?
            }
        };
        if !told {
            return Err("the events ended without the kick".to_owned());
        }
        self.holds(LoginStatus::LoggedOut)
    }

    fn holds(&self, status: LoginStatus) -> Outcome {
        let user = (status == LoginStatus::LoggedIn).then(|| self.user.clone());
        let found = (self.client.status(), self.client.login_user());
        if found == (status, user.clone()) {
            Ok(())
        } else {
            Err(format!("{found:?}, not {status:?} {user:?}"))
        }
    }
}

async fn next_kick(events: &mut Events) -> bool {
    while let Some(event) = events.next().await {
        if matches!(event, SdkEvent::KickedOffline(_)) {
            return true;
        }
    }
    false
}

async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> Outcome<T> {
    timeout(HANG, future).await.map_err(|_| format!("{what} hangs"))
}

fn config(url: String, stalls: bool, opening: Opening) -> ClientConfig {
    // A stall has to end by a deadline; the other faults must never need one.
    let (login, connect) = if stalls { (700, 250) } else { (20_000, 10_000) };
    ClientConfig::new()
        .server_url(url)
        .allow_plain(true)
        .connect_at_init(matches!(opening, Opening::Frame))
        .login_timeout(Duration::from_millis(login))
        .connect_timeout(Duration::from_millis(connect))
        .set("logout_timeout_ms", "300")
        .set("reconnect_delay_min_ms", "10")
        .set("reconnect_delay_max_ms", "40")
        .set("silence_timeout_ms", "1000")
}

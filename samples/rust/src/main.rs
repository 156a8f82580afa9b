//! A small app against V2TIM's login API, in Rust: init, listener, login, status and user, a kick, a ticket provider,
//! an expired ticket, logout. It ends with 1 if anything differs from what it says.
//!
//! Not a chat: Tessera is the login and session layer. Without an argument it runs a gateway of its own; with one, or
//! with `TESSERA_SERVER_URL`, it uses that gateway, with the app, the user and the ticket of `TESSERA_SAMPLE_APP`,
//! `TESSERA_SAMPLE_USER` and `TESSERA_SAMPLE_USER_SIG`.
#![expect(clippy::print_stdout, reason = "a program in the terminal")]

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tessera_client::v2tim::{
    V2TIM_STATUS_LOGINED, V2TIM_STATUS_LOGOUT, V2TimManager, V2TimSdkConfig, V2TimSdkListener,
};
use tessera_client::{Client, Kick};
use tessera_testkit::{APP, Options, TestGateway};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const DAY: u64 = 86_400;

/// What the rest of the app hears. A real app shows its login screen on the first two.
#[derive(Debug, PartialEq)]
enum News {
    KickedOffline,
    UserSigExpired,
    TicketWanted,
}

/// Callbacks come one at a time on a thread of the SDK; this listener passes them on.
struct Screen(UnboundedSender<News>);

impl V2TimSdkListener for Screen {
    fn on_connect_success(&self) {
        println!("onConnectSuccess");
    }

    fn on_kicked_offline_ex(&self, kick: &Kick) {
        println!("onKickedOffline: {:?}, by a login on {:?}", kick.reason, kick.platform);
        let _ = self.0.send(News::KickedOffline);
    }

    fn on_user_sig_expired(&self) {
        println!("onUserSigExpired");
        let _ = self.0.send(News::UserSigExpired);
    }
}

/// Where the app logs in, and as whom. Tickets come from the app's own server, because an app must not have the key.
struct Account {
    gateway: Option<TestGateway>,
    url: String,
    app: u64,
    user: String,
}

impl Account {
    async fn open() -> Outcome<Account> {
        if let Some(url) = env::args().nth(1).or_else(|| env::var("TESSERA_SERVER_URL").ok()) {
            let (app, user) = (env::var("TESSERA_SAMPLE_APP")?.parse()?, env::var("TESSERA_SAMPLE_USER")?);
            return Ok(Account { gateway: None, url, app, user });
        }
        let gateway = TestGateway::start(Options::default()).await?;
        Ok(Account { url: gateway.url(), gateway: Some(gateway), app: APP, user: "alice".to_owned() })
    }

    /// In a real app: a request to the app's server.
    fn ticket(&self, lifetime_secs: u64) -> Outcome<String> {
        match &self.gateway {
            Some(gateway) => Ok(gateway.sign(&self.user, lifetime_secs).expose().to_owned()),
            None => Ok(env::var("TESSERA_SAMPLE_USER_SIG")?),
        }
    }
}

#[tokio::main]
async fn main() -> Outcome {
    let account = Account::open().await?;
    let user = account.user.as_str();
    let config = V2TimSdkConfig::new()
        .server_url(&account.url)
        .allow_plain(account.url.starts_with("ws://"))
        .set("ticket_renew_percent", "10"); // so that the sample is short; a real app keeps the default

    let manager = V2TimManager::get_instance();
    let (sender, mut news) = unbounded_channel();
    manager.add_im_sdk_listener(Arc::new(Screen(sender.clone())));
    // A real app gives no device id: one is drawn at its first run, and kept.
    if !manager.init_sdk(account.app, config.clone().device_id("5a".repeat(16))) {
        return Err(format!("initSDK: {:?}", manager.last_error()).into());
    }

    manager.login(user, &account.ticket(DAY)?).await?;
    expect("logged in", V2TIM_STATUS_LOGINED, user)?;

    // The same user on a second device of this platform: the first is kicked, and comes back by a new login.
    let second = Client::new();
    second.init(account.app, config)?;
    second.login(user, &account.ticket(DAY)?).await?;
    hear(&mut news, News::KickedOffline).await?;
    expect("kicked", V2TIM_STATUS_LOGOUT, "")?;
    manager.login(user, &account.ticket(DAY)?).await?;
    expect("logged in again", V2TIM_STATUS_LOGINED, user)?;

    // What needs a gateway that signs short tickets, and lets them expire at once.
    if let Some(gateway) = &account.gateway {
        // With a provider the ticket is renewed in good time, and no callback is raised.
        let renewed = account.ticket(DAY)?;
        manager.client().set_ticket_provider(move |_user| {
            let _ = sender.send(News::TicketWanted);
            std::future::ready(Ok::<String, String>(renewed.clone()))
        });
        manager.login(user, &account.ticket(2)?).await?;
        hear(&mut news, News::TicketWanted).await?;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        expect("renewed", V2TIM_STATUS_LOGINED, user)?;

        gateway.expire_now(user).await?;
        hear(&mut news, News::UserSigExpired).await?;
        expect("expired", V2TIM_STATUS_LOGOUT, "")?;
        manager.login(user, &account.ticket(2 * DAY)?).await?;
        expect("logged in with a new ticket", V2TIM_STATUS_LOGINED, user)?;
    }

    manager.logout().await?;
    expect("logged out", V2TIM_STATUS_LOGOUT, "")?;
    Ok(manager.un_init_sdk().await?)
}

fn expect(what: &str, status: i32, user: &str) -> Outcome {
    let manager = V2TimManager::get_instance();
    let found = (manager.get_login_status(), manager.get_login_user());
    println!("{what}: status {}, user {:?}", found.0, found.1);
    let same = found == (status, user.to_owned());
    if same { Ok(()) } else { Err(format!("{what}: expected status {status}, user {user:?}").into()) }
}

async fn hear(news: &mut UnboundedReceiver<News>, expected: News) -> Outcome {
    match tokio::time::timeout(Duration::from_secs(5), news.recv()).await? {
        Some(heard) if heard == expected => Ok(()),
        other => Err(format!("expected {expected:?}, heard {other:?}").into()),
    }
}

//! What a gateway has acknowledged survives its being killed (G9). The test runs this binary again as a child that is
//! the gateway, drives it over real sockets, kills it in the middle, and asks a new one on the same file.

#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

#[path = "runtime/support.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tessera_core::gateway::policy::{Policy, Preset};
use tessera_core::generated::codes;
use tessera_core::generated::status::Platform;
use tessera_core::wire::{GatewayFrame, Login};
use tessera_gateway::Gateway;
use tessera_gateway::config::Config;
use tessera_gateway::store::embedded::EmbeddedStore;

use support::{APP, Client, PATIENCE, again, config_with, login_at, outcome, start_on};

const CHILD_PATH: &str = "TESSERA_TEST_GATEWAY_STORE";
const TASKS: usize = 4;
const ROUNDS: usize = 4;

fn gateway_config() -> Config {
    config_with(|config| {
        config.apps[0].rules.policy = Policy::from(Preset::Single);
        config.apps[0].rules.offline_kick_error = true;
        config.limits.logins_per_user_per_minute = 100_000;
    })
}

async fn start_gateway(path: &Path) -> Gateway {
    start_on(gateway_config(), Arc::new(EmbeddedStore::open(path).unwrap())).await
}

/// The child: a gateway, and the operator's calls that come on its standard input, each answered by its own line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_is_a_gateway_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD_PATH).map(PathBuf::from) else { return };
    let gateway = start_gateway(&path).await;
    say(&format!("listening {}", gateway.addr()));
    let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || std::io::stdin().lines().try_for_each(|line| sender.send(line.unwrap())));
    while let Some(line) = lines.recv().await {
        let gateway = gateway.clone();
        tokio::spawn(async move {
            match line.split_once(' ').unwrap() {
                ("kick", user) => {
                    gateway.admin().kick("test", APP, user).await.unwrap();
                }
                ("disable", user) => {
                    gateway.admin().set_disabled("test", APP, user, true).await.unwrap();
                }
                other => panic!("{other:?}"),
            }
            say(&line);
        });
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{text}").and_then(|()| out.flush()).unwrap();
}

/// The child from outside.
struct Victim {
    process: Mutex<Child>,
    addr: SocketAddr,
    waiting: Mutex<Vec<(String, tokio::sync::oneshot::Sender<()>)>>,
    acknowledged: AtomicUsize,
}

impl Victim {
    fn start(path: &Path) -> Arc<Victim> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child_is_a_gateway_until_it_is_killed", "--exact", "--nocapture"]);
        command.env(CHILD_PATH, path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let addr = lines.find_map(|line| line.strip_prefix("listening ").map(|addr| addr.parse().unwrap()));
        let victim = Arc::new(Victim {
            process: Mutex::new(process),
            addr: addr.unwrap(),
            waiting: Mutex::default(),
            acknowledged: AtomicUsize::new(0),
        });
        let reader = Arc::clone(&victim);
        std::thread::spawn(move || {
            for line in lines {
                let mut waiting = reader.waiting.lock().unwrap();
                if let Some(at) = waiting.iter().position(|(order, _)| *order == line) {
                    let _ = waiting.swap_remove(at).1.send(());
                }
            }
            reader.waiting.lock().unwrap().clear();
        });
        victim
    }

    /// Gives an operator's order; true when it was acknowledged.
    async fn order(&self, order: String) -> bool {
        let (sender, acknowledged) = tokio::sync::oneshot::channel();
        self.waiting.lock().unwrap().push((order.clone(), sender));
        let written = match self.process.lock().unwrap().stdin.as_mut() {
            Some(input) => writeln!(input, "{order}").is_ok(),
            // It was killed in between.
            None => false,
        };
        written && matches!(tokio::time::timeout(PATIENCE, acknowledged).await, Ok(Ok(())))
    }

    fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        process.kill().unwrap();
        process.wait().unwrap();
        drop(process);
        // Nobody answers any more.
        self.waiting.lock().unwrap().clear();
    }

    /// Logs in; the connection, and whether the login has signed the user up. None when the gateway is gone.
    async fn login(&self, login: &Login) -> Option<(Client, bool)> {
        let mut client = Client::try_upgrade(self.addr, Some(login)).await.ok()?;
        match client.next().await.ok()? {
            GatewayFrame::LoginOk(ok) => Some((client, ok.created)),
            other => panic!("{other:?}"),
        }
    }
}

/// What a task knows to have been acknowledged.
#[derive(Default)]
struct Acknowledged {
    signed_up: Vec<Login>,
    kicked: Vec<Login>,
    disabled: Vec<Login>,
    marked: Vec<Login>,
}

/// Does one of each thing to ever new users, until the gateway is gone.
async fn work(victim: Arc<Victim>, name: String, second: u64) -> Acknowledged {
    let mut done = Acknowledged::default();
    for number in 0.. {
        let login = |what: &str| login_at(second, &format!("{what}-{name}-{number}"));
        let (signed_up, kicked, disabled, marked) =
            (login("new"), login("kick"), login("disable"), login("mark"));
        let Some((_, created)) = victim.login(&signed_up).await else { break };
        assert!(created);
        done.signed_up.push(signed_up);

        let Some(_kicked) = victim.login(&kicked).await else { break };
        if !victim.order(format!("kick {}", kicked.user)).await {
            break;
        }
        done.kicked.push(kicked);

        let Some(_disabled) = victim.login(&disabled).await else { break };
        if !victim.order(format!("disable {}", disabled.user)).await {
            break;
        }
        done.disabled.push(disabled);

        // The phone is logged in, then gone, when the desktop takes its place. Whether the gateway has noticed the
        // loss by then or not: the phone has to hear of it.
        let Some((mut phone, _)) = victim.login(&marked).await else { break };
        if phone.socket.close(None).await.is_err() || phone.next().await.is_ok() {
            break;
        }
        drop(phone);
        let desktop = Login { platform: Platform::Linux, ..login("mark") };
        let Some(_desktop) = victim.login(&desktop).await else { break };
        done.marked.push(marked);
        victim.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_gateway_has_acknowledged_survives_a_kill() {
    // G9, G2, G5, G6, C13
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for round in 0..ROUNDS {
        let victim = Victim::start(&path);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(work(Arc::clone(&victim), format!("{round}-{task}"), now - 60)))
            .collect();
        let enough = 1 + 5 * round;
        support::eventually("enough is acknowledged", || {
            victim.acknowledged.load(Ordering::SeqCst) >= enough
        })
        .await;
        victim.kill();
        let mut all = Vec::new();
        for task in tasks {
            all.push(tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap());
        }

        let gateway = start_gateway(&path).await;
        for done in &all {
            check(&gateway, done, round).await;
        }
        gateway.stop().await;
    }
}

async fn check(gateway: &Gateway, done: &Acknowledged, round: usize) {
    let addr = gateway.addr();
    for login in &done.signed_up {
        let mut client = Client::upgrade(addr, Some(&again(login))).await;
        assert!(!client.login_ok().await.created, "round {round}: {} was signed up", login.user);
    }
    for login in &done.kicked {
        let code = outcome(addr, &again(login)).await;
        assert_eq!(code, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG, "round {round}: {}", login.user);
    }
    for login in &done.disabled {
        let code = outcome(addr, &again(login)).await;
        assert_eq!(code, codes::ERR_SVR_ACCOUNT_BLACKLIST, "round {round}: {}", login.user);
    }
    for login in &done.marked {
        let fresh = again(login);
        let code = outcome(addr, &fresh).await;
        assert_eq!(code, codes::ERR_LOGIN_KICKED_OFF_BY_OTHER, "round {round}: {}", login.user);
        let mut client = Client::upgrade(addr, Some(&again(&fresh))).await;
        client.login_ok().await;
    }
}

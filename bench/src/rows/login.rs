//! What a login takes of the gateway, beside bare connections to servers that do nothing else.

use std::sync::Arc;
use std::time::Duration;

use tessera_bench::load::{log_in_many, log_out_all};
use tessera_bench::parallel;
use tessera_bench::session::{Bare, LoadError, Session};
use tessera_bench::stats::median;
use tessera_bench::target::Target;
use tokio::io::AsyncReadExt;

use crate::Outcome;
use crate::anchor::{self, Kind};
use crate::gateway::{Gateway, Run};
use crate::process::Server;
use crate::setup::Setup;
use crate::table::Row;

/// One with TLS costs as much as ten without, so fewer of them do.
const TLS_SHARE: usize = 4;

/// CPU and wall time of each of many, in microseconds.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

/// The costs of some rounds.
#[derive(Default)]
struct Costs(Vec<Cost>);

impl Costs {
    fn cpu(&self) -> f64 {
        median(self.0.iter().map(|cost| cost.cpu).collect())
    }

    fn wall(&self) -> f64 {
        median(self.0.iter().map(|cost| cost.wall).collect())
    }
}

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let mut rows = plaintext(setup).await?;
    rows.extend(with_tls(setup).await?);
    Ok(rows)
}

async fn plaintext(setup: &Setup) -> Outcome<Vec<Row>> {
    let count = setup.counts.logins;
    let store = setup.path("login.redb");
    let gateway = Gateway::start(setup, Run { store: Some(&store), tls: false }).await?;
    let (tcp, touched) = anchor::start(setup, Kind::Close, false).await?;
    let (websocket, upgraded) = anchor::start(setup, Kind::Websocket, false).await?;

    let first = logins(setup, &gateway, count, &mut Costs::default()).await?;
    let [mut login, mut claim, mut logout, mut touch, mut upgrade] = [(); 5].map(|()| Costs::default());
    for _ in 0..setup.counts.rounds {
        touch.0.push(touches(setup, &tcp, &touched, count).await?);
        upgrade.0.push(upgrades(setup, &websocket, &upgraded, count).await?);
        login.0.push(logins(setup, &gateway, count, &mut logout).await?);
        claim.0.push(claims(setup, &gateway, count).await?);
    }
    let bare_tcp = "bare TCP connect, accept, close";
    let bare_websocket = "bare WebSocket upgrade";
    Ok(vec![
        Row::new("gateway CPU per login, plaintext", login.cpu(), "µs")
            .beside(bare_tcp, touch.cpu())
            .beside(bare_websocket, upgrade.cpu())
            .budget(30.0),
        Row::new("wall time per login, plaintext", login.wall(), "µs")
            .beside(bare_tcp, touch.wall())
            .beside(bare_websocket, upgrade.wall()),
        Row::new("gateway CPU per login frame on an open connection", claim.cpu(), "µs"),
        Row::new("gateway CPU per logout and close", logout.cpu(), "µs"),
        Row::new("gateway CPU per first login of a user, durable", first.cpu, "µs"),
        Row::new("wall time per first login of a user, durable", first.wall, "µs"),
    ])
}

async fn with_tls(setup: &Setup) -> Outcome<Vec<Row>> {
    let count = (setup.counts.logins / TLS_SHARE).max(1);
    let gateway = Gateway::start(setup, Run { store: None, tls: true }).await?;
    let (websocket, upgraded) = anchor::start(setup, Kind::Websocket, true).await?;
    logins(setup, &gateway, count, &mut Costs::default()).await?;
    let [mut login, mut upgrade] = [(); 2].map(|()| Costs::default());
    for _ in 0..setup.counts.rounds {
        upgrade.0.push(upgrades(setup, &websocket, &upgraded, count).await?);
        login.0.push(logins(setup, &gateway, count, &mut Costs::default()).await?);
    }
    let bare = "bare WebSocket upgrade in TLS";
    Ok(vec![
        Row::new("gateway CPU per login, TLS", login.cpu(), "µs").beside(bare, upgrade.cpu()),
        Row::new("wall time per login, TLS", login.wall(), "µs").beside(bare, upgrade.wall()),
    ])
}

/// Logs users in, which is the cost, and out again, which goes to `logout`.
async fn logins(setup: &Setup, gateway: &Gateway, count: usize, logout: &mut Costs) -> Outcome<Cost> {
    let width = setup.counts.width;
    let before = gateway.server.cpu()?;
    let (sessions, took) = log_in_many(&gateway.target, "bench", count, width).await.all()?;
    let between = gateway.server.cpu()?;
    let (_, left) = log_out_all(sessions, width).await.all()?;
    settle().await;
    logout.0.push(cost(gateway.server.cpu()? - between, left, count));
    Ok(cost(between - before, took, count))
}

/// Logs users in on connections that are open already.
async fn claims(setup: &Setup, gateway: &Gateway, count: usize) -> Outcome<Cost> {
    let (target, width) = (Arc::clone(&gateway.target), setup.counts.width);
    let open = parallel::run(count, width, move |n| {
        let target = Arc::clone(&target);
        async move { Session::open(&target, target.login(&format!("bench-{n}"))?).await }
    });
    let sessions: Vec<_> = open.await.all()?.0.into_iter().map(tokio::sync::Mutex::new).collect();
    let sessions = Arc::new(sessions);
    let before = gateway.server.cpu()?;
    let shared = Arc::clone(&sessions);
    let claim = parallel::run(count, width, move |n| {
        let sessions = Arc::clone(&shared);
        async move { sessions[n].lock().await.claim().await }
    });
    let (_, took) = claim.await.all()?;
    let cpu = gateway.server.cpu()? - before;
    let sessions = Arc::into_inner(sessions).ok_or("a claim is still under way")?;
    let sessions = sessions.into_iter().map(tokio::sync::Mutex::into_inner).collect();
    log_out_all(sessions, width).await.all()?;
    settle().await;
    Ok(cost(cpu, took, count))
}

/// Connections that are accepted and closed.
async fn touches(setup: &Setup, server: &Server, target: &Arc<Target>, count: usize) -> Outcome<Cost> {
    let (target, before) = (Arc::clone(target), server.cpu()?);
    let touch = parallel::run(count, setup.counts.width, move |_| {
        let target = Arc::clone(&target);
        async move {
            let mut socket = target.connect_tcp().await?;
            socket.read_to_end(&mut Vec::new()).await?;
            Ok::<_, LoadError>(())
        }
    });
    let (_, took) = touch.await.all()?;
    Ok(cost(server.cpu()? - before, took, count))
}

/// Connections that are upgraded; they are closed afterwards, which does not count.
async fn upgrades(setup: &Setup, server: &Server, target: &Arc<Target>, count: usize) -> Outcome<Cost> {
    let (target, before) = (Arc::clone(target), server.cpu()?);
    let upgrade = parallel::run(count, setup.counts.width, move |_| {
        let target = Arc::clone(&target);
        async move { Bare::open(&target).await }
    });
    let (open, took) = upgrade.await.all()?;
    let cpu = server.cpu()? - before;
    drop(open);
    settle().await;
    Ok(cost(cpu, took, count))
}

fn cost(cpu: Duration, wall: Duration, count: usize) -> Cost {
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    Cost { cpu: micros(cpu), wall: micros(wall) }
}

/// Closes that are under way are not to be counted with what follows.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

//! What an idle session takes of the gateway's memory, and what that is made of.

use std::sync::Arc;
use std::time::Duration;

use tessera_bench::crowd::Crowd;
use tessera_bench::load::{log_in_many, log_out_all};
use tessera_bench::parallel;
use tessera_bench::session::{Bare, Session};

use crate::Outcome;
use crate::anchor::{self, Kind};
use crate::gateway::{Gateway, Run};
use crate::setup::Setup;
use crate::table::Row;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let count = setup.counts.sessions;
    let tcp = bare_tcp(setup, count).await?;
    let websocket = bare_websocket(setup, count, false).await?;
    let websocket_tls = bare_websocket(setup, count, true).await?;
    let (connection, claimed) = in_steps(setup, count).await?;
    let whole = at_once(setup, count, false).await?;
    let whole_tls = at_once(setup, count, true).await?;
    let session = claimed - connection;
    Ok(vec![
        Row::new("per idle session, login in the upgrade", whole, "B")
            .beside("bare WebSocket", websocket)
            .beside("bare TCP connection", tcp)
            .budget(3.0 * 1024.0),
        Row::new("per idle session, login on an open connection", claimed, "B").budget(3.0 * 1024.0),
        Row::new("of it: a socket and its task (the bare TCP connection)", tcp, "B"),
        Row::new("of it: WebSocket (the bare WebSocket without the former)", websocket - tcp, "B"),
        Row::new("of it: ours per connection, before the login", connection - websocket, "B"),
        Row::new("of it: the session, its user and the user's record", session, "B"),
        Row::new("per idle session, TLS", whole_tls, "B").beside("bare WebSocket in TLS", websocket_tls),
    ])
}

async fn bare_tcp(setup: &Setup, count: usize) -> Outcome<f64> {
    let (server, target) = anchor::start(setup, Kind::Hold, false).await?;
    let before = server.memory()?;
    let open = parallel::run(count, setup.counts.width, move |_| {
        let target = Arc::clone(&target);
        async move { target.connect_tcp().await }
    });
    let open = open.await.all()?.0;
    each(before, settled(count, || server.memory()).await?, open.len())
}

async fn bare_websocket(setup: &Setup, count: usize, tls: bool) -> Outcome<f64> {
    let (server, target) = anchor::start(setup, Kind::Websocket, tls).await?;
    let before = server.memory()?;
    let open = parallel::run(count, setup.counts.width, move |_| {
        let target = Arc::clone(&target);
        async move { Bare::open(&target).await }
    });
    let open = open.await.all()?.0;
    each(before, settled(count, || server.memory()).await?, open.len())
}

/// A connection without a login, and with one.
async fn in_steps(setup: &Setup, count: usize) -> Outcome<(f64, f64)> {
    let gateway = with_known_users(setup, count, false).await?;
    let (target, width) = (Arc::clone(&gateway.target), setup.counts.width);
    let before = gateway.server.memory()?;
    let open = parallel::run(count, width, move |n| {
        let target = Arc::clone(&target);
        async move { Session::open(&target, target.login(&format!("idle-{n}"))?).await }
    });
    let sessions = Arc::new(open.await.all()?.0.into_iter().map(tokio::sync::Mutex::new).collect::<Vec<_>>());
    let connected = settled(count, || gateway.server.memory()).await?;
    let shared = Arc::clone(&sessions);
    let claim = parallel::run(count, width, move |n| {
        let sessions = Arc::clone(&shared);
        async move { sessions[n].lock().await.claim().await }
    });
    claim.await.all()?;
    let claimed = settled(count, || gateway.server.memory()).await?;
    Ok((each(before, connected, count)?, each(before, claimed, count)?))
}

/// The way of most clients: the upgrade brings the login.
async fn at_once(setup: &Setup, count: usize, tls: bool) -> Outcome<f64> {
    let gateway = with_known_users(setup, count, tls).await?;
    let before = gateway.server.memory()?;
    let (sessions, _) = log_in_many(&gateway.target, "idle", count, setup.counts.width).await.all()?;
    let crowd = Crowd::hold(sessions);
    let after = settled(count, || gateway.server.memory()).await?;
    let (kept, lost) = crowd.take_back().await;
    match lost.into_iter().next() {
        Some(error) => Err(error.into()),
        None => each(before, after, kept.len()),
    }
}

/// A fresh gateway whose store knows the users, so that nothing of their sign-up is in its memory.
async fn with_known_users(setup: &Setup, count: usize, tls: bool) -> Outcome<Gateway> {
    let store = setup.path("memory.redb");
    if !store.exists() {
        let width = setup.counts.width;
        let gateway = Gateway::start(setup, Run { store: Some(&store), tls: false }).await?;
        let (sessions, _) = log_in_many(&gateway.target, "idle", count, width).await.all()?;
        log_out_all(sessions, width).await.all()?;
        gateway.server.end()?;
    }
    Gateway::start(setup, Run { store: Some(&store), tls }).await
}

/// After the tickets' second has passed (G5), and what is under way has come to rest.
async fn settled(count: usize, memory: impl Fn() -> Outcome<u64>) -> Outcome<u64> {
    // A few sessions cannot be told from the rest of a process anyway.
    let wait = if count < 1000 { 100 } else { 2500 };
    tokio::time::sleep(Duration::from_millis(wait)).await;
    memory()
}

fn each(before: u64, after: u64, count: usize) -> Outcome<f64> {
    Ok(after.saturating_sub(before) as f64 / count as f64)
}

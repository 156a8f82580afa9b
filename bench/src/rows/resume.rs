//! From a cut line to a session that is resumed.

use std::time::{Duration, Instant};

use tessera_bench::session::Session;
use tessera_bench::stats::Samples;
use tessera_bench::target::Target;
use tessera_client::{Client, Events, SdkEvent};

use super::turns::config;
use crate::Outcome;
use crate::gateway::{Gateway, Run};
use crate::relay::Relay;
use crate::setup::{APP, Setup};
use crate::table::Row;

/// A client waits longer after each cut, so each has only one.
const CLIENTS_MAX: usize = 50;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let gateway = Gateway::start(setup, Run { store: None, tls: false }).await?;
    let raw = raw(&gateway, setup.counts.kicks).await?;
    let waiting = clients(setup, &gateway, false).await?;
    let hinted = clients(setup, &gateway, true).await?;
    let row = |what: &str, samples: &Samples, percent| {
        Row::new(format!("cut to resumed, {what}, p{percent}"), samples.percentile_ms(percent), "ms")
    };
    let mut rows = Vec::new();
    for percent in [50.0, 99.0] {
        rows.push(row("without any wait", &raw, percent));
        let alone = |row: Row| row.beside("without any wait", raw.percentile_ms(percent));
        rows.push(alone(row("client with a network hint", &hinted, percent)));
        rows.push(alone(row("client, its jitter of 0 to 500 ms included", &waiting, percent)));
    }
    Ok(rows)
}

/// What gateway and system take: a new connection at once.
async fn raw(gateway: &Gateway, cuts: usize) -> Outcome<Samples> {
    let mut session = Session::log_in(&gateway.target, gateway.target.login("resumed")?).await?;
    let mut times = Vec::with_capacity(cuts);
    for _ in 0..cuts {
        let start = Instant::now();
        let login = session.cut()?;
        session = Session::log_in(&gateway.target, Target::resume_of(&login)).await?;
        times.push(start.elapsed());
    }
    session.log_out().await?;
    Ok(Samples::new(times))
}

/// Real clients whose lines are cut at the same time.
async fn clients(setup: &Setup, gateway: &Gateway, hint: bool) -> Outcome<Samples> {
    let relay = Relay::start(gateway.addr()?).await?;
    let mut clients = Vec::new();
    for n in 0..setup.counts.kicks.min(CLIENTS_MAX) {
        let (client, user) = (Client::new(), format!("client-{n}"));
        let events = client.events();
        client.init(APP, config(setup, gateway, &relay)?.connect_at_init(false))?;
        client.login(&user, gateway.target.login(&user)?.ticket.expose()).await?;
        clients.push((client, events));
    }
    let start = Instant::now();
    relay.cut();
    let back = clients.into_iter().map(|(client, events)| tokio::spawn(back(client, events, start, hint)));
    let back: Vec<_> = back.collect();
    let mut times = Vec::new();
    for back in back {
        times.push(back.await?.ok_or("a client did not come back")?);
    }
    Ok(Samples::new(times))
}

async fn back(client: Client, mut events: Events, start: Instant, hint: bool) -> Option<Duration> {
    let mut dropped = false;
    loop {
        let event = tokio::time::timeout(Duration::from_secs(30), events.next()).await.ok()??;
        match event {
            SdkEvent::Connecting if !dropped => {}
            SdkEvent::Disconnected(_) => {
                dropped = true;
                if hint {
                    client.notify_network_available();
                }
            }
            SdkEvent::ConnectSuccess if dropped => {
                let took = start.elapsed();
                client.logout().await.ok()?;
                client.un_init().await.ok()?;
                return Some(took);
            }
            _ => {}
        }
    }
}

//! Round trips until a login is done, counted on the way of the real client's bytes.

use tessera_bench::target::Target;
use tessera_client::{Client, ClientConfig};

use crate::Outcome;
use crate::gateway::{Gateway, Run};
use crate::relay::Relay;
use crate::setup::{APP, Setup};
use crate::table::Row;

/// What the system sends in pieces can only add turns, so the fewest of some tries are counted.
const TRIES: usize = 5;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let open = "login on the connection opened at init";
    let (plain_nothing, plain_open) = fewest(setup, false).await?;
    let (tls_nothing, tls_open) = fewest(setup, true).await?;
    Ok(vec![
        Row::new("login from nothing, plaintext", plain_nothing, "round trips"),
        Row::new("login from nothing, TLS 1.3", tls_nothing, "round trips").budget(3.0),
        Row::new(format!("{open}, plaintext"), plain_open, "round trips").budget(1.0),
        Row::new(format!("{open}, TLS 1.3"), tls_open, "round trips").budget(1.0),
    ])
}

async fn fewest(setup: &Setup, tls: bool) -> Outcome<(f64, f64)> {
    let gateway = Gateway::start(setup, Run { store: None, tls }).await?;
    let (mut from_nothing, mut when_open) = (u64::MAX, u64::MAX);
    for n in 0..TRIES {
        from_nothing = from_nothing.min(turns(setup, &gateway, n, false).await?);
        when_open = when_open.min(turns(setup, &gateway, n, true).await?);
    }
    Ok((from_nothing as f64, when_open as f64))
}

/// Between the call of login and its result.
async fn turns(setup: &Setup, gateway: &Gateway, n: usize, connect_at_init: bool) -> Outcome<u64> {
    let relay = Relay::start(gateway.addr()?).await?;
    let client = Client::new();
    let mut events = client.events();
    client.init(APP, config(setup, gateway, &relay)?.connect_at_init(connect_at_init))?;
    if connect_at_init {
        while !matches!(events.next().await, Some(tessera_client::SdkEvent::ConnectSuccess) | None) {}
    }
    let user = format!("turns-{n}");
    let login = gateway.target.login(&user)?;
    let before = relay.round_trips();
    client.login(&user, login.ticket.expose()).await?;
    let turns = relay.round_trips() - before;
    client.logout().await?;
    client.un_init().await?;
    Ok(turns)
}

/// The real client's configuration for a gateway behind a relay.
pub(super) fn config(setup: &Setup, gateway: &Gateway, relay: &Relay) -> Outcome<ClientConfig> {
    let scheme = gateway.server.said("url")?.split("://").next().unwrap_or_default().to_owned();
    Ok(ClientConfig::new()
        .server_url(format!("{scheme}://{}", relay.addr))
        .allow_plain(true)
        .ca_file(setup.path("chain.pem").display().to_string())
        .device_id(device(&gateway.target)?))
}

fn device(target: &Target) -> Outcome<String> {
    Ok(target.login("device")?.device.to_string())
}

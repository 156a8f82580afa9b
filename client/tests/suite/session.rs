//! What happens to a session: lost connections, kicks, expiry, renewal.

use std::time::Duration;

use tessera_client::{LoginStatus, Millis, SdkEvent};
use tessera_core::wire::{ClientFrame, GatewayFrame, Renewed};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Gateway, NOW, accepted, accepted_until, kicked, note, within};

#[tokio::test]
async fn a_cut_connection_is_made_again_with_the_same_session() {
    // C11
    let gateway = Gateway::start().await;
    let (client, mut heard, connection, login) = gateway.logged_in().await;
    drop(connection);
    let mut connection = gateway.accept().await;
    let resume = connection.login.clone().unwrap();
    assert!(resume.resume && resume.session == login.session && resume.attempt > login.attempt);
    assert_eq!(client.status(), LoginStatus::LoggedIn);
    connection.send(accepted(&resume)).await;
    assert!(heard.next().await.starts_with("disconnected"));
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "connected".into()));
    assert_eq!(client.login_user().as_deref(), Some("alice"));
}

#[tokio::test]
async fn a_kick_logs_out_and_is_confirmed() {
    // C12
    let gateway = Gateway::start().await;
    let (client, mut heard, mut connection, login) = gateway.logged_in().await;
    connection.send(kicked(&login)).await;
    assert!(matches!(connection.frame().await, ClientFrame::KickAck(_)));
    assert_eq!(heard.next().await, "kicked");
    assert_eq!(heard.next().await, "kicked by Policy of Some(Ipad)");
    assert_eq!((client.status(), client.login_user()), (LoginStatus::LoggedOut, None));
}

#[tokio::test]
async fn a_ticket_expires_by_the_gateways_word() {
    // C14
    let gateway = Gateway::start().await;
    let (client, mut heard, mut connection, login) = gateway.logged_in().await;
    connection.send(GatewayFrame::Expired(note(&login))).await;
    assert_eq!(heard.next().await, "expired");
    assert_eq!((client.status(), client.login_user()), (LoginStatus::LoggedOut, None));
}

#[tokio::test]
async fn a_ticket_expires_by_the_clients_own_clock_without_a_connection() {
    // C14
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client();
    let pending = client.login("alice", "SECRET-TICKET-1");
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted_until(&login, NOW + Millis(300))).await;
    within(pending).await.unwrap();
    drop((connection, gateway));
    while heard.next().await != "expired" {}
    assert_eq!(client.status(), LoginStatus::LoggedOut);
}

#[tokio::test]
async fn a_provider_renews_the_ticket_in_place() {
    // C15
    let gateway = Gateway::start().await;
    let config = gateway.config().set("ticket_renew_percent", "10").set("ticket_renew_jitter_percent", "0");
    let (client, mut heard) = gateway.client_with(config);
    client.set_ticket_provider(async |user: String| Ok::<_, String>(format!("SECRET-NEXT-{user}")));
    let pending = client.login("alice", "SECRET-TICKET-1");
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted_until(&login, NOW + Millis(10_000))).await;
    within(pending).await.unwrap();
    let ClientFrame::Renew(renew) = connection.frame().await else { panic!("no renewal") };
    assert_eq!(renew.ticket.expose(), "SECRET-NEXT-alice");
    let expires = NOW + Millis::from_secs(86_400);
    let (session, attempt) = (renew.session, renew.attempt);
    connection.send(GatewayFrame::Renewed(Renewed { session, attempt, time: NOW, expires })).await;
    // The session outlives the first ticket, which a resume shows: it carries the new one.
    drop(connection);
    let resume = gateway.accept().await.login.unwrap();
    assert_eq!(resume.ticket.expose(), "SECRET-NEXT-alice");
    assert_eq!(client.status(), LoginStatus::LoggedIn);
    assert!(!heard.rest().contains(&"expired".to_owned()));
}

#[tokio::test]
async fn an_account_switch_ends_the_old_session_with_the_new_login() {
    // C7
    let gateway = Gateway::start().await;
    let (client, mut heard, mut connection, login) = gateway.logged_in().await;
    let pending = client.login("bob", "SECRET-TICKET-2");
    assert_eq!((client.status(), client.login_user()), (LoginStatus::LoggingIn, None));
    let next = connection.login().await;
    assert_eq!(next.ends.iter().map(|end| end.session).collect::<Vec<_>>(), [login.session]);
    connection.send(accepted(&next)).await;
    within(pending).await.unwrap();
    assert_eq!(client.login_user().as_deref(), Some("bob"));
    assert!(heard.rest().is_empty());
}

#[tokio::test]
async fn a_silent_gateway_is_left_and_any_sign_of_life_keeps_it() {
    // C11
    let gateway = Gateway::start().await;
    let config = gateway.config().set("silence_timeout_ms", "3000");
    let (_client, mut heard, mut connection, _login) = gateway.logged_in_with(config).await;
    for round in 0..20 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        match round % 3 {
            0 => connection.send_text(r#"{"type":"weather","sun":true}"#).await,
            1 => connection.send_message(Message::Ping(vec![1].into())).await,
            _ => connection.send_message(Message::binary(vec![1])).await,
        }
    }
    assert!(heard.rest().is_empty(), "it is still the same connection");
    assert_eq!(heard.next().await, "disconnected 9508");
    assert!(connection.closes().await);
}

#[tokio::test]
async fn a_hint_probes_an_open_connection() {
    // C11
    let gateway = Gateway::start().await;
    let (client, mut heard, mut connection, _login) =
        gateway.logged_in_with(gateway.config().set("probe_timeout_ms", "100")).await;
    client.notify_network_available();
    assert!(matches!(connection.frame().await, ClientFrame::Ping {}));
    assert_eq!(heard.next().await, "disconnected 9508");
}

#[tokio::test]
async fn events_can_be_awaited_instead_of_listened_to() {
    let gateway = Gateway::start().await;
    let (client, _heard, mut connection, login) = gateway.logged_in().await;
    let mut events = client.events();
    connection.send(kicked(&login)).await;
    assert!(matches!(within(events.next()).await, Some(SdkEvent::KickedOffline(_))));
    within(client.un_init()).await.unwrap();
    assert_eq!(within(events.next()).await, None);
}

//! Logins and their results.

use std::time::Duration;

use tessera_client::{Client, ConnectionStatus, LoginStatus, codes};
use tessera_core::wire::ClientFrame;

use crate::support::{APP, Gateway, Heard, NOW, accepted, note, refused, within};

#[tokio::test]
async fn a_login_in_the_upgrade_succeeds_and_the_state_says_so() {
    // C3 C22
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client();
    let pending = client.login("alice", "SECRET-TICKET-1");
    assert_eq!((client.status(), client.login_user()), (LoginStatus::LoggingIn, None));
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    assert_eq!((login.user.as_str(), login.ticket.expose()), ("alice", "SECRET-TICKET-1"));
    assert!(!connection.target.contains("SECRET"), "nothing of it is in the address");
    connection.send(accepted(&login)).await;
    within(pending).await.unwrap();
    assert_eq!((client.status(), client.login_user().as_deref()), (LoginStatus::LoggedIn, Some("alice")));
    assert_eq!(client.connection_status(), ConnectionStatus::Connected);
    assert!(client.server_time().unwrap() >= NOW);
    assert_eq!(heard.rest(), ["connecting", "connected"], "before the result");
}

#[tokio::test]
async fn a_login_uses_the_connection_that_init_opened() {
    // C22
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client_with(gateway.config().connect_at_init(true));
    let mut connection = gateway.accept().await;
    assert!(connection.login.is_none());
    connection.greet().await;
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "connected".into()));
    let pending = client.login("alice", "SECRET-TICKET-1");
    let login = connection.login().await;
    connection.send(accepted(&login)).await;
    within(pending).await.unwrap();
}

#[tokio::test]
async fn a_refusal_has_the_gateways_code_and_is_final() {
    // C10
    let gateway = Gateway::start().await;
    let (client, _heard) = gateway.client();
    let pending = client.login("alice", "SECRET-TICKET-1");
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(refused(&login, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED)).await;
    let error = within(pending).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert!(error.code.needs_new_ticket());
    assert_eq!((client.status(), client.login_user()), (LoginStatus::LoggedOut, None));
    assert!(connection.closes().await);
}

#[tokio::test]
async fn without_any_connection_the_deadline_gives_9523() {
    // C10
    let gateway = Gateway::start().await;
    let url = gateway.url.clone();
    let config = gateway.config().login_timeout(Duration::from_secs(2));
    drop(gateway);
    let client = Client::new();
    let mut heard = Heard::by(&client);
    client.init(APP, config.server_url(url)).unwrap();
    let error = within(client.login("alice", "SECRET-TICKET-1")).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK);
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "failed 9511".into()));
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_gives_9520() {
    // C10
    let gateway = Gateway::start().await;
    let config = gateway.config().connect_at_init(true).login_timeout(Duration::from_millis(200));
    let (client, mut heard) = gateway.client_with(config);
    let mut connection = gateway.accept().await;
    connection.greet().await;
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "connected".into()));
    let pending = client.login("alice", "SECRET-TICKET-1");
    let login = connection.login().await;
    let error = within(pending).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_NET_WAIT_ACK_TIMEOUT);
    // An acknowledgement that comes now is logged out at once.
    connection.send(accepted(&login)).await;
    match connection.frame().await {
        ClientFrame::Logout(logout) => assert_eq!(logout.session, login.session),
        other => panic!("{other:?} instead of a logout"),
    }
}

#[tokio::test]
async fn before_init_a_login_fails_with_6013_by_its_result() {
    // C5
    let client = Client::new();
    let error = within(client.login("alice", "SECRET-TICKET-1")).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_NOT_INITIALIZED);
    assert_eq!(within(client.logout()).await.unwrap_err().code, codes::ERR_SDK_NOT_INITIALIZED);
}

#[test]
fn a_program_without_a_runtime_can_wait() {
    let client = Client::new();
    let error = client.login("alice", "SECRET-TICKET-1").wait().unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_NOT_INITIALIZED);
}

#[tokio::test]
async fn arguments_are_checked_first() {
    // C4
    let gateway = Gateway::start().await;
    let (client, _heard) = gateway.client();
    let failing = async |user: &str, ticket: &str| within(client.login(user, ticket)).await.unwrap_err().code;
    assert_eq!(failing("", "t").await, codes::ERR_INVALID_PARAMETERS);
    assert_eq!(failing("alice", "").await, codes::ERR_INVALID_PARAMETERS);
    assert_eq!(failing("al ice", "t").await, codes::ERR_SDK_COMM_INVALID_IDENTIFIER);
}

#[tokio::test]
async fn a_logout_waits_for_the_gateway_and_a_login_can_follow() {
    // C8
    let gateway = Gateway::start().await;
    let (client, _heard, mut connection, login) = gateway.logged_in().await;
    let pending = client.logout();
    assert_eq!((client.status(), client.login_user()), (LoginStatus::LoggingOut, None));
    assert!(matches!(connection.frame().await, ClientFrame::Logout(_)));
    connection.send(tessera_core::wire::GatewayFrame::LoggedOut(note(&login))).await;
    within(pending).await.unwrap();
    assert_eq!(client.status(), LoginStatus::LoggedOut);
    let pending = client.login("bob", "SECRET-TICKET-2");
    let login = connection.login().await;
    connection.send(accepted(&login)).await;
    within(pending).await.unwrap();
    assert_eq!(client.login_user().as_deref(), Some("bob"));
}

#[tokio::test]
async fn a_logout_cancels_a_login_with_6023_first() {
    // C8
    let gateway = Gateway::start().await;
    let (client, _heard) = gateway.client();
    let login = client.login("alice", "SECRET-TICKET-1");
    let logout = client.logout();
    let error = within(login).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED);
    within(logout).await.unwrap();
}

#[tokio::test]
async fn a_result_that_nobody_waits_for_changes_nothing() {
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client();
    drop(client.login("alice", "SECRET-TICKET-1"));
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted(&login)).await;
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "connected".into()));
    // The same login again: a success at once, and the proof that the first had its effect.
    within(client.login("alice", "SECRET-TICKET-1")).await.unwrap();
    assert_eq!(client.login_user().as_deref(), Some("alice"));
}

#[tokio::test]
async fn a_hundred_clients_live_in_one_process() {
    // C20
    let gateway = std::sync::Arc::new(Gateway::start().await);
    let server = tokio::spawn({
        let gateway = std::sync::Arc::clone(&gateway);
        async move {
            let mut connections = Vec::new();
            for _ in 0..100 {
                let mut connection = gateway.accept().await;
                let login = connection.login.clone().unwrap();
                connection.send(accepted(&login)).await;
                connections.push((login, connection));
            }
            connections
        }
    });
    let clients: Vec<Client> = (0..100).map(|_| gateway.client().0).collect();
    let users: Vec<String> = (0..100).map(|n| format!("user{n}")).collect();
    let logins: Vec<_> =
        clients.iter().zip(&users).map(|(client, user)| client.login(user, "SECRET-TICKET-1")).collect();
    for login in logins {
        within(login).await.unwrap();
    }
    for (client, user) in clients.iter().zip(&users) {
        assert_eq!(client.login_user().as_ref(), Some(user));
    }
    let connections = within(server).await.unwrap();
    let devices: std::collections::HashSet<_> = connections.iter().map(|(login, _)| login.device).collect();
    assert_eq!(devices.len(), 100, "each client has a device id of its own (C23)");
}

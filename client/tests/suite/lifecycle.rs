//! init, unInit, and the end of a client.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tessera_client::v2tim::{V2TIM_STATUS_LOGOUT, V2TimManager};
use tessera_client::{Client, ClientConfig, LoginStatus, SdkListener, codes};
use tessera_core::wire::ClientFrame;

use crate::support::{APP, Gateway, Heard, accepted, within};

#[tokio::test]
async fn un_init_during_a_login_gives_7009_once_and_init_again_works() {
    // C9
    let gateway = Gateway::start().await;
    let (client, mut heard) = gateway.client();
    let pending = client.login("alice", "SECRET-TICKET-1");
    // Kept open until unInit: the client would connect again, and the next connection would be that one.
    let connection = gateway.accept().await;
    let first = connection.login.clone().unwrap();
    within(client.un_init()).await.unwrap();
    assert_eq!(within(pending).await.unwrap_err().code, codes::ERR_SDK_COMM_INTERRUPT);
    drop(connection);
    assert_eq!(client.status(), LoginStatus::LoggedOut);
    let error = within(client.login("alice", "SECRET-TICKET-1")).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_NOT_INITIALIZED);
    heard.rest();

    client.init(APP, gateway.config()).unwrap();
    let pending = client.login("alice", "SECRET-TICKET-1");
    let mut connection = gateway.accept().await;
    let again = connection.login.clone().unwrap();
    assert!(again.attempt > first.attempt && again.session != first.session);
    connection.send(accepted(&again)).await;
    within(pending).await.unwrap();
    assert!(heard.rest().is_empty(), "unInit kept no listener (C19)");
}

#[tokio::test]
async fn a_login_after_the_second_init_keeps_its_deadline() {
    // C9 C10: nothing but the timer can end this login, and the task of the first init may still sleep
    let gateway = Gateway::start().await;
    let config = gateway.config().login_timeout(Duration::from_millis(300));
    let (client, _heard) = gateway.client_with(config.clone());
    tokio::time::sleep(Duration::from_millis(50)).await;
    within(client.un_init()).await.unwrap();
    client.init(APP, config).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = within(client.login("alice", "SECRET-TICKET-1")).await.unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK);
}

#[tokio::test]
async fn un_init_tells_the_gateway_and_closes() {
    // C9
    let gateway = Gateway::start().await;
    let (client, _heard, mut connection, login) = gateway.logged_in().await;
    within(client.un_init()).await.unwrap();
    match connection.frame().await {
        ClientFrame::Logout(logout) => assert_eq!(logout.session, login.session),
        other => panic!("{other:?} instead of a logout"),
    }
    assert!(connection.closes().await);
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_session_and_completes_calls() {
    let gateway = Gateway::start().await;
    let (client, _heard, mut connection, _login) = gateway.logged_in().await;
    let logout = client.logout();
    drop(client);
    assert!(matches!(connection.frame().await, ClientFrame::Logout(_)));
    assert!(connection.closes().await);
    assert_eq!(within(logout).await.unwrap_err().code, codes::ERR_SDK_COMM_INTERRUPT);
}

struct Stuck {
    entered: mpsc::Sender<()>,
    leave: std::sync::Mutex<mpsc::Receiver<()>>,
}

impl SdkListener for Stuck {
    fn on_connecting(&self) {
        self.entered.send(()).unwrap();
        let _ = self.leave.lock().unwrap().recv_timeout(Duration::from_secs(20));
    }
}

fn stuck() -> (Arc<Stuck>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (entered, has_entered) = mpsc::channel();
    let (let_go, leave) = mpsc::channel();
    (Arc::new(Stuck { entered, leave: leave.into() }), has_entered, let_go)
}

#[tokio::test]
async fn un_init_waits_for_the_running_callback() {
    // C9
    let gateway = Gateway::start().await;
    let client = Client::new();
    let (listener, has_entered, let_go) = stuck();
    client.add_listener(listener);
    client.init(APP, gateway.config()).unwrap();
    let login = client.login("alice", "SECRET-TICKET-1");
    tokio::task::spawn_blocking(move || has_entered.recv().unwrap()).await.unwrap();
    let mut ending = client.un_init();
    let early = tokio::time::timeout(Duration::from_millis(100), &mut ending).await;
    assert!(early.is_err(), "the callback still runs");
    let_go.send(()).unwrap();
    within(ending).await.unwrap();
    assert_eq!(within(login).await.unwrap_err().code, codes::ERR_SDK_COMM_INTERRUPT);
}

#[tokio::test]
async fn un_init_does_not_wait_for_ever_for_a_stuck_callback() {
    // C9
    let gateway = Gateway::start().await;
    let client = Client::new();
    let (listener, has_entered, let_go) = stuck();
    client.add_listener(listener);
    client.init(APP, gateway.config().uninit_timeout(Duration::from_millis(50))).unwrap();
    drop(client.login("alice", "SECRET-TICKET-1"));
    tokio::task::spawn_blocking(move || has_entered.recv().unwrap()).await.unwrap();
    within(client.un_init()).await.unwrap();
    drop(let_go);
}

#[tokio::test]
async fn a_blocked_callback_does_not_stall_other_clients() {
    let gateway = Gateway::start().await;
    let client = Client::new();
    let (listener, has_entered, let_go) = stuck();
    client.add_listener(listener);
    client.init(APP, gateway.config()).unwrap();
    drop(client.login("carol", "SECRET-TICKET-3"));
    tokio::task::spawn_blocking(move || has_entered.recv().unwrap()).await.unwrap();
    let _carols = gateway.accept().await;
    let (_other, ..) = gateway.logged_in().await;
    drop(let_go);
}

#[tokio::test]
async fn init_again_keeps_the_first_and_another_app_is_90101() {
    // C9
    let gateway = Gateway::start().await;
    let (client, _heard) = gateway.client();
    client.init(APP, ClientConfig::new()).unwrap();
    let error = client.init(APP + 1, ClientConfig::new()).unwrap_err();
    assert_eq!(error.code, codes::ERR_SDK_HAD_INITIALIZED);
    assert_eq!(client.last_error().map(|error| error.code), Some(codes::ERR_SDK_HAD_INITIALIZED));
    client.init(APP, gateway.config()).unwrap();
    assert_eq!(client.last_error(), None);
}

#[test]
fn init_refuses_what_cannot_work() {
    // C23
    let init = |config: ClientConfig| Client::new().init(APP, config).unwrap_err();
    let refused = [
        init(ClientConfig::new().server_url("")),
        init(ClientConfig::new().server_url("ws://localhost")),
        init(ClientConfig::new().server_url("https://localhost")),
        init(ClientConfig::new().server_url("wss://localhost").ca_file("/nowhere")),
        init(ClientConfig::new().server_url("wss://localhost").device_id("mine")),
        init(ClientConfig::new().server_url("wss://localhost").set("login_timeout_ms", "1")),
        Client::new().init(0, ClientConfig::new().server_url("wss://localhost")).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.code, codes::ERR_INVALID_PARAMETERS, "{error}");
    }
}

#[tokio::test]
async fn the_v2tim_names_work_on_the_shared_instance() {
    // C2 C21 C23
    let gateway = Gateway::start().await;
    let folder = tempfile::tempdir().unwrap();
    let manager = V2TimManager::get_instance();
    let mut heard = Heard::by(manager.client());
    let config = gateway.config().device_dir(folder.path().to_str().unwrap());
    assert!(manager.init_sdk(APP, config.clone()));
    assert!(!manager.init_sdk(APP + 1, config));
    assert_eq!(manager.last_error().unwrap().code, codes::ERR_SDK_HAD_INITIALIZED);
    assert_eq!((manager.get_login_user().as_str(), manager.get_login_status()), ("", V2TIM_STATUS_LOGOUT));
    assert_eq!(manager.get_server_time(), 0);
    let pending = manager.login("alice", "SECRET-TICKET-1");
    assert_eq!(manager.get_login_status(), 2);
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted(&login)).await;
    within(pending).await.unwrap();
    assert_eq!((manager.get_login_user().as_str(), manager.get_login_status()), ("alice", 1));
    assert!(manager.get_server_time() >= 1_700_000_000);
    let kept = std::fs::read_to_string(folder.path().join("device-id")).unwrap();
    assert_eq!(kept.trim(), login.device.to_string());
    assert_eq!(heard.next().await, "connecting");
    manager.remove_im_sdk_listener(&heard.listener);
    within(manager.un_init_sdk()).await.unwrap();
    assert!(!manager.get_version().is_empty());
}

//! What crosses the boundary, from Rust: the hosts' suites test the same through the generated code.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tessera_client::Numbering;
use tessera_core::generated::{codes, settings};
use tessera_testkit::{APP, Options, TestGateway};
use tessera_uniffi::{CallError, Client, Event, EventKind, Setting, error_codes, error_of, setting_rows};

fn setting(name: &str, value: &str) -> Setting {
    Setting { name: name.to_owned(), value: value.to_owned() }
}

/// The next events until one that is no connect event, as a thread of a host takes them.
async fn next(client: &Arc<Client>) -> Event {
    loop {
        let client = Arc::clone(client);
        let batch = tokio::task::spawn_blocking(move || client.next_events(1)).await.unwrap();
        let event = batch.into_iter().next().expect("a batch is empty only after `close_events`");
        if !matches!(event.kind, EventKind::Connecting | EventKind::ConnectSuccess) {
            return event;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_from_login_to_kick_carries_its_stamps() {
    // C1 C12
    let mut gateway = TestGateway::start(Options::default()).await.unwrap();
    let client = Client::new().unwrap();
    let code =
        vec![setting("serverUrl", &gateway.url_of("phone").await.unwrap()), setting("allow_plain", "1")];
    client.init(APP, code, vec![setting("io.tessera.platform", "android")]).unwrap();
    assert_eq!(client.app(), APP);

    let ticket = gateway.sign("alice", 60);
    let started = client.login("alice", ticket.expose()).unwrap();
    assert_eq!((started.stamp.user, started.stamp.epoch), (None, 1));
    let done = next(&client).await;
    assert_eq!(done.kind, EventKind::Completed { call: started.call, error: None });
    assert_eq!(done.stamp.user.as_deref(), Some("alice"));
    assert_eq!(client.stamp(), done.stamp);
    assert!(client.server_time_ms() > 0);

    gateway.kick("alice").await.unwrap();
    let kicked = next(&client).await;
    assert!(matches!(&kicked.kind, EventKind::KickedOffline { kick } if kick.at_ms > 0), "{kicked:?}");
    assert!(kicked.stamp.epoch > done.stamp.epoch && kicked.stamp.user.is_none());

    let refused = client.login("alice", ticket.expose()).unwrap();
    let EventKind::Completed { call, error: Some(error) } = next(&client).await.kind else { panic!() };
    assert_eq!((call, error.code), (refused.call, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG.0));
    assert!(!format!("{error:?}").contains(ticket.expose()));
}

#[tokio::test]
async fn what_un_init_leaves_is_numbered_and_waited_for() {
    // C9
    let client = Client::new().unwrap();
    let url = [setting("server_url", "ws://127.0.0.1:9"), setting("allow_plain", "true")];
    client.init(1, url.to_vec(), vec![]).unwrap();
    client.login("alice", "").unwrap();
    let ending = client.un_init();
    assert_eq!((ending.stamp().user, ending.within_ms()), (None, settings::default::UNINIT_TIMEOUT_MS));
    client.doorbell().rung().await;
    let left = client.next_events(8);
    assert!(left.iter().all(|event| event.init == ending.init()), "{left:?}");
    assert!(
        matches!(&left[..], [Event { kind: EventKind::Completed { error: Some(error), .. }, .. }]
            if error.code == codes::ERR_SDK_COMM_INTERRUPT.0),
        "{left:?}"
    );
    client.close_events();
    ending.delivered().await;
    ending.block_until_delivered();
    assert!(client.next_events(8).is_empty());
}

#[tokio::test]
async fn a_wait_that_is_dropped_takes_no_event() {
    let client = Client::new().unwrap();
    let bell = client.doorbell();
    let mut dropped = Box::pin(bell.rung());
    let polled = poll_fn(|context| Poll::Ready(dropped.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    client.login("alice", "ticket").unwrap();
    drop(dropped);
    bell.rung().await;
    assert_eq!(client.waiting_events(8).len(), 1);
}

#[tokio::test]
async fn a_wait_that_was_done_and_dropped_loses_no_ring() {
    let client = Client::new().unwrap();
    let bell = client.doorbell();
    client.login("alice", "ticket").unwrap();
    let mut dropped = Box::pin(bell.rung());
    assert!(poll_fn(|context| Poll::Ready(dropped.as_mut().poll(context))).await.is_ready());
    drop(dropped);
    bell.rung().await;
    assert_eq!(client.waiting_events(8).len(), 1);
    let mut idle = Box::pin(bell.rung());
    assert!(
        poll_fn(|context| Poll::Ready(idle.as_mut().poll(context))).await.is_pending(),
        "nothing has come since"
    );
}

#[tokio::test]
async fn a_text_has_what_waits_and_answers_the_bell() {
    let client = Client::new().unwrap();
    let bell = client.doorbell();
    let started = client.logout().unwrap();
    bell.rung().await;
    let status = started.stamp.status.number(Numbering::ReactNative);
    let (call, epoch) = (started.call, started.stamp.epoch);
    let error = error_of(codes::ERR_SDK_NOT_INITIALIZED.0);
    let failure = format!("{},\"{}\",false,null", error.code, error.desc);
    let event = format!("-1,0,{epoch},{status},\"\",0,{call},false,{failure}");
    assert_eq!(client.waiting_events_text(8), format!("[{event}]"));
    assert_eq!(client.waiting_events_text(8), "[]");
    let mut idle = Box::pin(bell.rung());
    assert!(poll_fn(|context| Poll::Ready(idle.as_mut().poll(context))).await.is_pending());
}

#[tokio::test]
async fn what_the_host_answers_comes_in_order_with_the_rest() {
    // C18
    let client = Client::new().unwrap();
    let first = client.logout().unwrap().call;
    let refused = client.answer(codes::ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT.0).call;
    let results = client.next_events(8).into_iter().map(|event| match event.kind {
        EventKind::Completed { call, error } => (call, error.map(|error| error.code)),
        other => panic!("{other:?}"),
    });
    let results: Vec<_> = results.collect();
    assert_eq!(results.iter().map(|result| result.0).collect::<Vec<_>>(), [first, refused]);
    assert_eq!(results[1].1, Some(codes::ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT.0));
}

#[tokio::test]
async fn the_doorbell_rings_for_the_last_time_when_the_client_is_forgotten() {
    let client = Client::new().unwrap();
    let bell = client.doorbell();
    client.logout().unwrap();
    bell.rung().await;
    assert_eq!(client.waiting_events(8).len(), 1);
    let waiting = tokio::spawn(async move { bell.rung().await });
    tokio::task::yield_now().await;
    drop(client);
    waiting.await.unwrap();
}

#[test]
fn a_refused_init_says_why() {
    // C9 C23
    let client = Client::new().unwrap();
    let CallError::Refused { info } = client.init(1, vec![setting("colour", "blue")], vec![]).unwrap_err();
    assert_eq!(info.code, codes::ERR_INVALID_PARAMETERS.0);
    assert_eq!(client.last_error(), Some(info));
}

#[test]
fn the_tables_are_whole() {
    assert_eq!(error_codes().len(), codes::CODES.len());
    assert_eq!(setting_rows().len(), settings::SETTINGS.len());
    let interrupted = error_of(codes::ERR_SDK_COMM_INTERRUPT.0);
    assert!(error_codes().iter().any(|row| row.code == interrupted.code && row.meaning == interrupted.desc));
    assert_eq!(error_of(-1).kind, tessera_client::Kind::Internal);
}

#[test]
fn no_function_of_ours_returns_less_than_32_bits() {
    // What is above a narrow result in its register is undefined, and a host that reads the whole of it gets it wrong.
    let header = include_str!("../../swift/Sources/TesseraUniFFIC/TesseraUniFFIC.h");
    let ours = header.lines().filter(|line| line.contains(" uniffi_tessera_uniffi_fn_"));
    let results: Vec<&str> = ours.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(results.len() > 40, "{results:?}");
    for narrow in ["int8_t", "uint8_t", "int16_t", "uint16_t"] {
        assert!(!results.contains(&narrow), "{narrow}");
    }
}

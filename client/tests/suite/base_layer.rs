//! The layer that the other languages are bound to: events are pulled, and every callback is announced.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tessera_client::{ClientSettings, Engine, EventKind, Init, LoginStatus, codes};

use crate::support::{APP, Gateway, accepted, within};

fn settings(gateway: &Gateway) -> ClientSettings {
    ClientSettings {
        server_url: gateway.url.clone(),
        allow_plain: true,
        connect_at_init: false,
        uninit_timeout_ms: 10_000,
        ..ClientSettings::default()
    }
}

fn engine() -> Engine {
    Engine::new(false, Box::new(|| {})).unwrap()
}

#[tokio::test]
async fn a_thread_that_pulls_gets_everything_and_ends_when_events_are_closed() {
    let gateway = Gateway::start().await;
    let engine = engine();
    assert_eq!(engine.init(APP, settings(&gateway)), Ok(Init::Started));
    assert_eq!(engine.init(APP, settings(&gateway)), Ok(Init::AlreadyRunning));
    let (sender, mut kinds) = tokio::sync::mpsc::unbounded_channel();
    let puller = engine.clone();
    let delivery = thread::spawn(move || {
        loop {
            let batch = puller.next_events_blocking(16);
            if batch.is_empty() {
                return;
            }
            for mut event in batch {
                let Some(_delivering) = puller.enter_delivery(&mut event) else { continue };
                assert!(puller.is_delivering_here());
                sender.send((event.kind, event.stamp)).unwrap();
            }
        }
    });
    let call = engine.login("alice", "SECRET-TICKET-1").unwrap();
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted(&login)).await;
    assert_eq!(within(kinds.recv()).await.unwrap().0, EventKind::Connecting);
    assert_eq!(within(kinds.recv()).await.unwrap().0, EventKind::ConnectSuccess);
    let (kind, stamp) = within(kinds.recv()).await.unwrap();
    assert_eq!(kind, EventKind::Completed(call, Ok(())));
    assert_eq!((stamp.status, stamp.user.unwrap().as_str()), (LoginStatus::LoggedIn, "alice"));
    assert_eq!(engine.stamp(), stamp);
    engine.close_events();
    within(tokio::task::spawn_blocking(|| delivery.join().unwrap())).await.unwrap();
    assert!(within(engine.next_events(1)).await.is_empty());
}

#[tokio::test]
async fn results_in_a_batch_that_un_init_overtakes_become_7009_and_events_vanish() {
    // C9
    let gateway = Gateway::start().await;
    let engine = engine();
    engine.init(APP, settings(&gateway)).unwrap();
    let call = engine.login("alice", "").unwrap();
    engine.login("alice", "SECRET-TICKET-1").unwrap();
    let batch = engine.try_next_events(16);
    assert_eq!(batch.len(), 2, "the refused call, and that a connection is being made: {batch:?}");
    let ending = engine.un_init();
    let mut delivered = Vec::new();
    for mut event in batch {
        if engine.enter_delivery(&mut event).is_some() {
            delivered.push(event.kind);
        }
    }
    engine.deliver_waiting(&mut |event| delivered.push(event.kind));
    assert!(ending.wait());
    let [EventKind::Completed(first, Err(one)), EventKind::Completed(_, Err(two))] = &delivered[..] else {
        panic!("{delivered:?}");
    };
    assert_eq!(
        (*first, one.code, two.code),
        (call, codes::ERR_SDK_COMM_INTERRUPT, codes::ERR_SDK_COMM_INTERRUPT)
    );
}

#[test]
fn results_of_calls_without_an_init_end_with_un_init_too() {
    // C9
    let engine = engine();
    let call = engine.login("alice", "SECRET-TICKET-1").unwrap();
    let ending = engine.un_init();
    assert_eq!(ending.within(), Duration::from_secs(5));
    assert!(engine.has_events());
    let mut delivered = Vec::new();
    engine.deliver_waiting(&mut |event| delivered.push(event.kind));
    assert!(ending.wait());
    let [EventKind::Completed(done, Err(error))] = &delivered[..] else { panic!("{delivered:?}") };
    assert_eq!((*done, error.code), (call, codes::ERR_SDK_COMM_INTERRUPT));
}

#[tokio::test]
async fn an_init_begins_when_un_init_has_forgotten_and_ended() {
    // C9: they are serialised
    let gateway = Gateway::start().await;
    let engine = engine();
    engine.init(APP, settings(&gateway)).unwrap();
    let (other, settings) = (engine.clone(), settings(&gateway));
    let (_, init) = engine.un_init_with(|| {
        let init = thread::spawn(move || other.init(APP, settings));
        thread::sleep(Duration::from_millis(50));
        init
    });
    assert_eq!(init.join().unwrap(), Ok(Init::Started), "neither before the end nor within it");
    assert!(engine.app().is_some());
    let _ = engine.un_init();
}

#[tokio::test]
async fn un_init_waits_until_the_batch_in_hand_is_done_with() {
    // C9
    let gateway = Gateway::start().await;
    let engine = engine();
    engine.init(APP, settings(&gateway)).unwrap();
    drop(engine.login("alice", ""));
    let (go_on, wait) = mpsc::channel::<()>();
    let puller = engine.clone();
    let (has_taken, taken) = mpsc::channel();
    let delivery = thread::spawn(move || {
        let mut event = puller.next_events_blocking(1).remove(0);
        let delivering = puller.enter_delivery(&mut event);
        has_taken.send(()).unwrap();
        wait.recv().unwrap();
        drop(delivering);
    });
    taken.recv().unwrap();
    let ending = engine.un_init();
    assert_eq!(ending.within(), Duration::from_secs(10));
    let mut ending = Box::pin(ending.delivered());
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut ending).await.is_err());
    go_on.send(()).unwrap();
    assert!(within(ending).await);
    delivery.join().unwrap();
}

#[tokio::test]
async fn a_wait_that_is_dropped_after_it_is_done_loses_nothing() {
    let engine = engine();
    let mut waiting = Box::pin(engine.wait_for_events());
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut waiting).await.is_err());
    let call = engine.login("alice", "SECRET-TICKET-1").unwrap();
    within(waiting).await;
    within(engine.wait_for_events()).await;
    let events = within(engine.next_events(8)).await;
    assert!(matches!(&events[0].kind, EventKind::Completed(done, Err(_)) if *done == call), "{events:?}");
    engine.close_events();
    within(engine.wait_for_events()).await;
}

#[test]
fn the_host_is_told_when_events_wait() {
    let told = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&told);
    let count = move || {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let engine = Engine::new(false, Box::new(count)).unwrap();
    let mut registered = None;
    let call = engine.login_with("alice", "SECRET-TICKET-1", |call| registered = Some(call)).unwrap();
    assert_eq!(registered, Some(call));
    assert_eq!(told.load(Ordering::SeqCst), 1);
    let events = engine.try_next_events(8);
    assert!(matches!(&events[0].kind, EventKind::Completed(_, Err(error)) if error.code.0 == 6013));
    assert!(!engine.has_events());
}

#[test]
fn a_host_that_never_delivers_is_told_with_7008() {
    // C18
    let engine = engine();
    let settings = ClientSettings {
        server_url: "wss://localhost".to_owned(),
        connect_at_init: false,
        events_waiting_max: 16,
        ..ClientSettings::default()
    };
    engine.init(APP, settings).unwrap();
    let refused = (0..100).find_map(|_| engine.login("", "").err()).unwrap();
    assert_eq!(refused.code, codes::ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT);
    assert_eq!(engine.try_next_events(100).len(), 16);
}

#[tokio::test]
async fn a_call_says_what_it_has_left_however_fast_the_gateway_answers() {
    // C1
    let gateway = Gateway::start().await;
    let engine = engine();
    engine.init(APP, settings(&gateway)).unwrap();
    let (call, stamp) = engine.login_stamped("alice", "SECRET-TICKET-1");
    assert_eq!((stamp.status, stamp.user), (LoginStatus::LoggingIn, None));
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted(&login)).await;
    let result = loop {
        let events = within(engine.next_events(1)).await;
        if events[0].kind == EventKind::Completed(call.clone().unwrap(), Ok(())) {
            break events[0].stamp;
        }
    };
    assert!(result.epoch > stamp.epoch);
    let (call, stamp) = engine.logout_stamped();
    assert!(call.is_ok());
    assert_eq!((stamp.status, stamp.user), (LoginStatus::LoggingOut, None));
}

#[tokio::test]
async fn a_call_that_the_binding_answers_keeps_its_place_and_becomes_7009() {
    // C9, C18
    let engine = engine();
    let mut delivered = Vec::new();
    let first = engine.answer_with(Ok(()), |_| {});
    let second = engine.login("alice", "SECRET-TICKET-1").unwrap();
    engine.deliver_waiting(&mut |event| delivered.push(event.kind));
    let uninitialised = Err(tessera_client::Error::of(codes::ERR_SDK_NOT_INITIALIZED));
    assert_eq!(delivered, [EventKind::Completed(first, Ok(())), EventKind::Completed(second, uninitialised)]);

    let gateway = Gateway::start().await;
    engine.init(APP, settings(&gateway)).unwrap();
    let third = engine.answer_with(Ok(()), |_| {});
    let ending = engine.un_init();
    delivered.clear();
    engine.deliver_waiting(&mut |event| delivered.push(event.kind));
    assert!(ending.wait());
    let interrupted = Err(tessera_client::Error::of(codes::ERR_SDK_COMM_INTERRUPT));
    assert_eq!(delivered, [EventKind::Completed(third, interrupted)]);
}

#[tokio::test]
async fn un_init_waits_for_a_callback_that_no_event_has_brought() {
    // C9
    let gateway = Gateway::start().await;
    let engine = engine();
    engine.init(APP, settings(&gateway)).unwrap();
    let aside = engine.enter_aside().unwrap();
    assert!(engine.is_delivering_here());
    let waiting = {
        let engine = engine.clone();
        let left = Arc::new(AtomicUsize::new(0));
        let left_here = Arc::clone(&left);
        let thread = thread::spawn(move || {
            let ending = engine.un_init();
            assert!(ending.wait());
            left_here.load(Ordering::SeqCst)
        });
        (thread, left)
    };
    while engine.app().is_some() {
        thread::yield_now();
    }
    engine.login("alice", "SECRET-TICKET-1").unwrap();
    assert!(engine.enter_aside().is_none(), "events come first");
    waiting.1.store(1, Ordering::SeqCst);
    drop(aside);
    assert_eq!(waiting.0.join().unwrap(), 1, "unInit has waited");
}

#[tokio::test]
async fn a_host_with_a_loop_waits_for_the_running_callback_alone() {
    // C9
    let gateway = Gateway::start().await;
    let engine = engine();
    engine.init(APP, settings(&gateway)).unwrap();
    let call = engine.login("alice", "SECRET-TICKET-1").unwrap();
    let mut connecting = engine.try_next_events(1).pop().unwrap();
    let ending = engine.un_init();
    let running = thread::spawn(move || ending.wait_for_running());
    assert!(engine.enter_delivery(&mut connecting).is_none(), "unInit has made it void");
    assert!(running.join().unwrap());
    let interrupted = Err(tessera_client::Error::of(codes::ERR_SDK_COMM_INTERRUPT));
    let left: Vec<EventKind> = engine.try_next_events(16).into_iter().map(|event| event.kind).collect();
    assert_eq!(left, [EventKind::Completed(call, interrupted)], "nobody has waited for it");
}

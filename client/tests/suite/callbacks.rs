//! Callbacks: what may be done in them, and who gets none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tessera_client::{Client, Error, Pending, SdkListener, codes};
use tokio::sync::mpsc;

use crate::support::{APP, Gateway, Heard, accepted, kicked, within};

/// Calls a closure at one event.
struct At<F>(F);

impl<F: Fn() + Send + Sync> SdkListener for At<F> {
    fn on_connect_success(&self) {
        (self.0)();
    }
}

async fn connect(gateway: &Gateway, client: &Client) -> Result<(), Error> {
    let pending = client.login("alice", "SECRET-TICKET-1");
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    connection.send(accepted(&login)).await;
    within(pending).await
}

#[tokio::test]
async fn a_panicking_listener_hurts_nobody_else() {
    // C19
    let gateway = Gateway::start().await;
    let client = Client::new();
    client.add_listener(Arc::new(At(|| panic!("on purpose"))));
    let mut heard = Heard::by(&client);
    client.init(APP, gateway.config()).unwrap();
    connect(&gateway, &client).await.unwrap();
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "connected".into()));
}

#[tokio::test]
async fn the_same_listener_twice_is_called_once_and_a_removed_one_never() {
    // C19
    let gateway = Gateway::start().await;
    let client = Client::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let twice: Arc<dyn SdkListener> = Arc::new(At(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    }));
    let gone: Arc<dyn SdkListener> = Arc::new(At(|| panic!("it was removed")));
    client.add_listener(Arc::clone(&twice));
    client.add_listener(Arc::clone(&twice));
    client.add_listener(Arc::clone(&gone));
    client.remove_listener(&gone);
    let mut heard = Heard::by(&client);
    client.init(APP, gateway.config()).unwrap();
    connect(&gateway, &client).await.unwrap();
    assert_eq!((heard.next().await, heard.next().await), ("connecting".into(), "connected".into()));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// Logs in again when it is kicked.
struct Back {
    client: OnceLock<Client>,
    login: Mutex<Option<mpsc::UnboundedSender<Pending>>>,
}

impl SdkListener for Back {
    fn on_kicked_offline(&self) {
        let client = self.client.get().unwrap();
        assert_eq!(client.login_user(), None, "the callback sees the state after the kick");
        let pending = client.login("alice", "SECRET-TICKET-1");
        self.login.lock().unwrap().take().unwrap().send(pending).unwrap();
    }
}

#[tokio::test]
async fn a_login_can_be_made_inside_a_callback() {
    // C18
    let gateway = Gateway::start().await;
    let (client, _heard, mut connection, login) = gateway.logged_in().await;
    let (sender, mut logins) = mpsc::unbounded_channel();
    let back = Arc::new(Back { client: OnceLock::new(), login: Mutex::new(Some(sender)) });
    back.client.set(client.clone()).unwrap();
    client.add_listener(back);
    connection.send(kicked(&login)).await;
    let pending = within(logins.recv()).await.unwrap();
    // First the confirmation of the kick, then the login, on the same connection.
    connection.frame().await;
    let again = connection.login().await;
    connection.send(accepted(&again)).await;
    within(pending).await.unwrap();
    within(client.un_init()).await.unwrap();
}

#[tokio::test]
async fn blocking_inside_a_callback_fails_at_once_with_7014() {
    // C18
    let gateway = Gateway::start().await;
    let client = Client::new();
    let (sender, mut results) = mpsc::unbounded_channel();
    let inner = Client::new();
    client.add_listener(Arc::new(At(move || {
        sender.send(inner.login("bob", "SECRET-TICKET-2").wait()).unwrap();
    })));
    client.init(APP, gateway.config()).unwrap();
    connect(&gateway, &client).await.unwrap();
    let result = within(results.recv()).await.unwrap();
    assert_eq!(result.unwrap_err().code, codes::ERR_SDK_INVALID_OPERATION);
}

#[tokio::test]
async fn un_init_inside_a_callback_completes_everything_before_it_returns() {
    // C9
    let gateway = Gateway::start().await;
    let client = Client::new();
    let (sender, mut results) = mpsc::unbounded_channel();
    let me = client.clone();
    client.add_listener(Arc::new(At(move || {
        let mut login = me.login("bob", "SECRET-TICKET-2");
        let mut ending = me.un_init();
        // Polled once, without waiting.
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let login = std::pin::Pin::new(&mut login).poll(&mut cx);
        let ending = std::pin::Pin::new(&mut ending).poll(&mut cx);
        sender.send((login, ending)).unwrap();
    })));
    let mut after = Heard::by(&client);
    client.init(APP, gateway.config()).unwrap();
    let first = connect(&gateway, &client).await;
    let (login, ending) = within(results.recv()).await.unwrap();
    let std::task::Poll::Ready(Err(error)) = login else { panic!("{login:?}") };
    assert_eq!(error.code, codes::ERR_SDK_COMM_INTERRUPT);
    assert!(ending.is_ready());
    assert_eq!(first.unwrap_err().code, codes::ERR_SDK_COMM_INTERRUPT, "it was not delivered before");
    assert_eq!(after.rest(), ["connecting"], "a listener behind is not called any more");
}

#[tokio::test]
async fn a_result_does_not_overtake_events_before_it() {
    // C18
    let gateway = Gateway::start().await;
    let client = Client::new();
    let order = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&order);
    client.add_listener(Arc::new(At(move || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        events.lock().unwrap().push("connected");
    })));
    client.init(APP, gateway.config()).unwrap();
    connect(&gateway, &client).await.unwrap();
    order.lock().unwrap().push("logged in");
    assert_eq!(*order.lock().unwrap(), ["connected", "logged in"]);
}

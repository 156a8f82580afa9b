//! No ticket gets into a log line, a `Debug` output or an error text, at the most talkative level.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io;
use std::sync::{Arc, Mutex};

use tessera_client::codes;

#[path = "suite/support.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod support;

use support::{Gateway, accepted, refused, within};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_ticket_is_nowhere_but_on_the_wire() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let gateway = Gateway::start().await;
    let (client, _heard) = gateway.client_with(gateway.config().connect_at_init(true));
    client.set_ticket_provider(async |_| Err::<String, _>("SECRET-TICKET-9 does not work"));
    let mut connection = gateway.accept().await;
    connection.greet().await;
    // As a frame, refused.
    let pending = client.login("alice", "SECRET-TICKET-1");
    let login = connection.login().await;
    let mut shown = format!("{client:?} {pending:?} {login:?}");
    connection.send(refused(&login, codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED)).await;
    shown.push_str(&format!("{:?}", within(pending).await));
    // In the upgrade, accepted, and then cut.
    let pending = client.login("alice", "SECRET-TICKET-2");
    let mut connection = gateway.accept().await;
    let login = connection.login.clone().unwrap();
    let authorization = login.to_authorization();
    connection.send(accepted(&login)).await;
    within(pending).await.unwrap();
    drop(connection);
    drop(gateway.accept().await);
    // A ticket where the user id belongs.
    shown.push_str(&format!("{:?}", within(client.login("SECRET TICKET", "SECRET-TICKET-3")).await));
    within(client.un_init()).await.unwrap();

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("connecting"), "the log was captured");
    for text in [&log, &shown] {
        assert!(!text.contains("SECRET"), "{text}");
        assert!(!text.contains(&authorization[..40]), "{text}");
    }
}

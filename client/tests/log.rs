//! The queue of log records that bindings hand to their hosts. A process has one, so this is a program of its own.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use tessera_client::{Client, ClientConfig, LogLevel, Logs};

fn config(level: LogLevel) -> ClientConfig {
    ClientConfig::new()
        .server_url("ws://127.0.0.1:9")
        .allow_plain(true)
        .connect_at_init(false)
        .log_level(level)
}

#[test]
fn the_host_gets_what_its_level_asks_for_while_the_queue_is_open() {
    // C23
    let logs = Logs::of_process();
    let client = Client::new();
    let init_twice = |level| {
        client.init(1, config(level)).unwrap();
        client.init(1, config(level)).unwrap();
        client.un_init().wait().unwrap();
    };
    init_twice(LogLevel::Info);
    logs.open();
    init_twice(LogLevel::Warn);
    init_twice(LogLevel::Info);
    init_twice(LogLevel::None);
    let taken = logs.next_blocking(100);
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].level, LogLevel::Info);
    assert!(taken[0].text.contains("already initialised"), "{taken:?}");
    logs.close();
    assert!(logs.next_blocking(100).is_empty());
}

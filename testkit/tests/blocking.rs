//! The blocking gateway as another language's test kit uses it: from plain threads, and from threads of a runtime.

// Helpers outside #[test] functions count as plain code for the lint.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tessera_client::{Client, ClientConfig, LoginStatus};
use tessera_testkit::blocking::{Condition, Error, Fault, Gateway};
use tessera_testkit::{Options, Platform, PolicyText, Preset};

const SOON: Duration = Duration::from_secs(30);
const NOW: Duration = Duration::ZERO;

fn gateway() -> Gateway {
    Gateway::start(Options::default()).unwrap()
}

/// A client with a network of its own.
fn client(gateway: &Gateway, name: &str, platform: Platform) -> Client {
    let client = Client::new();
    let config = ClientConfig::new()
        .server_url(gateway.url_of(name).unwrap())
        .allow_plain(true)
        .platform(platform)
        .set("reconnect_delay_max_ms", "20")
        .set("reconnect_delay_min_ms", "10");
    client.init(gateway.app(), config).unwrap();
    client
}

/// The kick or the expiry has reached the client: a login before that would be one of a user who is logged in (C7).
fn until_logged_out(client: &Client) {
    while client.status() != LoginStatus::LoggedOut {
        std::thread::yield_now();
    }
}

fn code(error: &Error) -> i32 {
    match error {
        Error::Refused(error) => error.code.0,
        other => panic!("{other}"),
    }
}

fn sessions(user: &str, count: usize) -> Condition {
    Condition::Sessions { user: user.to_owned(), count }
}

fn connected(user: &str, count: usize) -> Condition {
    Condition::Connected { user: user.to_owned(), count }
}

#[test]
fn a_kicked_user_needs_a_ticket_from_the_second_that_the_kick_tells() {
    // G5
    let gateway = gateway();
    assert_eq!(code(&gateway.kick("alice").unwrap_err()), 70107);
    let phone = client(&gateway, "phone", Platform::Android);
    let ticket = gateway.sign("alice", 60, None).unwrap();
    phone.login("alice", ticket.expose()).wait().unwrap();
    assert_eq!(gateway.sessions("alice").unwrap()[0].platform, Platform::Android);
    let sign_after = gateway.kick("alice").unwrap();
    gateway.wait_until(sessions("alice", 0), SOON).unwrap();
    until_logged_out(&phone);
    assert_eq!(phone.login("alice", ticket.expose()).wait().unwrap_err().code.0, 70052);
    let ticket = gateway.sign("alice", 60, Some(sign_after)).unwrap();
    phone.login("alice", ticket.expose()).wait().unwrap();
    assert_eq!(gateway.logins().unwrap(), 2);
    gateway.wait_until(Condition::Logins(2), NOW).unwrap();
}

#[test]
fn a_lost_network_costs_the_connection_and_not_the_session() {
    // C11
    let gateway = gateway();
    let phone = client(&gateway, "phone", Platform::Android);
    phone.login("alice", gateway.sign("alice", 60, None).unwrap().expose()).wait().unwrap();
    gateway.wait_until(connected("alice", 1), NOW).unwrap();
    assert_eq!(gateway.connections("phone").unwrap(), 1);
    gateway.fault("phone", Fault::Down).unwrap();
    gateway.wait_until(connected("alice", 0), SOON).unwrap();
    gateway.wait_until(sessions("alice", 1), NOW).unwrap();
    assert_eq!(phone.status(), LoginStatus::LoggedIn);
    gateway.fault("phone", Fault::Restore).unwrap();
    gateway.wait_until(connected("alice", 1), SOON).unwrap();
    gateway.restart().unwrap();
    gateway.wait_until(connected("alice", 1), SOON).unwrap();
    let line = Condition::Connections { client: "phone".to_owned(), count: 1 };
    gateway.wait_until(line, SOON).unwrap();
}

#[test]
fn a_name_is_a_device_and_another_name_another() {
    let [one, other] = ["customer-service-1", "customer-service-2"].map(tessera_testkit::device_id);
    assert_eq!(one, tessera_testkit::device_id("customer-service-1"));
    assert_ne!(one, other);
    assert_eq!((one.len(), tessera_testkit::device_id("").len()), (32, 32));
}

#[test]
fn a_time_that_is_over_says_what_there_was() {
    let gateway = gateway();
    let error = gateway.wait_until(sessions("alice", 2), NOW).unwrap_err();
    assert_eq!(error.to_string(), "waited for 2 sessions of alice, but there was 0");
    assert!(matches!(error, Error::TimedOut { .. }));
}

#[test]
fn accounts_policy_and_clock_are_the_tests() {
    let gateway = gateway();
    let phone = client(&gateway, "phone", Platform::Android);
    let login = || phone.login("alice", gateway.sign("alice", 600, None).unwrap().expose()).wait();
    login().unwrap();
    gateway.disable("alice").unwrap();
    until_logged_out(&phone);
    assert_eq!(login().unwrap_err().code.0, 70051);
    gateway.enable("alice").unwrap();
    login().unwrap();

    let single = PolicyText { preset: Some(Preset::Single), ..PolicyText::default() };
    gateway.set_policy(single).unwrap();
    gateway.set_offline_kick_error(true).unwrap();
    let web = client(&gateway, "web", Platform::Web);
    web.login("alice", gateway.sign("alice", 600, None).unwrap().expose()).wait().unwrap();
    let online = gateway.sessions("alice").unwrap();
    assert_eq!(online.len(), 1, "setting 6208 has not touched the policy");
    assert_eq!(online[0].platform, Platform::Web);

    let before = gateway.now();
    gateway.move_clock(3_600_000).unwrap();
    assert!(gateway.now() >= before + tessera_testkit::Millis(3_600_000));
    gateway.wait_until(sessions("alice", 0), SOON).unwrap();
    until_logged_out(&phone);
    login().unwrap();
    gateway.expire_now("alice").unwrap();
    gateway.wait_until(sessions("alice", 0), SOON).unwrap();
}

#[test]
fn a_network_can_be_disturbed_while_the_gateway_is_away() {
    let options =
        Options { limits: [("drain_spread_ms".to_owned(), 10)].into_iter().collect(), ..Options::default() };
    let gateway = Gateway::start(options).unwrap();
    let phone = client(&gateway, "phone", Platform::Android);
    phone.login("alice", gateway.sign("alice", 60, None).unwrap().expose()).wait().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| gateway.drain(Duration::from_millis(200)).unwrap());
        while gateway.connections("phone").unwrap() > 0 {
            std::thread::yield_now();
        }
        gateway.fault("phone", Fault::Down).unwrap();
        gateway.sign("alice", 60, None).unwrap();
    });
    gateway.wait_until(connected("alice", 0), SOON).unwrap();
    gateway.fault("phone", Fault::Restore).unwrap();
    gateway.wait_until(connected("alice", 1), SOON).unwrap();
}

#[test]
fn what_is_wrong_is_an_error_and_not_a_panic() {
    let wrong = |options| match Gateway::start(options).unwrap_err() {
        Error::Argument(text) => text,
        other => panic!("{other}"),
    };
    let limits = [("no_such_limit".to_owned(), 1)].into_iter().collect();
    assert!(wrong(Options { limits, ..Options::default() }).contains("no_such_limit"));
    wrong(Options { key: String::new(), ..Options::default() });

    let gateway = gateway();
    assert!(matches!(gateway.sign("not a user", 60, None), Err(Error::Argument(_))));
    assert!(matches!(gateway.sign("alice", 0, None), Err(Error::Argument(_))));
    assert!(matches!(gateway.fault("nobody", Fault::Cut), Err(Error::Argument(_))));
    let caps = [(Platform::Web, 99)].into_iter().collect();
    let policy = PolicyText { caps, ..PolicyText::default() };
    assert_eq!(code(&gateway.set_policy(policy).unwrap_err()), 70402);
}

#[test]
fn after_a_stop_everything_says_so() {
    let gateway = gateway();
    gateway.url_of("phone").unwrap();
    gateway.stop();
    gateway.stop();
    assert!(matches!(gateway.url(), Err(Error::Stopped)));
    assert!(matches!(gateway.url_of("phone"), Err(Error::Stopped)));
    assert!(matches!(gateway.kick("alice"), Err(Error::Stopped)));
    assert!(matches!(gateway.restart(), Err(Error::Stopped)));
    assert!(matches!(gateway.wait_until(sessions("alice", 0), NOW), Err(Error::Stopped)));
    gateway.sign("alice", 60, None).unwrap();
}

#[tokio::test]
async fn it_can_be_called_on_a_thread_that_another_runtime_runs() {
    let gateway = gateway();
    assert!(gateway.url().unwrap().starts_with("ws://127.0.0.1:"));
    gateway.wait_until(sessions("alice", 0), NOW).unwrap();
}

#[test]
fn many_threads_use_one_gateway() {
    let gateway = gateway();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let gateway = gateway.clone();
            scope.spawn(move || {
                let (user, device) = (format!("user{n}"), format!("device{n}"));
                let client = client(&gateway, &device, Platform::Linux);
                client.login(&user, gateway.sign(&user, 60, None).unwrap().expose()).wait().unwrap();
                gateway.fault(&device, Fault::Cut).unwrap();
                gateway.wait_until(connected(&user, 1), SOON).unwrap();
                gateway.kick(&user).unwrap();
                gateway.wait_until(sessions(&user, 0), SOON).unwrap();
            });
        }
    });
    assert_eq!(gateway.logins().unwrap(), 8);
}

//! Single inputs to the client machine, in an order that the world of the scenarios does not produce.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use tessera_core::client::{Client, Config, EventKind, Order, Report};
use tessera_core::error::{Code, Error};
use tessera_core::generated::codes;
use tessera_core::generated::status::{ConnectionStatus, LoginStatus, Platform};
use tessera_core::id::{AppId, DeviceId};
use tessera_core::settings::ClientSettings;
use tessera_core::ticket::Ticket;
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, Fault, GatewayFrame, Hello, Login, LoginOk, Refused};

/// Gateway time at the client's time 0.
const EPOCH: Millis = Millis(1_700_000_000_000);
/// How long the tickets are good.
const LIFE: Millis = Millis(60_000);

/// A client that is logged in as alice since its time 0, on an open connection, and the login frame.
fn logged_in() -> (Client, u64, Login) {
    let mut client = Client::new([7; 32]);
    let settings = ClientSettings { connect_at_init: false, ..ClientSettings::default() };
    let config = Config { app: AppId(1), device: DeviceId([1; 16]), platform: Platform::Android, settings };
    client.init(Millis(0), config).unwrap();
    client.login(Millis(0), "alice", Ticket::new("one")).unwrap();
    let (connection, login) = dialed(&mut client);
    let login = *login.unwrap();
    accept(&mut client, Millis(0), connection, &login);
    assert_eq!(client.stamp().status, LoginStatus::LoggedIn);
    events(&mut client);
    (client, connection, login)
}

fn dialed(client: &mut Client) -> (u64, Option<Box<Login>>) {
    match orders(client).pop() {
        Some(Order::Connect { connection, login }) => (connection, login),
        other => panic!("{other:?} instead of a connection"),
    }
}

fn accept(client: &mut Client, now: Millis, connection: u64, login: &Login) {
    let ok = LoginOk {
        session: login.session,
        attempt: login.attempt,
        time: EPOCH + now,
        expires: EPOCH + LIFE,
        resumed: login.resume,
        created: false,
    };
    client.handle_report(now, connection, Report::Frame(GatewayFrame::LoginOk(ok)));
}

fn orders(client: &mut Client) -> Vec<Order> {
    std::iter::from_fn(|| client.poll_order()).collect()
}

fn events(client: &mut Client) -> Vec<EventKind> {
    std::iter::from_fn(|| client.poll_event()).map(|event| event.kind).collect()
}

fn reset() -> Report {
    let error = Error::of(codes::ERR_SDK_NET_RESET_BY_PEER);
    Report::Failed { error, answered: false }
}

#[test]
fn after_a_suspend_expiry_comes_before_whatever_else_comes() {
    // C11 C14: the timer could not fire while the process was suspended
    let late = LIFE + Millis(3_600_000);
    let inputs: [fn(&mut Client, u64, Millis); 4] = [
        |client, connection, now| client.handle_report(now, connection, reset()),
        |client, _, now| drop(client.login(now, "alice", Ticket::new("one"))),
        |client, _, now| drop(client.logout(now)),
        |client, _, now| client.hint(now),
    ];
    for (n, input) in inputs.into_iter().enumerate() {
        let (mut client, connection, _) = logged_in();
        input(&mut client, connection, late);
        assert_eq!(events(&mut client).first(), Some(&EventKind::UserSigExpired), "input {n}");
    }
}

#[test]
fn the_last_millisecond_of_a_ticket_is_not_after_it() {
    // C14
    let (mut client, connection, _) = logged_in();
    client.handle_report(LIFE, connection, Report::Heard);
    client.handle_timeout(LIFE);
    assert_eq!(client.stamp().status, LoginStatus::LoggedIn);
    client.handle_report(LIFE + Millis(1), connection, Report::Heard);
    assert_eq!(events(&mut client), [EventKind::UserSigExpired]);
}

#[test]
fn a_resume_that_meets_expiry_in_the_answers_time_raises_no_connect_success() {
    // C14: "connected" would mislead, because the connection goes at once
    let (mut client, connection, _) = logged_in();
    client.handle_report(Millis(10), connection, reset());
    let due = client.next_timeout();
    client.handle_timeout(due);
    let (connection, login) = dialed(&mut client);
    let login = login.unwrap();
    events(&mut client);
    let refused = refused(&login, EPOCH + LIFE + Millis(1), codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED, None);
    client.handle_report(due, connection, Report::Frame(GatewayFrame::LoginRefused(refused)));
    assert_eq!(events(&mut client), [EventKind::UserSigExpired]);
    assert_eq!(client.connection_status(), ConnectionStatus::Disconnected);
}

fn refused(login: &Login, time: Millis, code: Code, retry_after: Option<Millis>) -> Refused {
    let error = Error::of(code);
    Refused {
        session: login.session,
        attempt: login.attempt,
        time,
        code,
        desc: error.desc,
        retryable: error.retryable,
        retry_after,
    }
}

#[test]
fn a_retryable_refusal_of_a_resume_on_an_open_connection_is_no_kick() {
    // C11: a proxy took the login out of the upgrade, so the resume went as a frame
    let (mut client, connection, _) = logged_in();
    client.handle_report(Millis(10), connection, reset());
    let due = client.next_timeout();
    client.handle_timeout(due);
    let (connection, _) = dialed(&mut client);
    let hello = Hello { time: EPOCH + due, login_within: Millis(30_000) };
    client.handle_report(due, connection, Report::Frame(GatewayFrame::Hello(hello)));
    let Some(Order::Send { frame: ClientFrame::Login(login), .. }) = orders(&mut client).pop() else {
        panic!("no resume")
    };
    assert!(login.resume);
    events(&mut client);
    let refused = refused(&login, EPOCH + due, codes::ERR_SVR_SSO_FREQ_LIMIT, Some(Millis(5_000)));
    client.handle_report(due, connection, Report::Frame(GatewayFrame::LoginRefused(refused)));
    assert_eq!(client.stamp().status, LoginStatus::LoggedIn);
    assert!(!events(&mut client).iter().any(|kind| matches!(kind, EventKind::KickedOffline(_))));
    assert_eq!(client.next_timeout(), due + Millis(5_000));
}

#[test]
fn a_fault_that_says_when_to_come_back_is_heeded() {
    // C11 G7
    let (mut client, connection, _) = logged_in();
    let fault = |retry_after| {
        let code = codes::ERR_SVR_SSO_FREQ_LIMIT;
        Report::Frame(GatewayFrame::Error(Fault { code, desc: "too many frames".to_owned(), retry_after }))
    };
    client.handle_report(Millis(10), connection, fault(None));
    assert_eq!(client.connection_status(), ConnectionStatus::Connected);
    client.handle_report(Millis(10), connection, fault(Some(Millis(6_000))));
    client.hint(Millis(2_000));
    client.handle_timeout(Millis(6_009));
    assert_eq!(client.connection_status(), ConnectionStatus::Connecting);
    assert_eq!(orders(&mut client), [Order::Disconnect { connection }]);
    client.handle_timeout(Millis(6_010));
    assert!(matches!(orders(&mut client)[..], [Order::Connect { .. }]));
}

#[test]
fn arguments_are_checked_before_anything_else() {
    // C4 C5
    let mut client = Client::new([7; 32]);
    for (user, ticket, code) in [
        ("", "one", codes::ERR_INVALID_PARAMETERS),
        ("alice", "", codes::ERR_INVALID_PARAMETERS),
        ("a b", "one", codes::ERR_SDK_COMM_INVALID_IDENTIFIER),
        ("alice", "one", codes::ERR_SDK_NOT_INITIALIZED),
    ] {
        client.login(Millis(0), user, Ticket::new(ticket)).unwrap();
        let completed = events(&mut client);
        assert!(
            matches!(&completed[..], [EventKind::Completed(_, Err(error))] if error.code == code),
            "{user}: {completed:?}"
        );
    }
}

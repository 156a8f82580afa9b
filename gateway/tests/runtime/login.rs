//! Logins, refusals, and the end of connections that do not log in.

use tessera_core::error::Code;
use tessera_core::generated::codes;
use tessera_core::ticket::{Key, Ticket, sign};
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, GatewayFrame, Login, Renew};

use crate::support::{
    APP, Client, again, config, config_with, eventually, login, outcome, resumed, start, ticket,
};

#[tokio::test]
async fn a_login_by_frame_follows_the_greeting() {
    // C3, C22, G2
    let gateway = start(config()).await;
    let mut client = Client::upgrade(gateway.addr(), None).await;
    let GatewayFrame::Hello(hello) = client.frame().await else { panic!() };
    assert_eq!(hello.login_within.0, 30_000);
    let login = login(&gateway, "alice");
    client.send_login(&login).await;
    let ok = client.login_ok().await;
    assert_eq!((ok.session, ok.attempt, ok.created, ok.resumed), (login.session, 1, true, false));
    client.send_logout(&login).await;
    assert!(matches!(client.frame().await, GatewayFrame::LoggedOut(note) if note.session == login.session));
    client.ping().await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_login_in_the_upgrade_is_answered_by_the_first_frame() {
    // C3, G2
    let gateway = start(config()).await;
    let first = login(&gateway, "alice");
    let mut client = Client::upgrade(gateway.addr(), Some(&first)).await;
    assert!(client.login_ok().await.created);
    let mut other = Client::upgrade(gateway.addr(), Some(&login(&gateway, "bob"))).await;
    assert!(other.login_ok().await.created);
    let second = again(&first);
    assert!(!Client::upgrade(gateway.addr(), Some(&second)).await.login_ok().await.created);
    assert_eq!(gateway.counters().logins, 3);
    // G4: replaced silently by its own device
    assert_eq!(client.close_code().await, Some(1000));
    gateway.stop().await;
}

#[tokio::test]
async fn each_refusal_is_the_first_frame_and_the_last() {
    // G1
    let gateway = start(config()).await;
    let good = login(&gateway, "alice");
    let now = gateway.clock().now().as_secs();
    let with = |ticket: Ticket| Login { ticket, ..good.clone() };
    let cases = [
        (with(Ticket::new("")), codes::ERR_SVR_ACCOUNT_USERSIG_EMPTY),
        (with(Ticket::new("no ticket")), codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED),
        (with(ticket("bob", now, 60)), codes::ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID),
        (with(ticket("alice", now - 100, 60)), codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED),
        (
            Login { app: tessera_core::id::AppId(7), ..good.clone() },
            codes::ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND,
        ),
        (Login { user: "a b".to_owned(), ..good.clone() }, codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED),
    ];
    for (login, code) in cases {
        let mut in_upgrade = Client::upgrade(gateway.addr(), Some(&login)).await;
        assert_eq!(in_upgrade.refused().await.code, code);
        assert_eq!(in_upgrade.close_code().await, Some(1000));
        let mut by_frame = Client::open(gateway.addr()).await;
        by_frame.send_login(&login).await;
        let refused = by_frame.refused().await;
        assert_eq!((refused.code, refused.session), (code, login.session));
        assert_eq!(by_frame.close_code().await, Some(1000));
    }
    assert_eq!(gateway.counters().refused.values().sum::<u64>(), 12);
    assert_eq!(outcome(gateway.addr(), &good).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn who_does_not_log_in_is_sent_off_without_an_error() {
    // C22
    let gateway = start(config_with(|config| config.limits.login_within_ms = 100)).await;
    let mut client = Client::open(gateway.addr()).await;
    assert!(matches!(client.frame().await, GatewayFrame::Bye(_)));
    assert_eq!(client.close_code().await, Some(1000));
    gateway.stop().await;
}

#[tokio::test]
async fn a_resume_takes_the_session_to_a_new_connection() {
    // G4: a device is kicked by its own reconnect
    let gateway = start(config()).await;
    let login = login(&gateway, "alice");
    let mut old = Client::logged_in(gateway.addr(), &login).await;
    let mut new = Client::upgrade(gateway.addr(), Some(&resumed(&login))).await;
    assert!(new.login_ok().await.resumed);
    assert_eq!(old.close_code().await, Some(1000));
    new.ping().await;
    assert_eq!(gateway.counters().sessions_connected, 1);
    // G4: an attempt that comes late is closed without effect
    let mut late = Client::upgrade(gateway.addr(), Some(&login)).await;
    assert_eq!(late.close_code().await, Some(1000));
    new.ping().await;
    assert_eq!(gateway.counters().logins, 1, "G11: a resume is no login");
    gateway.stop().await;
}

#[tokio::test]
async fn a_session_without_a_connection_ends_with_its_lease() {
    // G6
    let gateway = start(config_with(|config| config.limits.lease_ms = 60_000)).await;
    let login = login(&gateway, "alice");
    drop(Client::logged_in(gateway.addr(), &login).await);
    eventually("the loss is noticed", || gateway.counters().sessions_connected == 0).await;
    assert_eq!(gateway.counters().sessions, 1);
    let mut back = Client::upgrade(gateway.addr(), Some(&resumed(&login))).await;
    assert!(back.login_ok().await.resumed);
    drop(back);
    eventually("the loss is noticed", || gateway.counters().sessions_connected == 0).await;
    gateway.set_clock(61_000);
    eventually("the lease ends", || gateway.counters().sessions == 0).await;
    let third = Login { attempt: 9, ..resumed(&login) };
    assert!(!Client::upgrade(gateway.addr(), Some(&third)).await.login_ok().await.resumed);
    gateway.stop().await;
}

#[tokio::test]
async fn a_ticket_is_renewed_in_place_and_a_bad_one_leaves_the_old() {
    // C7, C15
    let gateway = start(config()).await;
    let login = login(&gateway, "alice");
    let mut client = Client::logged_in(gateway.addr(), &login).await;
    let renew = |ticket, attempt| ClientFrame::Renew(Renew { session: login.session, attempt, ticket });
    client.send(renew(Ticket::new("no ticket"), 2)).await;
    assert_eq!(client.refused().await.code, codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
    let now = gateway.clock().now().as_secs();
    client.send(renew(ticket("alice", now - 5, 1000), 3)).await;
    let GatewayFrame::Renewed(renewed) = client.frame().await else { panic!() };
    assert_eq!((renewed.attempt, renewed.expires.as_secs()), (3, now + 995));
    gateway.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_is_told_and_then_the_expiry() {
    // C14
    let gateway = start(config()).await;
    let login = login(&gateway, "alice");
    let mut client = Client::logged_in(gateway.addr(), &login).await;
    let (before, day) = (gateway.clock().now() - Millis(1), 86_400_000);
    gateway.set_clock(86_400_000);
    let GatewayFrame::Pong(pong) = client.frame().await else { panic!() };
    assert!(pong.time > before + Millis(day));
    assert!(matches!(client.frame().await, GatewayFrame::Expired(note) if note.session == login.session));
    assert_eq!(outcome(gateway.addr(), &again(&login)).await, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    gateway.stop().await;
}

#[tokio::test]
async fn an_expiry_is_told_without_anything_else_happening() {
    // C14: expiry event only raised at the next send
    let gateway = start(config()).await;
    let now = gateway.clock().now().as_secs();
    let login = Login { ticket: ticket("alice", now - 7, 10), ..login(&gateway, "alice") };
    let mut client = Client::logged_in(gateway.addr(), &login).await;
    assert!(matches!(client.frame().await, GatewayFrame::Expired(_)));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_devices_of_one_user_at_once_each_get_an_answer() {
    // G3, G4
    let gateway = start(config_with(|config| config.limits.logins_per_user_per_minute = 1000)).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (addr, login) = (gateway.addr(), login(&gateway, "alice"));
            tokio::spawn(async move {
                let mut client = Client::upgrade(addr, Some(&login)).await;
                client.login_ok().await;
                client.next().await.err().is_none()
            })
        })
        .collect();
    eventually("all are in", || gateway.counters().logins == 50).await;
    // Multi platform, one each: the newest stays, everybody else was kicked.
    let (sessions, _) = gateway.admin().sessions("test", APP, "alice").await.unwrap();
    assert_eq!(sessions.len(), 1);
    let kicked = gateway.admin().kick("test", APP, "alice").await.unwrap();
    assert_eq!(kicked.sessions, 1);
    for task in tasks {
        assert!(task.await.unwrap(), "the first thing after the login is the kick");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_forged_ticket_is_answered_alike_for_a_user_who_exists_and_one_who_does_not() {
    // failures.md: user enumeration by answer. The check of a ticket looks at no record, so neither can its time tell.
    let gateway = start(config()).await;
    let known = login(&gateway, "alice");
    assert!(Client::upgrade(gateway.addr(), Some(&known)).await.login_ok().await.created);
    let key = Key::new("a key that this gateway does not have").unwrap();
    let now = gateway.clock().now();
    let mut answers = Vec::new();
    for user in ["alice", "zelda"] {
        let ticket = sign(&key, APP.0, user, now, 60, None).unwrap();
        let forged = Login { ticket, user: user.to_owned(), ..again(&known) };
        let mut client = Client::upgrade(gateway.addr(), Some(&forged)).await;
        let GatewayFrame::LoginRefused(refused) = client.frame().await else { panic!() };
        answers.push((refused.code, refused.desc, refused.retryable, refused.retry_after));
    }
    assert_eq!(answers[0].0, codes::ERR_SVR_ACCOUNT_USERSIG_MISMATCH_PUBLICKEY);
    assert_eq!(answers[0], answers[1]);
    gateway.stop().await;
}

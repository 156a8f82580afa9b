//! Kicks, disables, policies and the audit trail.

use std::collections::BTreeMap;

use tessera_core::error::Code;
use tessera_core::gateway::policy::{PolicyText, Preset};
use tessera_core::generated::codes;
use tessera_core::generated::status::Platform;
use tessera_core::id::AppId;
use tessera_core::wire::{KickReason, Login};
use tessera_gateway::Gateway;

use crate::support::{
    APP, Client, again, config, config_with, eventually, login, login_at, outcome, resumed, start,
};

async fn set_single(gateway: &Gateway) {
    let policy = PolicyText { preset: Some(Preset::Single), ..PolicyText::default() };
    gateway.admin().set_policy("ops", APP, policy, None).await.unwrap();
}

#[tokio::test]
async fn a_kick_by_another_device_is_answered_until_it_is_confirmed() {
    // G3, G4, C12
    let gateway = start(config()).await;
    set_single(&gateway).await;
    let phone = login(&gateway, "alice");
    let desktop = Login { platform: Platform::Linux, ..login(&gateway, "alice") };
    let mut on_phone = Client::logged_in(gateway.addr(), &phone).await;
    let _on_desktop = Client::logged_in(gateway.addr(), &desktop).await;
    let kicked = on_phone.kicked().await;
    assert_eq!((kicked.session, kicked.reason), (phone.session, KickReason::Policy));
    assert_eq!(kicked.platform, Some(Platform::Linux));
    // It missed the frame, for all it knows: the resume is answered with the same kick, again and again.
    drop(on_phone);
    for _ in 0..2 {
        let mut back = Client::upgrade(gateway.addr(), Some(&resumed(&phone))).await;
        assert_eq!(back.kicked().await.at, kicked.at);
    }
    let mut back = Client::upgrade(gateway.addr(), Some(&resumed(&phone))).await;
    back.kicked().await;
    back.send_kick_ack(&phone).await;
    back.ping().await;
    // G4: the kick is no longer kept, but the end of the session is remembered a while longer.
    let mut back = Client::upgrade(gateway.addr(), Some(&resumed(&phone))).await;
    assert_eq!(back.kicked().await.at, kicked.at);
    gateway.stop().await;
}

#[tokio::test]
async fn an_admin_kick_refuses_the_old_tickets_and_takes_new_ones() {
    // G5: after an admin kick a freshly signed ticket is still refused; force-logout, and the same ticket logs in
    let gateway = start(config()).await;
    let now = gateway.clock().now().as_secs();
    let (old, fresh) = (login(&gateway, "alice"), login_at(now, "alice"));
    let mut by_old = Client::logged_in(gateway.addr(), &old).await;
    let on_desktop = Login { platform: Platform::Mac, ..fresh.clone() };
    let mut by_fresh = Client::logged_in(gateway.addr(), &on_desktop).await;
    let kick = gateway.admin().kick("ops", APP, "alice").await.unwrap();
    assert_eq!(kick.sessions, 2);
    for client in [&mut by_old, &mut by_fresh] {
        let kicked = client.kicked().await;
        assert_eq!((kicked.reason, kicked.platform), (KickReason::Admin, None));
    }
    for login in [again(&old), again(&on_desktop)] {
        assert_eq!(outcome(gateway.addr(), &login).await, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
    }
    let mut back = Client::upgrade(gateway.addr(), Some(&resumed(&old))).await;
    assert_eq!(back.kicked().await.reason, KickReason::Admin);
    let new = login_at(kick.sign_after.as_secs(), "alice");
    assert_eq!(outcome(gateway.addr(), &new).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn a_disabled_account_is_refused_until_it_is_enabled() {
    // G1: 70051
    let gateway = start(config()).await;
    let login = login(&gateway, "alice");
    let mut client = Client::logged_in(gateway.addr(), &login).await;
    assert_eq!(gateway.admin().set_disabled("ops", APP, "alice", true).await, Ok(1));
    assert_eq!(client.kicked().await.reason, KickReason::Disabled);
    assert_eq!(outcome(gateway.addr(), &again(&login)).await, codes::ERR_SVR_ACCOUNT_BLACKLIST);
    assert_eq!(gateway.admin().sessions("ops", APP, "alice").await, Ok((Vec::new(), true)));
    assert_eq!(gateway.admin().set_disabled("ops", APP, "alice", false).await, Ok(0));
    let later = Login { attempt: 9, ..again(&login) };
    assert_eq!(outcome(gateway.addr(), &later).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn a_device_kicked_while_offline_hears_of_it_once() {
    // C13, G6
    let gateway = start(config_with(|config| config.apps[0].rules.offline_kick_error = true)).await;
    set_single(&gateway).await;
    let phone = login(&gateway, "alice");
    drop(Client::logged_in(gateway.addr(), &phone).await);
    eventually("it is offline", || gateway.counters().sessions_connected == 0).await;
    let desktop = Login { platform: Platform::Linux, ..login(&gateway, "alice") };
    assert_eq!(outcome(gateway.addr(), &desktop).await, Code(0));
    let fresh = again(&phone);
    assert_eq!(outcome(gateway.addr(), &fresh).await, codes::ERR_LOGIN_KICKED_OFF_BY_OTHER);
    assert_eq!(
        outcome(gateway.addr(), &fresh).await,
        codes::ERR_LOGIN_KICKED_OFF_BY_OTHER,
        "the same attempt"
    );
    assert_eq!(outcome(gateway.addr(), &again(&fresh)).await, Code(0));
    gateway.stop().await;
}

#[tokio::test]
async fn an_operator_may_let_tickets_expire() {
    // C14
    let gateway = start(config()).await;
    let login = login(&gateway, "alice");
    let mut client = Client::logged_in(gateway.addr(), &login).await;
    assert_eq!(gateway.admin().expire_now("ops", APP, "alice").await, Ok(1));
    assert!(matches!(client.frame().await, tessera_core::wire::GatewayFrame::Expired(_)));
    gateway.stop().await;
}

#[tokio::test]
async fn a_policy_that_is_set_acts_at_the_next_claim() {
    // G3
    let gateway = start(config()).await;
    let [phone, desktop] =
        [Platform::Android, Platform::Mac].map(|platform| Login { platform, ..login(&gateway, "alice") });
    let mut on_phone = Client::logged_in(gateway.addr(), &phone).await;
    let mut on_desktop = Client::logged_in(gateway.addr(), &desktop).await;
    set_single(&gateway).await;
    on_phone.ping().await;
    on_desktop.ping().await;
    let web = Login { platform: Platform::Web, ..login(&gateway, "alice") };
    let mut on_web = Client::logged_in(gateway.addr(), &web).await;
    on_phone.kicked().await;
    on_desktop.kicked().await;
    on_web.ping().await;
    let apps = gateway.admin().apps().await;
    assert_eq!(apps[0].policy.preset, Some(Preset::Single));
    assert_eq!((apps[0].id, apps[0].sessions, apps[0].connected), (APP, 1, 1));
    gateway.stop().await;
}

#[tokio::test]
async fn a_call_that_cannot_be_done_says_why_and_is_audited_too() {
    let gateway = start(config()).await;
    let admin = gateway.admin();
    let code = |error: tessera_core::error::Error| error.code;
    let unknown_app = admin.kick("ops", AppId(7), "alice").await.map_err(code);
    assert_eq!(unknown_app, Err(codes::ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND));
    assert_eq!(admin.kick("ops", APP, "a b").await.map_err(code), Err(Code(7003)));
    assert_eq!(admin.set_disabled("ops", APP, "", true).await.map_err(code), Err(Code(6017)));
    let unknown_user = admin.expire_now("ops", APP, "nobody").await.map_err(code);
    assert_eq!(unknown_user, Err(codes::ERR_SVR_ACCOUNT_NOT_FOUND));
    let both = PolicyText { preset: Some(Preset::Dual), sets: Some(Vec::new()), caps: BTreeMap::new() };
    assert_eq!(admin.set_policy("ops", APP, both, None).await.map_err(code), Err(Code(70402)));
    assert_eq!(admin.active(AppId(7), 0, 9).await.map_err(code), Err(Code(70020)));
    let audit = admin.audit(10).await.unwrap();
    let rows: Vec<_> = audit.iter().map(|row| (row.action.as_str(), row.user.as_deref())).collect();
    assert_eq!(
        rows,
        [
            ("policy", None),
            ("expire", Some("nobody")),
            ("disable", None),
            ("kick", None),
            ("kick", Some("alice"))
        ]
    );
    assert!(audit.iter().all(|row| row.actor == "ops" && row.detail.starts_with("failed: ")));
    gateway.stop().await;
}

#[tokio::test]
async fn a_call_goes_on_when_whoever_asked_hangs_up() {
    // failures.md: "audit record for each call"
    let gateway = start(config()).await;
    let mut client = Client::logged_in(gateway.addr(), &login(&gateway, "alice")).await;
    let admin = gateway.admin();
    let policy = PolicyText { preset: Some(Preset::Single), sets: None, caps: BTreeMap::new() };
    // Each is begun, and dropped at its first wait.
    let poll_once = std::future::poll_fn(|_| std::task::Poll::Ready(()));
    tokio::select! {
        biased;
        _ = admin.kick("ops", APP, "alice") => panic!("it needs a durable write"),
        () = poll_once => {}
    }
    let poll_once = std::future::poll_fn(|_| std::task::Poll::Ready(()));
    tokio::select! {
        biased;
        _ = admin.set_policy("ops", APP, policy, None) => panic!("it needs a durable write"),
        () = poll_once => {}
    }
    client.kicked().await;
    let audited = async {
        while admin.audit(10).await.unwrap().len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        while admin.apps().await[0].policy.preset != Some(Preset::Single) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), audited)
        .await
        .expect("both are done to the end");
    gateway.stop().await;
}

#[tokio::test]
async fn logins_are_counted_by_day_and_user() {
    // G11
    let gateway = start(config()).await;
    let first = login(&gateway, "alice");
    let mut client = Client::logged_in(gateway.addr(), &first).await;
    client.ping().await;
    assert_eq!(outcome(gateway.addr(), &resumed(&first)).await, Code(0));
    assert_eq!(outcome(gateway.addr(), &login(&gateway, "alice")).await, Code(0));
    assert_eq!(outcome(gateway.addr(), &login(&gateway, "bob")).await, Code(0));
    gateway.set_clock(0);
    let today = tessera_gateway::store::day(gateway.clock().now());
    let active = gateway.admin().active(APP, today - 1, today).await.unwrap();
    assert_eq!((active.users, active.logins), (2, 3));
    gateway.stop().await;
}

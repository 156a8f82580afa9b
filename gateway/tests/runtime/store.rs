//! What the gateway makes of a store that fails, and what a restart keeps.

use std::sync::Arc;

use tessera_core::error::Code;
use tessera_core::gateway::policy::{PolicyText, Preset};
use tessera_core::gateway::record::UserRecord;
use tessera_core::generated::codes;
use tessera_core::id::AppId;
use tessera_gateway::store::embedded::EmbeddedStore;
use tessera_gateway::store::memory::MemoryStore;
use tessera_gateway::store::{Active, AuditRecord, Change, Store, StoreError, UserKey, Written};

use crate::support::{APP, Client, again, config, eventually, login, login_at, outcome, start_on};

#[tokio::test]
async fn a_write_that_fails_is_reported_as_such_and_changes_nothing() {
    // C3, G9
    let store = Arc::new(MemoryStore::new());
    let gateway = start_on(config(), Arc::clone(&store) as Arc<dyn Store>).await;
    let known = login(&gateway, "known");
    let mut client = Client::logged_in(gateway.addr(), &known).await;
    store.fail_writes(true);
    let newcomer = login(&gateway, "newcomer");
    let mut refused = Client::upgrade(gateway.addr(), Some(&newcomer)).await;
    let refusal = refused.refused().await;
    assert_eq!((refusal.code, refusal.retryable), (codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, true));
    assert!(refusal.retry_after.is_some());
    let kick = gateway.admin().kick("ops", APP, "known").await.unwrap_err();
    assert_eq!((kick.code, kick.retryable), (codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, true));
    let policy = PolicyText { preset: Some(Preset::Single), ..PolicyText::default() };
    gateway.admin().set_policy("ops", APP, policy, None).await.unwrap_err();
    assert_eq!(gateway.admin().apps().await[0].policy.preset, Some(Preset::Multi));
    client.ping().await;
    store.fail_writes(false);
    assert_eq!(outcome(gateway.addr(), &again(&newcomer)).await, Code(0));
    assert_eq!(gateway.admin().kick("ops", APP, "known").await.unwrap().sessions, 1);
    client.kicked().await;
    assert!(gateway.counters().writes_failed >= 2);
    gateway.stop().await;
}

/// Panics when it is asked for one user, as a bug would.
struct Panicking(MemoryStore);

impl Store for Panicking {
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, StoreError> {
        assert!(!user.1.as_str().starts_with("mallory"), "this panic is part of the test");
        if user.1.as_str() == "lost" {
            return Err(StoreError::Read("made to fail".to_owned()));
        }
        self.0.load(user)
    }
    fn write(&self, changes: Vec<Change>) -> Written {
        self.0.write(changes)
    }
    fn active(&self, app: AppId, from: u32, to: u32) -> Result<Active, StoreError> {
        self.0.active(app, from, to)
    }
    fn policies(&self) -> Result<Vec<(AppId, String)>, StoreError> {
        self.0.policies()
    }
    fn audit(&self, max: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.0.audit(max)
    }
}

#[tokio::test]
async fn a_panic_ends_one_connection_and_nothing_else() {
    // a panic poisons a mutex for ever
    let gateway = start_on(config(), Arc::new(Panicking(MemoryStore::new()))).await;
    for round in 0..20 {
        let doomed =
            Client::try_upgrade(gateway.addr(), Some(&login(&gateway, &format!("mallory{round}")))).await;
        assert!(doomed.is_err(), "the answer to the upgrade leaves with the answer to the login");
        if round % 10 == 0 {
            assert_eq!(outcome(gateway.addr(), &login(&gateway, &format!("user{round}"))).await, Code(0));
        }
    }
    eventually("nothing is left behind", || gateway.counters().sockets == 0).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_record_that_cannot_be_read_refuses_the_login() {
    let gateway = start_on(config(), Arc::new(Panicking(MemoryStore::new()))).await;
    let code = outcome(gateway.addr(), &login(&gateway, "lost")).await;
    assert_eq!(code, codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR);
    gateway.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_accounts_floors_disables_and_policies() {
    // G9
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let open = || Arc::new(EmbeddedStore::open(&path).unwrap()) as Arc<dyn Store>;

    let gateway = start_on(config(), open()).await;
    let [kept, kicked, disabled] = ["kept", "kicked", "disabled"].map(|user| login(&gateway, user));
    let mut clients = Vec::new();
    for login in [&kept, &kicked, &disabled] {
        clients.push(Client::logged_in(gateway.addr(), login).await);
    }
    let kick = gateway.admin().kick("ops", APP, "kicked").await.unwrap();
    gateway.admin().set_disabled("ops", APP, "disabled", true).await.unwrap();
    let policy = PolicyText { preset: Some(Preset::Dual), ..PolicyText::default() };
    gateway.admin().set_policy("ops", APP, policy, Some(true)).await.unwrap();
    gateway.stop().await;
    drop(gateway);

    let gateway = start_on(config(), open()).await;
    // Nobody is kicked by the restart: the session is claimed again under its id.
    let mut back = Client::upgrade(gateway.addr(), Some(&crate::support::resumed(&kept))).await;
    let ok = back.login_ok().await;
    assert_eq!((ok.session, ok.resumed, ok.created), (kept.session, false, false));
    assert_eq!(outcome(gateway.addr(), &again(&kicked)).await, codes::ERR_SVR_ACCOUNT_INVALID_USERSIG);
    let mut resume = Client::upgrade(gateway.addr(), Some(&crate::support::resumed(&kicked))).await;
    resume.kicked().await;
    assert_eq!(outcome(gateway.addr(), &again(&disabled)).await, codes::ERR_SVR_ACCOUNT_BLACKLIST);
    let new = login_at(kick.sign_after.as_secs(), "kicked");
    assert_eq!(outcome(gateway.addr(), &new).await, Code(0));
    let app = &gateway.admin().apps().await[0];
    assert_eq!((app.policy.preset, app.offline_kick_error), (Some(Preset::Dual), true));
    let actions: Vec<_> =
        gateway.admin().audit(10).await.unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["policy", "disable", "kick"]);
    gateway.stop().await;
}

//! What an operator may do, inside the process; the admin endpoint and the test kit are thin layers over it.
//!
//! It knows no tokens: who `actor` is has been found out before. Each call that concerns a user or changes something
//! leaves an audit record under that name, whether it succeeds or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tessera_core::error::Error;
use tessera_core::gateway::policy::{Policy, PolicyText};
use tessera_core::gateway::registry::{AdminAnswer, AdminOrder, AppRules, SessionInfo};
use tessera_core::generated::codes;
use tessera_core::id::{AppId, UserId};
use tessera_core::time::Millis;
use tracing::{error, info};

use crate::gateway::Shared;
use crate::store::{Active, AuditRecord, Change, Store, StoreError};

/// The operations of an operator.
///
/// Every call fails with 70020 for an app that the gateway does not have, with 6017 or 7003 for what is no user id,
/// with 70107 for a user who has never logged in, and with 70500 when the store does not work, or the gateway stops,
/// before the call is done; then nothing has changed. A call goes on to its end when its future is dropped.
pub struct Admin(Arc<Operator>);

/// What carries the calls out.
struct Operator {
    shared: Arc<Shared>,
    apps: Mutex<BTreeMap<AppId, AppRules>>,
    /// Held while a policy is written, so that what is in force is what is stored.
    setting: tokio::sync::Mutex<()>,
}

/// What a kick did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kicked {
    /// How many sessions ended.
    pub sessions: usize,
    /// Tickets that are signed from this time on are accepted (G5).
    pub sign_after: Millis,
}

/// One app of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppInfo {
    /// Its `sdkAppID`.
    pub id: AppId,
    /// Its policy in force (G3).
    pub policy: PolicyText,
    /// Whether a device that was kicked while offline is told so by 6208 (C13).
    pub offline_kick_error: bool,
    /// Its sessions, leased ones included.
    pub sessions: usize,
    /// Its sessions with a connection.
    pub connected: usize,
}

/// An app's rules as they are stored.
#[derive(Serialize, Deserialize)]
struct StoredRules {
    policy: PolicyText,
    offline_kick_error: bool,
}

impl Admin {
    pub(crate) fn new(shared: Arc<Shared>, apps: BTreeMap<AppId, AppRules>) -> Self {
        Admin(Arc::new(Operator { shared, apps: Mutex::new(apps), setting: tokio::sync::Mutex::default() }))
    }

    /// The user's sessions, oldest first, and whether the account is disabled.
    ///
    /// # Errors
    /// See [`Admin`].
    pub async fn sessions(
        &self,
        actor: &str,
        app: AppId,
        user: &str,
    ) -> Result<(Vec<SessionInfo>, bool), Error> {
        match self.order(actor, "sessions", app, user, AdminOrder::Sessions).await? {
            AdminAnswer::Sessions { sessions, disabled } => Ok((sessions, disabled)),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends all sessions of the user, and revokes the tickets that were used so far (G5).
    ///
    /// # Errors
    /// See [`Admin`].
    pub async fn kick(&self, actor: &str, app: AppId, user: &str) -> Result<Kicked, Error> {
        match self.order(actor, "kick", app, user, AdminOrder::Kick).await? {
            AdminAnswer::Kicked { sessions, sign_after } => Ok(Kicked { sessions, sign_after }),
            other => Err(unexpected(&other)),
        }
    }

    /// Disables the account, which ends its sessions, or enables it again. Returns how many sessions ended.
    ///
    /// # Errors
    /// See [`Admin`].
    pub async fn set_disabled(
        &self,
        actor: &str,
        app: AppId,
        user: &str,
        disabled: bool,
    ) -> Result<usize, Error> {
        let action = if disabled { "disable" } else { "enable" };
        match self.order(actor, action, app, user, AdminOrder::SetDisabled(disabled)).await? {
            AdminAnswer::Disabled { sessions } => Ok(sessions),
            other => Err(unexpected(&other)),
        }
    }

    /// Treats the tickets of the user's sessions as expired from now on; for tests. Returns how many sessions ended.
    ///
    /// # Errors
    /// See [`Admin`].
    pub async fn expire_now(&self, actor: &str, app: AppId, user: &str) -> Result<usize, Error> {
        match self.order(actor, "expire", app, user, AdminOrder::ExpireNow).await? {
            AdminAnswer::Expired { sessions } => Ok(sessions),
            other => Err(unexpected(&other)),
        }
    }

    /// Sets an app's policy, and `offline_kick_error` unless that is `None`. It is durable, wins over the
    /// configuration from then on, and acts at the next claim (G3).
    ///
    /// # Errors
    /// 70402 for a policy that is none, else see [`Admin`].
    pub async fn set_policy(
        &self,
        actor: &str,
        app: AppId,
        policy: PolicyText,
        offline_kick_error: Option<bool>,
    ) -> Result<(), Error> {
        let (operator, actor) = (Arc::clone(&self.0), actor.to_owned());
        self.to_the_end(async move { operator.set_policy(&actor, app, policy, offline_kick_error).await })
            .await
    }

    /// The gateway's apps.
    pub async fn apps(&self) -> Vec<AppInfo> {
        let apps = self.0.lock_apps().clone();
        let info = |(id, rules): (AppId, AppRules)| {
            let (sessions, connected) = self.0.shared.shards.count_of(id);
            let policy = PolicyText::from(&rules.policy);
            AppInfo { id, policy, offline_kick_error: rules.offline_kick_error, sessions, connected }
        };
        apps.into_iter().map(info).collect()
    }

    /// Different users and logins of an app from one day to another, both included, in days since 1970, UTC (G11).
    ///
    /// # Errors
    /// See [`Admin`].
    pub async fn active(&self, app: AppId, from_day: u32, to_day: u32) -> Result<Active, Error> {
        self.0.rules(app)?;
        self.0.read(move |store| store.active(app, from_day, to_day)).await
    }

    /// The newest audit records, newest first, at most `max`.
    ///
    /// # Errors
    /// 70500 when the store cannot be read.
    pub async fn audit(&self, max: usize) -> Result<Vec<AuditRecord>, Error> {
        self.0.read(move |store| store.audit(max)).await
    }

    async fn order(
        &self,
        actor: &str,
        action: &'static str,
        app: AppId,
        user: &str,
        order: AdminOrder,
    ) -> Result<AdminAnswer, Error> {
        let (operator, actor, user) = (Arc::clone(&self.0), actor.to_owned(), user.to_owned());
        self.to_the_end(async move { operator.order(&actor, action, app, &user, order).await }).await
    }

    /// Carries a call out in a task of its own: whoever asked may hang up, and must not leave half of it undone, nor
    /// without its record.
    async fn to_the_end<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let done = self.0.shared.tasks.spawn(call).await;
        done.unwrap_or_else(|_| Err(Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, "the call has failed")))
    }
}

impl Operator {
    async fn set_policy(
        &self,
        actor: &str,
        app: AppId,
        policy: PolicyText,
        offline_kick_error: Option<bool>,
    ) -> Result<(), Error> {
        let outcome = self.write_policy(actor, app, policy, offline_kick_error).await;
        match &outcome {
            Ok(()) => info!(actor, %app, "policy set"),
            Err(error) => self.audit(actor, "policy", app, None, format!("failed: {error}")).await,
        }
        outcome
    }

    async fn write_policy(
        &self,
        actor: &str,
        app: AppId,
        policy: PolicyText,
        offline_kick_error: Option<bool>,
    ) -> Result<(), Error> {
        let _setting = self.setting.lock().await;
        let current = self.rules(app)?;
        let offline_kick_error = offline_kick_error.unwrap_or(current.offline_kick_error);
        let checked = Policy::try_from(policy.clone());
        let checked =
            checked.map_err(|e| Error::new(codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, e.to_string()))?;
        let text = serde_json::to_string(&StoredRules { policy, offline_kick_error })
            .map_err(|e| Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, e.to_string()))?;
        // With the policy or not at all: what is in force has its record.
        let audit = self.audit_record(actor, "policy", app, None, text.clone());
        let written = self.shared.store.write(vec![Change::Policy(app, text), Change::Audit(audit)]);
        written.await.map_err(|reason| store_error(&reason))?;
        let rules = AppRules { policy: checked, offline_kick_error };
        self.shared.shards.set_rules(app, &rules);
        self.lock_apps().insert(app, rules);
        Ok(())
    }

    async fn order(
        &self,
        actor: &str,
        action: &str,
        app: AppId,
        user: &str,
        order: AdminOrder,
    ) -> Result<AdminAnswer, Error> {
        let answer = self.carry_out(app, user, order).await;
        // A text that is no user id may be anything, a ticket even; it is not kept.
        let user = UserId::parse(user).ok().map(|user| user.to_string());
        let detail = match &answer {
            Ok(answer) => describe(answer),
            Err(error) => format!("failed: {error}"),
        };
        self.audit(actor, action, app, user, detail).await;
        answer
    }

    /// Leaves an audit record, and a line in the log.
    async fn audit(&self, actor: &str, action: &str, app: AppId, user: Option<String>, detail: String) {
        info!(actor, action, %app, user, detail, "admin call");
        let audit = self.audit_record(actor, action, app, user, detail);
        if let Err(reason) = self.shared.store.write(vec![Change::Audit(audit)]).await {
            // What was done is durable by itself; taking it back because of its record would be worse.
            error!(actor, action, %reason, "the audit record of an admin call is lost");
        }
    }

    async fn carry_out(&self, app: AppId, user: &str, order: AdminOrder) -> Result<AdminAnswer, Error> {
        self.rules(app)?;
        let user = UserId::parse(user)?;
        match self.shared.shards.order((app, user), order).await {
            Some(AdminAnswer::Failed(error)) => Err(error),
            Some(answer) => Ok(answer),
            None => Err(Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, "the gateway has stopped")),
        }
    }

    fn rules(&self, app: AppId) -> Result<AppRules, Error> {
        let rules = self.lock_apps().get(&app).cloned();
        rules.ok_or_else(|| {
            Error::new(codes::ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND, format!("this gateway has no app {app}"))
        })
    }

    fn audit_record(
        &self,
        actor: &str,
        action: &str,
        app: AppId,
        user: Option<String>,
        detail: String,
    ) -> AuditRecord {
        let at = self.shared.clock.now();
        AuditRecord { at, actor: actor.to_owned(), action: action.to_owned(), app: Some(app), user, detail }
    }

    /// Reads many rows, off the threads that serve connections.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.shared.store);
        let read = tokio::task::spawn_blocking(move || read(&*store));
        match read.await {
            Ok(outcome) => outcome.map_err(|reason| store_error(&reason)),
            Err(_) => Err(Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, "reading the store failed")),
        }
    }

    fn lock_apps(&self) -> std::sync::MutexGuard<'_, BTreeMap<AppId, AppRules>> {
        // No step between two consistent states can panic, so a poisoned lock guards good rules.
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the rules that operators set at run time over those of the configuration.
///
/// # Errors
/// The app whose rules cannot be understood, and why.
pub(crate) fn overlay(
    apps: &mut BTreeMap<AppId, AppRules>,
    stored: Vec<(AppId, String)>,
) -> Result<(), (AppId, String)> {
    for (app, text) in stored {
        let Some(rules) = apps.get_mut(&app) else {
            info!(%app, "a policy is stored for an app that the configuration does not have");
            continue;
        };
        let stored: StoredRules = serde_json::from_str(&text).map_err(|error| (app, error.to_string()))?;
        let policy = Policy::try_from(stored.policy).map_err(|error| (app, error.to_string()))?;
        *rules = AppRules { policy, offline_kick_error: stored.offline_kick_error };
    }
    Ok(())
}

fn describe(answer: &AdminAnswer) -> String {
    match answer {
        AdminAnswer::Sessions { sessions, disabled } => {
            format!("{} sessions listed, disabled: {disabled}", sessions.len())
        }
        AdminAnswer::Kicked { sessions, sign_after } => {
            format!("{sessions} sessions ended, sign_after {}", sign_after.0)
        }
        AdminAnswer::Disabled { sessions } | AdminAnswer::Expired { sessions } => {
            format!("{sessions} sessions ended")
        }
        AdminAnswer::Failed(error) => format!("failed: {error}"),
    }
}

fn unexpected(answer: &AdminAnswer) -> Error {
    let desc = format!("the registry answered something else: {}", describe(answer));
    Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, desc)
}

fn store_error(reason: &StoreError) -> Error {
    Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, reason.to_string())
}

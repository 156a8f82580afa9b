//! One device of the story: a client of its own, its network, and its events.

use std::time::Duration;

use tessera_client::{Client, ClientConfig, Code, Error, Events, Kick, LoginStatus, Platform, SdkEvent};
use tessera_testkit::TestGateway;

use super::timeline::Timeline;

/// How long an event may take; the story's own times are far below.
const PATIENCE: Duration = Duration::from_secs(15);

/// A device.
pub(super) struct Device<'a> {
    pub(super) name: &'static str,
    pub(super) client: Client,
    events: Events,
    config: ClientConfig,
    timeline: &'a Timeline,
}

fn start(config: &ClientConfig) -> Result<(Client, Events), Error> {
    let client = Client::new();
    let events = client.events();
    client.init(tessera_testkit::APP, config.clone())?;
    Ok((client, events))
}

impl<'a> Device<'a> {
    /// A device whose app is started, behind a network of its own.
    pub(super) async fn new(
        name: &'static str,
        platform: Platform,
        gateway: &mut TestGateway,
        timeline: &'a Timeline,
    ) -> Result<Device<'a>, String> {
        let url = gateway.url_of(name).await.map_err(|error| error.to_string())?;
        let id: String = name.bytes().cycle().take(16).map(|byte| format!("{byte:02x}")).collect();
        let config = ClientConfig::new()
            .server_url(url)
            .allow_plain(true)
            .platform(platform)
            .device_id(id)
            .set("reconnect_delay_min_ms", "100")
            .set("reconnect_delay_max_ms", "300");
        let (client, events) = start(&config).map_err(|error| format!("{name}: init failed: {error}"))?;
        Ok(Device { name, client, events, config, timeline })
    }

    /// Closes the app and starts it again, on the same installation.
    pub(super) async fn restart_app(&mut self) -> Result<(), String> {
        self.tell("the app is closed and started again");
        self.client.un_init().await.map_err(|error| error.to_string())?;
        (self.client, self.events) = start(&self.config).map_err(|error| error.to_string())?;
        Ok(())
    }

    pub(super) fn tell(&self, what: &str) {
        self.timeline.tell(self.name, what);
    }

    /// Logs in, and says how it went.
    pub(super) async fn login(&self, user: &str, ticket: &str) -> Result<(), Error> {
        self.tell(&format!("login(\"{user}\", …)"));
        let result = self.client.login(user, ticket).await;
        match &result {
            Ok(()) => self.tell(&format!("onSuccess: {user} is logged in")),
            Err(error) => self.tell(&format!("onError({}, \"{}\")", error.code, error.desc)),
        }
        result
    }

    /// Logs in, which has to succeed.
    pub(super) async fn must_log_in(&self, user: &str, ticket: &str) -> Result<(), String> {
        self.login(user, ticket).await.map_err(|error| format!("{}: login failed: {error}", self.name))
    }

    /// Logs in, which has to fail with a code.
    pub(super) async fn must_fail(
        &self,
        user: &str,
        ticket: &str,
        code: Code,
        why: &str,
    ) -> Result<(), String> {
        let found = self.login(user, ticket).await.err().map(|error| error.code);
        self.timeline.check(self.name, why, &found, &Some(code))
    }

    /// The next event that `wanted` takes; others are told and passed over.
    async fn event<T>(&mut self, what: &str, wanted: impl Fn(&SdkEvent) -> Option<T>) -> Result<T, String> {
        let name = self.name;
        let search = async {
            while let Some(event) = self.events.next().await {
                self.tell(&callback(&event));
                if let Some(found) = wanted(&event) {
                    return Some(found);
                }
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, search).await.ok().flatten();
        found.ok_or_else(|| format!("{name}: {what} did not come"))
    }

    pub(super) async fn must_be_kicked(&mut self) -> Result<Kick, String> {
        self.event("onKickedOffline", |event| match event {
            SdkEvent::KickedOffline(kick) => Some(kick.clone()),
            _ => None,
        })
        .await
    }

    pub(super) async fn must_expire(&mut self) -> Result<(), String> {
        self.event("onUserSigExpired", |event| (*event == SdkEvent::UserSigExpired).then_some(())).await
    }

    pub(super) async fn must_lose_connection(&mut self) -> Result<(), String> {
        self.event("onConnecting", |event| (*event == SdkEvent::Connecting).then_some(())).await
    }

    pub(super) async fn must_be_back(&mut self) -> Result<(), String> {
        self.event("onConnectSuccess", |event| (*event == SdkEvent::ConnectSuccess).then_some(())).await
    }

    /// Passes over the events so far.
    pub(super) fn catch_up(&mut self) {
        while self.events.try_next().is_some() {}
    }

    /// Tells what came without being waited for; true if the session did not end by any of it.
    pub(super) fn undisturbed(&mut self) -> bool {
        let mut undisturbed = true;
        while let Some(event) = self.events.try_next() {
            self.tell(&callback(&event));
            undisturbed &= !matches!(event, SdkEvent::KickedOffline(_) | SdkEvent::UserSigExpired);
        }
        undisturbed
    }

    pub(super) fn must_be(&self, status: LoginStatus, user: Option<&str>) -> Result<(), String> {
        let what = match user {
            Some(user) => format!("status {status}, user {user}"),
            None => format!("status {status}, no user"),
        };
        let found = (self.client.status(), self.client.login_user());
        self.timeline.check(self.name, &what, &found, &(status, user.map(str::to_owned)))
    }
}

/// An event as the listener of V2TIM gets it.
fn callback(event: &SdkEvent) -> String {
    match event {
        SdkEvent::Connecting => "onConnecting".to_owned(),
        SdkEvent::ConnectSuccess => "onConnectSuccess".to_owned(),
        SdkEvent::ConnectFailed(error) => format!("onConnectFailed({})", error.code),
        SdkEvent::Disconnected(_) => "the connection has dropped".to_owned(),
        SdkEvent::KickedOffline(kick) => {
            let by = kick.platform.map_or_else(String::new, |platform| format!(", by a login on {platform}"));
            format!("onKickedOffline (reason {:?}{by})", kick.reason)
        }
        SdkEvent::UserSigExpired => "onUserSigExpired".to_owned(),
        other => format!("{other:?}"),
    }
}

//! The story, chapter by chapter. Each line that begins with ✓ was checked.

use std::time::Duration;

use tessera_client::{KickReason, LoginStatus, Numbering, Platform, codes};
use tessera_core::gateway::policy::PolicyText;
use tessera_core::id::AppId;
use tessera_testkit::{APP, TestGateway};

use super::device::Device;
use super::timeline::Timeline;

const DAY: u64 = 86_400;

/// The actors.
struct Stage<'a> {
    gateway: TestGateway,
    timeline: &'a Timeline,
    phone: Device<'a>,
    second: Device<'a>,
    web: Device<'a>,
}

/// Tells it.
///
/// # Errors
/// What was different.
pub(super) async fn tell(mut gateway: TestGateway, timeline: &Timeline) -> Result<(), String> {
    timeline.tell("gateway", &format!("listens at {}, with its store in a file", gateway.url()));
    let phone = Device::new("phone", Platform::Android, &mut gateway, timeline).await?;
    let second = Device::new("phone 2", Platform::Android, &mut gateway, timeline).await?;
    let web = Device::new("web", Platform::Web, &mut gateway, timeline).await?;
    let mut stage = Stage { gateway, timeline, phone, second, web };

    stage.first_login().await?;
    stage.duplicate_login().await?;
    stage.account_switch().await?;
    stage.second_phone().await?;
    stage.admin_kick().await?;
    stage.expiry_and_renewal().await?;
    stage.lost_network().await?;
    stage.kicked_while_offline().await?;
    stage.kicked_while_offline_with_6208().await?;
    stage.logout().await
}

impl Stage<'_> {
    fn sign(&self, user: &str, expire_secs: u64) -> String {
        self.gateway.sign(user, expire_secs).expose().to_owned()
    }

    fn chapter(&mut self, title: &str) {
        for device in [&mut self.phone, &mut self.second, &mut self.web] {
            device.catch_up();
        }
        self.timeline.chapter(title);
    }

    async fn sessions(&self, user: &str) -> Result<Vec<String>, String> {
        let sessions = self.gateway.sessions(user).await.map_err(|error| error.to_string())?;
        Ok(sessions.iter().map(|session| session.platform.to_string()).collect())
    }

    async fn check_sessions(&self, user: &str, expected: &[&str]) -> Result<(), String> {
        let found = self.sessions(user).await?;
        let expected: Vec<String> = expected.iter().map(|platform| (*platform).to_owned()).collect();
        let what = format!(
            "{user}'s sessions: {}",
            if expected.is_empty() { "none".into() } else { expected.join(", ") }
        );
        self.timeline.check("gateway", &what, &found, &expected)
    }

    fn network(&self, device: &str, up: bool) {
        if let Some(proxy) = self.gateway.network(device) {
            if up { proxy.restore() } else { proxy.down() }
        }
        self.timeline.tell(device, if up { "the network is back" } else { "the network is lost" });
    }

    async fn first_login(&mut self) -> Result<(), String> {
        self.chapter("1. The first login signs the user up");
        let admin = self.gateway.gateway().admin();
        let known = admin.sessions("demo", AppId(APP), "alice").await.is_ok();
        self.timeline.check("gateway", "nobody knows alice", &known, &false)?;
        self.phone.must_be(LoginStatus::LoggedOut, None)?;
        let ticket = self.sign("alice", DAY);
        let login = self.phone.client.login("alice", &ticket);
        self.phone.tell("login(\"alice\", …)");
        self.phone.must_be(LoginStatus::LoggingIn, None)?;
        login.await.map_err(|error| error.to_string())?;
        self.phone.must_be(LoginStatus::LoggedIn, Some("alice"))?;
        self.check_sessions("alice", &["android"]).await?;
        self.timeline.tell("phone", "the numbers of getLoginStatus, as each platform documents them:");
        for (platforms, numbering) in [
            ("Android, iOS, macOS, Windows, Flutter, Python", Numbering::Android),
            ("React Native, Node", Numbering::ReactNative),
            ("C, C#/Unity", Numbering::C),
        ] {
            let numbers =
                LoginStatus::ALL.iter().map(|status| format!("{status} {}", status.number(numbering)));
            let numbers: Vec<String> = numbers.collect();
            self.timeline.tell("", &format!("  {platforms:<46} {}", numbers.join(", ")));
        }
        Ok(())
    }

    async fn duplicate_login(&mut self) -> Result<(), String> {
        self.chapter("2. The same login twice is joined");
        let ticket = self.sign("bob", DAY);
        let before = self.gateway.gateway().counters().logins;
        self.second.tell("login(\"bob\", …) twice, without waiting");
        let (one, two) = (self.second.client.login("bob", &ticket), self.second.client.login("bob", &ticket));
        let results = (one.await, two.await);
        self.timeline.check("phone 2", "both callbacks succeed", &results, &(Ok(()), Ok(())))?;
        let counted = self.gateway.gateway().counters().logins - before;
        self.timeline.check("gateway", "one login was counted", &counted, &1)?;
        self.check_sessions("bob", &["android"]).await
    }

    async fn account_switch(&mut self) -> Result<(), String> {
        self.chapter("3. Another user's login switches the account");
        let ticket = self.sign("carol", DAY);
        self.second.must_log_in("carol", &ticket).await?;
        self.second.must_be(LoginStatus::LoggedIn, Some("carol"))?;
        self.check_sessions("bob", &[]).await?;
        let undisturbed = self.second.undisturbed();
        self.timeline.check("phone 2", "the switch raised no kick", &undisturbed, &true)
    }

    async fn second_phone(&mut self) -> Result<(), String> {
        self.chapter("4. A second phone kicks the first; the web stays");
        let ticket = self.sign("alice", DAY);
        self.web.must_log_in("alice", &ticket).await?;
        self.second.must_log_in("alice", &ticket).await?;
        let kick = self.phone.must_be_kicked().await?;
        let found = (kick.reason, kick.platform);
        let expected = (KickReason::Policy, Some(Platform::Android));
        self.timeline.check("phone", "it is told why, and by whom", &found, &expected)?;
        self.phone.must_be(LoginStatus::LoggedOut, None)?;
        self.web.must_be(LoginStatus::LoggedIn, Some("alice"))?;
        self.check_sessions("alice", &["web", "android"]).await
    }

    async fn admin_kick(&mut self) -> Result<(), String> {
        self.chapter("5. An operator kicks alice: every session ends, and every ticket so far is void");
        self.timeline.tell("operator", "tessera kick alice");
        let sign_after = self.gateway.kick("alice").await.map_err(|error| error.to_string())?;
        for device in [&mut self.second, &mut self.web] {
            let kick = device.must_be_kicked().await?;
            self.timeline.check(
                device.name,
                "the reason is the operator",
                &kick.reason,
                &KickReason::Admin,
            )?;
        }
        let code = codes::ERR_SVR_ACCOUNT_INVALID_USERSIG;
        let earlier = self.gateway.sign_at("alice", sign_after - tessera_client::Millis(2000), 600);
        self.second
            .must_fail("alice", earlier.expose(), code, "a ticket from before is refused: sign a new one")
            .await?;
        let new = self.gateway.sign_at("alice", sign_after, DAY);
        self.second.must_log_in("alice", new.expose()).await
    }

    async fn expiry_and_renewal(&mut self) -> Result<(), String> {
        self.chapter("6. A ticket expires while online; then a provider renews one and nobody notices");
        let short = self.sign("dave", 1);
        self.phone.must_log_in("dave", &short).await?;
        self.phone.must_expire().await?;
        self.phone.must_be(LoginStatus::LoggedOut, None)?;
        self.phone
            .must_fail(
                "dave",
                &short,
                codes::ERR_USER_SIG_EXPIRED,
                "the old ticket is refused without asking anybody",
            )
            .await?;

        let renewed = self.sign("dave", DAY);
        self.phone.client.set_ticket_provider(move |_user| {
            let renewed = renewed.clone();
            async move { Ok::<String, String>(renewed) }
        });
        let short = self.sign("dave", 2);
        self.phone.must_log_in("dave", &short).await?;
        self.phone.tell("… waits until the ticket it logged in with is out of date");
        tokio::time::sleep(Duration::from_millis(3_200)).await;
        let undisturbed = self.phone.undisturbed();
        self.timeline.check("phone", "no event was raised", &undisturbed, &true)?;
        self.phone.must_be(LoginStatus::LoggedIn, Some("dave"))
    }

    async fn lost_network(&mut self) -> Result<(), String> {
        self.chapter("7. The network is lost and comes back; nobody has to log in");
        self.network("phone", false);
        self.phone.must_lose_connection().await?;
        self.phone.must_be(LoginStatus::LoggedIn, Some("dave"))?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        self.network("phone", true);
        self.phone.must_be_back().await?;
        self.phone.must_be(LoginStatus::LoggedIn, Some("dave"))?;
        self.check_sessions("dave", &["android"]).await
    }

    async fn kicked_while_offline(&mut self) -> Result<(), String> {
        self.chapter("8. Kicked while offline, by default: it comes back, and the other one leaves");
        self.offline_then_second_login().await?;
        self.network("phone", true);
        self.phone.must_be_back().await?;
        self.phone.must_be(LoginStatus::LoggedIn, Some("dave"))?;
        let kick = self.second.must_be_kicked().await?;
        self.timeline.check("phone 2", "the reason is the policy", &kick.reason, &KickReason::Policy)
    }

    async fn kicked_while_offline_with_6208(&mut self) -> Result<(), String> {
        self.chapter("9. The same with 6208 switched on: it is told that it was kicked");
        let set = self.gateway.set_policy(PolicyText::default(), true);
        set.await.map_err(|error| error.to_string())?;
        self.timeline.tell("operator", "tessera policy set --offline-kick-error true");
        self.offline_then_second_login().await?;
        self.network("phone", true);
        let kick = self.phone.must_be_kicked().await?;
        self.timeline.check("phone", "the reason is the policy", &kick.reason, &KickReason::Policy)?;
        self.phone.must_be(LoginStatus::LoggedOut, None)?;

        self.network("phone 2", false);
        self.second.must_lose_connection().await?;
        let ticket = self.sign("dave", DAY);
        self.phone.must_log_in("dave", &ticket).await?;
        self.second.restart_app().await?;
        self.network("phone 2", true);
        let code = codes::ERR_LOGIN_KICKED_OFF_BY_OTHER;
        self.second.must_fail("dave", &ticket, code, "the first login after the kick is 6208").await?;
        self.second.must_log_in("dave", &ticket).await
    }

    async fn logout(&mut self) -> Result<(), String> {
        self.chapter("10. Logout");
        self.second.tell("logout()");
        self.second.client.logout().await.map_err(|error| error.to_string())?;
        self.second.must_be(LoginStatus::LoggedOut, None)?;
        self.check_sessions("dave", &[]).await
    }

    /// The phone is dave's and offline, and dave logs in on the second phone.
    async fn offline_then_second_login(&mut self) -> Result<(), String> {
        self.network("phone", false);
        self.phone.must_lose_connection().await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let ticket = self.sign("dave", DAY);
        self.second.must_log_in("dave", &ticket).await?;
        self.check_sessions("dave", &["android"]).await
    }
}

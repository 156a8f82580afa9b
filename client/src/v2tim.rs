//! V2TIM's names in Rust's spelling, over the shared instance. There is no other rule in here than its numbers.

use std::sync::{Arc, OnceLock};

use tessera_core::error::Error;
use tessera_core::generated::status::{LoginStatus, Numbering};

pub use crate::config::ClientConfig as V2TimSdkConfig;
pub use crate::listener::SdkListener as V2TimSdkListener;

use crate::client::Client;
use crate::pending::Pending;

/// V2TIM's manager: the shared instance of the process.
///
/// ```no_run
/// use std::sync::Arc;
/// use tessera_client::v2tim::{V2TimManager, V2TimSdkConfig, V2TimSdkListener};
///
/// struct Screen;
/// impl V2TimSdkListener for Screen {
///     fn on_kicked_offline(&self) {
///         println!("logged in on another device");
///     }
/// }
///
/// let manager = V2TimManager::get_instance();
/// manager.add_im_sdk_listener(Arc::new(Screen));
/// assert!(manager.init_sdk(1400000000, V2TimSdkConfig::new().server_url("wss://chat.example.com")));
/// manager.login("alice", "her UserSig").wait().expect("logged in");
/// ```
#[derive(Debug)]
pub struct V2TimManager {
    client: &'static Client,
}

/// `getLoginStatus`: a user is logged in.
pub const V2TIM_STATUS_LOGINED: i32 = LoginStatus::LoggedIn.number(NUMBERING);
/// `getLoginStatus`: a login is under way.
pub const V2TIM_STATUS_LOGINING: i32 = LoginStatus::LoggingIn.number(NUMBERING);
/// `getLoginStatus`: nobody is logged in, or is being logged out.
pub const V2TIM_STATUS_LOGOUT: i32 = LoginStatus::LoggedOut.number(NUMBERING);

/// V2TIM has no Rust; these are the numbers of the native platforms.
const NUMBERING: Numbering = Numbering::Cpp;

impl V2TimManager {
    /// The one manager.
    pub fn get_instance() -> &'static Self {
        static MANAGER: OnceLock<V2TimManager> = OnceLock::new();
        MANAGER.get_or_init(|| V2TimManager { client: Client::shared() })
    }

    /// The client under it, for what V2TIM has no name for.
    pub fn client(&self) -> &Client {
        self.client
    }

    /// Initialises; false on failure, with the reason in [`V2TimManager::last_error`]. True again with the same app.
    pub fn init_sdk(&self, sdk_app_id: u64, config: V2TimSdkConfig) -> bool {
        match self.client.init(sdk_app_id, config) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!("init failed: {error}");
                false
            }
        }
    }

    /// Why the last [`V2TimManager::init_sdk`] was false; `None` if it was true.
    pub fn last_error(&self) -> Option<Error> {
        self.client.last_error()
    }

    /// Ends everything; see [`Client::un_init`].
    pub fn un_init_sdk(&self) -> Pending {
        self.client.un_init()
    }

    /// Logs in; see [`Client::login`].
    pub fn login(&self, user_id: &str, user_sig: &str) -> Pending {
        self.client.login(user_id, user_sig)
    }

    /// Logs out; see [`Client::logout`].
    pub fn logout(&self) -> Pending {
        self.client.logout()
    }

    /// The user, or an empty text unless logged in (C21).
    pub fn get_login_user(&self) -> String {
        self.client.login_user().unwrap_or_default()
    }

    /// [`V2TIM_STATUS_LOGINED`], [`V2TIM_STATUS_LOGINING`] or [`V2TIM_STATUS_LOGOUT`] (C2).
    pub fn get_login_status(&self) -> i32 {
        self.client.status().number(NUMBERING)
    }

    /// Adds a listener; see [`Client::add_listener`].
    pub fn add_im_sdk_listener(&self, listener: Arc<dyn V2TimSdkListener>) {
        self.client.add_listener(listener);
    }

    /// Removes a listener; see [`Client::remove_listener`].
    pub fn remove_im_sdk_listener(&self, listener: &Arc<dyn V2TimSdkListener>) {
        self.client.remove_listener(listener);
    }

    /// Version of the SDK.
    pub fn get_version(&self) -> &'static str {
        Client::version()
    }

    /// Gateway time in seconds of Unix time; 0 until the gateway told it.
    pub fn get_server_time(&self) -> i64 {
        let secs = self.client.server_time().map_or(0, |time| time.as_secs());
        i64::try_from(secs).unwrap_or(i64::MAX)
    }
}

//! What a listener can hear: V2TIM's `V2TIMSDKListener` in Rust's spelling (C19).

use tessera_core::client::Kick;
use tessera_core::error::Error;

/// The events of one client. Every method has an empty body: implement those that matter.
///
/// Callbacks of one client run one at a time, in order, on a thread of the SDK, never inside the call that caused
/// them. They may block that thread, and may call the client; a *blocking* call in one fails with 7014 (C18).
pub trait SdkListener: Send + Sync {
    /// The connection is being made, at first or again.
    fn on_connecting(&self) {}

    /// The connection is there.
    fn on_connect_success(&self) {}

    /// A try to connect has failed; the next follows by itself.
    fn on_connect_failed(&self, error: &Error) {
        let _ = error;
    }

    /// The connection has dropped. V2TIM has this event in its C API alone; it comes before the `on_connecting` that
    /// follows while a connection is wanted.
    fn on_disconnected(&self, error: &Error) {
        let _ = error;
    }

    /// Somebody else ended the session: the user is logged out, and the client does not log in again by itself (C12).
    fn on_kicked_offline(&self) {}

    /// As [`SdkListener::on_kicked_offline`], which is called first, with the reason. V2TIM has no such event.
    fn on_kicked_offline_ex(&self, kick: &Kick) {
        let _ = kick;
    }

    /// The ticket has expired: the user is logged out. Get a new ticket and log in (C14).
    fn on_user_sig_expired(&self) {}

    /// Never fires: profiles are outside the session layer. Declared so that code written for V2TIM compiles.
    fn on_self_info_updated(&self, info: &UserFullInfo) {
        let _ = info;
    }

    /// Never fires: presence is outside the session layer.
    fn on_user_status_changed(&self, statuses: &[UserStatus]) {
        let _ = statuses;
    }

    /// Never fires: profiles are outside the session layer.
    fn on_user_info_changed(&self, infos: &[UserFullInfo]) {
        let _ = infos;
    }

    /// Never fires: messages are outside the session layer.
    fn on_all_receive_message_opt_changed(&self, info: &ReceiveMessageOptInfo) {
        let _ = info;
    }

    /// Never fires: there is no experimental API here.
    fn on_experimental_notify(&self, key: &str, param: &ExperimentalParam) {
        let _ = (key, param);
    }
}

macro_rules! outside {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {}
    };
}

outside! {
    /// A profile of V2TIM. It is outside the session layer, so there is never a value of it.
    UserFullInfo
}
outside! {
    /// A presence of V2TIM. It is outside the session layer, so there is never a value of it.
    UserStatus
}
outside! {
    /// A message setting of V2TIM. It is outside the session layer, so there is never a value of it.
    ReceiveMessageOptInfo
}
outside! {
    /// A parameter of V2TIM's experimental events. There is never a value of it.
    ExperimentalParam
}

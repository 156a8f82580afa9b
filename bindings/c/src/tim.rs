//! The vendor's functions, with their names, argument types and results. All act on the shared client of the process.

use std::ffi::{CString, c_char, c_void};
use std::sync::{OnceLock, PoisonError};

use tessera_client::{LoginStatus, UserId};

use crate::boundary::{UserData, c_text, guarded, missing, required, result_of, text};
use crate::calls::Call;
use crate::client::TesseraClient;
use crate::generated::enums::{TIMLogLevel, TIMLoginStatus, TIMNetworkStatus};
use crate::{config, experimental};

/// The result of a call. `code` is 0 or one of `TIMErrCode`; `desc` and `json_params` are never NULL and good until the
/// callback returns; `user_data` is what was given with the call.
pub type TIMCommCallback = Option<
    unsafe extern "C" fn(
        code: i32,
        desc: *const c_char,
        json_params: *const c_char,
        user_data: *const c_void,
    ),
>;

/// The state of the connection has changed. `code` and `desc` say why, after a failure; `desc` is never NULL.
pub type TIMNetworkStatusListenerCallback = Option<
    unsafe extern "C" fn(status: TIMNetworkStatus, code: i32, desc: *const c_char, user_data: *const c_void),
>;
/// Somebody else ended the session: the user is logged out (C12).
pub type TIMKickedOfflineCallback = Option<unsafe extern "C" fn(user_data: *const c_void)>;
/// The ticket has expired: the user is logged out; get a new ticket and log in (C14).
pub type TIMUserSigExpiredCallback = Option<unsafe extern "C" fn(user_data: *const c_void)>;

/// A line of the SDK's log. `log` is good until the callback returns. What the callback itself makes the SDK log, on its
/// thread, is dropped.
pub type TIMLogCallback =
    Option<unsafe extern "C" fn(level: TIMLogLevel, log: *const c_char, user_data: *const c_void)>;

/// Initialises the SDK (C9, C22, C23). `json_sdk_config` may be NULL or empty; its keys are those of `docs/settings.md`,
/// and what it does not have comes from the environment. Again with the same app it is a success without effect.
///
/// Returns `TIM_ERR_PARAM` for app 0, an invalid setting, and while initialised with another app; `TIM_ERR_JSON` for
/// malformed JSON. `tessera_last_error` says more.
///
/// # Safety
/// `json_sdk_config` is NULL or ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMInit(sdk_app_id: u64, json_sdk_config: *const c_char) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for it.
        let json = unsafe { text(json_sdk_config) };
        TesseraClient::shared()?.init(sdk_app_id, json.as_deref())
    })
}

/// Ends everything (C9): when it returns, every callback that was due has come, with 7009, and none will come any more.
/// Callbacks that were set are forgotten. Inside a callback it does not wait for that one.
#[unsafe(no_mangle)]
pub extern "C" fn TIMUninit() -> i32 {
    result_of(|| {
        if let Some(client) = TesseraClient::shared_if_made() {
            client.retained().un_init();
        }
        Ok(())
    })
}

/// The version of the SDK, a text that stays.
#[unsafe(no_mangle)]
pub extern "C" fn TIMGetSDKVersion() -> *const c_char {
    static VERSION: OnceLock<CString> = OnceLock::new();
    guarded(|| c"".as_ptr(), || VERSION.get_or_init(|| c_text(tessera_client::Client::version())).as_ptr())
}

/// Gateway time in seconds of Unix time; 0 until the gateway told it.
#[unsafe(no_mangle)]
pub extern "C" fn TIMGetServerTime() -> u64 {
    guarded(
        || 0,
        || {
            let client = TesseraClient::shared_if_made();
            client.and_then(|client| client.engine.server_time()).map_or(0, |time| time.as_secs())
        },
    )
}

/// Sets the log levels; works before init. Other keys, also those of a proxy, are taken without effect, with a log line.
/// The callback gets all levels as JSON.
///
/// Returns `TIM_ERR_PARAM` for NULL, an empty text and a level that is none; `TIM_ERR_JSON` for malformed JSON.
///
/// # Safety
/// `json_config` is NULL or ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMSetConfig(
    json_config: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for it.
        let json = unsafe { required(json_config, "json_config") }?;
        let client = TesseraClient::shared()?;
        let all =
            config::set_config(&mut client.pending.lock().unwrap_or_else(PoisonError::into_inner), &json)?;
        client.answer(Ok(()), Call::tell(cb, user_data, &all));
        Ok(())
    })
}

/// Logs in (C4 to C7, C10). Status and user are the new ones when it returns; the callback gets the result.
///
/// Returns `TIM_ERR_PARAM` if one of the texts is NULL or empty, and when as many results wait as the setting
/// `events_waiting_max` allows; then there is no callback. `tessera_last_error` tells the two apart: the second is 7008,
/// and `retryable`.
///
/// # Safety
/// Both texts are NULL or end with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMLogin(
    user_id: *const c_char,
    user_sig: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for both.
        let (user, ticket) = unsafe { (required(user_id, "user_id")?, required(user_sig, "user_sig")?) };
        TesseraClient::shared()?.login(&user, &ticket, Call::tell(cb, user_data, ""))
    })
}

/// Logs out (C8). Returns `TIM_ERR_PARAM` with the error 7008, as `TIMLogin`, when too many results wait.
#[unsafe(no_mangle)]
pub extern "C" fn TIMLogout(cb: TIMCommCallback, user_data: *const c_void) -> i32 {
    result_of(|| TesseraClient::shared()?.logout(Call::tell(cb, user_data, "")))
}

/// The login status, the newest (C1, C2).
#[unsafe(no_mangle)]
pub extern "C" fn TIMGetLoginStatus() -> TIMLoginStatus {
    match TesseraClient::shared_if_made() {
        Some(client) => status_of(client.engine.status()),
        None => TIMLoginStatus::kTIMLoginStatus_UnLogined,
    }
}

#[inline]
pub(crate) fn status_of(status: LoginStatus) -> TIMLoginStatus {
    match status {
        LoginStatus::LoggedIn => TIMLoginStatus::kTIMLoginStatus_Logined,
        LoginStatus::LoggingIn => TIMLoginStatus::kTIMLoginStatus_Logining,
        LoginStatus::LoggedOut => TIMLoginStatus::kTIMLoginStatus_UnLogined,
        LoginStatus::LoggingOut => TIMLoginStatus::kTIMLoginStatus_Logouting,
    }
}

/// Writes the user, or an empty text unless logged in (C21), with its NUL: at most 33 bytes of the 128 that the buffer
/// has to have.
///
/// # Safety
/// The buffer is NULL or has 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TIMGetLoginUserID(user_id_buffer: *mut c_char) -> i32 {
    result_of(|| {
        if user_id_buffer.is_null() {
            return Err(missing("user_id_buffer"));
        }
        let client = TesseraClient::shared_if_made();
        // SAFETY: the caller vouches for the buffer.
        unsafe { write_user(client.and_then(|client| client.engine.login_user()), user_id_buffer) };
        Ok(())
    })
}

/// Writes a user id with its NUL, or an empty text.
///
/// # Safety
/// The buffer has more bytes than the longest user id, which C4 limits.
#[inline]
pub(crate) unsafe fn write_user(user: Option<UserId>, buffer: *mut c_char) {
    const LONGEST: usize = UserId::BYTES_MAX;
    // Behind a shorter one there are zeros. All of it is written, because that is one move of a known size.
    let bytes = user.map_or([0; LONGEST], |user| user.padded());
    // SAFETY: the caller vouches for the room; the bytes do not lie in a buffer of the host.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast::<c_char>(), buffer, LONGEST);
        buffer.add(LONGEST).write(0);
    }
}

/// Sets who is told of the connection; NULL for nobody. When it returns, no call of the callback before is running or
/// will start, except the one that it was called from (C19); so with all setters.
#[unsafe(no_mangle)]
pub extern "C" fn TIMSetNetworkStatusListenerCallback(
    cb: TIMNetworkStatusListenerCallback,
    user_data: *const c_void,
) {
    set(|client| client.network.set(cb, UserData(user_data)));
}

/// Sets who is told of a kick; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn TIMSetKickedOfflineCallback(cb: TIMKickedOfflineCallback, user_data: *const c_void) {
    set(|client| client.kicked.set(cb, UserData(user_data)));
}

/// Sets who is told that the ticket has expired; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn TIMSetUserSigExpiredCallback(cb: TIMUserSigExpiredCallback, user_data: *const c_void) {
    set(|client| client.expired.set(cb, UserData(user_data)));
}

/// Sets who gets the log of the process; NULL for nobody. It never holds a ticket.
#[unsafe(no_mangle)]
pub extern "C" fn TIMSetLogCallback(cb: TIMLogCallback, user_data: *const c_void) {
    set(|client| client.set_log(cb, UserData(user_data)));
}

fn set(set: impl FnOnce(&TesseraClient)) {
    guarded(
        || (),
        || {
            // Without a client, in a forked child, nothing would ever be called.
            if let Ok(client) = TesseraClient::shared() {
                set(&client);
            }
        },
    );
}

/// Carries out one of the vendor's internal operations; works before init. What it sets holds from the next init on.
/// Those that have an effect are in the list of keys; any other calls back with 7013.
///
/// Returns `TIM_ERR_PARAM` for NULL, an empty text, and a parameter that is missing or invalid; `TIM_ERR_JSON` for
/// malformed JSON and for JSON that names no operation.
///
/// # Safety
/// `json_param` is NULL or ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn callExperimentalAPI(
    json_param: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for it.
        let json = unsafe { required(json_param, "json_param") }?;
        let client = TesseraClient::shared()?;
        let (result, response) = experimental::carry_out(
            &mut client.pending.lock().unwrap_or_else(PoisonError::into_inner),
            &json,
        )?;
        client.answer(result, Call::tell(cb, user_data, &response));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_client::{ConnectionStatus, Numbering};

    #[test]
    fn numbers_are_those_of_the_tables() {
        // C2
        for status in LoginStatus::ALL {
            assert_eq!(status_of(*status) as i32, status.number(Numbering::C));
        }
        for (ours, theirs) in [
            (ConnectionStatus::Connected, TIMNetworkStatus::kTIMConnected),
            (ConnectionStatus::Disconnected, TIMNetworkStatus::kTIMDisconnected),
            (ConnectionStatus::Connecting, TIMNetworkStatus::kTIMConnecting),
            (ConnectionStatus::ConnectFailed, TIMNetworkStatus::kTIMConnectFailed),
        ] {
            assert_eq!(ours.number(), theirs as i32);
        }
    }
}

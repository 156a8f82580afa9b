//! Tessera's own functions: several clients, ticket provider, hints, reason of a kick, connection state, last error.

use std::ffi::{c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use tessera_client::{Error, TicketRequestId, codes};

use crate::boundary::{UserData, guarded, missing, required, result_of, text};
use crate::client::TesseraClient;
use crate::fork;
use crate::generated::abi::TESSERA_ABI_VERSION;
use crate::generated::enums::{TIMErrCode, TIMLoginStatus, TIMNetworkStatus};
use crate::last_error::{self, TesseraError};
use crate::listener::TesseraListener;
use crate::tim::{TIMCommCallback, status_of, write_user};

/// Asks for a ticket for this user (C15). Answer with `tessera_provide_ticket` from any thread, at any time.
pub type TesseraTicketCallback =
    Option<unsafe extern "C" fn(request: u64, user_id: *const c_char, user_data: *const c_void)>;

/// Version of the library's binary interface. Another number than `TESSERA_ABI_VERSION` of the header that a program was
/// compiled with means that they do not fit together.
#[unsafe(no_mangle)]
pub extern "C" fn tessera_abi_version() -> u32 {
    TESSERA_ABI_VERSION
}

/// The error of this thread's last call that failed; inside a callback, the error that came with it, or NULL if there
/// is none. Good until the next call on this thread, or until the callback returns.
#[unsafe(no_mangle)]
pub extern "C" fn tessera_last_error() -> *const TesseraError {
    guarded(std::ptr::null, last_error::get)
}

/// Writes a line of level error into the SDK's log: for a layer above this one that has caught what a callback threw.
///
/// # Safety
/// The text is NULL or ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_log_error(line: *const c_char) {
    guarded(
        || (),
        || {
            // SAFETY: the caller vouches for it.
            if let Some(line) = unsafe { text(line) }.filter(|_| !fork::is_child()) {
                tracing::error!("{line}");
            }
        },
    );
}

/// The client that the functions `TIM…` use. It is never freed. NULL if it cannot be made.
#[unsafe(no_mangle)]
pub extern "C" fn tessera_client_shared() -> *mut TesseraClient {
    handle_of(|| TesseraClient::shared().map(|client| Arc::as_ptr(&client)))
}

/// A further client, with a device id of its own. NULL if it cannot be made.
#[unsafe(no_mangle)]
pub extern "C" fn tessera_client_new() -> *mut TesseraClient {
    handle_of(|| fork::check().and_then(|()| TesseraClient::new(false)).map(Arc::into_raw))
}

fn handle_of(make: impl FnOnce() -> Result<*const TesseraClient, Error>) -> *mut TesseraClient {
    guarded(std::ptr::null_mut, || match make() {
        Ok(client) => client.cast_mut(),
        Err(error) => {
            last_error::set(Some(error));
            std::ptr::null_mut()
        }
    })
}

/// Uninitialises a client of `tessera_client_new` and frees it. NULL and the shared client are left as they are. It may
/// be called inside a callback of the client, also one that runs in `tessera_deliver_waiting`.
///
/// With a host's loop it is to be called on the loop's thread: what is due runs there, before it returns. The loop is
/// not told after that; a call of `tessera_deliver_waiting` that was posted before must not be made any more.
///
/// # Safety
/// The client is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_client_free(client: *mut TesseraClient) {
    guarded(
        || (),
        || {
            let is_shared =
                TesseraClient::shared_if_made().is_some_and(|shared| std::ptr::eq(shared, client));
            if client.is_null() || is_shared {
                return;
            }
            // SAFETY: it is not the shared one, so it came from `Arc::into_raw`, and the caller gives it back.
            let client = unsafe { Arc::from_raw(client) };
            if fork::is_child() {
                // What it holds belongs to the parent's threads.
                let _ = ManuallyDrop::new(client);
                return;
            }
            client.end();
        },
    );
}

/// The client behind a handle, which lives at least until the call that got the handle has returned. A child has none:
/// the parent's threads may have held any of its locks.
///
/// # Safety
/// The handle is NULL, or one that was not freed.
unsafe fn client_of(client: *mut TesseraClient) -> Result<Arc<TesseraClient>, Error> {
    fork::check()?;
    // SAFETY: the caller vouches for it.
    unsafe { client.as_ref() }.map(TesseraClient::retained).ok_or_else(|| missing("client"))
}

/// The client behind a handle, for getters, which cause no callback and return no error.
///
/// # Safety
/// As [`client_of`].
unsafe fn client_or_none<'a>(client: *mut TesseraClient) -> Option<&'a TesseraClient> {
    // SAFETY: the caller vouches for it.
    unsafe { client.as_ref() }.filter(|_| !fork::is_child())
}

/// As `TIMInit`.
///
/// # Safety
/// The client is NULL or was not freed; the text is NULL or ends with NUL. So with all functions below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_init(
    client: *mut TesseraClient,
    sdk_app_id: u64,
    json_sdk_config: *const c_char,
) -> i32 {
    // SAFETY: the caller vouches for both.
    result_of(|| unsafe { client_of(client)?.init(sdk_app_id, text(json_sdk_config).as_deref()) })
}

/// The app that the client is initialised with; 0 while it is not.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_app_id(client: *mut TesseraClient) -> u64 {
    guarded(
        || 0,
        || {
            // SAFETY: the caller vouches for it.
            let client = unsafe { client_or_none(client) };
            client.and_then(|client| client.engine.app()).map_or(0, |app| app.0)
        },
    )
}

/// As `TIMUninit`.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_uninit(client: *mut TesseraClient) -> i32 {
    result_of(|| {
        if fork::is_child() {
            return Ok(());
        }
        // SAFETY: the caller vouches for it.
        unsafe { client_of(client) }.map(|client| client.un_init())
    })
}

/// As `TIMLogin`, but every result comes through the callback: that of an argument which is NULL or empty, and 7008
/// too.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_login(
    client: *mut TesseraClient,
    user_id: *const c_char,
    user_sig: *const c_char,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for all three.
        let (client, user, ticket) = unsafe { (client_of(client)?, text(user_id), text(user_sig)) };
        client.always_answered(cb, user_data, |client, call| {
            client.login(user.as_deref().unwrap_or(""), ticket.as_deref().unwrap_or(""), call)
        });
        Ok(())
    })
}

/// As `TIMLogout`, but every result comes through the callback.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_logout(
    client: *mut TesseraClient,
    cb: TIMCommCallback,
    user_data: *const c_void,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for it.
        unsafe { client_of(client) }?.always_answered(cb, user_data, TesseraClient::logout);
        Ok(())
    })
}

/// Logs in and waits for the result, which it returns: 0 or one of `TIMErrCode`. Inside a callback, and on the thread of
/// a host's loop, it fails at once with 7014 (C18).
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_login_wait(
    client: *mut TesseraClient,
    user_id: *const c_char,
    user_sig: *const c_char,
) -> i32 {
    code_of(|| {
        // SAFETY: the caller vouches for all three.
        let (client, user, ticket) =
            unsafe { (client_of(client)?, required(user_id, "user_id")?, required(user_sig, "user_sig")?) };
        client.wait(|client, call| client.login(&user, &ticket, call))
    })
}

/// Logs out and waits for the result, which it returns; as `tessera_login_wait`.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_logout_wait(client: *mut TesseraClient) -> i32 {
    // SAFETY: the caller vouches for it.
    code_of(|| unsafe { client_of(client) }?.wait(TesseraClient::logout))
}

fn code_of(body: impl FnOnce() -> Result<(), Error>) -> i32 {
    match guarded(|| Err(Error::of(codes::ERR_SDK_INTERNAL_ERROR)), body) {
        Ok(()) => TIMErrCode::ERR_SUCC as i32,
        Err(error) => {
            let code = error.code.0;
            last_error::set(Some(error));
            code
        }
    }
}

/// As `TIMGetLoginStatus`.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_login_status(client: *mut TesseraClient) -> TIMLoginStatus {
    // SAFETY: the caller vouches for it.
    match unsafe { client_or_none(client) } {
        Some(client) => status_of(client.engine.status()),
        None => TIMLoginStatus::kTIMLoginStatus_UnLogined,
    }
}

/// As `TIMGetLoginUserID`: the buffer has to have 128 bytes.
///
/// # Safety
/// As `tessera_init`, and the buffer is NULL or has 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_login_user(client: *mut TesseraClient, user_id_buffer: *mut c_char) -> i32 {
    result_of(|| {
        if client.is_null() {
            return Err(missing("client"));
        }
        if user_id_buffer.is_null() {
            return Err(missing("user_id_buffer"));
        }
        // SAFETY: the caller vouches for both.
        unsafe {
            let user = client_or_none(client).and_then(|client| client.engine.login_user());
            write_user(user, user_id_buffer);
        }
        Ok(())
    })
}

/// The state of the connection, which moves without the login status: connected, connecting or disconnected.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_connection_status(client: *mut TesseraClient) -> TIMNetworkStatus {
    guarded(
        || TIMNetworkStatus::kTIMDisconnected,
        || {
            // SAFETY: the caller vouches for it.
            let client = unsafe { client_or_none(client) };
            client.map_or(TIMNetworkStatus::kTIMDisconnected, TesseraClient::connection_status)
        },
    )
}

/// Gateway time in milliseconds of Unix time; 0 until the gateway told it.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_server_time_ms(client: *mut TesseraClient) -> u64 {
    guarded(
        || 0,
        || {
            // SAFETY: the caller vouches for it.
            let client = unsafe { client_or_none(client) };
            client.and_then(|client| client.engine.server_time()).map_or(0, |time| time.0)
        },
    )
}

/// Adds a listener, before or after init. The struct is copied. One with the same functions and the same user data, or
/// with the same `id`, is the same listener, which counts once (C19). `tessera_uninit` forgets it.
///
/// # Safety
/// As `tessera_init`; the listener has as many bytes as its `size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_add_listener(
    client: *mut TesseraClient,
    listener: *const TesseraListener,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for both.
        let (client, listener) = unsafe { (client_of(client)?, TesseraListener::copy(listener)?) };
        client.listeners.add(listener);
        Ok(())
    })
}

/// Removes a listener. When it returns, no call of it is running or will start, except the one that it was called from.
///
/// # Safety
/// As `tessera_add_listener`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_remove_listener(
    client: *mut TesseraClient,
    listener: *const TesseraListener,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for both.
        let (client, listener) = unsafe { (client_of(client)?, TesseraListener::copy(listener)?) };
        client.listeners.remove(&listener);
        Ok(())
    })
}

/// Sets who is asked for a new ticket before the old one expires (C15); NULL for nobody. `tessera_uninit` forgets it.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_set_ticket_provider(
    client: *mut TesseraClient,
    cb: TesseraTicketCallback,
    user_data: *const c_void,
) -> i32 {
    // SAFETY: the caller vouches for it.
    result_of(|| unsafe { client_of(client) }.map(|client| client.set_provider(cb, UserData(user_data))))
}

/// Answers a ticket request. A `user_sig` that is NULL or empty says that there is no ticket: the provider is asked
/// again later, and the session goes on. An answer to a request that is no longer open has no effect.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_provide_ticket(
    client: *mut TesseraClient,
    request: u64,
    user_sig: *const c_char,
) -> i32 {
    result_of(|| {
        // SAFETY: the caller vouches for both.
        let (client, ticket) = unsafe { (client_of(client)?, text(user_sig)) };
        let answer = ticket.filter(|ticket| !ticket.is_empty());
        let answer = answer.map(|ticket| ticket.into_owned()).ok_or_else(|| "there is no ticket".to_owned());
        client.engine.provide_ticket(TicketRequestId(request), answer);
        Ok(())
    })
}

/// Tells the host that callbacks wait. It runs on a thread of the SDK, must not block, and posts a call of
/// `tessera_deliver_waiting` to the host's loop. It is not told again before that call.
pub type TesseraWakeCallback = Option<unsafe extern "C" fn(user_data: *const c_void)>;

/// For a host with an event loop: callbacks run where `tessera_deliver_waiting` is called, and not on a thread of the
/// SDK. NULL gives them back to that thread. To be called on the loop's own thread, before init. When it returns, the
/// function that was set before is not called any more; a callback that runs on the SDK's thread is the last one there.
///
/// `tessera_uninit` and `TIMUninit` then wait for a callback that runs on another thread, but not for the results that
/// are due: the loop delivers them, with 7009 (C9).
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_set_host_loop(
    client: *mut TesseraClient,
    wake: TesseraWakeCallback,
    user_data: *const c_void,
) -> i32 {
    // SAFETY: the caller vouches for it.
    result_of(|| unsafe { client_of(client) }.map(|client| client.set_host_loop(wake, UserData(user_data))))
}

/// Runs all callbacks that wait, one after the other, on the calling thread. It is for the thread of the host's loop
/// alone. Inside a callback it does nothing: whoever runs that one goes on with the rest.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_deliver_waiting(client: *mut TesseraClient) -> i32 {
    // SAFETY: the caller vouches for it.
    result_of(|| unsafe { client_of(client) }.map(|client| client.deliver_waiting()))
}

/// The network is available: reconnect or probe now (C11). Takes effect at most once a second.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_notify_network_available(client: *mut TesseraClient) -> i32 {
    // SAFETY: the caller vouches for it.
    result_of(|| unsafe { hint(client) })
}

/// The app is in the foreground again: reconnect or probe now (C11). Takes effect at most once a second.
///
/// # Safety
/// As `tessera_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tessera_notify_foreground(client: *mut TesseraClient) -> i32 {
    // SAFETY: the caller vouches for it.
    result_of(|| unsafe { hint(client) })
}

/// # Safety
/// As [`client_of`].
unsafe fn hint(client: *mut TesseraClient) -> Result<(), Error> {
    // SAFETY: the caller vouches for it.
    unsafe { client_of(client) }?.engine.hint();
    Ok(())
}

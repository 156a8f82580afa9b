//! Listeners of Tessera's own: any number, each with all its callbacks in one struct (C19).

use std::ffi::{c_char, c_void};

use tessera_client::{Error, Kick, KickReason, Listeners, codes};

use crate::boundary::{c_text, missing};
use crate::generated::enums::TesseraKickReason;
use crate::last_error::{Seen, TesseraError};

/// Why and when somebody else ended the session (C12).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TesseraKick {
    /// Why.
    pub reason: TesseraKickReason,
    /// The gateway's code where the ticket was refused at a reconnect; else 0.
    pub code: i32,
    /// When, in milliseconds of Unix time, by the gateway's clock.
    pub at_ms: u64,
    /// The platform of the device that took the place, such as `iphone`; NULL if there is none.
    pub platform: *const c_char,
}

/// Callbacks of a listener; any of them may be NULL. Pointers that they get are good until they return.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TesseraListener {
    /// `sizeof(TesseraListener)`: a program that was compiled with an older header has fewer callbacks.
    pub size: usize,
    /// Given back to each callback.
    pub user_data: *const c_void,
    /// The connection is being made, at first or again.
    pub on_connecting: Option<unsafe extern "C" fn(user_data: *const c_void)>,
    /// The connection is there.
    pub on_connect_success: Option<unsafe extern "C" fn(user_data: *const c_void)>,
    /// A try to connect has failed; the next follows by itself.
    pub on_connect_failed: Option<unsafe extern "C" fn(error: *const TesseraError, user_data: *const c_void)>,
    /// The connection has dropped.
    pub on_disconnected: Option<unsafe extern "C" fn(error: *const TesseraError, user_data: *const c_void)>,
    /// Somebody else ended the session (C12).
    pub on_kicked_offline: Option<unsafe extern "C" fn(kick: *const TesseraKick, user_data: *const c_void)>,
    /// The ticket has expired (C14).
    pub on_user_sig_expired: Option<unsafe extern "C" fn(user_data: *const c_void)>,
    /// What the listener is known by; NULL for its functions and its user data. For a layer above whose functions are
    /// others in each module of a program.
    pub id: *const c_void,
}

// SAFETY: the pointer is only carried; see `UserData`.
unsafe impl Send for TesseraListener {}
// SAFETY: as above.
unsafe impl Sync for TesseraListener {}

impl TesseraListener {
    /// A copy of what the host has, as much as its header knew of.
    ///
    /// # Safety
    /// The pointer is NULL, or one to as many bytes as the struct's own `size` says.
    pub(crate) unsafe fn copy(listener: *const TesseraListener) -> Result<Self, Error> {
        if listener.is_null() {
            return Err(missing("listener"));
        }
        let known = size_of::<TesseraListener>();
        // SAFETY: not NULL, and every version of the struct begins with its size.
        let size = unsafe { std::ptr::read_unaligned(listener.cast::<usize>()) };
        if size < size_of::<usize>() + size_of::<*const c_void>() {
            return Err(Error::new(codes::ERR_INVALID_PARAMETERS, "the listener's `size` is not set"));
        }
        let mut copy = std::mem::MaybeUninit::<TesseraListener>::zeroed();
        // SAFETY: the caller vouches for `size` bytes, the copy has room for `known`, and all fields may be zero.
        let mut copy = unsafe {
            let bytes = size.min(known);
            std::ptr::copy_nonoverlapping(listener.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), bytes);
            copy.assume_init()
        };
        copy.size = known;
        Ok(copy)
    }

    pub(crate) fn connecting(&self) {
        if let Some(call) = self.on_connecting {
            // SAFETY: the host gave it for this purpose; so in all that follow.
            unsafe { call(self.user_data) };
        }
    }

    pub(crate) fn connect_success(&self) {
        if let Some(call) = self.on_connect_success {
            // SAFETY: as above.
            unsafe { call(self.user_data) };
        }
    }

    pub(crate) fn connect_failed(&self, error: &Seen) {
        if let Some(call) = self.on_connect_failed {
            // SAFETY: as above.
            unsafe { call(error.view(), self.user_data) };
        }
    }

    pub(crate) fn disconnected(&self, error: &Seen) {
        if let Some(call) = self.on_disconnected {
            // SAFETY: as above.
            unsafe { call(error.view(), self.user_data) };
        }
    }

    pub(crate) fn kicked_offline(&self, kick: &Kick) {
        if let Some(call) = self.on_kicked_offline {
            let platform = kick.platform.map(|platform| c_text(platform.as_str()));
            let view = TesseraKick {
                reason: reason(kick.reason),
                code: kick.code.map_or(0, |code| code.0),
                at_ms: kick.at.0,
                platform: platform.as_ref().map_or(std::ptr::null(), |text| text.as_ptr()),
            };
            // SAFETY: as above; the text lives until it returns.
            unsafe { call(&raw const view, self.user_data) };
        }
    }

    pub(crate) fn user_sig_expired(&self) {
        if let Some(call) = self.on_user_sig_expired {
            // SAFETY: as above.
            unsafe { call(self.user_data) };
        }
    }

    /// What makes two the same listener: the same id, or the same functions with the same user data.
    fn identity(&self) -> Identity {
        if !self.id.is_null() {
            return Identity::Id(self.id.addr());
        }
        Identity::Parts([
            self.user_data.addr(),
            self.on_connecting.map_or(0, |call| call as usize),
            self.on_connect_success.map_or(0, |call| call as usize),
            self.on_connect_failed.map_or(0, |call| call as usize),
            self.on_disconnected.map_or(0, |call| call as usize),
            self.on_kicked_offline.map_or(0, |call| call as usize),
            self.on_user_sig_expired.map_or(0, |call| call as usize),
        ])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    Id(usize),
    Parts([usize; 7]),
}

fn reason(reason: KickReason) -> TesseraKickReason {
    match reason {
        KickReason::Policy => TesseraKickReason::kTesseraKickReason_Policy,
        KickReason::Admin => TesseraKickReason::kTesseraKickReason_Admin,
        KickReason::Revoked => TesseraKickReason::kTesseraKickReason_Revoked,
        KickReason::Disabled => TesseraKickReason::kTesseraKickReason_Disabled,
        KickReason::TicketRefused => TesseraKickReason::kTesseraKickReason_TicketRefused,
        KickReason::Other => TesseraKickReason::kTesseraKickReason_Other,
    }
}

/// The listeners of one client, which the host names by what they are: a removal finds the callback that still runs of
/// one that is forgotten already.
#[derive(Debug, Default)]
pub(crate) struct ListenerSet(Listeners<TesseraListener, Identity>);

impl ListenerSet {
    pub(crate) fn add(&self, listener: TesseraListener) {
        self.0.add(listener.identity(), listener);
    }

    /// Returns when no call of it runs or will start, but for the one that it was called from.
    pub(crate) fn remove(&self, listener: &TesseraListener) {
        self.0.remove(listener.identity());
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn each(&self, call: impl FnMut(&TesseraListener)) {
        self.0.each(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn count(user_data: *const c_void) {
        // SAFETY: the tests give a counter.
        unsafe { (*user_data.cast::<std::cell::Cell<u32>>()).set(0) };
    }

    fn listener(user_data: *const c_void) -> TesseraListener {
        TesseraListener {
            size: size_of::<TesseraListener>(),
            user_data,
            on_connecting: Some(count),
            on_connect_success: None,
            on_connect_failed: None,
            on_disconnected: None,
            on_kicked_offline: None,
            on_user_sig_expired: None,
            id: std::ptr::null(),
        }
    }

    fn count_of(set: &ListenerSet) -> usize {
        let mut count = 0;
        set.each(|_| count += 1);
        count
    }

    #[test]
    fn the_same_functions_with_the_same_user_data_are_the_same_listener() {
        // C19
        let set = ListenerSet::default();
        let (one, two) = (listener(std::ptr::null()), listener(std::ptr::dangling()));
        set.add(one);
        set.add(one);
        set.add(two);
        assert_eq!(count_of(&set), 2);
        set.remove(&one);
        set.remove(&one);
        assert_eq!(count_of(&set), 1);
        set.add(one);
        set.clear();
        assert_eq!(count_of(&set), 0);
        set.add(one);
        assert_eq!(count_of(&set), 1);
    }

    #[test]
    fn the_same_id_is_the_same_listener_whatever_its_functions_are() {
        // C19
        let set = ListenerSet::default();
        let mut one = listener(std::ptr::null());
        one.id = std::ptr::dangling();
        set.add(one);
        set.add(TesseraListener { on_connecting: None, on_connect_success: Some(count), ..one });
        assert_eq!(count_of(&set), 1);
        set.remove(&TesseraListener { on_connecting: None, ..one });
        assert_eq!(count_of(&set), 0);
    }

    #[test]
    fn a_listener_of_an_older_header_has_fewer_callbacks() {
        let mut old = listener(std::ptr::null());
        old.on_user_sig_expired = Some(count);
        old.size = std::mem::offset_of!(TesseraListener, on_connect_success);
        // SAFETY: the struct has more bytes than it says.
        let copy = unsafe { TesseraListener::copy(&raw const old) }.unwrap();
        assert!(copy.on_connecting.is_some() && copy.on_user_sig_expired.is_none());
        old.size = 0;
        // SAFETY: as above.
        assert!(unsafe { TesseraListener::copy(&raw const old) }.is_err());
        // SAFETY: NULL is allowed.
        assert!(unsafe { TesseraListener::copy(std::ptr::null()) }.is_err());
    }
}

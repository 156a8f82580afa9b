//! The callbacks outside of the session layer: kept, so that a wrapper may set and clear them, and never called.

use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::generated::outside::SETTERS;

/// What was given to one setter last.
struct Kept {
    callback: AtomicPtr<c_void>,
    user_data: AtomicPtr<c_void>,
}

static KEPT: [Kept; SETTERS] = [const {
    Kept { callback: AtomicPtr::new(std::ptr::null_mut()), user_data: AtomicPtr::new(std::ptr::null_mut()) }
}; SETTERS];

/// Keeps what the setter with this number in the table was given.
pub(crate) fn keep(setter: usize, callback: *const c_void, user_data: *const c_void) {
    KEPT[setter].callback.store(callback.cast_mut(), Ordering::Relaxed);
    KEPT[setter].user_data.store(user_data.cast_mut(), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::outside::TIMSetSelfInfoUpdatedCallback;
    use std::ffi::c_char;

    #[test]
    fn what_a_setter_is_given_is_kept_until_it_is_cleared() {
        unsafe extern "C" fn never(_: *const c_char, _: *const c_void) {}
        let user_data = std::ptr::dangling::<c_void>();
        let kept = || KEPT[0].callback.load(Ordering::Relaxed).is_null();
        TIMSetSelfInfoUpdatedCallback(Some(never), user_data);
        assert!(!kept());
        assert_eq!(KEPT[0].user_data.load(Ordering::Relaxed).cast_const(), user_data);
        TIMSetSelfInfoUpdatedCallback(None, std::ptr::null());
        assert!(kept());
    }
}

//! What every function does at its edge: a panic stays inside, texts are converted, NULL is noticed.
//!
//! The functions without a guard have nothing in them that can panic, and a guard would cost them more than they do:
//! `TIMGetLoginStatus` and `tessera_login_status` load and compare numbers, `tessera_abi_version` is a constant, and each
//! setter of `outside.rs` stores two pointers at an index that the generator has counted.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tessera_client::{Error, codes};

use crate::generated::enums::TIMResult;
use crate::last_error;

/// What the host gave to be given back. It is never looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UserData(pub(crate) *const c_void);

// SAFETY: the pointer is only carried. The host is told on which thread it gets it back.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

/// Runs the body of an exported function; if it panics, the function returns what `otherwise` gives.
#[inline]
pub(crate) fn guarded<R>(otherwise: impl FnOnce() -> R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        tracing::error!("a call has failed inside the SDK");
        otherwise()
    })
}

/// [`guarded`] for functions that return a `TIMResult` as a number. What failed is kept as the thread's last error.
#[inline]
pub(crate) fn result_of(body: impl FnOnce() -> Result<(), Error>) -> i32 {
    match guarded(|| Err(Error::of(codes::ERR_SDK_INTERNAL_ERROR)), body) {
        Ok(()) => TIMResult::TIM_SUCC as i32,
        Err(error) => {
            let result = tim_result(&error);
            last_error::set(Some(error));
            result as i32
        }
    }
}

fn tim_result(error: &Error) -> TIMResult {
    match error.code {
        codes::ERR_INVALID_JSON => TIMResult::TIM_ERR_JSON,
        codes::ERR_SDK_NOT_INITIALIZED | codes::ERR_INIT_CORE_FAIL | codes::ERR_SDK_INTERNAL_ERROR => {
            TIMResult::TIM_ERR_SDKUNINIT
        }
        _ => TIMResult::TIM_ERR_PARAM,
    }
}

/// The error for a parameter that is missing.
pub(crate) fn missing(what: &str) -> Error {
    Error::new(codes::ERR_INVALID_PARAMETERS, format!("{what} is NULL or empty"))
}

/// A text of the host. What is not UTF-8 is replaced, so that it fails where texts are judged; so does the C0 80 that
/// C++ and C# give for a NUL inside a text, which would end it here and make another user of it.
///
/// # Safety
/// The pointer is NULL, or one to a text that ends with NUL and does not change meanwhile.
pub(crate) unsafe fn text<'a>(pointer: *const c_char) -> Option<Cow<'a, str>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy())
}

/// As [`text`], for one that must be there.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn required<'a>(pointer: *const c_char, what: &str) -> Result<Cow<'a, str>, Error> {
    // SAFETY: the caller vouches for it.
    unsafe { text(pointer) }.filter(|text| !text.is_empty()).ok_or_else(|| missing(what))
}

/// A text for the host. C has no way to hold a NUL inside of one.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_result() {
        let result = result_of(|| panic!("inside"));
        assert_eq!(result, TIMResult::TIM_ERR_SDKUNINIT as i32);
        assert_eq!(guarded(|| 3, || panic!("inside")), 3);
    }

    #[test]
    fn texts_are_taken_as_they_come() {
        // SAFETY: each is NULL or a literal that ends with NUL.
        unsafe {
            assert_eq!(text(std::ptr::null()), None);
            assert_eq!(text(c"alice".as_ptr()).as_deref(), Some("alice"));
            assert_eq!(text(c"\xff".as_ptr()).as_deref(), Some("\u{fffd}"));
            assert_eq!(text(c"a\xc0\x80b".as_ptr()).as_deref(), Some("a\u{fffd}\u{fffd}b"));
            assert!(required(std::ptr::null(), "user_id").is_err());
            assert!(required(c"".as_ptr(), "user_id").is_err());
        }
        assert_eq!(c_text("a\0b"), c"ab".to_owned());
    }

    #[test]
    fn errors_become_the_results_of_the_vendors_table() {
        for (code, result) in [
            (codes::ERR_INVALID_PARAMETERS, -4),
            (codes::ERR_SDK_HAD_INITIALIZED, -4),
            (codes::ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT, -4),
            (codes::ERR_INVALID_JSON, -3),
            (codes::ERR_SDK_NOT_INITIALIZED, -1),
            (codes::ERR_INIT_CORE_FAIL, -1),
        ] {
            assert_eq!(result_of(|| Err(Error::of(code))), result, "{code}");
        }
    }
}

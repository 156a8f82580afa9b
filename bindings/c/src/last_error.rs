//! The error of the thread's last call that failed, or of the callback that runs on it, as `errno` is kept.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use tessera_client::Error;

use crate::boundary::c_text;

/// An error with what a callback has no room for.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TesseraError {
    /// One of `TIMErrCode`, or a number that a newer gateway knows.
    pub code: i32,
    /// Whether the same call can succeed later without a change (C17).
    pub retryable: bool,
    /// When to try again at the earliest, in milliseconds from now; 0 if nobody said so.
    pub retry_after_ms: u64,
    /// A sentence for a person; never NULL.
    pub desc: *const c_char,
}

/// An error as the host sees it, with the text that it points to.
pub(crate) struct Seen {
    view: TesseraError,
    _desc: CString,
}

impl Seen {
    pub(crate) fn new(error: &Error) -> Self {
        let desc = c_text(&error.desc);
        let view = TesseraError {
            code: error.code.0,
            retryable: error.retryable,
            retry_after_ms: error.retry_after.map_or(0, |after| after.0),
            // The text lies on the heap, so that moving its owner does not move it.
            desc: desc.as_ptr(),
        };
        Seen { view, _desc: desc }
    }

    pub(crate) fn view(&self) -> &TesseraError {
        &self.view
    }
}

thread_local! {
    static LAST: RefCell<Option<Box<Seen>>> = const { RefCell::new(None) };
}

/// Sets it. A thread that is ending has none.
pub(crate) fn set(error: Option<Error>) {
    let seen = error.map(|error| Box::new(Seen::new(&error)));
    let _ = LAST.try_with(|last| last.replace(seen));
}

/// It, or NULL; good until it is set again on this thread.
pub(crate) fn get() -> *const TesseraError {
    let pointer = |last: &RefCell<Option<Box<Seen>>>| {
        last.borrow().as_ref().map_or(std::ptr::null(), |seen| std::ptr::from_ref(seen.view()))
    };
    LAST.try_with(pointer).unwrap_or(std::ptr::null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;
    use tessera_client::{Millis, codes};

    #[test]
    fn it_is_the_threads_own_and_holds_everything() {
        set(Some(Error::of(codes::ERR_SVR_ACCOUNT_FREQ_LIMIT).retry_after(Some(Millis(60_000)))));
        // SAFETY: set above on this thread, and not since.
        let error = unsafe { *get() };
        assert_eq!((error.code, error.retryable, error.retry_after_ms), (70050, true, 60_000));
        // SAFETY: as above.
        assert!(!unsafe { CStr::from_ptr(error.desc) }.is_empty());
        assert!(std::thread::spawn(|| get().is_null()).join().unwrap());
        set(None);
        assert!(get().is_null());
    }
}

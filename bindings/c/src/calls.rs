//! Calls whose result is due, and who is told it.

use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tessera_client::{CallId, Error};

use crate::boundary::{UserData, c_text};
use crate::last_error;
use crate::tim::TIMCommCallback;

/// Who is told.
pub(crate) enum Call {
    /// The host's callback, with this JSON.
    Tell { callback: TIMCommCallback, user_data: UserData, json: CString },
    /// A call that blocks.
    Wait(SyncSender<Result<(), Error>>),
}

impl Call {
    /// The host's callback.
    pub(crate) fn tell(callback: TIMCommCallback, user_data: *const c_void, json: &str) -> Self {
        Call::Tell { callback, user_data: UserData(user_data), json: c_text(json) }
    }

    /// Gives the result. To be called where callbacks run.
    pub(crate) fn complete(self, result: Result<(), Error>) {
        match self {
            Call::Wait(result_goes_to) => {
                // Whoever waited has got what it needs, or is gone.
                let _ = result_goes_to.try_send(result);
            }
            Call::Tell { callback: None, .. } => {}
            Call::Tell { callback: Some(callback), user_data, json } => {
                let error = result.err();
                let code = error.as_ref().map_or(0, |error| error.code.0);
                let desc = c_text(error.as_ref().map_or("", |error| &error.desc));
                last_error::set(error);
                // SAFETY: the host gave this function for this purpose; both texts live until it returns.
                unsafe { callback(code, desc.as_ptr(), json.as_ptr(), user_data.0) };
            }
        }
    }
}

/// All calls of one client whose result is due.
#[derive(Default)]
pub(crate) struct Calls(Mutex<HashMap<CallId, Call>>);

impl Calls {
    pub(crate) fn add(&self, id: CallId, call: Call) {
        self.lock().insert(id, call);
    }

    pub(crate) fn take(&self, id: CallId) -> Option<Call> {
        self.lock().remove(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

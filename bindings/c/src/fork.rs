//! A child of a process that has a client has none of the SDK's threads, and shares its sockets and its random numbers
//! with the parent. So there the SDK is gone for good: calls say so, and the child may exec, exit, or do without it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tessera_client::{Error, codes};

static FORKED: AtomicBool = AtomicBool::new(false);

/// Begins to watch: from now on a child knows that it is one. To be called before the first client is made. `forget` runs
/// in a child, where it may do no more than store to atomics; the first one given holds.
pub(crate) fn watch(forget: fn()) {
    static FORGET: OnceLock<fn()> = OnceLock::new();

    FORGET.get_or_init(|| {
        #[cfg(unix)]
        {
            extern "C" fn in_child() {
                FORKED.store(true, Ordering::Relaxed);
                if let Some(forget) = FORGET.get() {
                    forget();
                }
            }
            // SAFETY: the handler only stores to an atomic, which is allowed there.
            let failed = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            if failed != 0 {
                tracing::warn!("a child of this process will not know that it has no SDK");
            }
        }
        forget
    });
}

/// Whether this process is such a child.
#[inline]
pub(crate) fn is_child() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// An error in such a child.
pub(crate) fn check() -> Result<(), Error> {
    if is_child() {
        let desc = "this process was forked from one that had the SDK: it has none";
        return Err(Error::new(codes::ERR_SDK_NOT_INITIALIZED, desc));
    }
    Ok(())
}

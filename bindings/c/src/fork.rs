//! A child that was forked after init has none of the SDK's threads, and shares its sockets with the parent. So there
//! the SDK is gone for good: calls say so, and the child may exec, exit, or do without it.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use tessera_client::{Error, codes};

static FORKED: AtomicBool = AtomicBool::new(false);

/// Begins to watch: from now on a child knows that it is one. To be called when the first thread is about to start.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        #[cfg(unix)]
        {
            extern "C" fn in_child() {
                FORKED.store(true, Ordering::Relaxed);
            }
            // SAFETY: the handler only stores to an atomic, which is allowed there.
            let failed = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            if failed != 0 {
                tracing::warn!("a child of this process will not know that it has no SDK");
            }
        }
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
        let desc = "this process was forked after init: it has no SDK";
        return Err(Error::new(codes::ERR_SDK_NOT_INITIALIZED, desc));
    }
    Ok(())
}

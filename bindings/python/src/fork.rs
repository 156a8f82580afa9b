//! What becomes of clients in the child of a `fork`: they belong to the parent, whose threads the child does not have.
//!
//! Python calls [`after_fork_in_child`] in the child before any other code of it. From then on whatever was made before
//! is void: its calls fail with a clear error, nothing of it is touched or dropped, and what is made anew works.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use tessera_client::{Error, codes};

use crate::error;

/// Rises with each fork that leads to this process.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The process that something was made in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth(u64);

impl Birth {
    pub(crate) fn now() -> Self {
        Birth(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether it was made in this process.
    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
    }

    /// An error unless it was made in this process.
    pub(crate) fn check(self, py: Python<'_>) -> PyResult<()> {
        if self.is_here() { Ok(()) } else { Err(error::exception(py, &foreign())) }
    }
}

/// Why a call fails in the child.
pub(crate) fn foreign() -> Error {
    let desc = "this object was made before a fork and belongs to the parent process; make a new one in this process";
    Error::new(codes::ERR_SDK_INVALID_OPERATION, desc)
}

/// Everything made so far belongs to the parent. For `os.register_at_fork`.
#[pyfunction]
#[pyo3(name = "_after_fork_in_child")]
pub(crate) fn after_fork_in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

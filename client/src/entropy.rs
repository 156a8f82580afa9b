//! Unpredictable bytes of the operating system.

use tessera_core::error::Error;
use tessera_core::generated::codes;

/// Fresh bytes.
///
/// # Errors
/// 7012 when the operating system gives none.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(codes::ERR_SDK_INTERNAL_ERROR, format!("the system gives no randomness: {error}"))
    })?;
    Ok(bytes)
}

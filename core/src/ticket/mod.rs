//! The ticket (UserSig): a signed statement "this user of this app, from this second, for this long".
//!
//! Here is what a ticket alone can tell: signing it, reading it without a heap allocation, and refusing it in the
//! order of clause G1. Not here, because they need a store or a table: the count of failures (70050), which apps and
//! keys exist (70020), disabled accounts (70051) and revoked tickets (70052).
//!
//! A check has three steps, and the types keep their order:
//! [`decode`] reads the text, [`Decoded::check_document`] judges the document by itself (both answer 70003), the
//! caller looks up the app, and [`Claims::check`] compares with what the login asked for.
//!
//! ```
//! use tessera_core::ticket::{Key, Limits, Scratch, decode, sign};
//! use tessera_core::time::Millis;
//!
//! let now = Millis::from_secs(1_700_000_000);
//! let key = Key::new("5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e")?;
//! let ticket = sign(&key, 1_400_000_000, "alice", now, 86_400, None)?;
//!
//! let mut scratch = Scratch::new(Limits::default());
//! let claims = decode(ticket.expose(), &mut scratch)?.check_document(now, Millis::from_secs(600))?;
//! claims.check(1_400_000_000, "alice", &[key], now)?;
//! assert_eq!(claims.lifetime().expires_at(), Millis::from_secs(1_700_086_400));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod key;
mod refusal;
mod sign;
mod text;
mod verify;

pub use key::{EmptyKey, Key};
pub use refusal::{Field, Refusal};
pub use sign::{SignError, Ticket, sign};
pub use text::{Limits, Scratch};
pub use verify::{Claims, Decoded, Lifetime, decode, peek_lifetime};

/// The longest user id, in bytes (C4).
pub const USER_ID_BYTES_MAX: usize = 32;

/// Whether `user` is a user id: 1–32 bytes of `[A-Za-z0-9_-]` (C4).
pub fn is_user_id(user: &str) -> bool {
    (1..=USER_ID_BYTES_MAX).contains(&user.len())
        && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

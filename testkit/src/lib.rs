//! The test kit: a Tessera gateway inside the test process, and the faults that a network can have.
//!
//! [`TestGateway`] is for tests in Rust; [`blocking`] is the same for those who have no runtime of their own, such as
//! the test kits of other languages.
//!
//! Not for production: it opens ports on loopback only and injects faults on request.

pub mod blocking;
mod gateway;
pub mod orders;
pub mod proxy;

pub use tessera_core::gateway::policy::{PolicyText, Preset};
pub use tessera_core::gateway::registry::SessionInfo;
pub use tessera_core::generated::status::Platform;
pub use tessera_core::ticket::Ticket;
pub use tessera_core::time::Millis;

pub use gateway::{APP, KEY, Options, StartError, TestGateway, device_id};

//! Clients, a gateway and its store in one thread, under virtual time.
//!
//! The machines are the real ones of `tessera-core`, every frame goes through its text form, and the store's tables
//! are those of `tessera-gateway`. The network, the clocks and the disk are models: a run is a function of its inputs,
//! so the same script, or the same seed, gives the same trace.
//!
//! [`World`] is the stage for scenarios. [`seeded`] plays random ones on it, and checks them from outside.

mod check;
mod clock;
mod disk;
mod gateway;
mod sabotage;
pub mod seeded;
mod seen;
mod store;
mod world;

pub use gateway::GatewaySetup;
pub use sabotage::Sabotage;
pub use world::{APP, Delivered, Network, World};

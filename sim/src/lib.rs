//! Clients and a gateway in one thread, under virtual time.
//!
//! The machines are the real ones of `tessera-core`, and every frame goes through its text form. The network, the
//! clocks and the store are models: a run is a function of its inputs, so the same script gives the same trace.

mod gateway;
mod world;

pub use gateway::GatewaySetup;
pub use world::{APP, Delivered, Network, World};

//! The session core of Tessera: everything that decides, and nothing that touches the world.
//!
//! No I/O, clock, lock, thread, async or randomness is in here: time and entropy come in as input.

pub mod client;
pub mod error;
pub mod gateway;
pub mod generated;
pub mod id;
pub mod settings;
pub mod ticket;
pub mod time;
pub mod transitions;
pub mod wire;

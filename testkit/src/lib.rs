//! The test kit: a Tessera gateway inside the test process, and the faults that a network can have.
//!
//! Not for production: it opens ports on loopback only and injects faults on request.

mod gateway;
pub mod proxy;

pub use gateway::{APP, KEY, Options, StartError, TestGateway};

//! The test kit: what a test of a Tessera client or gateway needs inside its own process.
//!
//! Not for production: it opens ports on loopback only and injects faults on request.

pub mod proxy;

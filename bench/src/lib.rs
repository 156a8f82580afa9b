//! A light load generator for a running gateway: thousands of raw sessions in one process.
//!
//! Not a client: a session here is one WebSocket that has logged in, without states, back-off or callbacks, so that the
//! machine's time goes to the gateway. `tessera bench` runs [`load::run`]; the binary of this crate measures the
//! project's bench table with the same sessions (`docs/benchmarks.md`).

pub mod crowd;
pub mod load;
pub mod parallel;
pub mod session;
pub mod stats;
pub mod target;

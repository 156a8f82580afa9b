//! The registry (G3–G6, G9, G11), from outside: one shard, records in memory, and writes that the test reports.
//!
//! Scenarios in virtual time cover the flows; here stand the orders of events that a network rarely gives.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod admin;
mod atomic;
mod attempts;
mod bench;
mod devices;
mod kicks;
mod offline;
mod policy;
mod properties;
mod time;

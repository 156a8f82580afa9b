//! The client machine (C1–C23), from outside: one client, a transport and a host that the test plays.
//!
//! Scenarios in virtual time cover the flows; here stand the orders of events that a network rarely gives.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod calls;
mod connections;
mod deadlines;
mod ends;
mod expiry;
mod getters;
mod other_sessions;
mod properties;
mod provider;
mod queue;
mod renewals;
mod resumes;
mod rig;
mod steps;

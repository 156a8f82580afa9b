//! The gateway's connection machine, from outside: one socket from its upgrade to its close.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod bench;
mod closing;
mod limits;
mod logins;
mod sessions;

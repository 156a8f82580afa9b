//! The `tessera` command as a process: exit codes, what it prints, and a gateway from start to signal.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

mod bench;
mod gateway;
mod login;
mod start;
mod support;
mod ticket;

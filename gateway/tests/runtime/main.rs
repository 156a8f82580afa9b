//! A running gateway over real sockets on loopback, driven by a plain WebSocket client.

#![allow(clippy::unwrap_used, reason = "a failed test ends by it, in helpers too")]

mod admin;
mod drain;
mod frames;
mod limits;
mod login;
mod proxy;
mod store;
mod support;
mod tls;
mod upgrade;

//! The client against a scripted gateway over real sockets. What the contract says of sequences is proved by the
//! scenarios; here is what only the runtime around the core can get wrong.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod base_layer;
mod callbacks;
mod lifecycle;
mod login;
mod network;
mod session;
mod support;

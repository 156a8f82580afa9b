//! Tessera for Node and Electron: a Node-API module over the client's base layer.
//!
//! It converts, calls one function of [`tessera_client::Engine`], and converts back. What apps see is written in
//! TypeScript above it (`bindings/typescript`, and `bindings/node/ts` for what is Node's alone). Every entry is
//! guarded: a panic becomes a JavaScript error.
//!
//! No thread of the SDK runs JavaScript: it wakes the loop (`event_loop`), and the loop takes what waits.

mod client;
mod event_loop;
mod failure;
mod logs;
#[cfg(feature = "testkit")]
mod tables;
#[cfg(feature = "testkit")]
mod testkit;
mod ticket;

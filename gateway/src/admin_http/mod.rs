//! The admin endpoint: JSON over HTTP for operators, metrics, and a health check. `docs/admin-api.md` describes it.
//!
//! It decides nothing. Each call is handed to [`Admin`](crate::Admin), which writes the audit record. It speaks plain
//! HTTP and listens on a loopback address unless the operator says otherwise.

mod auth;
mod body;
mod metrics;
mod reply;
mod routes;
mod server;

pub use server::{AdminServer, ServeError, serve};

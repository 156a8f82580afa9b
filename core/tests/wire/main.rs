//! The frames of `tessera.v1`, from outside: their golden bytes, what holds for all of them, hostile texts, the form
//! that travels in the upgrade request, and the absence of secrets in texts.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod arbitrary;
mod authorization;
mod golden;
mod hostile;
mod properties;
mod quiet;

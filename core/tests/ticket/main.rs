//! The ticket, from outside: vectors of the vendor's libraries, the order of G1, damaged, forged and
//! hostile tickets, properties, and the absence of heap allocations and of secrets in texts.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

mod bombs;
mod document;
mod forge;
mod forgery;
mod malformed;
mod order;
mod properties;
mod quiet;
mod vectors;

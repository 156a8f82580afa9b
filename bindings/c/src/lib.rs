//! `libtessera`: the functions of the vendor's C API that concern login and session, with the vendor's names, types and
//! numbers, and beyond them `tessera_…`. The header `tessera/tim.h` is made of this crate by `cargo xtask codegen`.
//!
//! Each function converts, calls one function of [`tessera_client`], and converts back. There is no rule of the session
//! layer in here. `docs/c.md` has the conventions: ownership, threads, NULL, re-entrancy, lifetime.
#![expect(non_camel_case_types, non_upper_case_globals, reason = "the names are those of C")]

mod boundary;
mod calls;
mod client;
mod config;
mod delivery;
mod experimental;
mod fork;
pub mod generated;
mod last_error;
mod listener;
mod logs;
mod outside;
mod slot;
pub mod tessera;
pub mod tim;

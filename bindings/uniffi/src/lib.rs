//! The Tessera client as UniFFI exports it, for Kotlin, Java, Swift and React Native.
//!
//! It converts: each function calls one of `tessera_client` and turns the result into types that the generators know.
//! There is no rule of the product in here, no V2TIM name and no callback: hosts pull events and log records, and
//! their hand-written layer, over the generated code, calls listeners. Names and options of the generated code are in
//! `uniffi.toml`.
//!
//! What a host has to do:
//!
//! - Compare [`abi_version`] with the number that its own table has, before anything else.
//! - Give each [`Client`] one thread that calls [`Client::next_events`] for ever, or one task that awaits
//!   [`Doorbell::rung`] and then takes [`Client::waiting_events_text`].
//! - Keep the stamp with the highest `epoch` in plain fields, from calls and from batches, before it runs a callback;
//!   its getters read those.
//! - Keep the `init` of the newest [`Ending`]. An event with a lower one is not delivered, but a result with a lower
//!   one is, as 7009 (C9).
//! - Expect that the result of a call is pulled before the call has returned with its number, [`Started::call`]. A lock
//!   around the call and around the look-up does it; or let one call in at a time, and a number that nobody has is that
//!   of the call under way, unless one has thrown what is no [`CallError`] and taken its number along.
//!
//! Functions return no 8-bit or 16-bit numbers and no booleans, because JNA reads these wrongly on some machines.
//! Exported futures only wait: dropping one, at whatever moment, loses nothing.

mod client;
mod doorbell;
mod ending;
mod error;
mod event;
mod log;
mod tables;

pub use client::{Client, Setting, Started};
pub use doorbell::Doorbell;
pub use ending::Ending;
pub use error::{CallError, ErrorInfo, error_of};
pub use event::{Event, EventKind, Kick, Stamp};
pub use log::{LogRecord, close_logs, next_logs, open_logs, report_failure, wait_for_logs, waiting_logs};
pub use tables::{CodeRow, SettingRow, StatusRow, error_codes, login_statuses, setting_rows};

uniffi::setup_scaffolding!("tessera");

/// Version of what this library exports: rises with each change that generated code of before cannot read.
#[uniffi::export]
pub fn abi_version() -> u32 {
    tessera_core::generated::versions::UNIFFI_ABI_VERSION
}

/// Version of the SDK, as V2TIM's `getVersion` gives it.
#[uniffi::export]
pub fn sdk_version() -> String {
    tessera_core::generated::versions::SDK_VERSION.to_owned()
}

/// Does nothing. A host whose futures come back through its event loop has a turn of the loop by awaiting it.
#[uniffi::export]
pub async fn next_turn() {}

//! The tables of the core as JSON, so that a test can compare those of TypeScript with them.

use napi_derive::napi;
use serde_json::{Value, json};
use tessera_client::{ConnectionStatus, LogLevel, LoginStatus, Numbering, Platform};
use tessera_core::error::Kind;
use tessera_core::generated::{codes, settings, versions};

/// Every table that JavaScript has.
#[napi(catch_unwind)]
pub fn tables() -> String {
    let codes = codes::CODES.iter().map(|row| {
        json!([row.code.0, row.name, kind(row.kind), row.retryable, row.needs_new_ticket, row.meaning])
    });
    let settings = settings::SETTINGS.iter().map(|row| json!([row.name, row.property, row.env]));
    json!({
        "codes": codes.collect::<Value>(),
        "loginStatus": numbers(LoginStatus::ALL, |status| (status.as_str(), status.number(Numbering::Node))),
        "connectionStatus": numbers(ConnectionStatus::ALL, |status| (status.as_str(), status.number())),
        "logLevels": numbers(LogLevel::ALL, |level| (level.as_str(), level.number())),
        "platforms": Platform::ALL.iter().map(|platform| platform.as_str()).collect::<Value>(),
        "settings": settings.collect::<Value>(),
        "version": versions::SDK_VERSION,
    })
    .to_string()
}

fn numbers<T: Copy>(all: &[T], row: fn(T) -> (&'static str, i32)) -> Value {
    all.iter().map(|value| row(*value)).map(|(name, number)| (name.to_owned(), json!(number))).collect()
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Success => "success",
        Kind::Argument => "argument",
        Kind::State => "state",
        Kind::Network => "network",
        Kind::Ticket => "ticket",
        Kind::Account => "account",
        Kind::Kicked => "kicked",
        Kind::Limit => "limit",
        Kind::Internal => "internal",
    }
}

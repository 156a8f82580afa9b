//! The tables of the core, so that a host can show them, and that its tests can compare their own with them.

use tessera_client::{Kind as ErrorKind, LoginStatus, Numbering};
use tessera_core::generated::codes::CODES;
use tessera_core::settings::{SETTINGS, Value};

/// An error code.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CodeRow {
    /// The number.
    pub code: i32,
    /// The published name, with its published spelling.
    pub name: String,
    /// What it is about.
    pub kind: ErrorKind,
    /// Whether the same call can succeed later without a change.
    pub retryable: bool,
    /// Whether a new ticket is what helps (C17).
    pub needs_new_ticket: bool,
    /// The meaning, in a sentence.
    pub meaning: String,
}

/// A client setting (C23).
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SettingRow {
    /// Its name, for example `login_timeout_ms`.
    pub name: String,
    /// What holds when nobody sets it, as text.
    pub default_value: String,
    /// Lowest allowed number; 0 where the value is not a number.
    pub min: u64,
    /// Highest allowed number; 0 where the value is not a number.
    pub max: u64,
    /// Name of the meta-data element in the Android manifest.
    pub android_meta: String,
    /// Key in Info.plist.
    pub plist_key: String,
    /// Property of `V2TIMSDKConfig`.
    pub property: String,
}

/// The number of a login status on some platform (C2).
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StatusRow {
    /// The status.
    pub status: LoginStatus,
    /// The published number.
    pub number: i32,
    /// The published constant.
    pub name: String,
}

/// Every error code, by number.
#[uniffi::export]
pub fn error_codes() -> Vec<CodeRow> {
    let rows = CODES.iter().map(|row| CodeRow {
        code: row.code.0,
        name: row.name.to_owned(),
        kind: row.kind,
        retryable: row.retryable,
        needs_new_ticket: row.needs_new_ticket,
        meaning: row.meaning.to_owned(),
    });
    rows.collect()
}

/// Every client setting, in the order of the table.
#[uniffi::export]
pub fn setting_rows() -> Vec<SettingRow> {
    let rows = SETTINGS.iter().map(|row| SettingRow {
        name: row.name.to_owned(),
        default_value: match row.default {
            Value::Text(text) => text.to_owned(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
        },
        min: row.min,
        max: row.max,
        android_meta: row.android_meta.to_owned(),
        plist_key: row.plist_key.to_owned(),
        property: row.property.to_owned(),
    });
    rows.collect()
}

/// The login statuses in the numbering of this name (`docs/login-status.md`); empty if there is none of that name.
#[uniffi::export]
pub fn login_statuses(numbering: &str) -> Vec<StatusRow> {
    let Some(numbering) = Numbering::parse(numbering) else { return Vec::new() };
    let rows = LoginStatus::ALL.iter().map(|status| StatusRow {
        status: *status,
        number: status.number(numbering),
        name: status.name(numbering).to_owned(),
    });
    rows.collect()
}

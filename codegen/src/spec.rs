//! The rows of `spec/*.toml` as they are written, and reading them. Rules across rows are in `validate.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Everything that the spec files say.
pub(crate) struct Spec {
    pub(crate) codes: CodesFile,
    pub(crate) status: StatusFile,
    pub(crate) settings: SettingsFile,
    pub(crate) limits: LimitsFile,
    pub(crate) gateway: GatewayFile,
    pub(crate) versions: VersionsFile,
    pub(crate) c_api: CApiFile,
}

/// Why a spec file could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpecError {
    /// The file is not there or not readable.
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// The file has a syntax error, an unknown key, or a key of the wrong type.
    #[error("{path}: {source}")]
    Toml { path: PathBuf, source: Box<toml::de::Error> },
}

impl Spec {
    /// Reads all spec files of a folder.
    pub(crate) fn load(folder: &Path) -> Result<Spec, SpecError> {
        Ok(Spec {
            codes: read(folder.join("codes.toml"))?,
            status: read(folder.join("status.toml"))?,
            settings: read(folder.join("settings.toml"))?,
            limits: read(folder.join("limits.toml"))?,
            gateway: read(folder.join("gateway.toml"))?,
            versions: read(folder.join("versions.toml"))?,
            c_api: read(folder.join("c_api.toml"))?,
        })
    }
}

fn read<T: DeserializeOwned>(path: PathBuf) -> Result<T, SpecError> {
    let text = fs::read_to_string(&path).map_err(|source| SpecError::Io { path: path.clone(), source })?;
    toml::from_str(&text).map_err(|source| SpecError::Toml { path, source: Box::new(source) })
}

/// The documents that the `source` of a row names by their key.
pub(crate) type Sources = BTreeMap<String, String>;

/// `codes.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodesFile {
    pub(crate) sources: Sources,
    pub(crate) tim_result: Rows<TimResult>,
    pub(crate) codes: Rows<Code>,
}

/// A table that has only rows.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
}

/// A number that a C function returns at once.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimResult {
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) meaning: String,
    pub(crate) source: String,
}

/// An error code.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) retryable: bool,
    #[serde(default)]
    pub(crate) needs_new_ticket: bool,
    pub(crate) used: bool,
    pub(crate) meaning: String,
    pub(crate) source: String,
}

/// What an error is about; the variants of `core::error::Kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Success,
    Argument,
    State,
    Network,
    Ticket,
    Account,
    Kicked,
    Limit,
    Internal,
}

/// `status.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusFile {
    pub(crate) sources: Sources,
    pub(crate) login: Login,
    pub(crate) network: NamedNumbers,
    pub(crate) log_level: NamedNumbers,
    pub(crate) platform: Platforms,
}

/// The login states and their numberings.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) states: Vec<Named>,
    pub(crate) numbering: Vec<Numbering>,
}

/// A name with a sentence.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) doc: String,
}

/// The numbers and constants of one platform's login status.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbering {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) source: String,
    pub(crate) logged_out: Constant,
    pub(crate) logging_in: Constant,
    pub(crate) logged_in: Constant,
    pub(crate) logging_out: Constant,
}

impl Numbering {
    /// The constant of a state of `login.states`, if the name is one of the four of C1.
    pub(crate) fn of(&self, state: &str) -> Option<&Constant> {
        match state {
            "logged_out" => Some(&self.logged_out),
            "logging_in" => Some(&self.logging_in),
            "logged_in" => Some(&self.logged_in),
            "logging_out" => Some(&self.logging_out),
            _ => None,
        }
    }
}

/// A number and the published name of its constant.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constant {
    pub(crate) number: i32,
    pub(crate) name: String,
}

/// A table of names with numbers.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedNumbers {
    pub(crate) source: String,
    pub(crate) rows: Vec<NamedNumber>,
}

/// A name with a number, the vendor's constant and a sentence.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedNumber {
    pub(crate) name: String,
    pub(crate) number: i32,
    pub(crate) vendor: String,
    pub(crate) doc: String,
}

/// The platforms.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platforms {
    pub(crate) source: String,
    pub(crate) rows: Vec<Named>,
}

/// `settings.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsFile {
    pub(crate) setting: Vec<Setting>,
}

/// A client setting.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) kind: SettingKind,
    pub(crate) default: Value,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) doc: String,
    pub(crate) clause: String,
}

/// What a setting's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SettingKind {
    Url,
    Path,
    Text,
    Bool,
    Ms,
    Percent,
    Count,
    Platform,
    LogLevel,
}

/// A default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Bool(bool),
    Number(u64),
    Text(String),
}

/// `limits.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsFile {
    pub(crate) limit: Vec<Limit>,
}

/// A limit or time of the gateway.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) default: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) code: Option<i32>,
    #[serde(default)]
    pub(crate) retry_after_ms: u64,
    pub(crate) at_limit: String,
    pub(crate) doc: String,
    pub(crate) clause: String,
}

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Count,
    Bytes,
    Ms,
}

/// `gateway.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayFile {
    pub(crate) key: Vec<GatewayKey>,
}

/// A key of the gateway's configuration that is no limit.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayKey {
    pub(crate) name: String,
    pub(crate) kind: GatewayKind,
    pub(crate) scope: Scope,
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) values: Vec<String>,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) example: Option<String>,
    #[serde(default)]
    pub(crate) live: bool,
    pub(crate) doc: String,
}

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GatewayKind {
    Address,
    Path,
    Bool,
    Choice,
    Networks,
    Number,
    Policy,
    Secret,
    Secrets,
    Text,
    Paths,
}

/// Where a key may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    Everywhere,
    Entry,
    Start,
}

/// `versions.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionsFile {
    pub(crate) wire: Wire,
    pub(crate) uniffi: UniFfi,
    pub(crate) c_abi: CAbi,
    pub(crate) sdk: Sdk,
}

/// What both ends of a connection agree on.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    pub(crate) version: u32,
    pub(crate) subprotocol: String,
    pub(crate) upgrade_path: String,
    pub(crate) auth_scheme: String,
}

/// What generated code and the library behind it must agree on.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UniFfi {
    pub(crate) abi_version: u32,
}

/// The package's own version.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sdk {
    pub(crate) version: String,
}

/// The binary interface of the C library.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CAbi {
    pub(crate) version: u32,
}

/// `c_api.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CApiFile {
    pub(crate) sources: Sources,
    #[serde(rename = "enum")]
    pub(crate) enums: Vec<CEnum>,
    pub(crate) keys: Sourced<Key>,
    pub(crate) outside: Sourced<Setter>,
}

/// Rows that share a source.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sourced<T> {
    pub(crate) source: String,
    pub(crate) rows: Vec<T>,
}

/// An enum of the C API.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CEnum {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) source: String,
    pub(crate) rows: Vec<CConstant>,
}

/// One of its constants.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CConstant {
    pub(crate) name: String,
    pub(crate) number: i32,
    pub(crate) doc: String,
}

/// A JSON key or operation of the C API, with the constant that names it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) doc: String,
}

/// A setter of a callback outside of the session layer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setter {
    pub(crate) name: String,
    pub(crate) callback: String,
    /// Type and name of each, without the last one, `user_data`.
    pub(crate) parameters: Vec<String>,
    pub(crate) header: String,
}

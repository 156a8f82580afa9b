//! Apps and admin tokens: the lists of the file, and the one app and token that can be given without a file.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tessera_core::gateway::policy::{Policy, PolicyText};
use tessera_core::gateway::registry::AppRules;
use tessera_core::id::AppId;
use tessera_core::ticket::Key;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::file::{Entry, Given};
use super::keys::{KeyRow, key_row};
use super::mistake::{Findings, Place, Source};
use super::{AdminToken, AppConfig, secret, values};

/// A shorter token could be guessed over the network in time.
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 16..=512;

/// The audit name of the token that stands in no file.
const TOKEN_NAME_DEFAULT: &str = "admin";

/// The longest name of a token, in bytes, so that a line of the audit stays a line.
const TOKEN_NAME_BYTES_MAX: usize = 64;

/// Reads entries of the file, whose paths are relative to `folder`.
pub(super) struct Entries<'s, 'f> {
    pub(super) source: Source<'s>,
    pub(super) folder: &'s Path,
    pub(super) findings: &'f mut Findings,
}

impl Entries<'_, '_> {
    /// One `[[apps]]`; none if it has a mistake.
    pub(super) fn app(&mut self, entry: &Entry<'_>) -> Option<AppConfig> {
        let id = match entry.values.get("id") {
            Some(id) => {
                let number =
                    id.value.get_ref().as_integer().map(|n| i64::from_str_radix(n.as_str(), n.radix()));
                let text =
                    number.and_then(Result::ok).map_or_else(|| "too large".to_owned(), |n| n.to_string());
                self.findings.take(&id.place, values::number(row("apps.id"), &text))
            }
            None => self.missing(&entry.place, "an app needs its `id`, the SDKAppID"),
        };
        let keys = self.keys(entry);
        let policy = entry.values.get("policy").map_or(Some(Policy::default()), |policy| self.policy(policy));
        let offline_kick_error = entry
            .values
            .get("offline_kick_error")
            .and_then(|flag| flag.value.get_ref().as_bool())
            .unwrap_or(false);
        let rules = AppRules { policy: policy?, offline_kick_error };
        Some(AppConfig { id: AppId(id?), keys: keys?, rules })
    }

    fn keys(&mut self, entry: &Entry<'_>) -> Option<Vec<Key>> {
        if !entry.values.contains_key("keys") && !entry.values.contains_key("key_files") {
            return self
                .missing(&entry.place, "an app needs `key_files`, files with its secret keys, or `keys`");
        }
        let mut secrets = Vec::new();
        if let Some(list) = entry.values.get("keys") {
            secret::warn_if_exposed(self.source.path, self.findings);
            secrets.extend(texts(list).map(|text| (list.place.clone(), Ok(text.to_owned()))));
        }
        if let Some(list) = entry.values.get("key_files") {
            for path in texts(list) {
                let read = secret::read(&self.folder.join(path), self.findings);
                secrets.push((list.place.clone(), read));
            }
        }
        if secrets.is_empty() {
            return self.missing(&entry.place, "an app needs at least one key");
        }
        let keys = secrets.into_iter().map(|(place, text)| {
            let key = text.and_then(|text| Key::new(&text).map_err(|error| error.to_string()));
            self.findings.take(&place, key)
        });
        // Collected first, so that every key's mistake is found.
        keys.collect::<Vec<_>>().into_iter().collect()
    }

    fn policy(&mut self, given: &Given<&Spanned<DeValue<'_>>>) -> Option<Policy> {
        let value = given.value;
        if let Some(preset) = value.get_ref().as_str() {
            return self.findings.take(&given.place, preset_policy(row("apps.policy"), preset));
        }
        match PolicyText::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(text) => {
                let policy = Policy::try_from(text).map_err(|error| format!("`apps.policy`: {error}"));
                self.findings.take(&given.place, policy)
            }
            Err(error) => {
                let place = error.span().map_or_else(|| given.place.clone(), |span| self.source.place(span));
                self.findings.mistake(&place, format!("`apps.policy`: {}", error.message()));
                None
            }
        }
    }

    /// One `[[admin.tokens]]`; none if it has a mistake.
    pub(super) fn token(&mut self, entry: &Entry<'_>) -> Option<AdminToken> {
        let name = match entry.values.get("name") {
            Some(name) => {
                let text = name.value.get_ref().as_str().unwrap_or_default();
                self.findings.take(&name.place, token_name(text))
            }
            None => self.missing(&entry.place, "a token needs a `name`, which audit records show"),
        };
        let secret = match (entry.values.get("secret"), entry.values.get("secret_file")) {
            (Some(secret), None) => {
                secret::warn_if_exposed(self.source.path, self.findings);
                let text = secret.value.get_ref().as_str().unwrap_or_default();
                self.findings.take(&secret.place, token_secret(text.to_owned()))
            }
            (None, Some(file)) => {
                let path = self.folder.join(file.value.get_ref().as_str().unwrap_or_default());
                let secret = secret::read(&path, self.findings).and_then(token_secret);
                self.findings.take(&file.place, secret)
            }
            (Some(both), Some(_)) => {
                self.missing(&both.place, "a token has either `secret` or `secret_file`, not both")
            }
            (None, None) => {
                self.missing(&entry.place, "a token needs `secret_file`, a file with its secret, or `secret`")
            }
        };
        Some(AdminToken { name: name?, secret: secret? })
    }

    fn missing<T>(&mut self, place: &Place, message: &str) -> Option<T> {
        self.findings.mistake(place, message);
        None
    }
}

/// The app of `--app` and `--key-file`.
pub(super) fn start_app(
    id: Option<&Given<String>>,
    key_file: Option<&Given<String>>,
    policy: Option<&Given<String>>,
    findings: &mut Findings,
) -> Option<AppConfig> {
    let (id, key_file) = match (id, key_file) {
        (Some(id), Some(key_file)) => (id, key_file),
        (Some(id), None) => {
            findings.mistake(&id.place, "an app needs its secret key: add --key-file FILE");
            return None;
        }
        (None, Some(key_file)) => {
            findings.mistake(&key_file.place, "a key needs its app: add --app SDKAPPID");
            return None;
        }
        (None, None) => {
            if let Some(policy) = policy {
                findings
                    .mistake(&policy.place, "a policy needs its app: add --app SDKAPPID and --key-file FILE");
            }
            return None;
        }
    };
    let number = findings.take(&id.place, values::number(row("app"), &id.value));
    let secret = secret::read(&PathBuf::from(&key_file.value), findings);
    let key = secret.and_then(|text| Key::new(&text).map_err(|error| error.to_string()));
    let key = findings.take(&key_file.place, key);
    let policy = match policy {
        Some(policy) => findings.take(&policy.place, preset_policy(row("policy"), &policy.value)),
        None => Some(Policy::default()),
    };
    let rules = AppRules { policy: policy?, offline_kick_error: false };
    Some(AppConfig { id: AppId(number?), keys: vec![key?], rules })
}

/// The token of `--admin-token-file`.
pub(super) fn start_token(file: &Given<String>, findings: &mut Findings) -> Option<AdminToken> {
    let secret = secret::read(&PathBuf::from(&file.value), findings).and_then(token_secret);
    let secret = findings.take(&file.place, secret)?;
    Some(AdminToken { name: TOKEN_NAME_DEFAULT.to_owned(), secret })
}

fn preset_policy(row: &KeyRow, preset: &str) -> Result<Policy, String> {
    let preset = values::choice(row, preset)?;
    let text = PolicyText::deserialize(serde_json::json!({ "preset": preset }))
        .map_err(|error| error.to_string())?;
    Policy::try_from(text).map_err(|error| error.to_string())
}

fn token_name(name: &str) -> Result<String, String> {
    let visible = name.chars().all(|letter| !letter.is_control());
    if visible && (1..=TOKEN_NAME_BYTES_MAX).contains(&name.len()) {
        return Ok(name.to_owned());
    }
    Err(format!("`admin.tokens.name` must have 1 to {TOKEN_NAME_BYTES_MAX} bytes and no control character"))
}

fn token_secret(secret: String) -> Result<String, String> {
    let visible = secret.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && TOKEN_CHARS.contains(&secret.len()) {
        return Ok(secret);
    }
    Err(format!(
        "an admin token must have {} to {} visible ASCII characters; this makes one: openssl rand -hex 32",
        TOKEN_CHARS.start(),
        TOKEN_CHARS.end()
    ))
}

fn texts<'a>(list: &Given<&'a Spanned<DeValue<'a>>>) -> impl Iterator<Item = &'a str> + use<'a> {
    list.value.get_ref().as_array().into_iter().flatten().filter_map(|item| item.get_ref().as_str())
}

fn row(name: &str) -> &'static KeyRow {
    key_row(name).expect("a row of spec/gateway.toml")
}

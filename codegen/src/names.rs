//! The other spellings of a name of the spec files. The rules are written at the top of the spec file.

use crate::spec::{GatewayKey, Setting};

impl Setting {
    /// Key in the JSON of the C API's init.
    pub(crate) fn c_key(&self) -> String {
        format!("sdk_config_{}", self.name)
    }

    /// Environment variable.
    pub(crate) fn env(&self) -> String {
        format!("TESSERA_{}", upper(&self.name))
    }

    /// Name of the meta-data element in the Android manifest.
    pub(crate) fn android_meta(&self) -> String {
        format!("io.tessera.{}", self.name)
    }

    /// Key in Info.plist.
    pub(crate) fn plist_key(&self) -> String {
        format!("Tessera{}", camel(&self.name))
    }

    /// Property of `V2TIMSDKConfig`.
    pub(crate) fn property(&self) -> String {
        let camel = camel(&self.name);
        let (first, rest) = camel.split_at(1);
        first.to_lowercase() + rest
    }
}

impl GatewayKey {
    /// Environment variable. The rule is written at the top of `spec/gateway.toml`.
    pub(crate) fn env(&self) -> String {
        format!("TESSERA_GATEWAY_{}", upper(&self.name.replace('.', "_")))
    }

    /// Flag of `tessera serve`, without its dashes.
    pub(crate) fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// The table that it stands in, and its name there.
    pub(crate) fn table_and_leaf(&self) -> (&str, &str) {
        self.name.rsplit_once('.').unwrap_or(("", &self.name))
    }
}

/// `login_timeout_ms` as `LOGIN_TIMEOUT_MS`.
pub(crate) fn upper(name: &str) -> String {
    name.to_uppercase()
}

/// `login_timeout_ms` as `LoginTimeoutMs`.
pub(crate) fn camel(name: &str) -> String {
    name.split('_').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

//! The other spellings of a name of the spec files. The rules are written at the top of `spec/settings.toml`.

use crate::spec::Setting;

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

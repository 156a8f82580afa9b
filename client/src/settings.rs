//! Where a setting's value comes from (C23): code wins over the manifest or plist, which wins over the environment,
//! which wins over the table's default.
//!
//! The rows are those of `tessera_core`; here is only which source has the word.

use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::settings::{ClientSettings, SETTINGS, SettingError, SettingRow};

/// What every environment variable of this project begins with.
const ENVIRONMENT_PREFIX: &str = "TESSERA_";

/// One source of settings: names and their values as text.
pub type Layer = Vec<(String, String)>;

/// The sources of settings, the strongest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// What the code of the host gives.
    pub code: Layer,
    /// What the Android manifest or Info.plist gives.
    pub manifest: Layer,
    /// What the environment gives; see [`environment`].
    pub environment: Layer,
}

/// The variables of the process's environment that concern this project.
pub fn environment() -> Layer {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX))
        .collect()
}

/// The row with this name, in any of its spellings: its own (`server_url`), the C key (`sdk_config_server_url`), the
/// environment variable, the manifest's meta-data name, the Info.plist key, or the property (`serverUrl`).
pub fn row_named(name: &str) -> Option<&'static SettingRow> {
    SETTINGS.iter().find(|row| {
        [row.name, row.c_key, row.env, row.android_meta, row.plist_key, row.property].contains(&name)
    })
}

/// The settings that hold. Of each setting only the strongest source that has it is read; an empty text in the
/// manifest or the environment counts as not there.
///
/// # Errors
/// 6017 for a value that is malformed or out of range, naming its source and what is allowed; for a name in the code
/// that no setting has; and for settings that contradict each other. Unknown names elsewhere are ignored, with a log
/// line.
pub fn resolve(layers: &Layers) -> Result<ClientSettings, Error> {
    let mut settings = ClientSettings::default();
    let unknown = layers.code.iter().find(|(name, _)| row_named(name).is_none());
    if let Some((name, value)) = unknown {
        // The table has the text for it.
        settings.set(name, value).map_err(|error| refuse("", &error))?;
    }
    for (source, layer) in [("manifest", &layers.manifest), ("environment", &layers.environment)] {
        for (name, _) in layer.iter().filter(|(name, _)| row_named(name).is_none()) {
            tracing::debug!("{name} in the {source} is no setting of the client and is ignored");
        }
    }
    for row in SETTINGS {
        if let Some((source, value)) = strongest(layers, row) {
            settings.set(row.name, value).map_err(|error| refuse(&source, &error))?;
        }
    }
    settings.check().map_err(|error| refuse("", &error))?;
    Ok(settings)
}

fn strongest<'a>(layers: &'a Layers, row: &'static SettingRow) -> Option<(String, &'a str)> {
    let of = |layer: &'a Layer| {
        let found = layer.iter().rev().find(|(name, _)| row_named(name) == Some(row));
        found.map(|(name, value)| (name, value.as_str()))
    };
    let set = |(_, value): &(&String, &str)| !value.is_empty();
    if let Some((_, value)) = of(&layers.code) {
        return Some((String::new(), value));
    }
    let from_manifest = of(&layers.manifest).filter(set).map(|(name, value)| (format!("{name}: "), value));
    from_manifest.or_else(|| {
        let variable = of(&layers.environment).filter(set);
        variable.map(|(name, value)| (format!("environment variable {name}: "), value))
    })
}

fn refuse(source: &str, error: &SettingError) -> Error {
    Error::new(codes::ERR_INVALID_PARAMETERS, format!("{source}{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_core::settings::SettingKind;

    fn layer(pairs: &[(&str, &str)]) -> Layer {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn code_wins_over_manifest_over_environment_over_default() {
        // C23
        let mut layers = Layers {
            environment: layer(&[("TESSERA_LOGIN_TIMEOUT_MS", "1000"), ("TESSERA_LEASE_MS", "")]),
            ..Layers::default()
        };
        assert_eq!(resolve(&layers).unwrap().login_timeout_ms, 1000);
        assert_eq!(resolve(&layers).unwrap().connect_timeout_ms, 10_000);
        layers.manifest = layer(&[("io.tessera.login_timeout_ms", "2000")]);
        assert_eq!(resolve(&layers).unwrap().login_timeout_ms, 2000);
        layers.code = layer(&[("loginTimeoutMs", "3000")]);
        assert_eq!(resolve(&layers).unwrap().login_timeout_ms, 3000);
        layers.code.push(("login_timeout_ms".to_owned(), "4000".to_owned()));
        assert_eq!(resolve(&layers).unwrap().login_timeout_ms, 4000);
    }

    #[test]
    fn a_bad_value_names_its_variable_and_the_range() {
        // C23
        for value in ["99", "600001", "soon", "-1"] {
            let layers =
                Layers { environment: layer(&[("TESSERA_LOGIN_TIMEOUT_MS", value)]), ..Layers::default() };
            let refused = resolve(&layers).unwrap_err();
            assert_eq!(refused.code, codes::ERR_INVALID_PARAMETERS);
            for part in ["TESSERA_LOGIN_TIMEOUT_MS", "100 to 600000"] {
                assert!(refused.desc.contains(part), "{}", refused.desc);
            }
        }
    }

    #[test]
    fn both_ends_of_every_range_are_taken_and_one_beyond_is_not() {
        // C23
        let set = |name: &str, value: u64| {
            let code = layer(&[
                (name, value.to_string().as_str()),
                ("reconnect_delay_max_ms", "600000"),
                ("ticket_retry_max_ms", "600000"),
                ("reconnect_delay_min_ms", "10"),
                ("ticket_retry_min_ms", "10"),
                (name, value.to_string().as_str()),
            ]);
            resolve(&Layers { code, ..Layers::default() })
        };
        for row in SETTINGS.iter().filter(|row| matches!(row.kind, SettingKind::Number(_))) {
            assert!(set(row.name, row.min).is_ok(), "{} = {}", row.name, row.min);
            assert!(set(row.name, row.max).is_ok(), "{} = {}", row.name, row.max);
            assert!(set(row.name, row.max + 1).is_err(), "{}", row.name);
            assert!(row.min == 0 || set(row.name, row.min - 1).is_err(), "{}", row.name);
        }
    }

    #[test]
    fn unknown_names_are_an_error_in_code_only() {
        let environment = layer(&[("TESSERA_LISTEN", "x")]);
        let manifest = layer(&[("io.tessera.colour", "x")]);
        assert!(resolve(&Layers { environment, manifest, ..Layers::default() }).is_ok());
        let refused = resolve(&Layers { code: layer(&[("login_timeout", "1")]), ..Layers::default() });
        assert!(refused.unwrap_err().desc.contains("login_timeout_ms"));
    }

    #[test]
    fn every_row_is_found_by_all_its_names() {
        for row in SETTINGS {
            for name in [row.name, row.c_key, row.env, row.android_meta, row.plist_key, row.property] {
                assert_eq!(row_named(name), Some(row), "{name}");
            }
        }
    }
}

//! Settings from JSON: what TIMInit, TIMSetConfig and callExperimentalAPI are given, as rows of the settings table (C23).

use serde_json::{Map, Value};
use tessera_client::settings::{Layer, row_named};
use tessera_client::{Error, codes};

use crate::generated::keys::{
    kTIMSdkConfigConfigFilePath, kTIMSdkConfigJavaVM, kTIMSdkConfigLogFilePath, kTIMSdkConfigMainThreadID,
    kTIMSetConfigCallbackLogLevel, kTIMSetConfigHttpProxyInfo, kTIMSetConfigIsLogOutputConsole,
    kTIMSetConfigIsOnlyLocalDNSSource, kTIMSetConfigLogLevel, kTIMSetConfigPACProxyInfo,
    kTIMSetConfigSocks5ProxyInfo, kTIMSetConfigUserConfig, kTIMSetConfigUserDefineData,
};
use crate::logs;

/// What all keys of TIMInit begin with.
const KEY_PREFIX: &str = "sdk_config_";
/// Keys of the vendor's that mean nothing here.
const WITHOUT_EFFECT: [&str; 4] =
    [kTIMSdkConfigConfigFilePath, kTIMSdkConfigLogFilePath, kTIMSdkConfigMainThreadID, kTIMSdkConfigJavaVM];
/// The same, of TIMSetConfig.
const SET_WITHOUT_EFFECT: [&str; 4] = [
    kTIMSetConfigIsLogOutputConsole,
    kTIMSetConfigUserConfig,
    kTIMSetConfigUserDefineData,
    kTIMSetConfigIsOnlyLocalDNSSource,
];
/// As those, but who sets one may have no other way to the network.
const PROXIES: [&str; 3] =
    [kTIMSetConfigHttpProxyInfo, kTIMSetConfigSocks5ProxyInfo, kTIMSetConfigPACProxyInfo];

/// What was said before init, for the next one.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) server_url: Option<String>,
    pub(crate) login_tries: Option<(u64, u64)>,
    pub(crate) ignore_repeat_login: Option<bool>,
    pub(crate) log_level: Option<String>,
}

impl Pending {
    /// As settings of the code, under those that TIMInit itself is given.
    pub(crate) fn layer(&self) -> Layer {
        let mut layer = Layer::new();
        let mut set = |name: &str, value: Option<String>| {
            layer.extend(value.map(|value| (name.to_owned(), value)));
        };
        set("server_url", self.server_url.clone());
        set("ignore_repeat_login", self.ignore_repeat_login.map(|ignore| ignore.to_string()));
        set("log_level", self.log_level.clone());
        let tries = self.login_tries;
        set("connect_timeout_ms", tries.map(|(each, _)| clamped("connect_timeout_ms", each)));
        set(
            "login_timeout_ms",
            tries.map(|(each, tries)| clamped("login_timeout_ms", each.saturating_mul(tries))),
        );
        layer
    }
}

/// A number moved into the range of its setting.
fn clamped(name: &str, value: u64) -> String {
    row_named(name).map_or(value, |row| value.clamp(row.min, row.max)).to_string()
}

/// The object in a text.
///
/// # Errors
/// 6027 if there is none.
pub(crate) fn object(json: &str) -> Result<Map<String, Value>, Error> {
    let refuse = |why: String| Error::new(codes::ERR_INVALID_JSON, why);
    match serde_json::from_str(json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(refuse("the JSON is not an object".to_owned())),
        // It names line and column, and none of what stands there.
        Err(error) => Err(refuse(format!("the JSON is malformed: {error}"))),
    }
}

/// The settings in the JSON of TIMInit; NULL and an empty text are none.
///
/// # Errors
/// 6027 for malformed JSON; 6017 for a setting whose value is an array, an object or null.
pub(crate) fn layer_of(json: Option<&str>) -> Result<Layer, Error> {
    let Some(json) = json.filter(|json| !json.is_empty()) else { return Ok(Layer::new()) };
    let mut layer = Layer::new();
    for (key, value) in object(json)? {
        let row = row_named(&key).filter(|_| key.starts_with(KEY_PREFIX));
        match (row, scalar(&value)) {
            (Some(row), Some(text)) => layer.push((row.name.to_owned(), text)),
            (Some(row), None) => {
                let why = format!("`{}` is neither a text nor a number nor true or false", row.c_key);
                return Err(Error::new(codes::ERR_INVALID_PARAMETERS, why));
            }
            (None, _) if WITHOUT_EFFECT.contains(&key.as_str()) => {
                tracing::debug!("{key} has no effect here");
            }
            (None, _) => tracing::info!("{key:?} in the configuration is no setting and is ignored"),
        }
    }
    Ok(layer)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// TIMSetConfig: takes what the JSON has, and returns all that can be set, as JSON.
///
/// # Errors
/// 6027 for malformed JSON; 6017 for a level that is none.
pub(crate) fn set_config(pending: &mut Pending, json: &str) -> Result<String, Error> {
    let given = object(json)?;
    let level_at = |key: &str| given.get(key).map(|value| level(key, value)).transpose();
    // All of it is looked at before any of it takes effect.
    let (log, callback) = (level_at(kTIMSetConfigLogLevel)?, level_at(kTIMSetConfigCallbackLogLevel)?);
    if let Some((level, _)) = log {
        pending.log_level = Some(level.as_str().to_owned());
        tessera_client::Logs::of_process().set_level(level);
    }
    if let Some((_, number)) = callback {
        logs::set_callback_level(number);
    }
    for key in given.keys() {
        match key.as_str() {
            kTIMSetConfigLogLevel | kTIMSetConfigCallbackLogLevel => {}
            key if PROXIES.contains(&key) => {
                tracing::warn!("{key} has no effect here: the SDK connects directly");
            }
            key if SET_WITHOUT_EFFECT.contains(&key) => tracing::debug!("{key} has no effect here"),
            key => tracing::info!("{key:?} in the configuration is unknown here and is ignored"),
        }
    }
    let level = pending.log_level.as_deref().and_then(tessera_client::LogLevel::parse);
    let mut all = Map::new();
    all.extend(level.map(|level| (kTIMSetConfigLogLevel.to_owned(), level.number().into())));
    all.insert(kTIMSetConfigCallbackLogLevel.to_owned(), logs::callback_level().into());
    Ok(Value::Object(all).to_string())
}

/// A level, and the number of the vendor's that says it.
fn level(key: &str, value: &Value) -> Result<(tessera_client::LogLevel, i32), Error> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    let found = number.and_then(|number| Some((logs::level_of_number(i64::from(number))?, number)));
    found.ok_or_else(|| {
        Error::new(codes::ERR_INVALID_PARAMETERS, format!("{key} is not a number of TIMLogLevel"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn texts_numbers_and_truth_values_become_settings() {
        // C23
        let json = r#"{"sdk_config_server_url": "wss://a", "sdk_config_allow_plain": true,
            "sdk_config_login_timeout_ms": 500, "sdk_config_log_file_path": "D:\\", "server_url": "b", "x": [1]}"#;
        let mut layer = layer_of(Some(json)).unwrap();
        layer.sort();
        let expected =
            [pair("allow_plain", "true"), pair("login_timeout_ms", "500"), pair("server_url", "wss://a")];
        assert_eq!(layer, expected);
        assert_eq!(layer_of(None).unwrap(), []);
        assert_eq!(layer_of(Some("")).unwrap(), []);
        assert_eq!(layer_of(Some("{}")).unwrap(), []);
    }

    #[test]
    fn what_is_no_object_is_malformed_and_what_is_no_value_is_invalid() {
        for json in ["{", "[]", "1", "null", "{\"a\":}", "\u{feff}{}"] {
            assert_eq!(layer_of(Some(json)).unwrap_err().code, codes::ERR_INVALID_JSON, "{json}");
        }
        for value in ["null", "[]", "{}"] {
            let json = format!("{{\"sdk_config_login_timeout_ms\": {value}}}");
            assert_eq!(layer_of(Some(&json)).unwrap_err().code, codes::ERR_INVALID_PARAMETERS);
        }
    }

    #[test]
    fn the_text_of_an_error_shows_nothing_of_the_json() {
        let error = object("{\"a\": SECRET}").unwrap_err();
        assert!(!error.desc.contains("SECRET"), "{}", error.desc);
    }

    #[test]
    fn levels_are_set_and_told() {
        let mut pending = Pending::default();
        let all = set_config(&mut pending, r#"{"set_config_log_level": 5, "colour": 1}"#).unwrap();
        assert_eq!(object(&all).unwrap()[kTIMSetConfigLogLevel], 5);
        assert_eq!(pending.layer(), [pair("log_level", "warn")]);
        for json in [r#"{"set_config_log_level": 9}"#, r#"{"set_config_callback_log_level": "warn"}"#] {
            assert_eq!(set_config(&mut pending, json).unwrap_err().code, codes::ERR_INVALID_PARAMETERS);
        }
        // Nothing of a call that fails takes effect.
        let half = r#"{"set_config_log_level": 6, "set_config_callback_log_level": 99}"#;
        assert!(set_config(&mut pending, half).is_err());
        assert_eq!(pending.layer(), [pair("log_level", "warn")]);
    }
}

//! callExperimentalAPI: the operations that concern a login. What they set holds from the next init on.

use serde_json::{Map, Value, json};
use tessera_client::{ClientSettings, Error, codes};

use crate::config::{Pending, object};
use crate::generated::keys::{
    kTIMCustomServerInfoLongConnectionAddressArray, kTIMInternalOperationSetCustomServerInfo,
    kTIMInternalOperationSetIgnoreRepeatLogin, kTIMInternalOperationSetMaxRetryCount,
    kTIMInternalOperationSetPacketRequestTimeout, kTIMInternalOperationSetUIPlatform,
    kTIMRequestInternalOperation, kTIMRequestSetCustomServerInfoParam, kTIMRequestSetIgnoreRepeatLoginParam,
    kTIMRequestSetMaxRetryCountParam, kTIMRequestSetPacketRequestTimeoutParam, kTIMRequestSetUIPlatformParam,
    kTIMResponseInternalOperation, kTIMServerAddressIp, kTIMServerAddressPort,
};

/// What the callback gets: the result, and JSON that names the operation.
pub(crate) type Answer = (Result<(), Error>, String);

/// Carries out what the JSON asks for.
///
/// # Errors
/// 6027 for malformed JSON and for JSON that names no operation; 6017 for a parameter that is missing or not of its
/// type. Then there is no callback.
pub(crate) fn carry_out(pending: &mut Pending, json: &str) -> Result<Answer, Error> {
    let request = object(json)?;
    let operation = request.get(kTIMRequestInternalOperation).and_then(Value::as_str).ok_or_else(|| {
        Error::new(codes::ERR_INVALID_JSON, format!("the JSON has no `{kTIMRequestInternalOperation}`"))
    })?;
    let mut result = Ok(());
    match operation {
        kTIMInternalOperationSetUIPlatform => {
            let platform = parameter(&request, kTIMRequestSetUIPlatformParam, name_of_platform)?;
            tracing::info!("the framework of the app is {platform:?}");
        }
        kTIMInternalOperationSetCustomServerInfo => {
            pending.server_url = Some(parameter(&request, kTIMRequestSetCustomServerInfoParam, url)?);
        }
        kTIMInternalOperationSetPacketRequestTimeout => {
            let seconds = parameter(&request, kTIMRequestSetPacketRequestTimeoutParam, positive)?;
            let (_, tries) = login_tries(pending);
            pending.login_tries = Some((seconds.saturating_mul(1000), tries));
        }
        kTIMInternalOperationSetMaxRetryCount => {
            let retries = parameter(&request, kTIMRequestSetMaxRetryCountParam, Value::as_u64)?;
            let (each, _) = login_tries(pending);
            pending.login_tries = Some((each, retries.saturating_add(1)));
        }
        kTIMInternalOperationSetIgnoreRepeatLogin => {
            pending.ignore_repeat_login =
                Some(parameter(&request, kTIMRequestSetIgnoreRepeatLoginParam, Value::as_bool)?);
        }
        _ => result = Err(Error::of(codes::ERR_SDK_INTERFACE_NOT_SUPPORT)),
    }
    Ok((result, json!({ kTIMResponseInternalOperation: operation }).to_string()))
}

fn parameter<'a, T>(
    request: &'a Map<String, Value>,
    key: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<T, Error> {
    request.get(key).and_then(read).ok_or_else(|| {
        Error::new(codes::ERR_INVALID_PARAMETERS, format!("`{key}` is missing or not of its type"))
    })
}

/// Wrappers give a name or a number.
fn name_of_platform(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}

fn positive(value: &Value) -> Option<u64> {
    value.as_u64().filter(|number| *number > 0)
}

/// How long one try of a login may take, and how many tries there are. A login has one deadline (C10); this is how the
/// two numbers of the vendor's make it up, and what they are by default.
fn login_tries(pending: &Pending) -> (u64, u64) {
    let ClientSettings { connect_timeout_ms, login_timeout_ms, .. } = ClientSettings::default();
    pending.login_tries.unwrap_or((connect_timeout_ms, login_timeout_ms / connect_timeout_ms))
}

/// The first address, as a URL. A host that is a URL already is taken as it is.
fn url(value: &Value) -> Option<String> {
    let address = value.get(kTIMCustomServerInfoLongConnectionAddressArray)?.get(0)?;
    let host = address.get(kTIMServerAddressIp)?.as_str().filter(|host| !host.is_empty())?;
    if host.contains("://") {
        return Some(host.to_owned());
    }
    let host =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    match address.get(kTIMServerAddressPort) {
        None => Some(format!("wss://{host}")),
        Some(port) => Some(format!("wss://{host}:{}", u16::try_from(port.as_u64()?).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_client::settings::row_named;

    fn call(pending: &mut Pending, operation: &str, key: &str, value: Value) -> Result<Answer, Error> {
        carry_out(pending, &json!({ kTIMRequestInternalOperation: operation, key: value }).to_string())
    }

    fn value(pending: &Pending, name: &str) -> Option<String> {
        assert!(row_named(name).is_some());
        pending.layer().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    #[test]
    fn a_server_becomes_the_url() {
        let mut pending = Pending::default();
        let info = |host: &str, port: Value| {
            json!({ kTIMCustomServerInfoLongConnectionAddressArray:
                [{ kTIMServerAddressIp: host, kTIMServerAddressPort: port }, { kTIMServerAddressIp: "second" }] })
        };
        for (host, port, url) in [
            ("chat.example.com", json!(7700), "wss://chat.example.com:7700"),
            ("::1", json!(1), "wss://[::1]:1"),
            ("ws://127.0.0.1:7700/tessera", json!(1), "ws://127.0.0.1:7700/tessera"),
        ] {
            let (operation, key) =
                (kTIMInternalOperationSetCustomServerInfo, kTIMRequestSetCustomServerInfoParam);
            call(&mut pending, operation, key, info(host, port)).unwrap().0.unwrap();
            assert_eq!(value(&pending, "server_url").as_deref(), Some(url));
            for wrong in [json!({}), info("", json!(1)), info("a", json!(65536)), info("a", json!("7"))] {
                let refused = call(&mut pending, operation, key, wrong).unwrap_err();
                assert_eq!(refused.code, codes::ERR_INVALID_PARAMETERS);
            }
        }
    }

    #[test]
    fn timeout_and_retries_make_up_the_deadline() {
        // C10: 30 s are three tries of 10 s.
        let mut pending = Pending::default();
        let (operation, key) = (kTIMInternalOperationSetMaxRetryCount, kTIMRequestSetMaxRetryCountParam);
        call(&mut pending, operation, key, json!(2)).unwrap().0.unwrap();
        let deadline = ClientSettings::default().login_timeout_ms.to_string();
        assert_eq!(value(&pending, "login_timeout_ms"), Some(deadline));
        let (operation, key) =
            (kTIMInternalOperationSetPacketRequestTimeout, kTIMRequestSetPacketRequestTimeoutParam);
        call(&mut pending, operation, key, json!(4)).unwrap().0.unwrap();
        assert_eq!(value(&pending, "login_timeout_ms").as_deref(), Some("12000"));
        assert_eq!(value(&pending, "connect_timeout_ms").as_deref(), Some("4000"));
        call(&mut pending, operation, key, json!(u64::MAX)).unwrap().0.unwrap();
        let longest = row_named("login_timeout_ms").unwrap().max.to_string();
        assert_eq!(value(&pending, "login_timeout_ms"), Some(longest));
        for wrong in [json!(0), json!(-1), json!("4"), json!(null)] {
            assert!(call(&mut pending, operation, key, wrong).is_err());
        }
    }

    #[test]
    fn other_operations_are_7013_and_name_themselves() {
        let mut pending = Pending::default();
        let (result, json) = call(&mut pending, "internal_operation_sso_data", "x", json!(1)).unwrap();
        assert_eq!(result.unwrap_err().code, codes::ERR_SDK_INTERFACE_NOT_SUPPORT);
        assert_eq!(json, r#"{"response_internal_operation":"internal_operation_sso_data"}"#);
        for json in ["", "{", "{}", r#"{"request_internal_operation": 1}"#] {
            assert_eq!(carry_out(&mut pending, json).unwrap_err().code, codes::ERR_INVALID_JSON, "{json}");
        }
    }

    #[test]
    fn a_framework_is_a_name_or_a_number_and_repeated_logins_are_ignored_on_request() {
        let mut pending = Pending::default();
        let (operation, key) = (kTIMInternalOperationSetUIPlatform, kTIMRequestSetUIPlatformParam);
        for platform in [json!("unity"), json!(18)] {
            call(&mut pending, operation, key, platform).unwrap().0.unwrap();
        }
        assert_eq!(pending.layer(), []);
        let (operation, key) =
            (kTIMInternalOperationSetIgnoreRepeatLogin, kTIMRequestSetIgnoreRepeatLoginParam);
        call(&mut pending, operation, key, json!(true)).unwrap().0.unwrap();
        assert_eq!(value(&pending, "ignore_repeat_login").as_deref(), Some("true"));
    }
}

//! What a request carries besides its path: days and policies, read with an error that says what is allowed.

use serde::Deserialize;
use tessera_core::gateway::policy::PolicyText;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::reply::Refusal;
use crate::store;
use tessera_core::time::Millis;

/// `?from=…&to=…`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Days {
    pub(super) from: String,
    pub(super) to: String,
}

/// `?max=…`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Max {
    pub(super) max: Option<usize>,
}

/// A change of an app's rules.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewRules {
    pub(super) policy: PolicyText,
    pub(super) offline_kick_error: Option<bool>,
}

/// The day of a date such as `2026-11-21`, in days since 1970 (UTC).
pub(super) fn day(text: &str) -> Result<u32, Refusal> {
    let start = OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).ok();
    let seconds = start.and_then(|start| u64::try_from(start.unix_timestamp()).ok());
    let wrong = || Refusal::malformed("a day is written as 2026-11-21 and is not before 1970".to_owned());
    seconds.map(|seconds| store::day(Millis::from_secs(seconds))).ok_or_else(wrong)
}

/// The body of a policy change: a policy, and beside it the switch.
pub(super) fn new_rules(bytes: &[u8]) -> Result<NewRules, Refusal> {
    const SHAPE: &str =
        r#"send {"preset":"dual"}, or {"sets":[…]}, either with "caps" and "offline_kick_error""#;
    let wrong = |reason: &dyn std::fmt::Display| {
        Refusal::malformed(format!("the policy is refused: {reason}; {SHAPE}"))
    };
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
    let offline_kick_error = match object.remove("offline_kick_error") {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::Bool(flag)) => Some(flag),
        Some(_) => return Err(wrong(&"`offline_kick_error` is true or false")),
    };
    if object.is_empty() {
        // An empty policy would be the default, and nobody asks for that by saying nothing.
        return Err(wrong(&"there is no policy in it"));
    }
    let policy = PolicyText::deserialize(serde_json::Value::Object(object)).map_err(|error| wrong(&error))?;
    Ok(NewRules { policy, offline_kick_error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        // G11
        assert_eq!(day("1970-01-01").unwrap(), 0);
        assert_eq!(day("2000-03-01").unwrap(), 11_017);
        for bad in ["", "1969-12-31", "2026-02-29", "2026-1-1", "20261121", "2026-11-21T00:00:00Z"] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_policy_with_its_switch_is_read_and_an_empty_one_is_refused() {
        // G3
        let rules = new_rules(br#"{"preset":"dual","offline_kick_error":true}"#).unwrap();
        assert_eq!(rules.offline_kick_error, Some(true));
        assert!(rules.policy.preset.is_some());
        assert_eq!(new_rules(br#"{"caps":{"web":2}}"#).unwrap().offline_kick_error, None);
        for bad in
            ["", "[]", "{}", r#"{"offline_kick_error":true}"#, r#"{"presets":"dual"}"#, r#"{"preset":"duo"}"#]
        {
            assert!(new_rules(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

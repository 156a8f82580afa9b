//! Settings and limits through their public API: defaults, ranges, and what a refusal says.

use tessera_core::generated::status::{LogLevel, Platform};
use tessera_core::generated::{codes, limits, settings};
use tessera_core::settings::{
    ClientSettings, GatewayLimits, LIMITS, SETTINGS, SettingError, SettingKind, Value, limit_row,
};
use tessera_core::time::Millis;

#[test]
fn defaults_are_those_of_the_table() {
    // C10, C11, C15, C23.
    let client = ClientSettings::default();
    assert_eq!(client.login_timeout_ms, settings::default::LOGIN_TIMEOUT_MS);
    assert_eq!((client.login_timeout_ms, client.connect_timeout_ms), (30_000, 10_000));
    assert_eq!((client.reconnect_delay_min_ms, client.reconnect_delay_max_ms), (500, 30_000));
    assert_eq!((client.platform, client.log_level), (None, LogLevel::Debug));
    // G6.
    let gateway = GatewayLimits::default();
    assert_eq!((gateway.ping_interval_ms, gateway.ping_misses, gateway.lease_ms), (25_000, 2, 60_000));
}

#[test]
fn every_default_can_be_set_as_text_and_changes_nothing() {
    let mut client = ClientSettings::default();
    for row in SETTINGS {
        let text = match row.default {
            Value::Text(text) => text.to_owned(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
        };
        client.set(row.name, &text).unwrap();
    }
    assert_eq!(client, ClientSettings::default());
    let mut gateway = GatewayLimits::default();
    for row in LIMITS {
        gateway.set(row.name, &row.default.to_string()).unwrap();
    }
    assert_eq!(gateway, GatewayLimits::default());
}

#[test]
fn both_ends_of_every_range_are_allowed_and_the_next_numbers_are_not() {
    let mut client = ClientSettings::default();
    for row in SETTINGS.iter().filter(|row| matches!(row.kind, SettingKind::Number(_))) {
        check_range(row.name, row.min, row.max, |value| client.set(row.name, value));
    }
    let mut gateway = GatewayLimits::default();
    for row in LIMITS {
        check_range(row.name, row.min, row.max, |value| gateway.set(row.name, value));
    }
}

fn check_range(name: &str, min: u64, max: u64, mut set: impl FnMut(&str) -> Result<(), SettingError>) {
    assert_eq!(set(&min.to_string()), Ok(()), "{name}");
    assert_eq!(set(&max.to_string()), Ok(()), "{name}");
    assert!(set(&(max + 1).to_string()).is_err(), "{name}");
    assert!(min == 0 || set(&(min - 1).to_string()).is_err(), "{name}");
}

#[test]
fn refusals_name_the_setting_and_what_is_allowed() {
    let mut client = ClientSettings::default();
    let mut refusal = |name, value| client.set(name, value).unwrap_err().to_string();
    assert_eq!(
        refusal("login_timeout_ms", "5"),
        "setting `login_timeout_ms`: 5 is out of range; allowed is 100 to 600000 ms"
    );
    assert_eq!(
        refusal("login_timeout_ms", "30s"),
        "setting `login_timeout_ms`: `30s` is not a whole number from 100 to 600000 ms"
    );
    assert_eq!(
        refusal("login_timeout", "30000"),
        "there is no setting `login_timeout`; the nearest name is `login_timeout_ms`"
    );
    assert_eq!(refusal("url", "x"), "there is no setting `url`; the nearest name is `server_url`");
    assert_eq!(
        refusal("serverUrl", "x"),
        "there is no setting `serverUrl`; the nearest name is `server_url`"
    );
    assert_eq!(refusal("foo", "x"), "there is no setting `foo`", "nothing is like it");
    assert_eq!(refusal("x", "x"), "there is no setting `x`");
    assert_eq!(refusal("", "x"), "there is no setting ``");
    assert_eq!(refusal("allow_plain", "yes"), "setting `allow_plain`: `yes` is not `true` or `false`");
    assert_eq!(
        refusal("platform", "amiga"),
        "setting `platform`: `amiga` is not one of android, iphone, ipad, windows, mac, linux, web"
    );
    assert_eq!(client, ClientSettings::default());
}

#[test]
fn refusals_of_limits_speak_of_limits() {
    let mut gateway = GatewayLimits::default();
    let mut refusal = |name, value| gateway.set(name, value).unwrap_err().to_string();
    assert_eq!(refusal("ping_misses", "11"), "limit `ping_misses`: 11 is out of range; allowed is 1 to 10");
    assert_eq!(refusal("ping_misses", "x"), "limit `ping_misses`: `x` is not a whole number from 1 to 10");
    assert_eq!(refusal("ping_miss", "1"), "there is no limit `ping_miss`; the nearest name is `ping_misses`");
    assert_eq!(refusal("colour", "1"), "there is no limit `colour`");
}

#[test]
fn a_shortest_delay_above_the_longest_is_refused() {
    // C11, C15.
    let mut client = ClientSettings::default();
    assert_eq!(client.check(), Ok(()));
    client.set("ticket_retry_max_ms", "10").unwrap();
    let refusal = client.check().unwrap_err().to_string();
    assert_eq!(refusal, "setting `ticket_retry_min_ms` is above `ticket_retry_max_ms`");
    client.set("reconnect_delay_max_ms", "499").unwrap();
    let refusal = client.check().unwrap_err().to_string();
    assert_eq!(refusal, "setting `reconnect_delay_min_ms` is above `reconnect_delay_max_ms`");
}

#[test]
fn texts_flags_platforms_and_levels_are_read() {
    let mut client = ClientSettings::default();
    client.set("server_url", "wss://localhost/tessera").unwrap();
    client.set("ca_file", "ca.pem").unwrap();
    client.set("allow_plain", "1").unwrap();
    client.set("platform", "ipad").unwrap();
    client.set("log_level", "6").unwrap();
    assert_eq!(
        (client.server_url.as_str(), client.ca_file.as_deref()),
        ("wss://localhost/tessera", Some("ca.pem"))
    );
    assert_eq!(
        (client.allow_plain, client.platform, client.log_level),
        (true, Some(Platform::Ipad), LogLevel::Error)
    );
    client.set("ca_file", "").unwrap();
    assert_eq!(client.ca_file, None);
}

#[test]
fn limits_tell_their_code_and_when_to_come_back() {
    // G7.
    let row = limits::row::CONNECTIONS_MAX;
    assert_eq!(limit_row("connections_max"), Some(row));
    assert_eq!((row.code, row.retryable), (Some(codes::ERR_SVR_SSO_CONNECT_LIMIT), true));
    assert_eq!(row.retry_after, Some(Millis(5_000)));
    assert_eq!(limits::row::LOGIN_WITHIN_MS.code, None);
}

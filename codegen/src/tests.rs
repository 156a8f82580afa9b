//! The rules of `validate.rs`, each with a spec that breaks only it, and the derived names.

use std::path::Path;

use crate::spec::{Login, Setting, Spec, Value};
use crate::validate::validate;

fn spec() -> Spec {
    Spec::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")).unwrap()
}

/// The problems of the committed spec after one change.
fn problems(change: impl FnOnce(&mut Spec)) -> Vec<String> {
    let mut spec = spec();
    change(&mut spec);
    validate(&spec).unwrap_err()
}

#[test]
fn the_committed_spec_breaks_no_rule() {
    assert_eq!(validate(&spec()), Ok(()));
}

#[test]
fn a_duplicated_number_is_refused() {
    let found = problems(|spec| {
        let codes = &mut spec.codes.codes.rows;
        codes.iter_mut().find(|row| row.number == 6002).unwrap().number = 6001;
    });
    assert_eq!(found, ["codes.toml: number 6001 is there twice"]);
}

#[test]
fn a_duplicated_name_is_refused() {
    let found = problems(|spec| {
        let codes = &mut spec.codes.codes.rows;
        codes[1].name = codes[0].name.clone();
    });
    assert_eq!(found, ["codes.toml: name ERR_SVR_SSO_OVERLOAD is there twice"]);
}

#[test]
fn unsorted_codes_are_refused() {
    let found = problems(|spec| spec.codes.codes.rows.swap(0, 1));
    assert_eq!(found, ["codes.toml: the rows are not sorted by number"]);
}

#[test]
fn a_fourth_code_that_needs_a_new_ticket_is_refused() {
    // C17.
    let found = problems(|spec| {
        let codes = &mut spec.codes.codes.rows;
        codes.iter_mut().find(|row| row.number == 70003).unwrap().needs_new_ticket = true;
    });
    assert_eq!(
        found,
        [
            "codes.toml: ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED: needs_new_ticket is for 6206, 70001 and 70052 only (C17)"
        ]
    );
}

#[test]
fn a_code_without_a_known_source_is_refused() {
    let found = problems(|spec| spec.codes.codes.rows[0].source = "hearsay".into());
    assert_eq!(found, ["codes.toml: ERR_SVR_SSO_OVERLOAD: unknown source `hearsay`"]);
}

#[test]
fn a_setting_whose_default_is_out_of_range_is_refused() {
    let found = problems(|spec| setting(spec, "login_timeout_ms").default = Value::Number(99));
    assert_eq!(found, ["settings.toml: login_timeout_ms: the default 99 is outside 100..=600000"]);
}

#[test]
fn a_setting_whose_default_is_of_another_kind_is_refused() {
    let found = problems(|spec| setting(spec, "allow_plain").default = Value::Number(1));
    assert_eq!(found, ["settings.toml: allow_plain: the default is not a Bool"]);
}

#[test]
fn settings_that_differ_only_in_name_and_meet_in_a_derived_name_are_refused() {
    let found = problems(|spec| setting(spec, "ca_file").name = "serverUrl".into());
    assert_eq!(found, ["settings.toml: property serverUrl is there twice"]);
}

#[test]
fn a_limit_whose_default_is_out_of_range_is_refused() {
    let found = problems(|spec| spec.limits.limit[0].default = 0);
    assert_eq!(found, ["limits.toml: connections_max: the default 0 is outside 1..=10000000"]);
}

#[test]
fn a_limit_with_an_unknown_code_is_refused() {
    // G7.
    let found = problems(|spec| spec.limits.limit[0].code = Some(4711));
    assert_eq!(found, ["limits.toml: connections_max: its code is not in codes.toml"]);
}

#[test]
fn a_key_of_the_gateway_without_its_values_or_range_is_refused() {
    let key = |name: &'static str| {
        move |spec: &mut Spec| {
            let row = spec.gateway.key.iter_mut().find(|row| row.name == name).unwrap();
            (row.values, row.max) = (Vec::new(), None);
        }
    };
    assert_eq!(problems(key("log.level")), ["gateway.toml: log.level: a choice needs values"]);
    assert_eq!(problems(key("apps.id")), ["gateway.toml: apps.id: a number needs min and max"]);
}

#[test]
fn a_key_of_the_gateway_with_a_default_that_is_no_value_is_refused() {
    let found = problems(|spec| {
        let row = spec.gateway.key.iter_mut().find(|row| row.name == "log.format").unwrap();
        row.default = Some("xml".into());
    });
    assert_eq!(found, ["gateway.toml: log.format: the default is not one of the values"]);
}

#[test]
fn the_other_names_of_a_gateway_key_follow_the_rule_of_the_spec_file() {
    let spec = spec();
    let row = spec.gateway.key.iter().find(|row| row.name == "admin.allow_remote").unwrap();
    assert_eq!(row.env(), "TESSERA_GATEWAY_ADMIN_ALLOW_REMOTE");
    assert_eq!(row.flag(), "admin-allow-remote");
    assert_eq!(row.table_and_leaf(), ("admin", "allow_remote"));
}

#[test]
fn an_unknown_key_in_a_row_is_refused() {
    let text = "states = []\nnumbering = []\ncolour = 1\n";
    assert!(toml::from_str::<Login>(text).is_err_and(|error| error.message().contains("colour")));
}

#[test]
fn the_other_names_of_a_setting_follow_the_rule_of_the_spec_file() {
    // C23.
    let mut spec = spec();
    let row = setting(&mut spec, "login_timeout_ms");
    assert_eq!(row.c_key(), "sdk_config_login_timeout_ms");
    assert_eq!(row.env(), "TESSERA_LOGIN_TIMEOUT_MS");
    assert_eq!(row.android_meta(), "io.tessera.login_timeout_ms");
    assert_eq!(row.plist_key(), "TesseraLoginTimeoutMs");
    assert_eq!(row.property(), "loginTimeoutMs");
}

fn setting<'a>(spec: &'a mut Spec, name: &str) -> &'a mut Setting {
    spec.settings.setting.iter_mut().find(|row| row.name == name).unwrap()
}

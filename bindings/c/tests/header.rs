//! The header against the tables of the core: the same names with the same numbers, and none missing.

use std::collections::{BTreeMap, BTreeSet};

use tessera_core::generated::codes::CODES;
use tessera_core::generated::status::{ConnectionStatus, LogLevel, LoginStatus, Numbering};
use tessera_core::settings::SETTINGS;

/// The constants of an enum of the header.
fn constants(name: &str) -> BTreeMap<String, i32> {
    let header = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/include/tessera/tim.h"));
    let header = header.expect("the header is committed");
    let body = header.split(&format!("typedef enum {name} {{")).nth(1).expect("the header has the enum");
    let body = body.split('}').next().expect("an enum ends");
    let lines = body.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    lines.map(|(name, number)| (name.to_owned(), number.parse().expect("a number"))).collect()
}

/// Every word in a text that is a function of ours, or looks like one.
fn functions(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .filter(|word| {
            let rest = word
                .strip_prefix("tessera_")
                .or_else(|| word.strip_prefix("TIM").filter(|rest| !rest.starts_with('_')));
            *word == "callExperimentalAPI" || rest.is_some_and(|rest| !rest.is_empty())
        })
        .collect()
}

#[test]
fn every_name_in_the_documentation_is_in_the_header() {
    let read = |path: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(path).expect("the file is committed")
    };
    let (header, page) = (read("include/tessera/tim.h"), read("../../docs/c.md"));
    let (declared, named) = (functions(&header), functions(&page));
    let missing: Vec<_> = named.difference(&declared).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // And the page leaves none of Tessera's own functions out.
    let own = declared.iter().filter(|name| {
        name.starts_with("tessera_")
            && (header.contains(&format!(" {name}(")) || header.contains(&format!("*{name}(")))
    });
    let silent: Vec<_> = own.filter(|name| !named.contains(*name)).collect();
    assert!(silent.is_empty(), "{silent:?}");
    assert!(named.len() > 40, "{}", named.len());
}

#[test]
fn every_error_code_is_there_once_with_its_number() {
    let found = constants("TIMErrCode");
    let expected: BTreeMap<String, i32> = CODES.iter().map(|row| (row.name.to_owned(), row.code.0)).collect();
    assert_eq!(found, expected);
    assert!(found.len() > 100, "{}", found.len());
}

#[test]
fn login_status_has_the_numbers_of_c() {
    // C2
    let numbering = Numbering::C;
    let expected: BTreeMap<String, i32> = LoginStatus::ALL
        .iter()
        .map(|status| (status.name(numbering).to_owned(), status.number(numbering)))
        .collect();
    assert_eq!(constants("TIMLoginStatus"), expected);
}

#[test]
fn other_enums_have_the_numbers_of_their_tables() {
    let mut network: Vec<i32> = constants("TIMNetworkStatus").into_values().collect();
    network.sort_unstable();
    assert_eq!(network, ConnectionStatus::ALL.iter().map(|status| status.number()).collect::<Vec<_>>());
    let levels = constants("TIMLogLevel");
    assert!(LogLevel::ALL.iter().all(|level| levels.values().any(|number| *number == level.number())));
    assert_eq!(constants("TIMResult").len(), 7);
}

#[test]
fn the_keys_of_init_are_those_of_the_settings() {
    // C23
    assert!(SETTINGS.iter().all(|row| row.c_key == format!("sdk_config_{}", row.name)));
}

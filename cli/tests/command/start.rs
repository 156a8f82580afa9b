//! A gateway that does not start says why and what to do, and ends with 4.

use std::os::unix::fs::PermissionsExt;

use super::support::{Place, Running, SECRET};

/// What a gateway that does not start says.
fn refused(place: &Place, extra: &[&str]) -> String {
    let ended = place.run(&[&Place::SERVE, extra].concat());
    assert_eq!((ended.code, ended.out.as_str()), (Some(4), ""), "{}", ended.err);
    assert!(!ended.err.contains(SECRET));
    ended.err
}

#[test]
fn a_typo_in_the_file_is_refused_with_its_line() {
    let place = Place::new();
    place.private("tessera.toml", "listen = \"127.0.0.1:0\"\nstor = \"x\"\n");
    let err = refused(&place, &["--config", "tessera.toml"]);
    assert!(err.contains("tessera.toml:2: there is no key `stor`; did you mean `store`?"), "{err}");
    assert!(!place.path("tessera.redb").exists(), "nothing is created before the configuration is checked");
}

#[test]
fn nothing_given_is_refused_with_what_to_add() {
    let ended = Place::new().run(&["serve"]);
    assert_eq!(ended.code, Some(4));
    assert!(ended.err.contains("--app SDKAPPID --key-file FILE"), "{}", ended.err);
}

#[test]
fn a_limit_out_of_its_range_is_refused_with_the_range() {
    let err = refused(&Place::new(), &["--limit", "ping_misses=11"]);
    assert!(err.contains("--limit: limit `ping_misses`: 11 is out of range; allowed is 1 to 10"), "{err}");
    assert_eq!(Place::new().run(&["serve", "--limit", "ping_misses"]).code, Some(2));
}

#[test]
fn a_port_in_use_is_refused() {
    let place = Place::new();
    let gateway = Running::start(&place, &["--store", ":memory:"]);
    let taken = &gateway.address;
    let err = {
        let other = Place::new();
        let mut arguments = Place::SERVE.to_vec();
        arguments[3] = taken;
        let ended = other.run(&arguments);
        assert_eq!(ended.code, Some(4), "{}", ended.err);
        ended.err
    };
    assert!(err.contains(&format!("cannot listen on {taken}")) && err.contains("choose another"), "{err}");

    let other = Place::new();
    let mut arguments = Place::SERVE.to_vec();
    arguments[5] = gateway.admin.strip_prefix("http://").unwrap();
    let ended = other.run(&arguments);
    assert_eq!(ended.code, Some(4), "{}", ended.err);
    assert!(ended.err.contains("set another `admin.listen`"), "{}", ended.err);
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
    let place = Place::new();
    place.private(
        "notes.txt",
        "These are notes and not a database, and they are long enough to be looked at.",
    );
    let err = refused(&place, &["--store", "notes.txt"]);
    assert!(err.contains("notes.txt is not a Tessera store"), "{err}");
    assert!(std::fs::read_to_string(place.path("notes.txt")).unwrap().starts_with("These are notes"));
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_as_it_is() {
    let place = Place::new();
    let gateway = Running::start(&place, &[]);
    gateway.signal("TERM");
    assert_eq!(gateway.end().code, Some(0));
    let path = place.path("tessera.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    // The number of the format follows the 16 bytes by which a store is known.
    bytes[16] = 99;
    std::fs::write(&path, &bytes).unwrap();
    let err = refused(&place, &[]);
    assert!(err.contains("has format 99, newer than 1") && err.contains("use a newer `tessera`"), "{err}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_store_that_cannot_be_read_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    let err = refused(&place, &["--store", "folder"]);
    assert!(err.contains("folder"), "{err}");
    let err = refused(&place, &["--store", "nowhere/tessera.redb"]);
    assert!(err.contains("nowhere/tessera.redb cannot be opened"), "{err}");
}

#[test]
fn a_store_that_another_gateway_has_open_is_refused() {
    let place = Place::new();
    let _running = Running::start(&place, &[]);
    let err = refused(&place, &[]);
    assert!(err.contains("tessera.redb cannot be opened"), "{err}");
}

#[test]
fn warnings_are_logged_and_the_gateway_runs() {
    let place = Place::new();
    let key = place.path("app.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let gateway = Running::start(&place, &["--store", ":memory:", "--log-format", "json"]);
    gateway.signal("TERM");
    let ended = gateway.end();
    assert_eq!(ended.code, Some(0));
    let lines: Vec<serde_json::Value> =
        ended.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let warnings = lines.iter().filter(|line| line["level"] == "WARN").count();
    assert_eq!(warnings, 2, "{}", ended.err);
    assert!(!ended.err.contains(SECRET));
}

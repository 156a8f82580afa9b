//! `tessera bench` against a gateway in a process of its own.

use crate::support::{APP, Place, Running};

fn bench(place: &Place, gateway: &Running, extra: &[&str]) -> crate::support::Ended {
    let url = format!("ws://{}/tessera", gateway.address);
    let fixed = ["bench", "--url", &url, "--app", APP, "--key-file", "app.key"];
    let few = ["--sessions", "20", "--logins", "20", "--kicks", "5", "--width", "4"];
    place.run(&[&fixed, &few[..], extra].concat())
}

#[test]
fn load_is_measured_and_nothing_of_it_stays_online() {
    let place = Place::new();
    let gateway = Running::start(&place, &[]);
    let ended = bench(&place, &gateway, &["--json"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let report: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&report["sessions_held"], &report["logins"], &report["kicks"]),
        (&20.into(), &20.into(), &5.into())
    );
    assert!(report["login_p50_ms"].is_f64() && report["kick_p99_ms"].is_f64());
    let apps = gateway.admin(&place, &["apps", "--json"]);
    let apps: serde_json::Value = serde_json::from_str(&apps.out).unwrap();
    assert_eq!(apps["apps"][0]["connected"], 0);
}

#[test]
fn what_the_gateway_refuses_is_said_and_is_a_failure() {
    // G7
    let place = Place::new();
    let gateway = Running::start(&place, &["--limit", "connections_max=10"]);
    let ended = bench(&place, &gateway, &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("429"), "{}", ended.err);
}

#[test]
fn no_gateway_is_not_a_measurement() {
    let place = Place::new();
    let gateway = Running::start(&place, &[]);
    let address = gateway.address.clone();
    drop(gateway);
    let ended = place.run(&[
        "bench",
        "--url",
        &format!("ws://{address}/tessera"),
        "--app",
        APP,
        "--key-file",
        "app.key",
    ]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let unsafe_url =
        place.run(&["bench", "--url", "http://127.0.0.1/", "--app", APP, "--key-file", "app.key"]);
    assert_eq!(unsafe_url.code, Some(2), "{}", unsafe_url.err);
}

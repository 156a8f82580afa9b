//! Texts that are no frame, or nearly one: each is refused, says why, and repeats nothing.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::wire::{ClientFrame, GatewayFrame, KickReason, WireError};

use crate::arbitrary::ticket_text;
use crate::golden::{client_frames, gateway_frames};

/// How deep the deepest texts nest. A reader that recursed would need more stack than a thread has.
const LEVELS: usize = 10_000;

/// Reads as whichever side the frame is for; only the error matters.
type Parse = fn(&str) -> Result<(), WireError>;

fn as_client(text: &str) -> Result<(), WireError> {
    ClientFrame::parse(text).map(|_| ())
}

fn as_gateway(text: &str) -> Result<(), WireError> {
    GatewayFrame::parse(text).map(|_| ())
}

/// Every golden frame as an object, with the reader that it is for.
fn frames() -> Vec<(String, Map<String, Value>, Parse)> {
    let client = client_frames().into_iter().map(|(name, frame)| (name, frame.to_text(), as_client as Parse));
    let gateway =
        gateway_frames().into_iter().map(|(name, frame)| (name, frame.to_text(), as_gateway as Parse));
    client
        .chain(gateway)
        .map(|(name, text, parse)| match serde_json::from_str(&text).unwrap() {
            Value::Object(object) => (name, object, parse),
            other => panic!("{name} is {other}"),
        })
        .collect()
}

/// The fields of a frame without its type.
fn fields(object: &Map<String, Value>) -> Vec<String> {
    object.keys().filter(|name| *name != "type").cloned().collect()
}

fn is_optional(object: &Map<String, Value>, field: &str) -> bool {
    match field {
        "resume" | "ends" | "lease" | "retry_after" => object["type"] != "drain",
        "platform" => object["type"] == "kicked",
        _ => false,
    }
}

fn field_error(answer: Result<(), WireError>, what: &str) -> String {
    match answer {
        Err(WireError::Field(text)) => text,
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_missing_field_is_named() {
    for (name, object, parse) in frames() {
        for field in fields(&object) {
            let mut object = object.clone();
            object.remove(&field);
            let answer = parse(&Value::Object(object.clone()).to_string());
            if is_optional(&object, &field) {
                assert_eq!(answer, Ok(()), "{name} without {field}");
            } else {
                let text = field_error(answer, &format!("{name} without {field}"));
                assert!(text.starts_with(&format!("missing field `{field}`")), "{text}");
            }
        }
    }
}

#[test]
fn a_doubled_field_is_named() {
    for (name, object, parse) in frames() {
        for field in fields(&object) {
            let twice = Value::Object(object.clone()).to_string();
            let twice = twice.replacen('{', &format!("{{\"{field}\":{},", object[&field]), 1);
            let text = field_error(parse(&twice), &format!("{name} with {field} twice"));
            assert!(text.starts_with(&format!("duplicate field `{field}`")), "{text}");
        }
    }
}

#[test]
fn a_field_of_the_wrong_form_is_refused() {
    for (name, object, parse) in frames() {
        for field in fields(&object) {
            let mut wrong = vec![json!({"x": ["y"]}), json!([{"x": "y"}]), json!([1]), json!(-0.5)];
            match &object[&field] {
                Value::Number(_) => {
                    wrong.extend([json!("1"), json!(true), json!(1.0), json!(1e300), json!("")])
                }
                Value::Bool(_) => wrong.extend([json!("true"), json!(0), Value::Null]),
                // The other texts of a frame may be any text.
                Value::String(_) if ["user", "ticket", "desc"].contains(&field.as_str()) => {
                    wrong.extend([json!(1), json!(true), Value::Null]);
                }
                // A kick holds, whatever a newer gateway gives as its reason or its platform.
                Value::String(_)
                    if name.starts_with("kicked") && ["reason", "platform"].contains(&&*field) =>
                {
                    wrong.extend([json!(1), json!(true)]);
                }
                Value::String(_) => wrong.extend([json!(""), json!("x"), json!("é"), json!(7), json!(false)]),
                Value::Array(_) => wrong.extend([json!([null]), json!("[]"), json!([{}]), Value::Null]),
                Value::Null | Value::Object(_) => panic!("no golden frame has such a field"),
            }
            if object[&field].is_u64() && field != "code" {
                wrong.push(json!(-1));
            }
            for value in wrong {
                let mut object = object.clone();
                object.insert(field.clone(), value.clone());
                let what = format!("{name} with {field} {value}");
                field_error(parse(&Value::Object(object).to_string()), &what);
            }
        }
    }
}

#[test]
fn a_kick_with_a_reason_or_platform_of_a_newer_gateway_is_a_kick() {
    let session = "5e".repeat(16);
    let text = format!(
        r#"{{"type":"kicked","session":"{session}","time":2,"reason":"boredom","platform":"toaster","at":1}}"#
    );
    match GatewayFrame::parse(&text) {
        Ok(GatewayFrame::Kicked(kicked)) => {
            assert_eq!((kicked.reason, kicked.platform), (KickReason::Other, None));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_that_no_field_can_hold_are_refused() {
    // A time or a number may be as large as 64 bits allow, and not larger.
    let good = r#"{"type":"pong","time":18446744073709551615}"#;
    assert!(GatewayFrame::parse(good).is_ok());
    for time in ["18446744073709551616", "1e5", "1e999", "01", "+1", "0x1", "NaN", "-0"] {
        let text = good.replace("18446744073709551615", time);
        assert!(GatewayFrame::parse(&text).is_err(), "{time}");
    }
    for code in ["2147483648", "-2147483649"] {
        let text = format!(r#"{{"type":"error","code":{code},"desc":""}}"#);
        field_error(as_gateway(&text), code);
    }
}

#[test]
fn what_is_no_object_with_a_type_is_no_frame() {
    for text in [
        "",
        " ",
        "null",
        "1",
        "\"ping\"",
        "[]",
        "{}",
        "{",
        "ping",
        "{\"type\"}",
        "{\"type\":1}",
        "{\"type\":null}",
        "{\"type\":[\"ping\"]}",
        "{\"type\":{\"ping\":null}}",
        "{\"type\":\"ping\",\"type\":\"ping\"}",
        "{\"type\":\"ping\",\"t\\u0079pe\":\"ping\"}",
        "{\"Type\":\"ping\"}",
        "{\"type\":\"ping\",}",
        "{\"type\":\"ping\"}x",
        "{\"type\":\"ping\"}{\"type\":\"ping\"}",
        "\u{feff}{\"type\":\"ping\"}",
        "{'type':'ping'}",
        "{\"type\":\"ping\"} // ping",
        "{\"type\":\"pi\nng\"}",
        "{\"type\":\"\\ud83d\"}",
    ] {
        assert_eq!(ClientFrame::parse(text), Err(WireError::NotAFrame), "{text}");
        assert_eq!(GatewayFrame::parse(text), Err(WireError::NotAFrame), "{text}");
    }
}

#[test]
fn deep_nesting_is_answered_without_depth_of_its_own() {
    let deep = |open: &str, close: &str| (open.repeat(LEVELS), close.repeat(LEVELS));
    for (open, close) in [deep("[", "]"), deep("{\"a\":", "}")] {
        let value = format!("{open}0{close}");
        // As the frame, as its type, as a known field: refused where it begins.
        assert_eq!(as_client(&value), Err(WireError::NotAFrame));
        assert_eq!(as_client(&open), Err(WireError::NotAFrame));
        assert_eq!(as_client(&format!(r#"{{"type":{value}}}"#)), Err(WireError::NotAFrame));
        for (name, object, parse) in frames() {
            for field in fields(&object) {
                let mut object = object.clone();
                object.insert(field.clone(), json!("here"));
                let text = Value::Object(object).to_string().replace("\"here\"", &value);
                field_error(parse(&text), &format!("{name} with {field} nested"));
            }
            // As an unknown field: read past like any other, or refused because it does not end.
            let good = Value::Object(object).to_string();
            assert_eq!(parse(&good.replacen('{', &format!("{{\"new\":{value},"), 1)), Ok(()), "{name}");
            let open_ended = good.replacen('{', &format!("{{\"new\":{open}"), 1);
            assert_eq!(parse(&open_ended), Err(WireError::NotAFrame), "{name}");
        }
    }
}

#[test]
fn what_is_no_frame_is_answered_with_a_code_of_the_table() {
    for error in [WireError::NotAFrame, WireError::UnknownType, WireError::Field("x".to_owned())] {
        let text = error.to_string();
        let error = Error::from(error);
        assert_eq!((error.code, error.desc), (codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, text));
    }
}

proptest! {
    #[test]
    fn no_error_repeats_a_ticket_that_stands_in_a_wrong_place(ticket in ticket_text()) {
        // A ticket or a secret key is never in an error text.
        for (name, object, parse) in frames() {
            let mut places = vec![("type".to_owned(), json!(ticket))];
            for field in fields(&object) {
                for value in [
                    json!(ticket),
                    json!([ticket]),
                    json!({&ticket: ticket}),
                    json!([{"app": 1, "user": "a", "session": ticket}]),
                    json!({"android": ticket}),
                ] {
                    places.push((field.clone(), value));
                }
            }
            for (field, value) in places {
                let mut object = object.clone();
                object.insert(field.clone(), value);
                if let Err(error) = parse(&Value::Object(object).to_string()) {
                    let texts = format!("{error} {error:?} {}", Error::from(error.clone()));
                    prop_assert!(!texts.contains(ticket.trim()), "{} with {}: {}", name, field, texts);
                }
            }
        }
    }

    #[test]
    fn no_error_repeats_the_ticket_of_a_frame_with_another_fault(ticket in ticket_text()) {
        for (name, object, parse) in frames().into_iter().filter(|(_, object, _)| object.contains_key("ticket")) {
            let mut good = object.clone();
            good.insert("ticket".to_owned(), json!(ticket));
            let text = Value::Object(good.clone()).to_string();
            let mut broken = vec![
                text.replacen('{', &format!("{{\"ticket\":{},", json!(ticket)), 1),
                text.replace("\"ticket\":\"", "\"ticket\":\"\\x"),
                text[..text.len() - 1].to_owned(),
            ];
            for field in fields(&object) {
                let mut object = good.clone();
                object.insert(field, json!({"x": 1}));
                broken.push(Value::Object(object).to_string());
            }
            for text in broken {
                let error = parse(&text).expect_err("is broken");
                let texts = format!("{error} {error:?}");
                prop_assert!(!texts.contains(ticket.trim()), "{}: {}", name, texts);
            }
        }
    }
}

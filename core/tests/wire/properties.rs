//! What holds for all frames and for all texts.

use proptest::prelude::*;
use serde_json::Value;
use tessera_core::wire::{ClientFrame, GatewayFrame, WireError};

use crate::arbitrary::{client_frame, gateway_frame, json};

/// Puts a field into an object, and into each object of its `ends`.
fn extend(text: &str, name: &str, value: &Value) -> String {
    let mut frame: Value = serde_json::from_str(text).unwrap();
    let object = frame.as_object_mut().unwrap();
    object.insert(name.to_owned(), value.clone());
    for end in object.get_mut("ends").and_then(Value::as_array_mut).into_iter().flatten() {
        end.as_object_mut().unwrap().insert(name.to_owned(), value.clone());
    }
    frame.to_string()
}

/// Writes a text with an escape for each character, as JSON allows.
fn escaped(name: &str) -> String {
    name.chars().map(|c| format!("\\u{:04x}", c as u32)).collect()
}

proptest! {
    #[test]
    fn what_a_client_writes_is_what_a_gateway_reads(frame in client_frame()) {
        prop_assert_eq!(ClientFrame::parse(&frame.to_text()), Ok(frame));
    }

    #[test]
    fn what_a_gateway_writes_is_what_a_client_reads(frame in gateway_frame()) {
        prop_assert_eq!(GatewayFrame::parse(&frame.to_text()), Ok(frame));
    }

    #[test]
    fn a_frame_is_one_line_of_json(client in client_frame(), gateway in gateway_frame()) {
        for text in [client.to_text(), gateway.to_text()] {
            prop_assert!(!text.contains('\n'));
            prop_assert!(serde_json::from_str::<Value>(&text).unwrap()["type"].is_string());
        }
    }

    #[test]
    fn fields_of_a_newer_peer_are_ignored(
        client in client_frame(),
        gateway in gateway_frame(),
        name in "new_[a-z]{0,8}",
        value in json(),
    ) {
        prop_assert_eq!(ClientFrame::parse(&extend(&client.to_text(), &name, &value)), Ok(client));
        prop_assert_eq!(GatewayFrame::parse(&extend(&gateway.to_text(), &name, &value)), Ok(gateway));
    }

    #[test]
    fn the_spelling_of_the_json_does_not_matter(client in client_frame(), gateway in gateway_frame()) {
        let spelled = |text: &str| {
            let frame: Value = serde_json::from_str(text).unwrap();
            let spaced = serde_json::to_string_pretty(&frame).unwrap();
            let kind = frame["type"].as_str().unwrap();
            format!("\t{}\r\n", spaced.replace(&format!("\"type\": \"{kind}\""), &format!(
                "\"{}\" : \"{}\"", escaped("type"), escaped(kind)
            )))
        };
        prop_assert_eq!(ClientFrame::parse(&spelled(&client.to_text())), Ok(client));
        prop_assert_eq!(GatewayFrame::parse(&spelled(&gateway.to_text())), Ok(gateway));
    }

    #[test]
    fn a_type_of_a_newer_peer_is_unknown(kind in "[a-z_]{0,12}", value in json()) {
        let known = [
            "login", "renew", "logout", "kick_ack", "ping", "hello", "login_ok", "login_refused", "renewed",
            "renew_refused", "logged_out", "kicked", "expired", "pong", "drain", "bye", "error",
        ];
        prop_assume!(!known.contains(&kind.as_str()));
        let text = serde_json::json!({"type": kind, "value": value}).to_string();
        prop_assert_eq!(ClientFrame::parse(&text), Err(WireError::UnknownType));
        prop_assert_eq!(GatewayFrame::parse(&text), Err(WireError::UnknownType));
    }

    #[test]
    fn each_side_knows_only_the_frames_of_the_other(client in client_frame(), gateway in gateway_frame()) {
        prop_assert_eq!(GatewayFrame::parse(&client.to_text()), Err(WireError::UnknownType));
        prop_assert_eq!(ClientFrame::parse(&gateway.to_text()), Err(WireError::UnknownType));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        prop_assert!(ClientFrame::parse(&text).is_err());
        prop_assert!(GatewayFrame::parse(&text).is_err());
    }

    #[test]
    fn any_json_under_a_known_type_is_answered(frame in json(), client in client_frame(), gateway in gateway_frame()) {
        for good in [client.to_text(), gateway.to_text()] {
            let mut object = match frame.clone() {
                Value::Object(object) => object,
                other => serde_json::Map::from_iter([("session".to_owned(), other)]),
            };
            let good: Value = serde_json::from_str(&good).unwrap();
            object.insert("type".to_owned(), good["type"].clone());
            let text = Value::Object(object).to_string();
            let (_answered, _as_well) = (ClientFrame::parse(&text), GatewayFrame::parse(&text));
        }
    }

    #[test]
    fn a_damaged_frame_is_answered(
        frame in client_frame(),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = frame.to_text().into_bytes();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(ClientFrame::parse(&String::from_utf8_lossy(&bytes)).is_err());
        } else {
            bytes[at] = byte;
            let _answered = ClientFrame::parse(&String::from_utf8_lossy(&bytes));
        }
    }
}

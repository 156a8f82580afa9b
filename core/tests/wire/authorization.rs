//! The login that travels in the upgrade request, as the parameter of `Authorization: Tessera …`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use tessera_core::wire::{ClientFrame, Login, WireError};

use crate::arbitrary::{gateway_frame, login};
use crate::golden::client_frames;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A login frame whose text has a length of each remainder of three, so that each kind of padding occurs.
fn logins() -> impl Iterator<Item = Login> {
    let login = client_frames().into_iter().find_map(|(_, frame)| match frame {
        ClientFrame::Login(login) => Some(*login),
        ClientFrame::Renew(_) | ClientFrame::Logout(_) | ClientFrame::KickAck(_) | ClientFrame::Ping {} => {
            None
        }
    });
    let login = login.unwrap();
    ["a", "ab", "abc"].map(|user| Login { user: user.to_owned(), ..login.clone() }).into_iter()
}

#[test]
fn only_base64url_without_padding_is_read() {
    for login in logins() {
        let text = ClientFrame::Login(Box::new(login.clone())).to_text();
        let good = login.to_authorization();
        assert_eq!(Login::from_authorization(&good), Ok(login));
        for bad in [
            format!("{good}="),
            format!(" {good}"),
            format!("{good}\n"),
            format!("Tessera {good}"),
            good[1..].to_owned(),
            good.replacen(|c: char| c.is_ascii_alphanumeric(), "+", 1),
            good.replacen(|c: char| c.is_ascii_alphanumeric(), "/", 1),
            good.replacen(|c: char| c.is_ascii_alphanumeric(), "é", 1),
            text.clone(),
        ] {
            assert_eq!(Login::from_authorization(&bad), Err(WireError::NotAFrame), "{bad}");
        }
        let padded = URL_SAFE.encode(&text);
        assert_eq!(Login::from_authorization(&padded).is_ok(), !padded.ends_with('='));
    }
    for empty in ["", "=", "===="] {
        assert_eq!(Login::from_authorization(empty), Err(WireError::NotAFrame));
    }
}

#[test]
fn the_standard_alphabet_is_not_the_one_of_the_header() {
    let login = Login { user: "~~~???>>>".to_owned(), ..logins().next().unwrap() };
    let text = ClientFrame::Login(Box::new(login.clone())).to_text();
    let standard = STANDARD.encode(&text).trim_end_matches('=').to_owned();
    assert!(standard.contains(['+', '/']));
    assert_eq!(Login::from_authorization(&standard), Err(WireError::NotAFrame));
    assert_eq!(Login::from_authorization(&standard.replace('+', "-").replace('/', "_")), Ok(login));
}

#[test]
fn bytes_that_are_no_text_are_no_frame() {
    let mut bytes = ClientFrame::Login(Box::new(logins().next().unwrap())).to_text().into_bytes();
    for not_utf8 in [0xff, 0xc0, 0x80] {
        bytes[20] = not_utf8;
        assert_eq!(Login::from_authorization(&encode(&bytes)), Err(WireError::NotAFrame));
    }
    assert_eq!(Login::from_authorization(&encode([0xff])), Err(WireError::NotAFrame));
}

#[test]
fn only_a_login_may_stand_in_the_upgrade_request() {
    for (name, frame) in client_frames() {
        let read = Login::from_authorization(&encode(frame.to_text()));
        match frame {
            ClientFrame::Login(login) => assert_eq!(read, Ok(*login), "{name}"),
            ClientFrame::Renew(_)
            | ClientFrame::Logout(_)
            | ClientFrame::KickAck(_)
            | ClientFrame::Ping {} => {
                let Err(WireError::Field(text)) = read else { panic!("{name}: {read:?}") };
                assert!(text.contains("login"), "{text}");
            }
        }
    }
    for (text, error) in [
        ("{}", WireError::NotAFrame),
        ("null", WireError::NotAFrame),
        (r#"{"type":"sing"}"#, WireError::UnknownType),
        (r#"{"type":"hello","time":1,"login_within":1}"#, WireError::UnknownType),
    ] {
        assert_eq!(Login::from_authorization(&encode(text)), Err(error), "{text}");
    }
    assert!(matches!(Login::from_authorization(&encode(r#"{"type":"login"}"#)), Err(WireError::Field(_))));
}

proptest! {
    #[test]
    fn what_is_written_into_the_header_is_read_from_it(login in login()) {
        let parameter = login.to_authorization();
        prop_assert!(parameter.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(Login::from_authorization(&parameter), Ok(login));
    }

    #[test]
    fn any_parameter_is_answered(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Login::from_authorization(&text).is_err());
        prop_assert!(Login::from_authorization(&encode(bytes)).is_err());
    }

    #[test]
    fn a_frame_of_a_gateway_is_no_login(frame in gateway_frame()) {
        prop_assert_eq!(Login::from_authorization(&encode(frame.to_text())), Err(WireError::UnknownType));
    }
}

//! What a frame does not tell: `Debug` shows no ticket, and no session id by which somebody could end the session.

use proptest::prelude::*;
use tessera_core::id::SessionId;
use tessera_core::ticket::Ticket;
use tessera_core::wire::{ClientFrame, GatewayFrame, Login, Renew, WireError};

use crate::arbitrary::{client_frame, gateway_frame, login, ticket_text};

/// Both forms of `Debug`, as logs and assertions use them.
fn shown(value: &impl std::fmt::Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// The session ids in a frame, which are secrets: whoever knows one may end the session.
fn sessions(frame: &ClientFrame) -> Vec<SessionId> {
    match frame {
        ClientFrame::Login(login) => {
            login.ends.iter().map(|end| end.session).chain([login.session]).collect()
        }
        ClientFrame::Renew(renew) => vec![renew.session],
        ClientFrame::Logout(logout) => vec![logout.session],
        ClientFrame::KickAck(ack) => vec![ack.session],
        ClientFrame::Ping {} => Vec::new(),
    }
}

proptest! {
    #[test]
    fn debug_of_a_frame_shows_no_ticket(ticket in ticket_text(), login in login()) {
        let ticket = Ticket::new(ticket);
        let renew = Renew { session: login.session, attempt: 1, ticket: ticket.clone() };
        let login = Login { ticket: ticket.clone(), ..login };
        for frame in [ClientFrame::Login(Box::new(login)), ClientFrame::Renew(renew)] {
            prop_assert!(frame.to_text().contains(&serde_json::to_string(ticket.expose()).unwrap()));
            let shown = shown(&frame);
            prop_assert!(!shown.contains(ticket.expose()), "{}", shown);
            prop_assert!(shown.contains("Ticket(..)"), "{}", shown);
        }
    }

    #[test]
    fn debug_of_a_clients_frame_shows_no_whole_session_id(frame in client_frame()) {
        let shown = shown(&frame);
        for session in sessions(&frame) {
            prop_assert!(!shown.contains(&session.to_string()), "{}", shown);
            prop_assert!(!shown.contains(&format!("{:?}", session.0)), "{}", shown);
        }
    }

    #[test]
    fn debug_of_a_gateways_frame_shows_no_whole_session_id(frame in gateway_frame()) {
        let text = frame.to_text();
        let Some(at) = text.find("\"session\":\"") else { return Ok(()) };
        let session = &text[at + 11..at + 43];
        prop_assert!(SessionId::parse(session).is_some());
        prop_assert!(!shown(&frame).contains(session));
    }
}

#[test]
fn a_refused_text_shows_nothing_of_itself() {
    for text in ["eJyrVgrxCdYrSy1S", r#"{"type":"eJyrVgrxCdYrSy1S"}"#, r#"{"ticket":"eJyrVgrxCdYrSy1S"}"#] {
        for error in [ClientFrame::parse(text).unwrap_err(), GatewayFrame::parse(text).unwrap_err()] {
            assert!(matches!(error, WireError::NotAFrame | WireError::UnknownType));
            assert!(!format!("{error} {error:?}").contains("eJy"), "{error:?}");
        }
    }
}

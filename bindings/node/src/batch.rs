//! A batch of events as one text, which JavaScript parses in one go: an object for each event would cost far more than
//! the event.
//!
//! The text is a JSON array without inner arrays: kind, initialisation, epoch, status, user and detail of the first
//! event, then of the second, and so on. `bindings/node/ts/native.ts` is the other end.

use serde_json::{Value, json};
use tessera_client::{Error, Event, EventKind, Kick, Numbering};

/// The events, and who was logged in with each.
pub(crate) fn text_of(events: &[Event]) -> String {
    let mut text = String::with_capacity(2 + 32 * events.len());
    text.push('[');
    for event in events {
        if text.len() > 1 {
            text.push(',');
        }
        push(&mut text, event);
    }
    text.push(']');
    text
}

fn push(text: &mut String, event: &Event) {
    use std::fmt::Write;

    let (kind, detail) = parts(&event.kind);
    let stamp = &event.stamp;
    let status = stamp.status.number(Numbering::Node);
    let user = stamp.user.as_ref().map_or("", |user| user.as_str());
    // Writing to a text does not fail. A user id needs no escapes (C4).
    let _ = write!(text, "{kind},{},{},{status},\"{user}\",", event.init, stamp.epoch);
    match detail {
        Value::Null => text.push_str("null"),
        detail => text.push_str(&detail.to_string()),
    }
}

/// The number of the kind, as `EventKind` of `bindings/typescript/src/native.ts` has it, and what comes with it.
fn parts(kind: &EventKind) -> (u8, Value) {
    match kind {
        EventKind::Completed(call, result) => {
            (0, json!({ "call": call.0, "error": result.as_ref().err().map(failure) }))
        }
        EventKind::Connecting => (1, Value::Null),
        EventKind::ConnectSuccess => (2, Value::Null),
        EventKind::ConnectFailed(error) => (3, failure(error)),
        EventKind::Disconnected(error) => (4, failure(error)),
        EventKind::KickedOffline(kick) => (5, kicked(kick)),
        EventKind::UserSigExpired => (6, Value::Null),
        EventKind::TicketRequest(request, user) => {
            (7, json!({ "request": request.0, "user": user.as_str() }))
        }
    }
}

fn failure(error: &Error) -> Value {
    json!({
        "code": error.code.0,
        "desc": error.desc,
        "retryable": error.retryable,
        "retryAfterMs": error.retry_after.map(|after| after.0),
    })
}

fn kicked(kick: &Kick) -> Value {
    json!({
        "reason": kick.reason,
        "platform": kick.platform,
        "time": kick.at.0,
        "code": kick.code.map(|code| code.0),
    })
}

//! A batch of events as one text, which JavaScript parses in one go: an object for each event would cost far more than
//! the event, whether Node-API makes it or code of UniFFI reads it field by field. For the bindings of Node and React
//! Native; there is no rule about events in here, only their form.
//!
//! The text is a JSON array without inner arrays or objects: what every event has, then what its kind brings along, then
//! the next event. Large batches are made of tries to connect that fail, one as the other: so the description of an
//! error that says what the one before it in the batch did is a 0. `bindings/typescript/src/batch.ts` is the other end.

use serde::Serialize;
use tessera_client::{Error, Event, EventKind, Kick, Numbering};

/// The events, and who was logged in with each, with login statuses as the platform numbers them (C2).
pub fn text_of(events: &[Event], numbering: Numbering) -> String {
    let mut batch = Batch { text: Vec::with_capacity(2 + 64 * events.len()), numbering, described: None };
    events.iter().for_each(|event| batch.add(event));
    batch.finish()
}

struct Batch<'a> {
    text: Vec<u8>,
    numbering: Numbering,
    /// The last description that was written.
    described: Option<&'a str>,
}

impl<'a> Batch<'a> {
    /// Kind, initialisation, epoch, status and user, then what the kind brings along. The numbers of the kinds are those
    /// of `EventKind` in `bindings/typescript/src/native.ts`.
    fn add(&mut self, event: &'a Event) {
        let kind: u8 = match &event.kind {
            EventKind::Completed(..) => 0,
            EventKind::Connecting => 1,
            EventKind::ConnectSuccess => 2,
            EventKind::ConnectFailed(_) => 3,
            EventKind::Disconnected(_) => 4,
            EventKind::KickedOffline(_) => 5,
            EventKind::UserSigExpired => 6,
            EventKind::TicketRequest(..) => 7,
        };
        let stamp = &event.stamp;
        let status = stamp.status.number(self.numbering);
        self.put(kind).put(event.init).put(stamp.epoch).put(status);
        self.put(stamp.user.as_ref().map_or("", |user| user.as_str()));
        match &event.kind {
            EventKind::Completed(call, result) => {
                self.put(call.0).put(result.is_ok());
                if let Err(error) = result {
                    self.failure(error);
                }
            }
            EventKind::ConnectFailed(error) | EventKind::Disconnected(error) => self.failure(error),
            EventKind::KickedOffline(kick) => self.kick(kick),
            EventKind::TicketRequest(request, user) => {
                self.put(request.0).put(user.as_str());
            }
            EventKind::Connecting | EventKind::ConnectSuccess | EventKind::UserSigExpired => {}
        }
    }

    fn failure(&mut self, error: &'a Error) {
        self.put(error.code.0);
        if self.described.replace(&error.desc) == Some(&error.desc) {
            self.put(0);
        } else {
            self.put(&error.desc);
        }
        self.put(error.retryable).put(error.retry_after.map(|after| after.0));
    }

    fn kick(&mut self, kick: &Kick) {
        self.put(kick.reason).put(kick.platform).put(kick.at.0).put(kick.code.map(|code| code.0));
    }

    fn put(&mut self, value: impl Serialize) -> &mut Self {
        self.text.push(if self.text.is_empty() { b'[' } else { b',' });
        serde_json::to_writer(&mut self.text, &value).expect("numbers and texts have a JSON form");
        self
    }

    fn finish(mut self) -> String {
        if self.text.is_empty() {
            self.text.push(b'[');
        }
        self.text.push(b']');
        String::from_utf8(self.text).expect("JSON is UTF-8")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

    use serde_json::{Value, json};
    use tessera_client::{
        CallId, Code, KickReason, LoginStatus, Millis, Platform, Stamp, TicketRequestId, UserId, codes,
    };

    use super::*;

    fn event(kind: EventKind) -> Event {
        let stamp = Stamp { epoch: 3, status: LoginStatus::LoggedOut, user: None };
        Event { stamp, kind, init: 2 }
    }

    /// What JavaScript has of an event after its first five values.
    fn detail_of(kind: EventKind, number: u8) -> Vec<Value> {
        let parts = parse(&text_of(&[event(kind)], Numbering::Node));
        let logged_out = LoginStatus::LoggedOut.number(Numbering::Node);
        assert_eq!(parts[..5], [json!(number), json!(2), json!(3), json!(logged_out), json!("")]);
        parts[5..].to_vec()
    }

    fn parse(text: &str) -> Vec<Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_kind_has_its_number_and_its_values() {
        let error = || Error {
            code: Code(6014),
            desc: "says \"no\"\n\u{2028}\u{1f600}".to_owned(),
            retryable: true,
            retry_after: Some(Millis(250)),
        };
        let failure = [json!(6014), json!("says \"no\"\n\u{2028}\u{1f600}"), json!(true), json!(250)];
        assert_eq!(detail_of(EventKind::Completed(CallId(7), Ok(())), 0), [json!(7), json!(true)]);
        let failed = detail_of(EventKind::Completed(CallId(7), Err(error())), 0);
        assert_eq!(failed[..2], [json!(7), json!(false)]);
        assert_eq!(failed[2..], failure);
        assert!(detail_of(EventKind::Connecting, 1).is_empty());
        assert!(detail_of(EventKind::ConnectSuccess, 2).is_empty());
        assert_eq!(detail_of(EventKind::ConnectFailed(error()), 3), failure);
        assert_eq!(
            detail_of(EventKind::Disconnected(Error { retry_after: None, ..error() }), 4)[3],
            Value::Null
        );
        assert!(detail_of(EventKind::UserSigExpired, 6).is_empty());
        let alice = UserId::parse("alice").unwrap();
        let request = EventKind::TicketRequest(TicketRequestId(9), alice);
        assert_eq!(detail_of(request, 7), [json!(9), json!("alice")]);
    }

    #[test]
    fn a_description_is_written_once_for_failures_in_a_row() {
        let failed = |code: i32, desc: &str| {
            event(EventKind::ConnectFailed(Error {
                code: Code(code),
                desc: desc.to_owned(),
                retryable: true,
                retry_after: None,
            }))
        };
        let events = [
            failed(9520, "no"),
            event(EventKind::Connecting),
            failed(9520, "no"),
            failed(1, "yes"),
            failed(1, "no"),
        ];
        let parts = parse(&text_of(&events, Numbering::Node));
        assert_eq!(
            [&parts[6], &parts[20], &parts[29], &parts[38]],
            [&json!("no"), &json!(0), &json!("yes"), &json!("no")]
        );
    }

    #[test]
    fn kicks_are_spelt_as_frames_spell_them() {
        // C12
        let replaced =
            Kick { reason: KickReason::Policy, platform: Some(Platform::Iphone), at: Millis(5), code: None };
        let refused = Kick {
            reason: KickReason::TicketRefused,
            platform: None,
            at: Millis(6),
            code: Some(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED),
        };
        assert_eq!(
            detail_of(EventKind::KickedOffline(replaced), 5),
            [json!("policy"), json!("iphone"), json!(5), Value::Null]
        );
        assert_eq!(
            detail_of(EventKind::KickedOffline(refused), 5),
            [json!("ticket_refused"), Value::Null, json!(6), json!(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED.0)]
        );
    }

    #[test]
    fn a_batch_is_flat_and_in_order_with_the_statuses_of_its_platform() {
        assert_eq!(text_of(&[], Numbering::Node), "[]");
        let user = Some(UserId::parse("alice").unwrap());
        let stamp = Stamp { epoch: 4, status: LoginStatus::LoggedIn, user };
        let second = Event { stamp, kind: EventKind::Connecting, init: 2 };
        let events = [event(EventKind::ConnectSuccess), second];
        for numbering in [Numbering::Node, Numbering::ReactNative, Numbering::Android] {
            let statuses =
                [LoginStatus::LoggedOut, LoginStatus::LoggedIn].map(|status| status.number(numbering));
            assert_eq!(
                Value::from(parse(&text_of(&events, numbering))),
                json!([2, 2, 3, statuses[0], "", 1, 2, 4, statuses[1], "alice"])
            );
        }
    }
}

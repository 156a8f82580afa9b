//! A batch of events as one text, which JavaScript parses in one go: an object for each event would cost far more than
//! the event, whether Node-API makes it or code of UniFFI reads it field by field. For the bindings of Node and React
//! Native; there is no rule about events in here, only their form.
//!
//! The text is a JSON array without inner arrays or objects: the kind of an event, what that kind brings along, then the
//! next event. What is mostly the same from one event to the next is written where it changes: -1 in the place of a kind
//! is followed by initialisation, epoch, status and user of the events from there on, and null in the place of an
//! error's code is the error before. `bindings/typescript/src/batch.ts` is the other end.

use serde::Serialize;
use tessera_client::{Error, Event, EventKind, Kick, Numbering, Stamp};

/// Stands where a kind would.
const STAMP: i8 = -1;
/// Stands where the code of an error would.
const SAME_ERROR: Option<i32> = None;

/// The events, and who was logged in with each, with login statuses as the platform numbers them (C2).
pub fn text_of(events: &[Event], numbering: Numbering) -> String {
    let text = Vec::with_capacity(64 + 16 * events.len());
    let mut batch = Batch { text, numbering, stamp: None, error: None };
    events.iter().for_each(|event| batch.add(event));
    batch.finish()
}

struct Batch<'a> {
    text: Vec<u8>,
    numbering: Numbering,
    /// The last initialisation and stamp that were written.
    stamp: Option<(u64, Stamp)>,
    /// The last error that was written.
    error: Option<&'a Error>,
}

impl<'a> Batch<'a> {
    /// The numbers of the kinds are those of `EventKind` in `bindings/typescript/src/native.ts`.
    fn add(&mut self, event: &'a Event) {
        self.stamp(event.init, event.stamp);
        let kind: i8 = match &event.kind {
            EventKind::Completed(..) => 0,
            EventKind::Connecting => 1,
            EventKind::ConnectSuccess => 2,
            EventKind::ConnectFailed(_) => 3,
            EventKind::Disconnected(_) => 4,
            EventKind::KickedOffline(_) => 5,
            EventKind::UserSigExpired => 6,
            EventKind::TicketRequest(..) => 7,
        };
        self.put(kind);
        match &event.kind {
            EventKind::Completed(call, result) => {
                self.put(call.0).put(result.is_ok());
                if let Err(error) = result {
                    self.error(error);
                }
            }
            EventKind::ConnectFailed(error) | EventKind::Disconnected(error) => self.error(error),
            EventKind::KickedOffline(kick) => self.kick(kick),
            EventKind::TicketRequest(request, user) => {
                self.put(request.0).put(user.as_str());
            }
            EventKind::Connecting | EventKind::ConnectSuccess | EventKind::UserSigExpired => {}
        }
    }

    fn stamp(&mut self, init: u64, stamp: Stamp) {
        if self.stamp.replace((init, stamp)) != Some((init, stamp)) {
            let status = stamp.status.number(self.numbering);
            self.put(STAMP).put(init).put(stamp.epoch).put(status);
            self.put(stamp.user.as_ref().map_or("", |user| user.as_str()));
        }
    }

    fn error(&mut self, error: &'a Error) {
        if self.error.replace(error) == Some(error) {
            self.put(SAME_ERROR);
        } else {
            let retry_after = error.retry_after.map(|after| after.0);
            self.put(error.code.0).put(&error.desc).put(error.retryable).put(retry_after);
        }
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
        CallId, Code, KickReason, LoginStatus, Millis, Platform, TicketRequestId, UserId, codes,
    };

    use super::*;

    fn event(kind: EventKind) -> Event {
        let stamp = Stamp { epoch: 3, status: LoginStatus::LoggedOut, user: None };
        Event { stamp, kind, init: 2 }
    }

    /// What JavaScript has of an event after the stamp and the kind.
    fn detail_of(kind: EventKind, number: u8) -> Vec<Value> {
        let parts = parse(&text_of(&[event(kind)], Numbering::Node));
        let logged_out = LoginStatus::LoggedOut.number(Numbering::Node);
        assert_eq!(parts[..6], [json!(-1), json!(2), json!(3), json!(logged_out), json!(""), json!(number)]);
        parts[6..].to_vec()
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
    fn an_error_is_written_where_it_changes() {
        let failed = |code: i32, desc: &str| {
            let desc = desc.to_owned();
            event(EventKind::ConnectFailed(Error {
                code: Code(code),
                desc,
                retryable: true,
                retry_after: None,
            }))
        };
        let events = [
            failed(9520, "no"),
            event(EventKind::Connecting),
            failed(9520, "no"),
            failed(0, "no"),
            failed(0, "yes"),
            failed(9520, "no"),
        ];
        let parts = parse(&text_of(&events, Numbering::Node));
        let expected = json!([
            3, 9520, "no", true, null, 1, 3, null, 3, 0, "no", true, null, 3, 0, "yes", true, null, 3, 9520,
            "no", true, null
        ]);
        assert_eq!(Value::from(&parts[5..]), expected);
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
    fn a_batch_is_flat_and_a_stamp_is_written_where_it_changes_with_the_statuses_of_its_platform() {
        assert_eq!(text_of(&[], Numbering::Node), "[]");
        let user = Some(UserId::parse("alice").unwrap());
        let stamp = Stamp { epoch: 4, status: LoginStatus::LoggedIn, user };
        let logged_in = |kind, init| Event { stamp, kind, init };
        let events = [
            event(EventKind::ConnectSuccess),
            event(EventKind::Connecting),
            logged_in(EventKind::Connecting, 2),
            logged_in(EventKind::Connecting, 3),
        ];
        for numbering in [Numbering::Node, Numbering::ReactNative, Numbering::Android] {
            let statuses =
                [LoginStatus::LoggedOut, LoginStatus::LoggedIn].map(|status| status.number(numbering));
            let [out, logged_in] = statuses;
            assert_eq!(
                Value::from(parse(&text_of(&events, numbering))),
                json!([
                    -1, 2, 3, out, "", 2, 1, -1, 2, 4, logged_in, "alice", 1, -1, 3, 4, logged_in, "alice", 1
                ])
            );
        }
    }
}

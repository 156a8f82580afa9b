//! A batch of events as one text, which JavaScript parses in one go: an object for each event would cost far more than
//! the event.
//!
//! The text is a JSON array without inner arrays or objects: what every event has, then what its kind brings along, then
//! the next event. `bindings/node/ts/batch.ts` is the other end.

use serde::Serialize;
use tessera_client::{Error, Event, EventKind, Kick, Numbering};

/// The events, and who was logged in with each.
pub(crate) fn text_of(events: &[Event]) -> String {
    let mut batch = Batch { text: Vec::with_capacity(2 + 64 * events.len()) };
    events.iter().for_each(|event| batch.add(event));
    batch.finish()
}

struct Batch {
    text: Vec<u8>,
}

impl Batch {
    /// Kind, initialisation, epoch, status and user, then what the kind brings along. The numbers of the kinds are those
    /// of `EventKind` in `bindings/typescript/src/native.ts`.
    fn add(&mut self, event: &Event) {
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
        self.put(kind).put(event.init).put(stamp.epoch).put(stamp.status.number(Numbering::Node));
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

    fn failure(&mut self, error: &Error) {
        self.put(error.code.0).put(&error.desc).put(error.retryable);
        self.put(error.retry_after.map(|after| after.0));
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

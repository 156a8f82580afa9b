//! Status, events and results as lines, for people or as JSON.

use serde_json::{Value, json};
use tessera_client::{Client, Error, SdkEvent};

use crate::output::{line, moment};

/// Where lines go, and in which form.
#[derive(Clone, Copy)]
pub(super) struct Screen {
    /// One JSON object a line.
    pub(super) json: bool,
}

impl Screen {
    pub(super) fn status(self, client: &Client) {
        let (status, connection) = (client.status().as_str(), client.connection_status().as_str());
        let user = client.login_user();
        if self.json {
            return line(
                &json!({ "type": "status", "status": status, "user": user, "connection": connection })
                    .to_string(),
            );
        }
        let user = user.map_or(String::new(), |user| format!(" as {user}"));
        line(&format!("status: {status}{user}, {connection}"));
    }

    /// An event, and the status that it left.
    pub(super) fn event(self, client: &Client, event: &SdkEvent) {
        let (name, details) = describe(event);
        if self.json {
            line(&json!({ "type": "event", "event": name, "details": details }).to_string());
        } else if details.is_null() {
            line(&format!("event: {name}"));
        } else {
            line(&format!("event: {name} {}", plain(&details)));
        }
        self.status(client);
    }

    pub(super) fn result(self, call: &str, outcome: &Result<(), Error>) {
        let error = outcome.as_ref().err();
        if self.json {
            let (code, desc) = (error.map_or(0, |error| error.code.0), error.map(|error| &error.desc));
            return line(&json!({ "type": "result", "call": call, "code": code, "desc": desc }).to_string());
        }
        match error {
            None => line(&format!("{call}: success")),
            Some(error) => line(&format!("{call}: {}: {}", error.code, error.desc)),
        }
    }
}

fn describe(event: &SdkEvent) -> (&'static str, Value) {
    let failed = |error: &Error| json!({ "code": error.code.0, "desc": error.desc });
    match event {
        SdkEvent::Connecting => ("connecting", Value::Null),
        SdkEvent::ConnectSuccess => ("connect_success", Value::Null),
        SdkEvent::ConnectFailed(error) => ("connect_failed", failed(error)),
        SdkEvent::Disconnected(error) => ("disconnected", failed(error)),
        SdkEvent::KickedOffline(kick) => {
            let platform = kick.platform.map(|platform| platform.as_str());
            let at = moment(kick.at.as_secs());
            ("kicked_offline", json!({ "reason": kick.reason, "platform": platform, "at": at }))
        }
        SdkEvent::UserSigExpired => ("user_sig_expired", Value::Null),
        // The client crate may add events; they are shown by what they say of themselves.
        other => ("other", json!({ "event": format!("{other:?}") })),
    }
}

/// The values alone, for a line that people read.
fn plain(details: &Value) -> String {
    let values = details.as_object().into_iter().flatten().map(|(key, value)| match value {
        Value::String(text) => format!("{key} {text}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            format!("{key} {value}")
        }
    });
    values.collect::<Vec<_>>().join(", ")
}

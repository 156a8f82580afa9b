//! A listener that reports what it is called with.

use tessera_client::v2tim::V2TimSdkListener;
use tessera_client::{Error, Kick};
use tessera_conformance::protocol::Event;

use crate::host::Host;

pub(crate) struct Listener {
    host: Host,
    name: String,
    throws: bool,
}

impl Listener {
    pub(crate) fn new(host: Host, name: String, throws: bool) -> Self {
        Listener { host, name, throws }
    }

    fn report(&self, event: Event) {
        self.host.report(Event { listener: self.name.clone(), ..event });
        assert!(!self.throws, "this listener always throws");
    }

    fn report_plain(&self, name: &str) {
        self.report(Event { event: name.to_owned(), ..Event::default() });
    }
}

impl V2TimSdkListener for Listener {
    fn on_connecting(&self) {
        self.report_plain("connecting");
    }

    fn on_connect_success(&self) {
        self.report_plain("connect_success");
    }

    fn on_connect_failed(&self, error: &Error) {
        let (code, desc) = (error.code.0, error.desc.clone());
        self.report(Event { event: "connect_failed".to_owned(), code, desc, ..Event::default() });
    }

    fn on_disconnected(&self, _error: &Error) {
        self.report_plain("disconnected");
    }

    fn on_kicked_offline_ex(&self, kick: &Kick) {
        self.report(Event {
            event: "kicked_offline".to_owned(),
            reason: kick.reason.as_str().to_owned(),
            platform: kick.platform.map_or_else(String::new, |platform| platform.as_str().to_owned()),
            code: kick.code.map_or(0, |code| code.0),
            ..Event::default()
        });
    }

    fn on_user_sig_expired(&self) {
        self.report_plain("user_sig_expired");
    }
}

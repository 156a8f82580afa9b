//! The gateway's numbers in the text format of Prometheus. The numbers themselves are counted elsewhere.

use std::fmt::Write;

use tessera_core::generated::versions::SDK_VERSION;

use crate::Counters;

/// The content type of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text of a reading.
pub(super) fn text(counters: &Counters) -> String {
    let mut page = Page(String::with_capacity(2048));
    let gauges = [
        ("sockets", counters.sockets, "Sockets that are open, those included that are not upgraded yet."),
        ("connections", counters.connections, "WebSocket connections that are open."),
        ("users", counters.users, "Users in memory."),
        ("sessions", counters.sessions, "Sessions, leased ones included."),
        ("sessions_connected", counters.sessions_connected, "Sessions with a connection."),
    ];
    for (name, value, help) in gauges {
        page.family(name, "gauge", help).sample(name, "", value);
    }
    let totals = [
        ("upgrades_total", counters.upgrades, "Upgrades that were accepted."),
        ("logins_total", counters.logins, "Logins that were acknowledged as new sessions."),
        ("dropped_total", counters.dropped, "Connections that were closed because their peer was silent."),
        ("writes_failed_total", counters.writes_failed, "Writes to the store that failed."),
    ];
    for (name, value, help) in totals {
        page.family(name, "counter", help).sample(name, "", value);
    }
    page.family("refused_total", "counter", "Refused logins, renewals, upgrades and frames, by code.");
    for (code, value) in &counters.refused {
        let name = code.row().map_or("unknown", |row| row.name);
        page.sample("refused_total", &format!("{{code=\"{code}\",name=\"{name}\"}}"), *value);
    }
    page.family("build_info", "gauge", "Always 1; the label is the version.");
    page.sample("build_info", &format!("{{version=\"{SDK_VERSION}\"}}"), 1);
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) -> &mut Self {
        self.line(format_args!("# HELP tessera_{name} {help}\n# TYPE tessera_{name} {kind}\n"))
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) -> &mut Self {
        self.line(format_args!("tessera_{name}{labels} {value}\n"))
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        self.0.write_fmt(text).expect("a String takes any text");
        self
    }
}

#[cfg(test)]
mod tests {
    use tessera_core::generated::codes;

    use super::*;

    #[test]
    fn every_number_has_its_type_and_refusals_have_their_code() {
        let refused = [(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED, 3)].into();
        let page = text(&Counters { sessions: 7, logins: 9, refused, ..Counters::default() });
        for line in [
            "# TYPE tessera_sessions gauge",
            "tessera_sessions 7",
            "# TYPE tessera_logins_total counter",
            "tessera_logins_total 9",
            "tessera_refused_total{code=\"70001\",name=\"ERR_SVR_ACCOUNT_USERSIG_EXPIRED\"} 3",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        assert!(page.ends_with('\n'));
    }
}

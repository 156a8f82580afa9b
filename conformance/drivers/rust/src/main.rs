//! The conformance driver of Rust (`docs/drivers.md`): commands on standard input, replies and events on standard
//! output, and V2TIM's names in between.

mod host;
mod listener;

use std::io::{BufRead, stdin};

use host::Host;
use tessera_conformance::protocol::{Command, Hello};

fn main() {
    // A listener that throws is part of the suite; its panic is not news.
    std::panic::set_hook(Box::new(|_| {}));
    let host = Host::start();
    host.say(&Hello { driver: "rust".to_owned(), numbering: "cpp".to_owned(), blocking: true });
    for line in stdin().lock().lines().map_while(Result::ok) {
        let Ok(Command { id, act }) = serde_json::from_str(&line) else { break };
        let reply = host.carry_out(id, act);
        host.say(&reply);
    }
}

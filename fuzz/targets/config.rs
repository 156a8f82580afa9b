//! The configuration file: any bytes are a configuration or answered with mistakes that have a line in the file.
//!
//! The file is the operator's own, is read once, and every mistake in it is told with its remedy. So the limits grow
//! with its length, but no faster: the TOML reader keeps every token, and an error of its own takes about 1 KiB.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tessera_fuzz::{BYTES_MAX, TIME_MAX, bounded_by};
use tessera_gateway::config::Place;
use tessera_gateway::fuzzing::read_config;

const BYTES_PER_BYTE: u64 = 1024;
const TIME_PER_BYTE: Duration = Duration::from_micros(20);

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let bytes_max = BYTES_MAX + BYTES_PER_BYTE * text.len() as u64;
    let time_max = TIME_MAX + TIME_PER_BYTE * text.len() as u32;
    let Err(error) = bounded_by(bytes_max, time_max, || read_config(text)) else { return };
    assert!(!error.mistakes.is_empty());
    let lines = text.split('\n').count();
    for mistake in &error.mistakes {
        if let Place::File(_, line) = &mistake.place {
            assert!((1..=lines).contains(line), "line {line} of {lines}: {}", mistake.message);
        }
    }
});

//! Bombs: small texts that would make a careless reader inflate megabytes, or build tables without end.
//!
//! Each is refused without an allocation, and without more inflated bytes than the document may have: the reader has
//! room for one more only, and says so. What each takes is printed, not asserted.

#![allow(clippy::print_stdout, reason = "times are for a person")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the core has no clock, this test does"
)]

use std::time::Instant;

use tessera_core::ticket::{Limits, Refusal, Scratch, decode, peek_lifetime};

use crate::forge::{Stream, armour, deflate, wrap};

/// What a refusal may allocate, in bytes.
const ALLOCATED_MAX: u64 = 4096;

/// Bits in the order of deflate: the lowest of a byte first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    /// Adds the low `count` bits of a number, its lowest first.
    fn put(&mut self, number: u32, count: usize) {
        for at in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().unwrap();
            *last |= ((number >> at & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
    }

    /// Adds a Huffman code, its highest bit first.
    fn code(&mut self, code: u32, count: usize) {
        (0..count).rev().for_each(|at| self.put(code >> at & 1, 1));
    }
}

/// A zlib stream of so many of these blocks as go into a text of this length; none of them is the last.
fn blocks(text_bytes: usize, block: impl Fn(&mut Bits)) -> String {
    let bytes = text_bytes / 4 * 3;
    let mut bits = Bits::default();
    bits.put(0x0178, 16);
    loop {
        let before = bits.bytes.len();
        block(&mut bits);
        let after = bits.bytes.len();
        if after + (after - before) > bytes {
            return armour(&bits.bytes);
        }
    }
}

fn empty_stored(bits: &mut Bits) {
    bits.put(0, 3);
    bits.put(0, (8 - bits.used % 8) % 8);
    bits.put(0xffff_0000, 32);
}

fn empty_fixed(bits: &mut Bits) {
    bits.put(0b010, 3);
    bits.code(0, 7);
}

/// The order in which a dynamic block gives the lengths of the codes for code lengths.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The smallest block that brings tables of its own: one literal code, no data.
fn empty_dynamic(bits: &mut Bits) {
    // The codes: 18 is 0, 0 is 10, 1 is 11.
    dynamic_head(bits, |symbol| match symbol {
        18 => 1,
        0 | 1 => 2,
        _ => 0,
    });
    for zeros in [138, 118] {
        bits.code(0, 1);
        bits.put(zeros - 11, 7);
    }
    bits.code(0b11, 2); // the end of the block has one bit,
    bits.code(0b10, 2); // the distance none
    bits.code(0, 1);
}

/// A block whose tables are as deep as they may be: lengths 1 to 15 and 15 once more, and no data.
fn deep_dynamic(bits: &mut Bits) {
    // Symbols 0 to 15 have 5 bits, 16 none, 18 has 1, so that the code is complete.
    dynamic_head(bits, |symbol| match symbol {
        18 => 1,
        0..=15 => 5,
        _ => 0,
    });
    let length = |bits: &mut Bits, length: u32| bits.code(0b10000 + length, 5);
    for zeros in [138, 103] {
        bits.code(0, 1);
        bits.put(zeros - 11, 7);
    }
    // Fifteen literals and the end of the block.
    (2..=15).chain([15]).for_each(|bits_of| length(bits, bits_of));
    length(bits, 1);
    length(bits, 0);
    bits.code(0, 1);
}

fn dynamic_head(bits: &mut Bits, length: impl Fn(usize) -> u32) {
    bits.put(0b100, 3);
    bits.put(0, 5); // 257 literal codes,
    bits.put(0, 5); // one distance code,
    bits.put(15, 4); // all 19 lengths
    ORDER.into_iter().for_each(|symbol| bits.put(length(symbol), 3));
}

/// Bombs for a reader that takes texts of this length.
fn bombs(text_bytes: usize) -> Vec<(String, String)> {
    let mut bombs: Vec<(String, String)> = Vec::new();
    for kib in [2, 64, 512, 5 * 1024] {
        for byte in [0, b' ', b'[', b'{', b'"', b'\\'] {
            let document = vec![byte; kib * 1024];
            for stream in [Stream::Fixed, Stream::Dynamic] {
                bombs.push((format!("{kib} KiB of {byte:#04x}, {stream:?}"), wrap(&document, stream)));
            }
        }
    }
    // Zlib in zlib, as a reader would meet that inflates until nothing is left to.
    let inner = deflate(&vec![0; 512 * 1024], Stream::Fixed);
    bombs.push(("zlib in zlib".to_owned(), wrap(&inner, Stream::Fixed)));
    bombs.push(("empty stored blocks".to_owned(), blocks(text_bytes, empty_stored)));
    bombs.push(("empty fixed blocks".to_owned(), blocks(text_bytes, empty_fixed)));
    bombs.push(("empty dynamic blocks".to_owned(), blocks(text_bytes, empty_dynamic)));
    bombs.push(("deep dynamic blocks".to_owned(), blocks(text_bytes, deep_dynamic)));
    for letter in ["A", "*", "_", "+"] {
        for bytes in [text_bytes, text_bytes + 4, 1 << 20] {
            bombs.push((format!("{bytes} times {letter}"), letter.repeat(bytes)));
        }
    }
    bombs
}

#[test]
fn every_bomb_is_refused_within_its_memory() {
    // G1
    for limits in [Limits::default(), Limits::HARD] {
        let mut scratch = Scratch::new(limits);
        let mut slowest = (0, String::new());
        let mut inflated = 0;
        for (name, text) in bombs(limits.text_bytes_max) {
            let mut refusal = None;
            let info = allocation_counter::measure(|| refusal = decode(&text, &mut scratch).err());
            let refusal = refusal.unwrap_or_else(|| panic!("{name} is no ticket"));
            assert_eq!(refusal.code().0, 70003, "{name}: {refusal:?}");
            assert!(info.bytes_total <= ALLOCATED_MAX, "{name}: {} bytes", info.bytes_total);
            inflated +=
                u64::from(refusal == Refusal::DocumentTooLong { bytes_max: limits.document_bytes_max });
            slowest = slowest.max((nanoseconds(&text, &mut scratch), name));
        }
        assert!(inflated > 10, "some bombs are small enough to be inflated up to the cap");
        println!("the slowest bomb with {limits:?}: {}, {} ns", slowest.1, slowest.0);
    }
}

#[test]
fn the_file_of_bombs_is_what_is_made_here() {
    // The bench table times them from there. `TESSERA_WRITE_BOMBS=1` writes the file anew.
    let limits = Limits::default();
    let fits = |(_, text): &(String, String)| text.len() <= limits.text_bytes_max;
    let lines =
        bombs(limits.text_bytes_max).into_iter().filter(fits).map(|(name, text)| format!("{name}\t{text}\n"));
    let made: String = lines.collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ticket/bombs.txt");
    if std::env::var_os("TESSERA_WRITE_BOMBS").is_some() {
        std::fs::write(file, &made).unwrap();
    }
    assert!(std::fs::read_to_string(file).unwrap() == made, "{file} is of another time");
}

#[test]
fn blocks_with_tables_of_their_own_are_deflate_as_others_read_it() {
    // A bomb that is refused for its form would prove nothing: with a last block and a checksum they are good streams.
    for block in [empty_stored, empty_fixed, empty_dynamic, deep_dynamic] {
        let mut bits = Bits::default();
        bits.put(0x0178, 16);
        block(&mut bits);
        // An empty stored block as the last one; the checksum of nothing is 1.
        bits.put(1, 3);
        bits.put(0, (8 - bits.used % 8) % 8);
        bits.put(0xffff_0000, 32);
        bits.bytes.extend(1_u32.to_be_bytes());
        let mut out = [0; 8];
        let (made, code) =
            zlib_rs::decompress_slice(&mut out, &bits.bytes, zlib_rs::InflateConfig::default());
        assert_eq!((made.len(), code), (0, zlib_rs::ReturnCode::Ok));
    }
}

#[test]
fn a_client_that_peeks_into_a_bomb_sees_nothing() {
    // C16
    for (name, text) in bombs(Limits::HARD.text_bytes_max) {
        assert!(peek_lifetime(&text).is_none(), "{name}");
    }
}

/// The best of several reads: what the bomb takes, rather than what else goes on.
fn nanoseconds(text: &str, scratch: &mut Scratch) -> u128 {
    let time = |_| {
        let begun = Instant::now();
        assert!(decode(text, scratch).is_err());
        begun.elapsed().as_nanos()
    };
    (0..20).map(time).min().unwrap_or_default()
}

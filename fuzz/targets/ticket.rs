//! The ticket decoder: any text is read or refused, and what was read says the same when it is signed anew.
//!
//! An input is taken as a text, and also as the document inside of one, which few changed texts would get to.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tessera_core::ticket::{Key, Limits, Scratch, decode, peek_lifetime, sign};
use tessera_core::time::Millis;

thread_local! {
    /// One for the thread, as in a gateway: it is made before an input is measured.
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new(Limits::default()));
    static KEY: Key = Key::new("a key of the fuzzer").expect("it is not empty");
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    check(&wrap(bytes));
});

fn check(text: &str) {
    SCRATCH.with_borrow_mut(|scratch| {
        tessera_fuzz::bounded(|| read(text, scratch));
    });
    tessera_fuzz::bounded(|| peek_lifetime(text));
}

/// The text around a document: base64 with the letters of a ticket, around a zlib stream of one stored block.
fn wrap(document: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-";
    let length = document.len().min(usize::from(u16::MAX)) as u16;
    let document = &document[..usize::from(length)];
    let (low, high) = document.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(document);
    stream.extend(((high << 16) | low).to_be_bytes());
    let mut text = String::new();
    for three in stream.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= three.len() { char::from(letter) } else { '_' });
        }
    }
    text
}

fn read(text: &str, scratch: &mut Scratch) {
    let Ok(decoded) = decode(text, scratch) else { return };
    let Ok(claims) = decoded.check_document(Millis(u64::MAX / 2), Millis::ZERO) else { return };
    let (app, user, lifetime) = (claims.app(), claims.user(), claims.lifetime());
    let accepted = KEY.with(|key| claims.check(app, user, std::slice::from_ref(key), lifetime.signed_at()));
    assert!(accepted.is_err(), "nobody has that key");
    let signed =
        KEY.with(|key| sign(key, app, user, lifetime.signed_at(), lifetime.expire_secs(), claims.userbuf()));
    // Only a document that grows beyond its own limit cannot be signed: its userbuf was written shorter than we do.
    let Ok(signed) = signed else { return };
    let mut scratch = Scratch::new(Limits::HARD);
    let again = decode(signed.expose(), &mut scratch).expect("we signed it");
    let again =
        again.check_document(Millis(u64::MAX / 2), Millis::ZERO).expect("it says what was accepted before");
    assert_eq!((again.app(), again.user(), again.lifetime()), (app, user, lifetime));
    assert_eq!(again.userbuf(), claims.userbuf());
    let good = KEY.with(|key| again.check(app, user, std::slice::from_ref(key), lifetime.signed_at()));
    assert_eq!(good, Ok(()));
}

//! Forgery by the thousand: nothing that is made of good tickets without the key is accepted as anything else.
//!
//! 300 tickets by default, 10 000 with `TESSERA_FULL=1`; always the same ones.

use std::ops::Range;

use tessera_core::ticket::{Key, Limits, Scratch, decode};

use crate::forge::{AHEAD, Accepted, Forge, NOW, Stream, armour, base64, deflate, key, object, wrap};

const TICKETS: u64 = 300;
const TICKETS_FULL: u64 = 10_000;

/// Judges a ticket for the app and the user that it names, which is what a forger would ask for.
struct Gate {
    scratch: Scratch,
    keys: [Key; 1],
    checked: u64,
}

impl Gate {
    fn new() -> Self {
        Gate { scratch: Scratch::new(Limits::default()), keys: [key()], checked: 0 }
    }

    fn accepts(&mut self, text: &str) -> Option<Accepted> {
        self.checked += 1;
        let claims = decode(text, &mut self.scratch).ok()?.check_document(NOW, AHEAD).ok()?;
        claims.check(claims.app(), claims.user(), &self.keys, NOW).ok()?;
        Some(claims.into())
    }

    /// A forged ticket is refused, or says what the original says.
    fn refuses_unless(&mut self, original: &Accepted, text: &str, how: &str) {
        if let Some(accepted) = self.accepts(text) {
            assert!(accepted == *original, "{how}: {accepted:?} was accepted, {original:?} was signed");
        }
    }

    fn refuses(&mut self, text: &str, how: &str) {
        let accepted = self.accepts(text);
        assert!(accepted.is_none(), "{how}: {accepted:?} was accepted");
    }
}

/// Runs `work` on every ticket's number, on all processors; answers how many tickets were checked.
fn each_ticket(work: impl Fn(u64, &mut Gate) + Sync) -> u64 {
    let full = std::env::var_os("TESSERA_FULL").is_some_and(|value| value == "1");
    let count = if full { TICKETS_FULL } else { TICKETS };
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let part = |numbers: Range<u64>| {
        let mut gate = Gate::new();
        numbers.for_each(|number| work(number, &mut gate));
        gate.checked
    };
    std::thread::scope(|scope| {
        let bounds = |thread: u64| count * thread / threads..count * (thread + 1) / threads;
        let parts: Vec<_> = (0..threads).map(|thread| scope.spawn(move || part(bounds(thread)))).collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    })
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// A good ticket of its own for each number.
fn forge(number: u64) -> Forge {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut numbers = Numbers(number);
    let length = 1 + numbers.next(32);
    let user = (0..length).map(|_| char::from(LETTERS[numbers.next(64) as usize])).collect();
    let userbuf: Vec<u8> = (0..1 + numbers.next(40)).map(|_| numbers.next(256) as u8).collect();
    Forge {
        user,
        app: (1_400_000_000 + numbers.next(1_000_000)).to_string(),
        time: (NOW.as_secs() - numbers.next(80_000)).to_string(),
        expire: (86_400 + numbers.next(10_000_000)).to_string(),
        userbuf: (numbers.next(4) == 0).then(|| base64(&userbuf)),
        ..Forge::default()
    }
}

fn stream(number: u64) -> Stream {
    [Stream::Stored, Stream::Fixed, Stream::Dynamic][(number % 3) as usize]
}

/// The text around a document, in one stored block: a compressor would take most of the time.
fn stored(document: &[u8]) -> String {
    let length = u16::try_from(document.len()).unwrap();
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(document);
    stream.extend(zlib_rs::adler32::adler32(1, document).to_be_bytes());
    armour(&stream)
}

/// The bytes with one bit after the other flipped.
fn flips(bytes: &[u8], mut each: impl FnMut(&[u8])) {
    let mut bytes = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        each(&bytes);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn no_flipped_bit_of_any_ticket_is_accepted_as_another() {
    // G1
    let checked = each_ticket(|number, gate| {
        let json = forge(number).json();
        let compressed = deflate(json.as_bytes(), stream(number));
        let text = armour(&compressed);
        let original = gate.accepts(&text).unwrap();
        flips(text.as_bytes(), |flipped| {
            if let Ok(flipped) = std::str::from_utf8(flipped) {
                gate.refuses_unless(&original, flipped, "the text");
            }
        });
        flips(&compressed, |flipped| gate.refuses_unless(&original, &armour(flipped), "the stream"));
        flips(json.as_bytes(), |flipped| {
            gate.refuses_unless(&original, &stored(flipped), "the document");
        });
    });
    assert!(checked > 100 * TICKETS);
}

#[test]
fn no_ticket_is_accepted_cut_short() {
    // G1
    each_ticket(|number, gate| {
        let compressed = deflate(forge(number).json().as_bytes(), stream(number));
        let text = armour(&compressed);
        (0..text.len()).for_each(|length| gate.refuses(&text[..length], "the text"));
        (0..compressed.len()).for_each(|length| gate.refuses(&armour(&compressed[..length]), "the stream"));
        let json = forge(number).json().into_bytes();
        (0..json.len()).for_each(|length| gate.refuses(&stored(&json[..length]), "the document"));
    });
}

#[test]
fn no_field_of_one_ticket_is_accepted_with_the_signature_of_another() {
    // G1
    each_ticket(|number, gate| {
        let (signed, other) = (forge(number), forge(number + 1));
        let original = gate.accepts(&wrap(signed.json().as_bytes(), stream(number))).unwrap();
        for fields in 1..1 << SWAPS.len() {
            let mut forged = signed.clone();
            let swapped = (0..SWAPS.len()).filter(|at| fields >> at & 1 == 1);
            swapped.for_each(|at| SWAPS[at](&mut forged, &other));
            let mut document = forged.fields();
            document.last_mut().unwrap().1 = format!("\"{}\"", signed.sig());
            let text = stored(object(&document).as_bytes());
            gate.refuses_unless(&original, &text, &format!("fields {fields:b}"));
        }
    });
}

/// Takes one field over from another ticket.
const SWAPS: [fn(&mut Forge, &Forge); 5] = [
    |forged, other| forged.app.clone_from(&other.app),
    |forged, other| forged.user.clone_from(&other.user),
    |forged, other| forged.time.clone_from(&other.time),
    |forged, other| forged.expire.clone_from(&other.expire),
    |forged, other| forged.userbuf.clone_from(&other.userbuf),
];

#[test]
fn the_line_ends_of_the_signed_text_cannot_be_moved_into_a_field() {
    // What is signed is lines; a user id with a line end in it would say another ticket's lines. C4 has none.
    let mut gate = Gate::new();
    let signed = Forge::default();
    for (user, app) in [
        (format!("{}\nTLS.sdkappid:{}", signed.user, signed.app), "1".to_owned()),
        (signed.user.clone(), format!("{}\\nTLS.time", signed.app)),
    ] {
        let mut document = Forge { user, app, ..signed.clone() }.fields();
        document.last_mut().unwrap().1 = format!("\"{}\"", signed.sig());
        gate.refuses(&stored(object(&document).as_bytes()), "a line end");
    }
}

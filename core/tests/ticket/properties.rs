//! What holds for all tickets.

use proptest::prelude::*;
use tessera_core::ticket::{Limits, Scratch, decode, peek_lifetime, sign};
use tessera_core::time::Millis;

use crate::forge::{APP, Forge, NOW, Stream, USER, armour, check, check_at, deflate, key, unarmour, wrap};

proptest! {
    #[test]
    fn what_is_signed_is_what_is_read(
        app in any::<u64>(),
        user in "[A-Za-z0-9_-]{1,32}",
        now in 0..u64::MAX / 4,
        expire_secs in 1..u64::MAX / 2000,
        userbuf in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
    ) {
        let ticket = sign(&key(), app, &user, Millis(now), expire_secs, userbuf.as_deref()).unwrap();
        let accepted = check_at(ticket.expose(), app, &user, &[key()], Millis(now)).unwrap();
        prop_assert_eq!(accepted.time_secs, now / 1000);
        prop_assert_eq!(accepted.expire_secs, expire_secs);
        prop_assert_eq!(accepted.userbuf, userbuf);
        let lifetime = peek_lifetime(ticket.expose()).unwrap();
        prop_assert_eq!((lifetime.time_secs(), lifetime.expire_secs()), (now / 1000, expire_secs));
    }

    #[test]
    fn any_document_in_any_stream_is_answered(
        text in proptest::collection::vec(
            prop_oneof![
                Just("\"TLS.ver\":\"2.0\""), Just("\"TLS.time\":"), Just("\"TLS.sig\":\""), Just("{"), Just("}"),
                Just("["), Just("\""), Just("\\"), Just("\\u"), Just("d83d"), Just(","), Just(":"), Just(" "),
                Just("1"), Just("-"), Just("0."), Just("e+"), Just("é"), Just("null"), Just("\"TLS.userbuf\":\"="),
            ],
            0..40,
        ),
        stream in prop_oneof![Just(Stream::Stored), Just(Stream::Fixed), Just(Stream::Dynamic)],
    ) {
        prop_assert!(check(&wrap(text.concat().as_bytes(), stream)).is_err());
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..700), zlib in any::<bool>()) {
        let mut bytes = bytes;
        if zlib && bytes.len() > 2 {
            bytes[..2].copy_from_slice(&[0x78, 0x9c]);
        }
        prop_assert!(check(&armour(&bytes)).is_err());
        prop_assert!(check(&String::from_utf8_lossy(&bytes)).is_err());
    }
}

/// Every single flipped bit gives a refusal, or a ticket that says the same.
#[test]
fn no_flipped_bit_changes_what_is_accepted() {
    for userbuf in [None, Some("+/8=".to_owned())] {
        let forge = Forge { userbuf, ..Forge::default() };
        let json = forge.json().into_bytes();
        let original = check(&forge.ticket()).unwrap();
        let same_or_refused = |text: &str| check(text).map_or(true, |accepted| accepted == original);
        for stream in [Stream::Stored, Stream::Fixed, Stream::Dynamic] {
            for flipped in flips(&deflate(&json, stream)) {
                assert!(same_or_refused(&armour(&flipped)), "{stream:?}");
            }
        }
        for flipped in flips(&json) {
            assert!(
                same_or_refused(&wrap(&flipped, Stream::Stored)),
                "{}",
                String::from_utf8_lossy(&flipped)
            );
        }
        for flipped in flips(forge.ticket().as_bytes()) {
            assert!(
                std::str::from_utf8(&flipped).is_err()
                    || same_or_refused(std::str::from_utf8(&flipped).unwrap())
            );
        }
    }
}

fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

/// One scratch serves many tickets: nothing of one shows in the next.
#[test]
fn a_scratch_forgets_the_ticket_before() {
    let mut scratch = Scratch::new(Limits::default());
    let with_userbuf = Forge { userbuf: Some("YWJj".into()), ..Forge::default() }.ticket();
    let without = Forge::default().ticket();
    let damaged = armour(&unarmour(&with_userbuf)[..100]);
    for _ in 0..3 {
        assert!(decode(&damaged, &mut scratch).is_err());
        for (ticket, userbuf) in [(&with_userbuf, Some(&b"abc"[..])), (&without, None)] {
            let claims = decode(ticket, &mut scratch).unwrap().check_document(NOW, Millis::ZERO).unwrap();
            assert_eq!(claims.check(APP, USER, &[key()], NOW), Ok(()));
            assert_eq!(claims.userbuf(), userbuf);
        }
    }
}

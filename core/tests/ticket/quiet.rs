//! What a check does not do: allocate, and tell secrets.

use tessera_core::error::Error;
use tessera_core::ticket::{EmptyKey, Key, Limits, Refusal, Scratch, SignError, Ticket, decode, sign};
use tessera_core::time::Millis;

use crate::forge::{AHEAD, APP, Forge, NOW, SECRET, Stream, USER, armour, key, wrap};

/// One ticket for each path: good ones in each form, and one for each way to fail.
fn tickets() -> Vec<(&'static str, String)> {
    let forge = Forge { userbuf: Some("+/+/".into()), ..Forge::default() };
    let json = forge.json();
    let with = |change: fn(&mut Forge)| {
        let mut forge = Forge::default();
        change(&mut forge);
        forge.ticket()
    };
    vec![
        ("stored", wrap(json.as_bytes(), Stream::Stored)),
        ("fixed", wrap(json.as_bytes(), Stream::Fixed)),
        ("dynamic", wrap(json.as_bytes(), Stream::Dynamic)),
        ("escaped", wrap(json.replace('/', "\\/").as_bytes(), Stream::Stored)),
        ("empty", String::new()),
        ("too long", "A".repeat(2000)),
        ("alphabet", "+".repeat(200)),
        ("cut off", json[..43].to_owned()),
        ("no zlib", armour(json.as_bytes())),
        ("bomb", wrap(&vec![b' '; 100_000], Stream::Fixed)),
        ("no json", wrap(b"{\"a\":[[[[", Stream::Dynamic)),
        ("nothing", wrap(b"{}", Stream::Stored)),
        ("version", with(|forge| forge.ver = "1.0".into())),
        ("integer", with(|forge| forge.time = "1.5".into())),
        ("ahead", with(|forge| forge.time = "1800000000".into())),
        ("lifetime", with(|forge| forge.expire = "-1".into())),
        ("user id", with(|forge| forge.user = "a b".into())),
        ("other app", with(|forge| forge.app = "7".into())),
        ("other user", with(|forge| forge.user = "bob".into())),
        ("expired", with(|forge| forge.time = "1".into())),
    ]
}

fn judge(text: &str, scratch: &mut Scratch, keys: &[Key]) -> Result<(), Refusal> {
    decode(text, scratch)?.check_document(NOW, AHEAD)?.check(APP, USER, keys, NOW)
}

#[test]
fn no_check_allocates_whatever_its_answer() {
    // Section 5 of the design: a verify has no heap allocation.
    let mut scratch = Scratch::new(Limits::default());
    let other = Key::new("another key").unwrap();
    for keys in [vec![key()], vec![other.clone(), key()], vec![other]] {
        for (name, ticket) in tickets() {
            let info = allocation_counter::measure(|| {
                let _answer = judge(&ticket, &mut scratch, &keys);
            });
            assert_eq!(info.count_total, 0, "{name}");
        }
    }
}

#[test]
fn no_refusal_holds_ticket_signature_key_or_user() {
    let mut scratch = Scratch::new(Limits::default());
    let mut refused = 0;
    for (name, ticket) in tickets() {
        for keys in [[key()], [Key::new("another key").unwrap()]] {
            let Err(refusal) = judge(&ticket, &mut scratch, &keys) else {
                continue;
            };
            refused += 1;
            let error = Error::from(refusal);
            assert_eq!(error.code, refusal.code());
            for text in [error.desc.clone(), format!("{error:?} {error}"), format!("{refusal:?}")] {
                let sig = Forge::default().sig();
                for secret in [&ticket, SECRET, &sig, "another key", "+/+/", "bob"] {
                    assert!(secret.is_empty() || !text.contains(secret), "{name}: {text}");
                }
                let part = ticket.get(..8).filter(|part| !part.is_empty());
                assert!(!part.is_some_and(|part| text.contains(part)), "{name}: {text}");
            }
            assert!(error.desc.contains(':'), "says what to do: {}", error.desc);
        }
    }
    assert!(refused > 20);
}

#[test]
fn debug_shows_no_secret() {
    let ticket = sign(&key(), APP, USER, NOW, 60, Some(b"secret bytes")).unwrap();
    assert_eq!(format!("{ticket:?}"), "Ticket(..)");
    assert_eq!(format!("{:?}", Ticket::new("eAEB")), "Ticket(..)");
    assert_eq!(format!("{:?}", key()), "Key(..)");
    let mut scratch = Scratch::new(Limits::default());
    let decoded = decode(ticket.expose(), &mut scratch).unwrap();
    assert_eq!(format!("{decoded:?}"), "Decoded(..)");
    let claims = decoded.check_document(NOW, AHEAD).unwrap();
    let shown = format!("{claims:?}");
    assert!(shown.contains(USER) && !shown.contains("sig") && !shown.contains("userbuf"), "{shown}");
    let shown = format!("{scratch:?}");
    assert!(shown.starts_with("Scratch { limits:") && shown.ends_with(", .. }"), "{shown}");
}

#[test]
fn an_empty_secret_is_no_key() {
    assert_eq!(Key::new("").map(|_| ()), Err(EmptyKey));
}

#[test]
fn a_failed_signing_says_what_to_do() {
    for error in [SignError::UserId, SignError::Lifetime, SignError::TooLong] {
        assert!(error.to_string().contains(": "), "{error}");
    }
    assert_eq!(sign(&key(), APP, "", Millis::ZERO, 60, None), Err(SignError::UserId));
}

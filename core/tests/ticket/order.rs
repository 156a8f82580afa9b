//! G1: which refusal wins, and where each limit lies.

use tessera_core::ticket::{
    Key, Limits, Refusal, Scratch, SignError, decode, is_user_id, peek_lifetime, sign,
};
use tessera_core::time::Millis;

use crate::forge::{AHEAD, APP, Forge, NOW, USER, check, check_at, key};

fn code(result: Result<impl Sized, Refusal>) -> i32 {
    result.err().expect("a refusal").code().0
}

#[test]
fn an_empty_ticket_is_70002() {
    assert_eq!(code(check("")), 70002);
}

#[test]
fn each_refusal_comes_before_the_ones_behind_it() {
    // From the last of G1's order to the first: each fault is added to the ones before.
    let other = Key::new("another key").unwrap();
    let late = NOW + Millis::from_secs(86_401);
    let mut forge = Forge::default();
    assert_eq!(code(check_at(&forge.ticket(), APP, USER, &[key()], late)), 70001);
    assert_eq!(code(check_at(&forge.ticket(), APP, USER, std::slice::from_ref(&other), late)), 70009);
    assert_eq!(code(check_at(&forge.ticket(), APP, "bob", std::slice::from_ref(&other), late)), 70013);
    assert_eq!(code(check_at(&forge.ticket(), 7, "bob", std::slice::from_ref(&other), late)), 70014);
    forge.user = "not a user id".into();
    assert_eq!(check_at(&forge.ticket(), 7, "bob", std::slice::from_ref(&other), late), Err(Refusal::UserId));
    assert_eq!(code(check_at(&forge.ticket(), 7, "bob", &[other], late)), 70003);
}

#[test]
fn the_caller_can_judge_the_app_between_document_and_claims() {
    // G1: 70020 is judged after 70003 and before 70014.
    let mut scratch = Scratch::new(Limits::default());
    let ticket = Forge::default().ticket();
    let claims = decode(&ticket, &mut scratch).unwrap().check_document(NOW, AHEAD).unwrap();
    assert_eq!(claims.app(), APP);
    assert_eq!(Refusal::UnknownApp { app: claims.app() }.code().0, 70020);
}

#[test]
fn every_key_of_an_app_is_tried() {
    let (old, new) = (key(), Key::new("the new key").unwrap());
    let ticket = Forge::default().ticket();
    assert!(check_at(&ticket, APP, USER, &[new.clone(), old], NOW).is_ok());
    assert_eq!(check_at(&ticket, APP, USER, &[new], NOW), Err(Refusal::Signature));
    assert_eq!(check_at(&ticket, APP, USER, &[], NOW), Err(Refusal::Signature));
}

#[test]
fn a_ticket_may_be_signed_as_far_ahead_as_the_setting_says() {
    let signed_at = |secs: u64| Forge { time: secs.to_string(), ..Forge::default() }.ticket();
    let now = NOW.as_secs();
    assert!(check(&signed_at(now + 600)).is_ok());
    let refusal = Refusal::SignedAhead { time_secs: now + 601, now_secs: now };
    assert_eq!(check(&signed_at(now + 601)), Err(refusal));
    assert_eq!(refusal.code().0, 70003);
}

#[test]
fn a_lifetime_must_be_positive_and_end_at_a_time() {
    let with = |time: u64, expire: &str| {
        check(&Forge { time: time.to_string(), expire: expire.into(), ..Forge::default() }.ticket())
    };
    let now = NOW.as_secs();
    assert!(with(now, "1").is_ok());
    assert_eq!(with(now, "0"), Err(Refusal::NoLifetime));
    assert_eq!(with(now, "-1"), Err(Refusal::NoLifetime));
    assert_eq!(with(now, &i64::MIN.to_string()), Err(Refusal::NoLifetime));
    assert_eq!(with(now, &i64::MAX.to_string()), Err(Refusal::Overflow));
    assert_eq!(with(u64::MAX, "1"), Err(Refusal::Overflow));
    // The last end that can be told in milliseconds.
    let end = u64::MAX / 1000;
    assert!(with(now, &(end - now).to_string()).is_ok());
    assert_eq!(with(now, &(end - now + 1).to_string()), Err(Refusal::Overflow));
}

#[test]
fn a_user_id_outside_c4_is_refused_though_it_is_signed() {
    // C4, G1. Both sides of the length limit.
    let longest = "x".repeat(32);
    assert!(is_user_id("A-z_09") && is_user_id(&longest));
    let ticket = Forge { user: longest.clone(), ..Forge::default() }.ticket();
    assert!(check_at(&ticket, APP, &longest, &[key()], NOW).is_ok());
    let too_long = "x".repeat(33);
    for user in ["", " ", "a b", "a.b", "a\0", "\0", "ä", "用户", "a\n", "a/b", "a@b", &too_long] {
        let ticket = Forge { user: user.into(), ..Forge::default() }.ticket();
        assert_eq!(check_at(&ticket, APP, user, &[key()], NOW), Err(Refusal::UserId), "{user:?}");
        assert_eq!(sign(&key(), APP, user, NOW, 60, None), Err(SignError::UserId), "{user:?}");
    }
}

#[test]
fn a_signed_userbuf_is_allowed_even_an_empty_one() {
    for userbuf in [&b""[..], b"\0", b"abc", &[0xff; 256]] {
        let ticket = sign(&key(), APP, USER, NOW, 60, Some(userbuf)).unwrap();
        assert_eq!(check(ticket.expose()).unwrap().userbuf.as_deref(), Some(userbuf));
    }
}

#[test]
fn nothing_is_signed_that_no_gateway_takes() {
    assert_eq!(sign(&key(), APP, USER, NOW, 0, None), Err(SignError::Lifetime));
    assert_eq!(sign(&key(), APP, USER, NOW, u64::MAX, None), Err(SignError::Lifetime));
    assert_eq!(sign(&key(), APP, USER, Millis::NEVER, 1, None), Err(SignError::Lifetime));
    assert_eq!(sign(&key(), APP, USER, NOW, 60, Some(&[0; 5000])), Err(SignError::TooLong));
    assert_eq!(sign(&key(), APP, USER, NOW, 60, Some(&vec![0; 1 << 20])), Err(SignError::TooLong));
    let longest = sign(&key(), APP, USER, NOW, 60, Some(&[0; 4400])).unwrap();
    let mut scratch = Scratch::new(Limits::HARD);
    assert!(decode(longest.expose(), &mut scratch).is_ok());
}

#[test]
fn a_ticket_is_signed_up_to_the_longest_text_that_is_read() {
    // G1: both sides of the limit.
    let longest = Limits::HARD.text_bytes_max;
    let mut met = false;
    for user in ["a", "ab", "abc", "abcd"] {
        // Larger by one and four characters of base64 at a time, so that some ticket has just the length.
        let signed = (4380..4480).map(|userbuf| sign(&key(), APP, user, NOW, 60, Some(&vec![0; userbuf])));
        let (short, long): (Vec<_>, Vec<_>) = signed.partition(Result::is_ok);
        assert!(short.len() > 10 && long.iter().all(|signed| *signed == Err(SignError::TooLong)));
        met |= short.into_iter().flatten().any(|ticket| ticket.expose().len() == longest);
    }
    assert!(met);
}

#[test]
fn time_is_rounded_down_to_the_second_of_the_signing() {
    let ticket = sign(&key(), APP, USER, Millis(NOW.0 + 999), 60, None).unwrap();
    assert_eq!(check(ticket.expose()).unwrap().time_secs, NOW.as_secs());
}

#[test]
fn a_client_reads_the_lifetime_without_a_key() {
    // C16: and says nothing of a text that is no ticket.
    let ticket = Forge { app: "7".into(), user: "not a user id".into(), ..Forge::default() }.ticket();
    let lifetime = peek_lifetime(&ticket).unwrap();
    assert_eq!(lifetime.signed_at(), NOW);
    assert!(!lifetime.is_expired(NOW + Millis::from_secs(86_400)));
    assert!(lifetime.is_expired(NOW + Millis(86_400_001)));
    for text in ["", "x", &ticket[1..], &Forge { expire: "0".into(), ..Forge::default() }.ticket()] {
        assert_eq!(peek_lifetime(text), None);
    }
}

#[test]
fn the_same_ticket_has_the_same_sig_in_any_text() {
    // G5: a ticket is recognised by its signature.
    use crate::forge::{Stream, wrap};
    let forge = Forge::default();
    let mut fields = forge.fields();
    fields.reverse();
    let texts = [
        forge.ticket(),
        wrap(forge.json().as_bytes(), Stream::Fixed),
        wrap(crate::forge::object(&fields).as_bytes(), Stream::Dynamic),
        sign(&key(), APP, USER, NOW, 86_400, None).unwrap().expose().to_owned(),
    ];
    let first = check(&texts[0]).unwrap();
    assert!(texts.iter().all(|text| check(text).unwrap() == first));
}

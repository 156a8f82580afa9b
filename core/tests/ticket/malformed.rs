//! Damaged, foreign and hostile text and streams: each is 70003, and says why.

use tessera_core::ticket::{Limits, Refusal, Scratch, decode};

use crate::forge::{Forge, Stream, armour, check, deflate, unarmour, wrap};

#[test]
fn every_truncation_is_refused() {
    for stream in [Stream::Stored, Stream::Fixed, Stream::Dynamic] {
        let text = wrap(Forge::default().json().as_bytes(), stream);
        for length in 1..text.len() {
            assert_eq!(check(&text[..length]).unwrap_err().code().0, 70003, "{stream:?} {length}");
        }
        let bytes = unarmour(&text);
        for length in 1..bytes.len() {
            assert_eq!(check(&armour(&bytes[..length])), Err(Refusal::Compression), "{stream:?} {length}");
        }
    }
}

#[test]
fn other_alphabets_and_loose_padding_are_refused() {
    let text = (0..64)
        .map(|at| Forge { userbuf: Some("A".repeat(4 * at)), ..Forge::default() }.ticket())
        .find(|text| text.contains('*') && text.contains('-') && text.ends_with('_') && !text.ends_with("__"))
        .unwrap();
    assert!(check(&text).is_ok());
    let at = |from: char| text.find(from).unwrap();
    for (from, to) in [('*', '+'), ('-', '/'), ('-', '_'), ('_', '='), ('*', ' ')] {
        let other = text.replace(from, &to.to_string());
        assert!(check(&other).is_err(), "{from} {to}");
    }
    assert_eq!(check(&text.replace('*', "+")), Err(Refusal::Alphabet { at: at('*') }));
    let bare = text.trim_end_matches('_');
    for (wrong, why) in [
        (bare.to_owned(), "no padding"),
        (format!("{text}_"), "more padding"),
        (format!("{text}____"), "a group of padding"),
        (format!("{text}\n"), "a newline"),
        (format!(" {text}"), "a space"),
        (format!("{text}AAAA"), "another group"),
        (format!("{}é{}", &text[..8], &text[9..]), "another script"),
        (format!("{}\0{}", &text[..8], &text[9..]), "a NUL"),
    ] {
        assert_eq!(check(&wrong).unwrap_err().code().0, 70003, "{why}");
    }
    // Bits that stand for nothing must be zero: the last letter before one padding has two of them.
    let last = bare.as_bytes()[bare.len() - 1];
    assert_eq!(
        check(&format!("{}{}_", &bare[..bare.len() - 1], char::from(last + 1))),
        Err(Refusal::Padding)
    );
}

#[test]
fn each_kind_of_zlib_block_is_read() {
    for (stream, kind) in [(Stream::Stored, 0), (Stream::Fixed, 1), (Stream::Dynamic, 2)] {
        let bytes = deflate(Forge::default().json().as_bytes(), stream);
        assert_eq!(bytes[2] >> 1 & 3, kind, "{stream:?}");
        assert!(check(&armour(&bytes)).is_ok(), "{stream:?}");
    }
}

#[test]
fn a_zlib_stream_is_followed_by_nothing_and_its_checksum_fits() {
    for stream in [Stream::Stored, Stream::Fixed, Stream::Dynamic] {
        let good = deflate(Forge::default().json().as_bytes(), stream);
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(check(&armour(&longer)), Err(Refusal::Compression));
        assert_eq!(check(&armour(&[&good[..], &good[..]].concat())), Err(Refusal::Compression));
        let mut wrong = good.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(check(&armour(&wrong)), Err(Refusal::Compression));
        // Neither gzip, nor a bare deflate stream, nor one that wants a dictionary.
        assert_eq!(check(&armour(&good[2..])), Err(Refusal::Compression));
        assert_eq!(check(&armour(&[&[0x78, 0xbb][..], &good[2..]].concat())), Err(Refusal::Compression));
        assert_eq!(check(&armour(&[&[0x1f, 0x8b][..], &good[2..]].concat())), Err(Refusal::Compression));
    }
}

#[test]
fn a_zlib_stream_has_two_blocks_at_most() {
    // G1: both sides of the limit.
    let json = Forge::default().json();
    let original = check(&wrap(json.as_bytes(), Stream::Stored)).unwrap();
    for stream in [Stream::Stored, Stream::Fixed, Stream::Dynamic] {
        let whole = deflate(json.as_bytes(), stream);
        let (body, checksum) = whole.split_at(whole.len() - 4);
        for (before, accepted) in [(0, true), (1, true), (2, false), (3, false), (100, false)] {
            let empty = [0, 0, 0, 0xff, 0xff].repeat(before);
            let text = armour(&[&body[..2], &empty, &body[2..], checksum].concat());
            let expected = if accepted { Ok(original.clone()) } else { Err(Refusal::Compression) };
            assert_eq!(check(&text), expected, "{stream:?} behind {before} empty blocks");
        }
    }
    // An empty block as the last one, as Go's compressor makes it: the first one says in its lowest bit that it is not.
    let mut whole = deflate(json.as_bytes(), Stream::Stored);
    whole[2] &= !1;
    let checksum = whole.split_off(whole.len() - 4);
    let text = armour(&[&whole[..], &[1, 0, 0, 0xff, 0xff], &checksum].concat());
    assert_eq!(check(&text), Ok(original));
}

#[test]
fn text_and_document_are_read_up_to_their_limits() {
    // G1: both sides of both limits.
    let limits = Limits { text_bytes_max: 512, document_bytes_max: 300 };
    let mut scratch = Scratch::new(limits);
    let padded = |bytes: usize| {
        let json = Forge::default().json();
        wrap(format!("{json}{}", " ".repeat(bytes - json.len())).as_bytes(), Stream::Fixed)
    };
    assert!(decode(&padded(300), &mut scratch).is_ok());
    assert_eq!(decode(&padded(301), &mut scratch).unwrap_err(), Refusal::DocumentTooLong { bytes_max: 300 });
    let refusal = decode(&"A".repeat(513), &mut scratch).unwrap_err();
    assert_eq!(refusal, Refusal::TextTooLong { bytes: 513, bytes_max: 512 });
    let longest = decode(&"A".repeat(512), &mut scratch).unwrap_err();
    assert!(!matches!(longest, Refusal::TextTooLong { .. }), "{longest:?}");
    assert!(decode(&padded(300), &mut scratch).is_ok(), "a refusal leaves nothing behind");
}

#[test]
fn no_setting_makes_a_reader_take_more_than_the_hard_limit() {
    let mut scratch = Scratch::new(Limits { text_bytes_max: usize::MAX, document_bytes_max: usize::MAX });
    let refusal = decode(&"A".repeat(8193), &mut scratch).unwrap_err();
    assert_eq!(refusal, Refusal::TextTooLong { bytes: 8193, bytes_max: 8192 });
    let bomb = wrap(&[b' '; 8193], Stream::Fixed);
    assert_eq!(decode(&bomb, &mut scratch).unwrap_err(), Refusal::DocumentTooLong { bytes_max: 8192 });
}

#[test]
fn a_bomb_ends_at_the_limit() {
    // Within the limit of the text, and a hundred times the limit of the document.
    let bomb = wrap(&vec![b' '; 100_000], Stream::Fixed);
    assert!(bomb.len() <= 1024);
    assert_eq!(check(&bomb), Err(Refusal::DocumentTooLong { bytes_max: 1024 }));
}

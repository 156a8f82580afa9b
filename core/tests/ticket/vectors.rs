//! Tickets that the vendor's own libraries made, with the clock at 1700000000.

use tessera_core::ticket::{Key, Refusal, peek_lifetime, sign};
use tessera_core::time::Millis;

use crate::forge::{self, APP, NOW, SECRET, USER, base64, check_at, key};

const A_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkKjIT87NK82CSxSnZiQUFmSlAKUMTAyiAyqVWFGQWpYJkTE1NjRDiJZm5YFFzNPXFmekgG3zKHM1T9D3LzdODi-OKs8vCqpxcAvydnV2SSv2cy03cPcpDnA2SMgu0nUxslWoBHdYzUg__";
const A_NODE: &str = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMiUZOamKlkZmqOKplYUZBaBxE1NTY3gosWZ6UpWSj5ljuYp*p7l5unBxXnF2WVhVU4uAf7Ozi5JpX7O5SbuHuUhzgZJmQXaTia2SrUAohcx8g__";
const A_STORED: &str = "eAEBrABT-3siVExTLnZlciI6IjIuMCIsIlRMUy5pZGVudGlmaWVyIjoieGlhb2p1biIsIlRMUy5zZGthcHBpZCI6MTQwMDAwMDAwMCwiVExTLmV4cGlyZSI6MTU1NTIwMDAsIlRMUy50aW1lIjoxNzAwMDAwMDAwLCJUTFMuc2lnIjoiTHZBN2QvSXc3Z1NzbnNrdlZ6QkRQT0NDRGJ1TkN3NEdId1RDMGJpcCtCND0ifQrfwzH8";
const B_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkKjIT87NK82CSxSnZiQUFmSlAKUMTAyiAyqVWFGQWpYJkTE1NjRDiJZm5YFFzNPWlxalFSaVpIFsiw72y4FZkpoOEArNCjAwMKwKyI7L1E30NU7UrDcoSs6OSDLyNMgOK3EpTtbUNik0rzZLcfG2VagHdkjl6";
const B_NODE: &str = "eJxVzF8LgjAUBfDvcl8Xto1WMOjVh0owEvrzNvEa15HJ5kSJvntkFnTezu-AeUC2O0QdOtAgIw6zsVOBdUsljdyTuVehniZfWNM0VIAWCz7ls7R0Q9Bi9a-YN*TerpSSPw0eXR5K0HA*bqrvNV1Bw77KJBd9ak92bhKBbOCdsZecbyWlLg7IGPdqWOZxsobnC*QSN9o_";
const C_PYTHON: &str = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkEnMyk1PjDQx1K2DyxSnZiQUFmSlAWUMTAyiAyqVWFGQWpQJlLMxM4IIlmbkgIUNzNMXFmekgG0oKXf1d3L1zIoNdi0oiXLMcSxIL3Mw9fMy0yxwD8ozMyz0qQgJMC4IyjbNtlWoB*P0zQQ__";
const D_NODE: &str = "eJxVjc0KgkAYRd-l2xb*kVQDLb5CVJCwEoJ2jo7TpKn410j07qFZ0N1c7jmL*4TAOykdq4CAoWgwH7eIWd6IRIxYirC4tfmk6jgNy1LEQPSFNuVjGnFnQPTlP2WyFNXATdM0frStWUXbBAggosPs7EqNUqfZvg84Iu6iwyW1VBzir8b63gsOBPo1dtSUD4e7vMAttcPUCy1N1rNOjb3I9Rmn5ySiR8-dwOsNn*tDuQ__";

const A_SIG: &str = "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=";
const B_SIG: &str = "QjT201xPkXk/aM1e+y0vakZb0K2iPrFue++0s5y6bFM=";
const C_SIG: &str = "tqEODGKlYSErtXEjAtapF7HL6+vAPn27wHxTP5pRi3k=";
const D_SIG: &str = "y9Avb5xwHgIgoABbGakLaE0xs+v/dLcIPegbWfcbRLI=";
const E_SIG: &str = "uupaOmIqiVUsVoCDvmakmGU86GEQBV0Ie6Q+9GFbowM=";

/// The userbufs of the vendor's room keys: a number as the room, and a text.
const D_USERBUF: &str = "0000077869616f6a756e53724e000000271066413f00000000ff00000000";
const E_USERBUF: &str =
    "0100077869616f6a756e53724e000000000066413f00000000ff00000000000a31303030303030303430";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn tickets_of_the_vendors_libraries_are_accepted_with_their_claims() {
    // G1: stored and fixed blocks, both key orders, spaces, a trailing newline, a signed userbuf.
    let abc = Some(b"abc".to_vec());
    for (ticket, user, expire_secs, userbuf, sig) in [
        (A_PYTHON, USER, 15_552_000, None, A_SIG),
        (A_NODE, USER, 15_552_000, None, A_SIG),
        (A_STORED, USER, 15_552_000, None, A_SIG),
        (B_PYTHON, USER, 15_552_000, abc.clone(), B_SIG),
        (B_NODE, USER, 15_552_000, abc, B_SIG),
        (C_PYTHON, "alice_01-x", 86_400, None, C_SIG),
        (D_NODE, USER, 15_552_000, Some(bytes(D_USERBUF)), D_SIG),
    ] {
        let accepted = check_at(ticket, APP, user, &[key()], NOW).unwrap();
        assert_eq!(accepted.user, user);
        assert_eq!(accepted.app, APP);
        assert_eq!((accepted.time_secs, accepted.expire_secs), (1_700_000_000, expire_secs));
        assert_eq!(accepted.userbuf, userbuf);
        assert_eq!(base64(&accepted.sig), sig);
        let lifetime = peek_lifetime(ticket).unwrap();
        assert_eq!(lifetime.expires_at(), Millis::from_secs(1_700_000_000 + expire_secs));
    }
}

#[test]
fn our_signatures_are_those_of_the_vendors_libraries() {
    for (user, expire_secs, userbuf, sig) in [
        (USER, 15_552_000, None, A_SIG),
        (USER, 15_552_000, Some(b"abc".to_vec()), B_SIG),
        ("alice_01-x", 86_400, None, C_SIG),
        (USER, 15_552_000, Some(bytes(D_USERBUF)), D_SIG),
        (USER, 15_552_000, Some(bytes(E_USERBUF)), E_SIG),
    ] {
        let ticket = sign(&key(), APP, user, NOW, expire_secs, userbuf.as_deref()).unwrap();
        let accepted = check_at(ticket.expose(), APP, user, &[key()], NOW).unwrap();
        assert_eq!(base64(&accepted.sig), sig);
        assert_eq!(accepted.userbuf, userbuf);
    }
}

#[test]
fn our_ticket_is_the_vendors_stored_one_without_its_newline() {
    let document = |ticket: &str| forge::unarmour(ticket)[7..].to_vec();
    let ours = document(sign(&key(), APP, USER, NOW, 15_552_000, None).unwrap().expose());
    let theirs = document(A_STORED);
    let (ours, theirs) = (&ours[..ours.len() - 4], &theirs[..theirs.len() - 4]);
    assert_eq!(ours, theirs.strip_suffix(b"\n").unwrap());
}

#[test]
fn a_vector_is_valid_in_its_last_second_and_not_after() {
    // G1, C14: 70001 iff now > time + expire.
    let end = Millis::from_secs(1_715_552_000);
    assert!(check_at(A_NODE, APP, USER, &[key()], end).is_ok());
    let refusal = check_at(A_NODE, APP, USER, &[key()], Millis(end.0 + 1)).unwrap_err();
    assert_eq!(refusal, Refusal::Expired { at_secs: 1_715_552_000, now_secs: 1_715_552_000 });
}

#[test]
fn the_secret_is_its_characters_not_the_bytes_that_they_spell() {
    let refusal = check_at(A_NODE, APP, USER, &[Key::new(&SECRET.to_uppercase()).unwrap()], NOW);
    assert_eq!(refusal.unwrap_err(), Refusal::Signature);
}

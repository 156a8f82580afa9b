//! The first bytes of a connection: any of them are an upgrade or answered as HTTP, and it matters not how they came.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use tessera_gateway::config::Network;
use tessera_gateway::fuzzing::{Opening, open_connection};

const TRUSTED: [Network; 1] = [Network { address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), prefix: 8 }];

fuzz_target!(|bytes: &[u8]| {
    match tessera_fuzz::bounded(|| open_connection(bytes, &TRUSTED)) {
        Opening::Partial => assert!(!bytes.windows(4).any(|end| end == b"\r\n\r\n")),
        Opening::Health => assert!(bytes.starts_with(b"GET /healthz")),
        Opening::Refused(answer) => {
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
            assert!(answer.matches("\r\n\r\n").count() <= 1, "{answer}");
        }
        Opening::Accepted(answer, login) => {
            assert!(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"));
            assert_eq!(answer.matches("\r\n\r\n").count(), 1, "no field of the request gets into the answer");
            assert!(login.is_none_or(
                |login| !answer.contains(login.ticket.expose()) || login.ticket.expose().len() < 8
            ));
        }
    }
});

//! The golden bytes of wire version 1: each frame is written as its file says, and is read from it.
//!
//! The files are not made from the code. Whoever changes one breaks every client and gateway in the field.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

use tessera_core::error::Code;
use tessera_core::generated::codes;
use tessera_core::generated::status::Platform;
use tessera_core::generated::versions;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId};
use tessera_core::ticket::Ticket;
use tessera_core::time::Millis;
use tessera_core::wire::{
    ClientFrame, Drain, Fault, GatewayFrame, Hello, KickAck, KickReason, Kicked, Login, LoginOk, Logout,
    Refused, Renew, Renewed, SessionNote, Time,
};

const APP: AppId = AppId(1_400_000_000);
const SESSION: SessionId = SessionId([0x5e; 16]);
const OLD_SESSION: SessionId = SessionId([0x01; 16]);
const NOW: Millis = Millis(1_700_000_000_123);
const EXPIRES: Millis = Millis(1_700_086_400_000);

fn login() -> Login {
    Login {
        app: APP,
        user: "alice".to_owned(),
        ticket: Ticket::new("eJyrVgrxCdYrSy1SslI*-_"),
        device: DeviceId([0xd0; 16]),
        platform: Platform::Android,
        session: SESSION,
        instance: InstanceId([0x1a; 16]),
        attempt: 1,
        resume: false,
        ends: Vec::new(),
        lease: None,
    }
}

/// A user that is none, and numbers as large as they can be.
fn login_extreme() -> Login {
    Login {
        app: AppId(u64::MAX),
        user: "\"\\/\u{8}\u{c}\n\r\t\u{1}\u{7f}é€😀".to_owned(),
        ticket: Ticket::new(""),
        device: DeviceId([0x00; 16]),
        platform: Platform::Web,
        session: SessionId([0xff; 16]),
        instance: InstanceId(*b"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10"),
        attempt: u64::MAX,
        lease: Some(Millis(u64::MAX)),
        ..login()
    }
}

fn logout(user: &str, session: SessionId) -> Logout {
    Logout { app: APP, user: user.to_owned(), session }
}

/// Every frame of a client, by the name of its file.
pub(crate) fn client_frames() -> Vec<(String, ClientFrame)> {
    let ends = vec![logout("alice", OLD_SESSION), logout("bob", SessionId([0x02; 16]))];
    let mut frames = vec![
        ("login", ClientFrame::Login(Box::new(login()))),
        ("login-resume", ClientFrame::Login(Box::new(Login { attempt: 2, resume: true, ..login() }))),
        ("login-ends", ClientFrame::Login(Box::new(Login { ends, ..login() }))),
        ("login-lease", ClientFrame::Login(Box::new(Login { lease: Some(Millis(20_000)), ..login() }))),
        ("login-extreme", ClientFrame::Login(Box::new(login_extreme()))),
        ("renew", ClientFrame::Renew(Renew { session: SESSION, attempt: 3, ticket: login().ticket })),
        ("logout", ClientFrame::Logout(logout("alice", SESSION))),
        ("kick_ack", ClientFrame::KickAck(KickAck { app: APP, user: "alice".to_owned(), session: SESSION })),
        ("ping", ClientFrame::Ping {}),
    ]
    .into_iter()
    .map(|(name, frame)| (name.to_owned(), frame))
    .collect::<Vec<_>>();
    for platform in Platform::ALL {
        let login = Login { platform: *platform, ..login() };
        frames.push((format!("login-on-{platform}"), ClientFrame::Login(Box::new(login))));
    }
    frames
}

fn refused(code: Code, desc: &str, retryable: bool, retry_after: Option<Millis>) -> Refused {
    let desc = desc.to_owned();
    Refused { session: SESSION, attempt: 3, time: NOW, code, desc, retryable, retry_after }
}

fn kicked(reason: KickReason, platform: Option<Platform>) -> GatewayFrame {
    GatewayFrame::Kicked(Kicked {
        session: SESSION,
        time: NOW,
        reason,
        platform,
        at: Millis(1_699_999_999_000),
    })
}

fn accepted(resumed: bool, created: bool) -> GatewayFrame {
    let ok = LoginOk { session: SESSION, attempt: 1, time: NOW, expires: EXPIRES, resumed, created };
    GatewayFrame::LoginOk(ok)
}

/// Every frame of a gateway, by the name of its file.
pub(crate) fn gateway_frames() -> Vec<(String, GatewayFrame)> {
    use GatewayFrame as G;
    let note = SessionNote { session: SESSION, time: NOW };
    let mismatch = refused(codes::ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID, "of \"bob\"", false, None);
    let limit = refused(codes::ERR_SVR_SSO_FREQ_LIMIT, "too often", true, Some(Millis(1500)));
    let fault = |retry_after: Option<Millis>| Fault {
        code: if retry_after.is_none() { codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS } else { limit.code },
        desc: "no frame".to_owned(),
        retry_after,
    };
    vec![
        ("hello", G::Hello(Hello { time: NOW, login_within: Millis(30_000) })),
        ("login_ok", accepted(false, false)),
        ("login_ok-created", accepted(false, true)),
        ("login_ok-resumed", accepted(true, false)),
        ("login_refused", G::LoginRefused(mismatch.clone())),
        ("login_refused-retry_after", G::LoginRefused(limit.clone())),
        ("renewed", G::Renewed(Renewed { session: SESSION, attempt: 3, time: NOW, expires: EXPIRES })),
        ("renew_refused", G::RenewRefused(mismatch)),
        ("renew_refused-retry_after", G::RenewRefused(limit.clone())),
        ("logged_out", G::LoggedOut(note.clone())),
        ("kicked-policy", kicked(KickReason::Policy, Some(Platform::Ipad))),
        ("kicked-admin", kicked(KickReason::Admin, None)),
        ("kicked-revoked", kicked(KickReason::Revoked, None)),
        ("kicked-disabled", kicked(KickReason::Disabled, None)),
        ("kicked-ticket_refused", kicked(KickReason::TicketRefused, None)),
        ("expired", G::Expired(note)),
        ("pong", G::Pong(Time { time: NOW })),
        ("drain", G::Drain(Drain { time: NOW, retry_after: Millis(2_500) })),
        ("bye", G::Bye(Time { time: NOW })),
        ("error", G::Error(fault(None))),
        ("error-retry_after", G::Error(fault(Some(Millis(250))))),
    ]
    .into_iter()
    .map(|(name, frame)| (name.to_owned(), frame))
    .collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire/golden")
}

/// The frame in a file. The line feed at its end belongs to the file, not to the frame.
fn golden(file: &str) -> String {
    let text = std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    text.strip_suffix('\n').unwrap_or_else(|| panic!("{file} ends with a line feed")).to_owned()
}

fn is_golden<F: Debug + PartialEq, E: Debug + PartialEq>(
    name: &str,
    frame: F,
    text: String,
    parse: impl FnOnce(&str) -> Result<F, E>,
) {
    let golden = golden(&format!("{name}.json"));
    assert_eq!(text, golden, "{name} is written otherwise");
    assert_eq!(parse(&golden), Ok(frame), "{name} is read otherwise");
}

#[test]
fn each_frame_of_a_client_has_its_golden_bytes() {
    for (name, frame) in client_frames() {
        let text = frame.to_text();
        is_golden(&name, frame, text, ClientFrame::parse);
    }
}

#[test]
fn each_frame_of_a_gateway_has_its_golden_bytes() {
    for (name, frame) in gateway_frames() {
        let text = frame.to_text();
        is_golden(&name, frame, text, GatewayFrame::parse);
    }
}

#[test]
fn the_login_in_an_upgrade_request_has_its_golden_bytes() {
    let golden = golden("authorization.txt");
    let parameter = golden.strip_prefix("Tessera ").unwrap();
    assert_eq!(login().to_authorization(), parameter);
    assert_eq!(Login::from_authorization(parameter), Ok(login()));
}

#[test]
fn every_golden_file_is_proved_by_a_frame() {
    let client = client_frames().into_iter().map(|(name, _)| name);
    let gateway = gateway_frames().into_iter().map(|(name, _)| name);
    let mut expected: BTreeSet<String> = client.chain(gateway).map(|name| format!("{name}.json")).collect();
    expected.extend(["README.md", "authorization.txt"].map(str::to_owned));
    let files = std::fs::read_dir(folder()).unwrap();
    let found: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_golden_bytes_are_those_of_the_version_that_is_spoken() {
    assert_eq!(versions::WIRE_VERSION, 1, "a new version gets golden files of its own; these stay");
    assert_eq!(versions::SUBPROTOCOL, "tessera.v1");
    assert_eq!(versions::AUTH_SCHEME, "Tessera");
}

#[test]
fn every_frame_but_error_tells_the_gateways_time() {
    // C14
    for (name, frame) in gateway_frames() {
        let expected = if matches!(frame, GatewayFrame::Error(_)) { None } else { Some(NOW) };
        assert_eq!(frame.time(), expected, "{name}");
    }
}

#[test]
fn a_kick_reason_has_its_name_on_the_wire() {
    for reason in [
        KickReason::Policy,
        KickReason::Admin,
        KickReason::Revoked,
        KickReason::Disabled,
        KickReason::TicketRefused,
        KickReason::Other,
    ] {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}

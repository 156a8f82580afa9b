//! C11–C13: what each answer to a resume does.
//!
//! failures.md: "a device is kicked by its own reconnect", "timeout or 5xx while renewing logs the user out".

use tessera_core::error::Code;
use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggedOut};
use tessera_core::wire::GatewayFrame;

use crate::rig::Rig;

fn resuming() -> Rig {
    let mut rig = Rig::reconnecting();
    assert_eq!(rig.retry(), ["> connect 2: resume s1"]);
    rig
}

#[test]
fn a_resume_is_never_a_kick() {
    // C11
    let mut rig = resuming();
    assert_eq!(rig.status(), LoggedIn);
    assert_eq!(rig.ok(2, 1), ["connected"]);
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "alice".into()));
}

#[test]
fn a_kick_as_the_answer_is_told_once_and_confirmed() {
    // C12
    let mut rig = resuming();
    assert_eq!(rig.kicked(2, 1), ["> 2: ack s1", "kicked Policy"]);
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
    assert!(rig.pass(50_000).is_empty(), "no reconnect");
}

#[test]
fn a_refused_ticket_ends_the_session_with_its_reason() {
    // C11 C12
    for (code, told) in [
        (70052, "kicked Revoked"),
        (70051, "kicked Disabled"),
        (70002, "kicked TicketRefused 70002"),
        (70003, "kicked TicketRefused 70003"),
        (70009, "kicked TicketRefused 70009"),
        (70013, "kicked TicketRefused 70013"),
        (70014, "kicked TicketRefused 70014"),
        (70020, "kicked TicketRefused 70020"),
        (6208, "kicked Policy"),
    ] {
        let mut rig = resuming();
        rig.provider(true);
        assert_eq!(rig.refuse(2, 1, Code(code)), ["> close 2", told]);
        assert_eq!(rig.status(), LoggedOut);
        assert!(rig.pass(600_000).is_empty(), "{code}: no reconnect, and the provider is not asked");
    }
}

#[test]
fn a_refusal_for_now_is_retried() {
    // C11; failures.md: 5xx logs the user out
    let mut rig = resuming();
    assert_eq!(rig.put_off(2, 1, 40_000), ["> close 2", "failed -10114"]);
    assert!(rig.pass(39_999).is_empty());
    assert_eq!(rig.pass(1), ["> connect 3: resume s1"]);
    assert_eq!(rig.refuse(3, 1, codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR), ["> close 3", "failed 70500"]);
    assert_eq!(rig.status(), LoggedIn);
}

#[test]
fn a_refusal_for_now_is_retried_also_if_something_came_before_it() {
    // C11: a gateway behind a proxy that drops the header greets first, or an error about `ends` comes first
    let mut rig = resuming();
    assert_eq!(rig.hello(2), ["> 2: resume s1", "connected"]);
    let told = rig.put_off(2, 1, 40_000);
    assert_eq!(told, ["> close 2", "dropped", "connecting"]);
    assert_eq!(rig.status(), LoggedIn);
    assert_eq!(rig.pass(40_000), ["> connect 3: resume s1"]);
}

#[test]
fn an_expired_ticket_is_an_expiry_without_a_provider() {
    // C11 C14
    let mut rig = resuming();
    assert_eq!(rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED), ["> close 2", "expired"]);
    assert_eq!((rig.status(), rig.user()), (LoggedOut, String::new()));
}

#[test]
fn an_expired_ticket_asks_the_provider_and_goes_on_with_its_ticket() {
    // C11 C15
    let mut rig = resuming();
    rig.provider(true);
    let told = rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert_eq!(told, ["> close 2", "asked 1 for alice"]);
    assert_eq!(rig.provide(1, 90_000), ["> connect 3: resume s1", "connecting"]);
    assert_eq!(rig.ok(3, 1), ["connected"]);
    assert_eq!(rig.login("alice", 90_000), ["result 2 ok"], "it is the ticket now");
}

#[test]
fn an_expired_ticket_that_the_provider_cannot_replace_is_an_expiry() {
    // C11 C14, also in time
    for hangs in [false, true] {
        let mut rig = resuming();
        rig.provider(true);
        rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
        if hangs {
            assert!(rig.pass(29_999).is_empty());
            assert_eq!(rig.pass(1), ["expired"]);
            assert!(rig.provide(1, 90_000).is_empty());
        } else {
            assert_eq!(rig.provide_error(1), ["expired"]);
        }
        assert_eq!(rig.status(), LoggedOut);
    }
}

#[test]
fn the_expiry_of_the_ticket_ends_the_wait_for_the_provider() {
    // C15: "at expiry without an accepted ticket C14 follows even with a call in flight"
    let mut rig = Rig::connected();
    rig.login("alice", 20);
    rig.ok(1, 1);
    rig.fail(1);
    rig.retry();
    rig.provider(true);
    let told = rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert_eq!(told, ["> close 2", "asked 1 for alice"]);
    let told = rig.pass(20_001);
    assert_eq!(told, ["expired"]);
    assert!(rig.provide(1, 90_000).is_empty());
}

#[test]
fn the_expiry_of_the_ticket_comes_also_while_its_successor_cannot_be_sent() {
    // C14 C15: connected or not
    let mut rig = Rig::connected();
    rig.login("alice", 20);
    rig.ok(1, 1);
    rig.fail(1);
    rig.retry();
    rig.provider(true);
    rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert_eq!(rig.provide(1, 90_000), ["> connect 3: resume s1", "connecting"]);
    rig.fail(3);
    let told = rig.pass(20_001);
    assert!(told.contains(&"expired".to_owned()), "{told:?}");
    assert_eq!(rig.status(), LoggedOut);
}

#[test]
fn a_new_ticket_by_login_serves_a_resume_that_met_an_expired_one() {
    // C7 C11
    let mut rig = resuming();
    rig.login("alice", 90_000);
    let told = rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert_eq!(told, ["> close 2", "> connect 3: resume s1", "connecting"]);
    assert_eq!(rig.ok(3, 1), ["connected", "result 2 ok"]);
    assert_eq!(rig.login("alice", 90_000), ["result 3 ok"]);
}

#[test]
fn a_new_ticket_in_a_resume_is_kept_when_its_caller_gave_up_waiting() {
    // C7 C10: the gateway may have taken it
    let mut rig = resuming();
    rig.login("alice", 90_000);
    rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    let told = rig.pass(30_000);
    assert!(told.contains(&"result 2 9523".to_owned()), "{told:?}");
    if rig.client.connection_status() != tessera_core::generated::status::ConnectionStatus::Connecting {
        rig.retry();
    }
    let connection = rig.connection;
    rig.ok(connection, 1);
    assert_eq!(rig.login("alice", 90_000), ["result 3 ok"], "it is the ticket now");
}

#[test]
fn the_answer_about_another_session_is_not_about_this_one() {
    // G4
    let mut rig = Rig::logged_in();
    rig.login("bob", 86_400);
    rig.ok(1, 2);
    let frames = [
        rig.ok_frame(1),
        GatewayFrame::LoginRefused(rig.refusal(1, codes::ERR_SVR_ACCOUNT_BLACKLIST, None)),
        GatewayFrame::Expired(rig.note(1)),
        GatewayFrame::LoggedOut(rig.note(1)),
    ];
    for frame in frames {
        assert!(rig.frame(1, frame).is_empty());
    }
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "bob".into()));
}

#[test]
fn a_newer_ticket_that_has_expired_too_is_an_expiry() {
    // C11 C14: it was tried already
    let mut rig = resuming();
    rig.login("alice", 90_000);
    rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    let told = rig.refuse(3, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert!(told.contains(&"expired".to_owned()), "{told:?}");
    assert_eq!(rig.status(), LoggedOut);
}

/// A resume is refused with 70001 when the provider has failed once and was asked so long ago; a second question may
/// follow a second after the first.
fn refused_after_a_question(ms: u64) -> Vec<String> {
    let mut rig = Rig::connected();
    rig.provider(true);
    rig.settings.silence_timeout_ms = 600_000;
    rig.login("alice", 1_000);
    rig.ok(1, 1);
    rig.fail(1);
    rig.retry();
    assert_eq!(rig.refuse(2, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED), ["> close 2", "asked 1 for alice"]);
    let mut told = rig.provide(1, 90_000);
    told.extend(rig.ok(3, 1));
    told.extend(rig.fail(3));
    told.extend(rig.hint());
    rig.jump(ms);
    let connection = rig.connection;
    rig.refuse(connection, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED)
}

#[test]
fn the_provider_is_asked_again_only_after_its_interval() {
    // C11 C15, both sides
    assert_eq!(refused_after_a_question(9_999), ["> close 4", "expired"]);
    assert_eq!(refused_after_a_question(10_000), ["> close 4", "asked 2 for alice"]);
}

#[test]
fn a_question_that_is_open_is_waited_for() {
    // C11 C15: its interval does not matter
    let mut rig = Rig::connected();
    rig.provider(true);
    rig.login("alice", 30);
    rig.ok(1, 1);
    let told = rig.pass(27_000);
    assert!(told.contains(&"asked 1 for alice".to_owned()), "{told:?}");
    rig.fail(1);
    rig.retry();
    let told = rig.refuse(rig.connection, 1, codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    assert_eq!(told, [format!("> close {}", rig.connection)]);
    assert_eq!(rig.status(), LoggedIn);
    assert_eq!(
        rig.provide(1, 90_000),
        [format!("> connect {}: resume s1", rig.connection), "connecting".to_owned()]
    );
}

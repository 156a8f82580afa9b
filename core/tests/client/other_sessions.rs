//! What the gateway says about a session concerns that session alone (C1, G4).

use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus::{LoggedIn, LoggingOut};
use tessera_core::time::Millis;
use tessera_core::wire::{GatewayFrame, LoginOk};

use crate::rig::Rig;

/// Alice's session 1 has ended, and bob is logged in as session 2.
fn second() -> Rig {
    let mut rig = Rig::logged_in();
    rig.login("bob", 86_400);
    assert_eq!(rig.ok(1, 2), ["result 2 ok"]);
    rig
}

#[test]
fn a_refusal_of_another_one_does_not_fail_the_try() {
    let mut rig = second();
    rig.fail(1);
    rig.retry();
    let refused = rig.refusal(1, codes::ERR_SVR_SSO_OVERLOAD, None);
    assert_eq!(rig.frame(2, GatewayFrame::LoginRefused(refused)), ["connected"]);
    assert!(rig.ok(2, 2).is_empty());
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "bob".into()));
}

#[test]
fn an_acknowledgement_of_another_one_does_not_move_the_expiry() {
    let mut rig = second();
    let GatewayFrame::LoginOk(ok) = rig.ok_frame(1) else { panic!("it is a LoginOk") };
    let soon = rig.gateway_now() + Millis(5_000);
    rig.frame(1, GatewayFrame::LoginOk(LoginOk { expires: soon, ..ok }));
    assert!(!rig.pass(10_000).contains(&"expired".to_owned()));
    assert_eq!((rig.status(), rig.user()), (LoggedIn, "bob".into()));
}

#[test]
fn the_answer_to_a_renewal_of_another_one_completes_nothing() {
    let mut rig = second();
    assert_eq!(rig.login("bob", 90_000), ["> 1: renew s2"]);
    assert!(rig.renewed(1, 1, 90_000).is_empty());
    assert!(rig.renewal_refused(1, 1, codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED).is_empty());
    assert_eq!(rig.renewed(1, 2, 90_000), ["result 3 ok"]);
}

#[test]
fn the_end_of_another_one_is_no_answer_to_a_logout() {
    for answer in [Rig::logged_out, Rig::expired, Rig::kicked] {
        let mut rig = second();
        assert_eq!(rig.logout(), ["> 1: logout s2"]);
        assert!(answer(&mut rig, 1, 1).is_empty());
        assert_eq!(rig.status(), LoggingOut);
        assert_eq!(answer(&mut rig, 1, 2).last().unwrap(), "result 3 ok");
    }
}

#[test]
fn a_session_can_expire_before_it_was_acknowledged() {
    let mut rig = Rig::connected();
    rig.login("alice", 86_400);
    let expired = Error::of(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED).code.0;
    assert_eq!(rig.expired(1, 1), [format!("result 1 {expired}")]);
}

#[test]
fn a_login_joins_one_with_the_same_ticket_which_has_expired_meanwhile() {
    // C6: whoever joins gets the answer of the first. With another ticket, or for another user, it is not the same.
    let mut rig = Rig::connected();
    assert_eq!(rig.login("alice", 10), ["> 1: login s1"]);
    assert!(rig.pass(11_000).is_empty());
    assert!(rig.login("alice", 10).is_empty());
    let expired = codes::ERR_USER_SIG_EXPIRED.0;
    assert_eq!(rig.login("alice", 9), [format!("result 3 {expired}")]);
    assert_eq!(rig.login("bob", 10), [format!("result 4 {expired}")]);
    let refused = codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED;
    let results = rig.refuse(1, 1, refused);
    assert!(results.contains(&format!("result 1 {}", refused.0)), "{results:?}");
    assert!(results.contains(&format!("result 2 {}", refused.0)), "{results:?}");
}

//! What a client says of itself when it is asked.

use tessera_core::client::CallId;
use tessera_core::time::Millis;

use crate::rig::{APP, Rig};

#[test]
fn the_app_and_the_gateways_time_are_known_while_there_is_an_initialisation() {
    // C18: getServerTime is the gateway's, once it has told it
    let mut rig = Rig::new();
    assert_eq!((rig.client.app(), rig.client.gateway_time(rig.now)), (None, None));
    rig.settings.connect_at_init = true;
    rig.init();
    assert_eq!((rig.client.app(), rig.client.gateway_time(rig.now)), (Some(APP), None));
    rig.hello(1);
    assert_eq!(rig.client.gateway_time(rig.now), Some(rig.gateway_now()));
    let later = rig.now + Millis(5_000);
    assert_eq!(rig.client.gateway_time(later), Some(rig.gateway_now() + Millis(5_000)));
    rig.un_init();
    assert_eq!((rig.client.app(), rig.client.gateway_time(rig.now)), (None, None));
}

#[test]
fn each_call_that_the_binding_answers_has_a_number_of_its_own_and_an_event() {
    // C18
    let mut rig = Rig::idle();
    assert!(!rig.client.has_events());
    assert_eq!(rig.client.answer(Ok(())), CallId(1));
    assert!(rig.client.has_events());
    assert_eq!(rig.client.answer(Ok(())), CallId(2));
    assert_eq!(rig.take(), ["result 1 ok", "result 2 ok"]);
    assert!(!rig.client.has_events());
    assert_eq!(rig.logout(), ["result 3 ok"], "a number of its own");
}

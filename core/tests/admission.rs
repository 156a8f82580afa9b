//! G1: what counts as a failure of an address for a user, and what does not.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::net::IpAddr;

use tessera_core::gateway::admission::{Presented, admit};
use tessera_core::gateway::throttle::FailureThrottle;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::AppId;
use tessera_core::ticket::{Key, Limits, Scratch, Ticket, sign};
use tessera_core::time::Millis;

const NOW: Millis = Millis::from_secs(1_700_000_000);
const APP: AppId = AppId(7);
const FAILURES_MAX: u64 = 3;

struct Door {
    keys: [Key; 1],
    throttle: FailureThrottle,
    scratch: Scratch,
}

impl Door {
    fn new() -> Self {
        Door {
            keys: [Key::new("right").unwrap()],
            throttle: FailureThrottle::new(FAILURES_MAX, Millis::from_secs(60)),
            scratch: Scratch::new(Limits::default()),
        }
    }

    /// The code that this ticket gets from this address, or 0.
    fn try_with(&mut self, now: Millis, address: &str, user: &str, ticket: &Ticket) -> i32 {
        let presented = Presented { app: APP, user, ticket };
        let limits = GatewayLimits::default();
        let address: IpAddr = address.parse().unwrap();
        let keys = Some(&self.keys[..]);
        let answer = admit(now, address, presented, keys, &limits, &mut self.throttle, &mut self.scratch);
        answer.map_or_else(|error| error.code.0, |_| 0)
    }
}

fn ticket(key: &str, user: &str, at: Millis) -> Ticket {
    sign(&Key::new(key).unwrap(), APP.0, user, at, 600, None).unwrap()
}

#[test]
fn too_many_failures_close_the_door_to_one_user_from_one_address() {
    let mut door = Door::new();
    let (good, forged) = (ticket("right", "alice", NOW), ticket("wrong", "alice", NOW));
    for _ in 0..FAILURES_MAX {
        assert_eq!(door.try_with(NOW, "192.0.2.1", "alice", &forged), 70009);
    }
    assert_eq!(door.try_with(NOW, "192.0.2.1", "alice", &good), 70050);
    assert_eq!(door.try_with(NOW, "192.0.2.2", "alice", &good), 0, "a stranger locks nobody out");
    assert_eq!(door.try_with(NOW, "192.0.2.1", "bob", &ticket("right", "bob", NOW)), 0);
    assert_eq!(door.try_with(NOW + Millis::from_secs(61), "192.0.2.1", "alice", &good), 0);
}

#[test]
fn an_expired_ticket_is_no_failure() {
    let mut door = Door::new();
    let old = ticket("right", "alice", Millis(NOW.0 - 3_600_000));
    for _ in 0..FAILURES_MAX * 2 {
        assert_eq!(door.try_with(NOW, "192.0.2.1", "alice", &old), 70001);
    }
    assert_eq!(door.try_with(NOW, "192.0.2.1", "alice", &ticket("right", "alice", NOW)), 0);
}

//! What a seed decides before its world begins: who is there, which rules hold, and which kinds of trouble there will
//! be. A world with some kinds only finds more than worlds that all have a little of everything.

use fastrand::Rng;
use tessera_core::gateway::policy::{Policy, PolicyText, Preset};
use tessera_core::gateway::registry::AppRules;
use tessera_core::generated::settings::ClientSettings;
use tessera_core::generated::status::Platform;
use tessera_core::id::DeviceId;
use tessera_core::time::Millis;

use crate::clock::Clock;
use crate::sabotage::Sabotage;
use crate::world::Paces;

/// One world in this many has the real store on a disk that tears; the others have a map, which is quicker.
const DISK_SHARE: u32 = 8;

/// A world to be.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) users: usize,
    pub(super) devices: Vec<DevicePlan>,
    pub(super) rules: AppRules,
    pub(super) on_disk: bool,
    pub(super) paces: Paces,
    pub(super) operations: u32,
    /// Of so many operations one is a user's; the others may be troubles.
    pub(super) calm: u8,
    /// The longest time between two operations.
    pub(super) gap_ms: u64,
    pub(super) troubles: Troubles,
    /// How long most tickets last.
    pub(super) ticket_secs: (u64, u64),
}

/// A device to be.
#[derive(Clone, Debug)]
pub(super) struct DevicePlan {
    pub(super) id: DeviceId,
    pub(super) platform: Platform,
    pub(super) settings: ClientSettings,
    pub(super) clock: Clock,
    /// Who logs in there mostly.
    pub(super) user: usize,
    pub(super) has_provider: bool,
    /// Logs in again as soon as it is kicked.
    pub(super) comes_back: bool,
}

/// Which kinds of trouble there will be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Troubles {
    pub(super) network: bool,
    pub(super) crashes: bool,
    pub(super) store: bool,
    pub(super) operators: bool,
    pub(super) clocks: bool,
    pub(super) suspends: bool,
    pub(super) kills: bool,
    pub(super) slow_hosts: bool,
    pub(super) rule_changes: bool,
    pub(super) bad_tickets: bool,
}

impl Plan {
    pub(super) fn draw(rng: &mut Rng, sabotage: Option<Sabotage>) -> Plan {
        let users = rng.usize(1..=3);
        let platforms: Vec<Platform> = {
            let mut all = Platform::ALL.to_vec();
            rng.shuffle(&mut all);
            all.truncate(rng.usize(1..=3));
            all
        };
        let troubles = Troubles {
            network: rng.u8(..4) > 0,
            crashes: rng.u8(..3) == 0,
            store: rng.u8(..6) == 0,
            operators: rng.bool(),
            clocks: rng.u8(..3) == 0,
            suspends: rng.u8(..3) == 0,
            kills: rng.u8(..4) == 0,
            slow_hosts: rng.u8(..3) == 0,
            rule_changes: rng.u8(..8) == 0,
            bad_tickets: rng.u8(..4) == 0,
        };
        let latency = *pick(rng, &[(1, 1), (1, 40), (20, 400)]);
        let paces = Paces {
            latency,
            slow_share: if troubles.network { *pick(rng, &[0, 10, 50]) } else { 0 },
            slow: *pick(rng, &[2_000, 12_000, 40_000]),
            write: *pick(rng, &[(1, 3), (1, 50), (100, 3_000)]),
        };
        let ticket_secs = *pick(rng, &[(3_600, 86_400), (3_600, 86_400), (20, 120)]);
        let devices = (0..rng.usize(2..=5))
            .map(|_| DevicePlan::draw(rng, users, &platforms, troubles, sabotage))
            .collect();
        Plan {
            users,
            devices,
            rules: draw_rules(rng),
            on_disk: rng.u32(..DISK_SHARE) == 0,
            paces,
            operations: rng.u32(60..=200),
            calm: *pick(rng, &[2, 2, 6]),
            gap_ms: *pick(rng, &[300, 3_000, 20_000]),
            troubles,
            ticket_secs,
        }
    }
}

impl DevicePlan {
    fn draw(
        rng: &mut Rng,
        users: usize,
        platforms: &[Platform],
        troubles: Troubles,
        sabotage: Option<Sabotage>,
    ) -> DevicePlan {
        let mut settings = ClientSettings { connect_at_init: rng.bool(), ..ClientSettings::default() };
        if rng.u8(..4) == 0 {
            settings.lease_ms = rng.u64(1_000..60_000);
        }
        if sabotage == Some(Sabotage::BackOffWithoutCap) {
            settings.reconnect_delay_max_ms = u64::MAX / 2;
        }
        let clock = Clock {
            origin: Millis(rng.u64(..10_000_000)),
            skew: if troubles.clocks { rng.i32(-2_000..=2_000) } else { 0 },
            jumped: Millis::ZERO,
        };
        DevicePlan {
            id: DeviceId(rng.u128(..).to_be_bytes()),
            platform: *pick(rng, platforms),
            settings,
            clock,
            user: rng.usize(..users),
            has_provider: rng.u8(..3) == 0,
            comes_back: rng.u8(..4) == 0,
        }
    }
}

/// The rules of an app.
pub(super) fn draw_rules(rng: &mut Rng) -> AppRules {
    let mut text = PolicyText { preset: Some(*pick(rng, &Preset::ALL)), ..PolicyText::default() };
    for &platform in Platform::ALL {
        if rng.u8(..4) == 0 {
            text.caps.insert(platform, rng.u8(1..=3));
        }
    }
    let policy = Policy::try_from(text).expect("every cap up to 3 is allowed");
    AppRules { policy, offline_kick_error: rng.bool() }
}

pub(super) fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(..from.len())]
}

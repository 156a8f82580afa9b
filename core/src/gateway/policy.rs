//! Who may be online beside whom (G3): data, and the one function that applies it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::generated::status::Platform;
use crate::id::SessionId;

/// How many instances of one platform may be online at most, whatever a policy says.
pub const fn cap_max(platform: Platform) -> u8 {
    match platform {
        Platform::Web => 10,
        Platform::Android
        | Platform::Iphone
        | Platform::Ipad
        | Platform::Windows
        | Platform::Mac
        | Platform::Linux => 3,
    }
}

/// The four policies of V2TIM. Linux goes with Windows and Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// One device of any platform.
    Single,
    /// One mobile or desktop device, and the web.
    Dual,
    /// One mobile device, one desktop device, and the web.
    Triple,
    /// Every platform beside every other.
    Multi,
}

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 4] = [Preset::Single, Preset::Dual, Preset::Triple, Preset::Multi];

    fn sets(self) -> Vec<Vec<Platform>> {
        use Platform::{Android, Ipad, Iphone, Linux, Mac, Web, Windows};
        match self {
            Preset::Single => vec![vec![Android, Iphone, Ipad, Windows, Mac, Linux, Web]],
            Preset::Dual => vec![vec![Android, Iphone, Ipad, Windows, Mac, Linux], vec![Web]],
            Preset::Triple => vec![vec![Android, Iphone, Ipad], vec![Windows, Mac, Linux], vec![Web]],
            Preset::Multi => Platform::ALL.iter().map(|platform| vec![*platform]).collect(),
        }
    }
}

/// A policy as an operator writes it: a preset, or sets of his own, and caps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// One of the presets; default `multi` unless `sets` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// Disjoint sets of platforms that exclude each other. A platform that is in none is a set of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<Vec<Vec<Platform>>>,
    /// Instances per platform: 1–10 for web, 1–3 elsewhere; default 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub caps: BTreeMap<Platform, u8>,
}

/// Why a policy is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Both a preset and sets.
    #[error("a policy has either `preset` or `sets`, not both")]
    PresetAndSets,
    /// A platform stands in two sets, or twice in one.
    #[error("the sets of a policy are disjoint, but {} stands in them twice", .0.as_str())]
    NotDisjoint(Platform),
    /// A cap out of its range.
    #[error("the cap of {} is {cap}; allowed are 1 to {max}", .platform.as_str())]
    Cap {
        /// The platform.
        platform: Platform,
        /// The cap that was asked for.
        cap: u8,
        /// The highest one.
        max: u8,
    },
}

/// A checked policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    sets: Vec<Vec<Platform>>,
    caps: BTreeMap<Platform, u8>,
}

impl Default for Policy {
    fn default() -> Self {
        Preset::Multi.into()
    }
}

impl From<Preset> for Policy {
    fn from(preset: Preset) -> Self {
        Policy { sets: preset.sets(), caps: BTreeMap::new() }
    }
}

impl TryFrom<PolicyText> for Policy {
    type Error = PolicyError;

    fn try_from(text: PolicyText) -> Result<Self, PolicyError> {
        let sets = match (text.preset, text.sets) {
            (Some(_), Some(_)) => return Err(PolicyError::PresetAndSets),
            (_, Some(sets)) => sets,
            (preset, None) => preset.unwrap_or(Preset::Multi).sets(),
        };
        let mut seen = Vec::new();
        for platform in sets.iter().flatten() {
            if seen.contains(platform) {
                return Err(PolicyError::NotDisjoint(*platform));
            }
            seen.push(*platform);
        }
        for (&platform, &cap) in &text.caps {
            let max = cap_max(platform);
            if !(1..=max).contains(&cap) {
                return Err(PolicyError::Cap { platform, cap, max });
            }
        }
        Ok(Policy { sets, caps: text.caps })
    }
}

impl From<&Policy> for PolicyText {
    /// The shortest text that gives this policy: a preset where one fits.
    fn from(policy: &Policy) -> Self {
        let preset = Preset::ALL.into_iter().find(|preset| preset.sets() == policy.sets);
        let sets = preset.is_none().then(|| policy.sets.clone());
        PolicyText { preset, sets, caps: policy.caps.clone() }
    }
}

/// A session as the policy sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// The session.
    pub session: SessionId,
    /// Its platform.
    pub platform: Platform,
    /// Its place in the user's order: lower is older.
    pub order: u64,
}

impl Policy {
    /// How many instances of a platform may be online.
    pub fn cap(&self, platform: Platform) -> usize {
        usize::from(self.caps.get(&platform).copied().unwrap_or(1))
    }

    fn excludes(&self, one: Platform, other: Platform) -> bool {
        one != other && self.sets.iter().any(|set| set.contains(&one) && set.contains(&other))
    }

    /// Whom a newcomer evicts: every session on the other platforms of its set, then the oldest on its own platform
    /// until the cap holds with the newcomer in it.
    pub fn evictions(&self, occupants: &[Occupant], newcomer: Platform) -> Vec<SessionId> {
        let mut out: Vec<SessionId> = occupants
            .iter()
            .filter(|occupant| self.excludes(occupant.platform, newcomer))
            .map(|occupant| occupant.session)
            .collect();
        let mut own: Vec<&Occupant> =
            occupants.iter().filter(|occupant| occupant.platform == newcomer).collect();
        own.sort_by_key(|occupant| occupant.order);
        let surplus = (own.len() + 1).saturating_sub(self.cap(newcomer));
        out.extend(own.iter().take(surplus).map(|occupant| occupant.session));
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(n: usize) -> SessionId {
        SessionId([n as u8; 16])
    }

    fn arrive(policy: &Policy, online: &mut Vec<Occupant>, platform: Platform, order: u64) {
        let evicted = policy.evictions(online, platform);
        online.retain(|occupant| !evicted.contains(&occupant.session));
        online.push(Occupant { session: session(order as usize), platform, order });
    }

    fn online_after(policy: &Policy, arrivals: &[Platform]) -> Vec<Platform> {
        let mut online = Vec::new();
        for (order, platform) in arrivals.iter().enumerate() {
            arrive(policy, &mut online, *platform, order as u64);
        }
        online.iter().map(|occupant| occupant.platform).collect()
    }

    #[test]
    fn each_preset_lets_stay_what_v2tim_documents() {
        // G3
        use Platform::{Android, Ipad, Iphone, Linux, Mac, Web, Windows};
        let all = [Android, Iphone, Ipad, Windows, Mac, Linux, Web];
        assert_eq!(online_after(&Preset::Single.into(), &all), [Web]);
        assert_eq!(online_after(&Preset::Dual.into(), &all), [Linux, Web]);
        assert_eq!(online_after(&Preset::Triple.into(), &all), [Ipad, Linux, Web]);
        assert_eq!(online_after(&Preset::Multi.into(), &all), all);
        assert_eq!(online_after(&Policy::default(), &[Android, Android]), [Android]);
    }

    #[test]
    fn the_oldest_of_a_platform_leaves_first() {
        // G3
        let caps = BTreeMap::from([(Platform::Web, 3)]);
        let policy = Policy::try_from(PolicyText { caps, ..PolicyText::default() }).expect("is valid");
        let mut online = Vec::new();
        for order in 0..5 {
            arrive(&policy, &mut online, Platform::Web, order);
        }
        let orders: Vec<u64> = online.iter().map(|occupant| occupant.order).collect();
        assert_eq!(orders, [2, 3, 4]);
    }

    #[test]
    fn a_policy_written_out_reads_back_the_same() {
        for preset in Preset::ALL {
            let text = PolicyText::from(&Policy::from(preset));
            assert_eq!((text.preset, &text.sets), (Some(preset), &None));
            assert_eq!(Policy::try_from(text), Ok(preset.into()));
        }
        let own = r#"{"sets":[["web","mac"]],"caps":{"web":3}}"#;
        let own: PolicyText = serde_json::from_str(own).expect("is a policy");
        let policy = Policy::try_from(own.clone()).expect("is valid");
        assert_eq!(PolicyText::from(&policy), own);
    }

    #[test]
    fn a_policy_with_a_mistake_is_refused_and_says_which() {
        let text = |json: &str| {
            Policy::try_from(serde_json::from_str::<PolicyText>(json).expect(json)).map_err(|e| e.to_string())
        };
        assert!(text(r#"{"sets":[["web","web"]]}"#).unwrap_err().contains("web"));
        assert!(text(r#"{"sets":[["web"],["mac","web"]]}"#).unwrap_err().contains("web"));
        assert!(text(r#"{"preset":"dual","sets":[]}"#).unwrap_err().contains("not both"));
        for (json, good) in [
            (r#"{"caps":{"web":10}}"#, true),
            (r#"{"caps":{"web":11}}"#, false),
            (r#"{"caps":{"web":0}}"#, false),
            (r#"{"caps":{"ipad":3}}"#, true),
            (r#"{"caps":{"ipad":4}}"#, false),
        ] {
            assert_eq!(text(json).is_ok(), good, "{json}");
        }
    }

    /// The reference model: after each arrival, think of the newest first and keep whoever still fits.
    fn reference(policy: &Policy, arrivals: &[Platform]) -> Vec<u64> {
        let mut kept: Vec<(u64, Platform)> = Vec::new();
        for (order, &platform) in arrivals.iter().enumerate() {
            let mut next = vec![(order as u64, platform)];
            for &(old_order, old) in kept.iter().rev() {
                let same = next.iter().filter(|(_, kept)| *kept == old).count();
                let shares_set = policy.sets.iter().any(|set| set.contains(&old) && set.contains(&platform));
                let fits = if old == platform { same < policy.cap(old) } else { !shares_set };
                if fits {
                    next.push((old_order, old));
                }
            }
            next.sort_unstable();
            kept = next;
        }
        kept.into_iter().map(|(order, _)| order).collect()
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let groups = proptest::collection::vec(0usize..4, 7);
        let caps = proptest::collection::vec(1u8..=3, 7);
        (groups, caps).prop_map(|(groups, caps)| {
            let mut sets = vec![Vec::new(); 4];
            for (platform, group) in Platform::ALL.iter().zip(groups) {
                sets[group].push(*platform);
            }
            Policy { sets, caps: Platform::ALL.iter().copied().zip(caps).collect() }
        })
    }

    proptest! {
        #[test]
        fn arrivals_in_any_order_leave_what_the_reference_model_leaves(
            policy in any_policy(),
            arrivals in proptest::collection::vec(0usize..7, 0..24),
        ) {
            // G3
            let arrivals: Vec<Platform> = arrivals.into_iter().map(|at| Platform::ALL[at]).collect();
            let mut online = Vec::new();
            for (order, platform) in arrivals.iter().enumerate() {
                arrive(&policy, &mut online, *platform, order as u64);
                for set in &policy.sets {
                    let mut platforms: Vec<Platform> =
                        online.iter().map(|o| o.platform).filter(|p| set.contains(p)).collect();
                    platforms.sort_unstable();
                    platforms.dedup();
                    prop_assert!(platforms.len() <= 1, "two platforms of one set: {platforms:?}");
                }
            }
            let orders: Vec<u64> = online.iter().map(|occupant| occupant.order).collect();
            prop_assert_eq!(orders, reference(&policy, &arrivals));
        }
    }
}

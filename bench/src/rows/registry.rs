//! Sessions in a registry without sockets: bytes of each, and what a claim costs as their number grows.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tessera_core::gateway::record::{Signature, UserRecord};
use tessera_core::gateway::registry::{Claim, Peer, Records, Registry, Request, TicketFacts, UserKey};
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::generated::status::Platform;
use tessera_core::id::{AppId, DeviceId, InstanceId, SessionId, UserId};
use tessera_core::time::Millis;

use crate::Outcome;
use crate::process::anonymous_memory;
use crate::setup::{APP, Setup};
use crate::table::Row;

/// As many as the gateway has.
const SHARDS: usize = 64;
/// The number of sessions that the cost of a claim is first measured at.
const FIRST: usize = 1_000;
const START: Millis = Millis(1_700_000_000_000);
/// How many log in within a second, by the clock of the registry. Tickets that were signed in the current second are
/// remembered (G5), so a million in one would measure something that no gateway sees.
const CLAIMS_PER_SECOND: usize = 10_000;

/// Arguments of the process that fills a registry.
#[derive(clap::Args)]
pub(crate) struct Fill {
    sessions: usize,
}

/// What reaches a connection has the size that it has in the gateway.
type Handle = Arc<()>;

/// Every user has logged in before.
struct Known;

impl Records for Known {
    fn load(&self, _: &UserKey) -> Result<Option<UserRecord>, String> {
        Ok(Some(UserRecord { created: Millis(1), ..UserRecord::default() }))
    }
}

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let count = setup.counts.registry;
    let output = Command::new(&setup.me).arg("registry").arg(count.to_string()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| answer[name].as_f64().ok_or_else(|| format!("no {name} in its answer"));
    let (few, many) = (number("claim_first_ns")?, number("claim_last_ns")?);
    let (map_few, map_many) = (number("map_first_ns")?, number("map_last_ns")?);
    Ok(vec![
        Row::new(format!("per session, of {count} without sockets"), number("bytes")?, "B").budget(200.0),
        Row::new(format!("claim with {FIRST} sessions there"), few, "ns")
            .beside("insert into a hash map of as many", map_few),
        Row::new(format!("claim with {count} sessions there"), many, "ns")
            .beside("insert into a hash map of as many", map_many)
            .beside(format!("claim with {FIRST} there"), few),
    ])
}

impl Fill {
    pub(crate) fn run(self) -> Outcome {
        let hasher = RandomState::new();
        let registry = |_| Registry::new(BTreeMap::new(), GatewayLimits::default(), RandomState::new());
        let mut shards: Vec<Registry<Handle, RandomState>> = (0..SHARDS).map(registry).collect();
        let handle = Handle::default();
        let mut out = Vec::with_capacity(16);
        let mut now = START;
        let mut claim = |n: usize| {
            if n.is_multiple_of(CLAIMS_PER_SECOND) {
                now = now + Millis(1000);
                shards.iter_mut().for_each(|shard| shard.tick(now, &mut out));
            }
            let user = (AppId(APP), UserId::parse(&format!("user-{n}"))?);
            let request = Request::Claim(Box::new(claim_of(n as u64, now, &handle)));
            let shard = &mut shards[hasher.hash_one(user) as usize % SHARDS];
            shard.handle(now, user, request, &Known, &mut out);
            out.clear();
            Outcome::Ok(())
        };
        let before = anonymous_memory("self")?;
        let (first, last) = grow(self.sessions, &mut claim)?;
        shards.iter_mut().for_each(|shard| shard.tick(now + Millis(1000), &mut out));
        let bytes = (anonymous_memory("self")? - before) as f64 / self.sessions as f64;
        let sessions: usize = shards.iter().map(|shard| shard.sessions().0).sum();
        if sessions != self.sessions {
            return Err(format!("{sessions} sessions are there, not {}", self.sessions).into());
        }
        // As large as a session's own facts, and made of the same keys.
        let mut map = std::collections::HashMap::<UserKey, [u8; 96]>::new();
        let (map_first, map_last) = grow(self.sessions, |n| {
            map.insert((AppId(APP), UserId::parse(&format!("user-{n}"))?), [0; 96]);
            Ok(())
        })?;
        println!(
            "{}",
            json!({
                "bytes": bytes,
                "claim_first_ns": first, "claim_last_ns": last,
                "map_first_ns": map_first, "map_last_ns": map_last,
            })
        );
        Ok(())
    }
}

/// Adds one after the other. Nanoseconds for each: after the first thousand, and at the end.
fn grow(count: usize, mut add: impl FnMut(usize) -> Outcome) -> Outcome<(f64, f64)> {
    let mut timed = |range: std::ops::Range<usize>| -> Outcome<f64> {
        let (start, many) = (Instant::now(), range.len().max(1));
        range.into_iter().try_for_each(&mut add)?;
        Ok(start.elapsed().as_secs_f64() * 1e9 / many as f64)
    };
    let few = FIRST.min(count / 4);
    // A tenth more, so that the growth of a table is spread as it is over all.
    let window = (count / 10).max(few);
    timed(0..few)?;
    let first = timed(few..2 * few)?;
    timed(2 * few..(count - window).max(2 * few))?;
    Ok((first, timed((count - window).max(2 * few)..count)?))
}

fn claim_of(n: u64, now: Millis, handle: &Handle) -> Claim<Handle> {
    let id = |salt: u64| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        id[8..].copy_from_slice(&salt.to_le_bytes());
        id
    };
    Claim {
        peer: Peer { connection: n, handle: Arc::clone(handle) },
        session: SessionId(id(1)),
        device: DeviceId(id(2)),
        platform: Platform::Linux,
        instance: InstanceId(id(3)),
        attempt: 1,
        resume: false,
        lease: None,
        ticket: TicketFacts {
            second: now.as_secs(),
            // Tickets are not all signed at the same time.
            expires: now + Millis(86_400_000 + n.wrapping_mul(0x9E37_79B9) % 86_400_000),
            sig: Signature([n as u8; 32]),
        },
    }
}

//! A dialogue of a real client with a real gateway, with a fault of the network at every single byte of it.
//!
//! The dialogue is login, kick by an operator, login again, logout; the faults are a reset, a stall and a duplicate of
//! what was sent so far. Whatever the byte: no call hangs past its deadline, the status is right at each step, the
//! kick is told exactly once, and no session is left in the gateway.
//!
//! By default every tenth byte is tried, from another one on each time; `TESSERA_FULL=1` tries them all, and
//! `TESSERA_CUT_START=3` those of one time again.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]
#![allow(clippy::print_stdout, reason = "the counts of what was tried")]

mod dialogue;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tessera_testkit::proxy::Direction;
use tessera_testkit::{Options, TestGateway};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use dialogue::{Case, Opening};

/// How many dialogues run at once.
const AT_ONCE: usize = 32;
/// Every how many-th byte is tried by default.
const STEP: u64 = 10;
/// The gateway must have forgotten every session this long after the last dialogue, a multiple of the lease.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(20);

/// What happens to the line when so many bytes have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Both sides see a reset.
    Reset,
    /// Nothing passes any more, and nobody is told.
    Stall,
    /// What the client sent so far reaches the gateway once more, on another connection.
    Duplicate,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_is_a_bad_place_for_a_reset_a_stall_or_a_duplicate() {
    // C1, C8, C10, C11, C12, G4, G6
    let gateway = Arc::new(TestGateway::start(options()).await.unwrap());
    let (start, step) = start_and_step();
    let mut cases = Vec::new();
    for opening in [Opening::Upgrade, Opening::Frame] {
        let bytes = dialogue::undisturbed(&gateway, opening).await;
        for (direction, count) in [(Direction::ToGateway, bytes.0), (Direction::ToClient, bytes.1)] {
            for fault in [Fault::Reset, Fault::Stall, Fault::Duplicate] {
                let offsets = (start..count).step_by(step);
                cases.extend(offsets.map(|at| Case { opening, fault, direction, at }));
            }
        }
    }
    let count = cases.len();
    let failures = play(&gateway, cases).await;
    let upgrades = gateway.gateway().counters().upgrades;
    println!(
        "{count} dialogues on {upgrades} connections, {} failed; TESSERA_CUT_START={start}",
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // A reset and a duplicate each make one more.
    assert!(upgrades > count as u64 * 3 / 2, "the faults took place: {upgrades} connections");
    let forgotten = dialogue::until(FORGOTTEN_WITHIN, || {
        let counters = gateway.gateway().counters();
        (counters.sessions, counters.connections, counters.sockets) == (0, 0, 0)
    });
    assert!(forgotten.await, "left: {:?}", gateway.gateway().counters());
}

/// Limits under which a dead connection is noticed and a lease ends within a second or two.
fn options() -> Options {
    let limits = [
        ("ping_interval_ms", 400),
        ("lease_ms", 500),
        ("upgrade_within_ms", 2_000),
        ("login_within_ms", 2_000),
        ("connections_per_address", 1_000_000),
    ];
    let limits = limits.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Options { limits, ..Options::default() }
}

/// The first byte to try, and every how many-th from there.
fn start_and_step() -> (u64, usize) {
    if std::env::var_os("TESSERA_FULL").is_some_and(|value| value == "1") {
        return (0, 1);
    }
    let asked = std::env::var("TESSERA_CUT_START").ok().map(|start| start.parse().unwrap());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    (asked.unwrap_or(u64::from(now.subsec_micros()) % STEP), usize::try_from(STEP).unwrap())
}

/// Plays the cases side by side, each with a user and a proxy of its own; answers what went wrong.
async fn play(gateway: &Arc<TestGateway>, cases: Vec<Case>) -> Vec<String> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut playing = JoinSet::new();
    for (number, case) in cases.into_iter().enumerate() {
        let permit = Arc::clone(&permits).acquire_owned().await.unwrap();
        let gateway = Arc::clone(gateway);
        playing.spawn(async move {
            let played = dialogue::play(&gateway, number, case).await;
            drop(permit);
            played.err().map(|what| format!("{case}: {what}"))
        });
    }
    playing.join_all().await.into_iter().flatten().collect()
}

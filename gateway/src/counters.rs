//! What the gateway counts since its start, for metrics and tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tessera_core::error::Code;

/// A reading of the gateway's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sockets that are open now, those included that are not upgraded yet.
    pub sockets: u64,
    /// WebSocket connections that are open now.
    pub connections: u64,
    /// Users in memory now.
    pub users: u64,
    /// Sessions now, leased ones included.
    pub sessions: u64,
    /// Sessions with a connection now.
    pub sessions_connected: u64,
    /// Upgrades that were accepted since the start.
    pub upgrades: u64,
    /// Logins that were acknowledged as new sessions since the start (G11).
    pub logins: u64,
    /// Connections that were closed since the start because their peer did not read or did not answer pings.
    pub dropped: u64,
    /// Writes that failed since the start.
    pub writes_failed: u64,
    /// Refusals since the start by code: logins, renewals, upgrades and frames.
    pub refused: BTreeMap<Code, u64>,
}

/// The counters that only rise.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) upgrades: AtomicU64,
    pub(crate) logins: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) writes_failed: AtomicU64,
    refused: Mutex<BTreeMap<Code, u64>>,
}

impl Tally {
    pub(crate) fn refused(&self, code: Code) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
    }

    pub(crate) fn read(&self) -> Counters {
        Counters {
            upgrades: self.upgrades.load(Ordering::Relaxed),
            logins: self.logins.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            writes_failed: self.writes_failed.load(Ordering::Relaxed),
            refused: self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ..Counters::default()
        }
    }
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

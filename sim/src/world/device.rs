//! One device of the world: its client, its host, its clock, and its side of the network.

use std::collections::BTreeMap;

use tessera_core::client::{Client, Event};
use tessera_core::time::Millis;

use super::network::Happening;
use crate::clock::Clock;

/// Each client's clock starts elsewhere, so that nothing can mistake it for the gateway's.
const CLOCK: Clock = Clock { origin: Millis(77_000), skew: 0, jumped: Millis::ZERO };

/// The network of one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Everything gets through.
    #[default]
    Up,
    /// New connections are reset as soon as they are made.
    Refusing,
    /// Nothing gets through and nothing is closed.
    Stalled,
}

/// What a host got, and when.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// World time.
    pub at: Millis,
    /// The event.
    pub event: Event,
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) network: Network,
    /// World connections by the client's number. One that is not in it says nothing to the client any more.
    pub(crate) connections: BTreeMap<u64, u64>,
    pub(crate) delivered: Vec<Delivered>,
    /// False while the host does not take events.
    pub(crate) delivers: bool,
    pub(crate) suspended: bool,
    /// Attempts to connect that failed while it was suspended.
    pub(super) missed: Vec<Happening>,
}

impl Device {
    pub(crate) fn new(entropy: [u8; 32]) -> Self {
        Device {
            client: Client::new(entropy),
            clock: CLOCK,
            network: Network::Up,
            connections: BTreeMap::new(),
            delivered: Vec::new(),
            delivers: true,
            suspended: false,
            missed: Vec::new(),
        }
    }

    /// Whether nothing gets through to the client, or from it.
    pub(super) fn holds(&self, to_client: bool) -> bool {
        self.network == Network::Stalled || self.suspended && to_client
    }
}

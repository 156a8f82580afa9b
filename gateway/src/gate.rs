//! Who may open a socket: the limits on connections (G7), counted before any memory is spent on one.
//!
//! A socket over the limit is told so, and a health check is answered even then. For both its request has to be read,
//! so a few sockets over the limit are let in for as long as that takes; what comes on top of those is told blindly.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tessera_core::gateway::throttle::peer_of;
use tessera_core::generated::limits::GatewayLimits;

/// How many sockets over the limit of the gateway are answered at the same time.
const REFUSED_MAX: u64 = 256;
/// How many of them may be of one address, so that nobody can keep the health checks of others out.
const REFUSED_PER_ADDRESS: u64 = 8;

/// Counts sockets.
pub(crate) struct Gate {
    connections_max: u64,
    connections_per_address: u64,
    loopback_exempt: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    total: Count,
    addresses: HashMap<IpAddr, Count>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    admitted: u64,
    refused: u64,
}

/// A counted socket; dropping it counts it out.
pub(crate) struct Pass {
    gate: Arc<Gate>,
    admitted: bool,
    /// What it counts for; none for an address that is exempt or not known yet.
    address: Option<IpAddr>,
}

impl Gate {
    pub(crate) fn new(limits: &GatewayLimits, loopback_exempt: bool) -> Self {
        Gate {
            connections_max: limits.connections_max,
            connections_per_address: limits.connections_per_address,
            loopback_exempt,
            state: Mutex::default(),
        }
    }

    /// Counts a socket in. None when there is not even room for telling it.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Pass> {
        let total = &mut self.lock().total;
        let admitted = total.admitted < self.connections_max;
        if admitted {
            total.admitted += 1;
        } else if total.refused < REFUSED_MAX {
            total.refused += 1;
        } else {
            return None;
        }
        Some(Pass { gate: Arc::clone(self), admitted, address: None })
    }

    /// Sockets that are open now.
    pub(crate) fn sockets(&self) -> u64 {
        let total = self.lock().total;
        total.admitted + total.refused
    }

    /// Whether the limits per address do not hold for this one.
    pub(crate) fn is_exempt(&self, address: IpAddr) -> bool {
        self.loopback_exempt && address.to_canonical().is_loopback()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No step between two consistent states can panic, so a poisoned lock guards good numbers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// True if the socket is within the limits; false if it is only to be told that it is not.
    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted
    }

    /// Counts the socket for its address, now that it is known. False when there is not even room for telling it.
    pub(crate) fn at(&mut self, address: IpAddr) -> bool {
        if self.address.is_some() || self.gate.is_exempt(address) {
            return true;
        }
        let address = peer_of(address);
        let mut state = self.gate.lock();
        let count = state.addresses.entry(address).or_default();
        let fits = self.admitted && count.admitted < self.gate.connections_per_address;
        if fits {
            count.admitted += 1;
        } else if count.refused < REFUSED_PER_ADDRESS {
            count.refused += 1;
        } else {
            return false;
        }
        if self.admitted && !fits {
            state.total.admitted -= 1;
            state.total.refused += 1;
        }
        self.admitted = fits;
        self.address = Some(address);
        true
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        let leave = |count: &mut Count| match self.admitted {
            true => count.admitted -= 1,
            false => count.refused -= 1,
        };
        leave(&mut state.total);
        if let Some(address) = self.address {
            let count = state.addresses.entry(address).or_default();
            leave(count);
            if *count == Count::default() {
                state.addresses.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(connections_max: u64, connections_per_address: u64) -> Arc<Gate> {
        let limits = GatewayLimits { connections_max, connections_per_address, ..GatewayLimits::default() };
        Arc::new(Gate::new(&limits, true))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_over_the_limit_is_let_in_only_to_be_told() {
        // G7
        let gate = gate(1, 9);
        let first = gate.enter().unwrap();
        let second = gate.enter().unwrap();
        assert!(first.is_admitted() && !second.is_admitted());
        drop(first);
        assert!(gate.enter().unwrap().is_admitted(), "one that is being told takes no place");
        let told: Vec<_> = (0..REFUSED_MAX).map(|_| gate.enter()).collect();
        assert!(told.iter().all(Option::is_some));
        drop((second, told));
        assert_eq!(gate.sockets(), 0);
    }

    #[test]
    fn what_comes_on_top_is_not_let_in_at_all() {
        // G7: connection flood
        let gate = gate(1, 9);
        let passes: Vec<_> = (0..=REFUSED_MAX).map(|_| gate.enter().unwrap()).collect();
        assert!(gate.enter().is_none());
        drop(passes);
        assert!(gate.enter().unwrap().is_admitted());
    }

    #[test]
    fn one_address_does_not_take_the_places_of_another() {
        // G7; IPv6 by /64
        let gate = gate(99, 1);
        let enter = |text| {
            let mut pass = gate.enter().unwrap();
            pass.at(address(text)).then_some(pass)
        };
        let first = enter("2001:db8::1").unwrap();
        assert!(first.is_admitted());
        let told: Vec<_> = (0..REFUSED_PER_ADDRESS).map(|_| enter("2001:db8::2").unwrap()).collect();
        assert!(told.iter().all(|pass| !pass.is_admitted()));
        assert!(enter("2001:db8::3").is_none());
        assert!(enter("2001:db8:0:1::1").unwrap().is_admitted());
        drop((first, told));
        assert!(enter("2001:db8::2").unwrap().is_admitted());
        assert_eq!((gate.sockets(), gate.lock().addresses.len()), (0, 0));
    }

    #[test]
    fn loopback_addresses_are_exempt() {
        // G7
        let gate = gate(99, 1);
        let passes: Vec<_> = (0..20)
            .map(|_| {
                let mut pass = gate.enter().unwrap();
                assert!(pass.at(address("127.0.0.1")) && pass.is_admitted());
                pass
            })
            .collect();
        assert_eq!(gate.sockets(), 20);
        drop(passes);
    }
}

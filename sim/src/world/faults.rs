//! The faults that random scenarios bring over a world, by the device's index.

use tessera_core::client::{Client, Report};
use tessera_core::time::Millis;

use super::device::Network;
use super::network::Happening;
use super::{World, reset};
use crate::seen::Input;

/// Which end learns that a connection is gone. The other finds out by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Both,
    Client,
    Gateway,
    /// A half-open connection.
    Nobody,
}

impl World {
    /// Adds a client that is not initialised; its clock is the caller's to set.
    pub(crate) fn push_device(&mut self, entropy: [u8; 32]) -> usize {
        self.devices.push(super::Device::new(entropy));
        self.devices.len() - 1
    }

    pub(crate) fn set_network_of(&mut self, device: usize, network: Network) {
        self.devices[device].network = network;
        if network == Network::Up {
            self.release(device, self.paces.latency);
        }
    }

    pub(crate) fn set_suspended_of(&mut self, device: usize, suspended: bool) {
        self.devices[device].suspended = suspended;
        if !suspended {
            self.input(device, |client, now| client.handle_timeout(now), |()| Input::Timeout);
            self.release(device, (0, 0));
            self.settle();
        }
    }

    /// Ends a device's connections.
    pub(crate) fn break_connections(&mut self, device: usize, told: Told) {
        for socket in self.sockets_of(device) {
            if matches!(told, Told::Both | Told::Gateway) {
                self.travel_up(socket, Happening::ClosedByClient { socket });
            }
            if matches!(told, Told::Both | Told::Client) {
                self.report_on(socket, Report::Failed { error: reset(), answered: false });
            }
            let found = self.sockets.get_mut(&socket);
            match told {
                Told::Both => {}
                Told::Client | Told::Nobody => found.into_iter().for_each(|found| found.lost = true),
                // The client still believes in a socket that is not there any more.
                Told::Gateway => {}
            }
        }
        self.settle();
    }

    /// Makes connections that a network has stalled for too long half-open, as TCP gives up on them.
    pub(crate) fn lose_connections(&mut self, device: usize) {
        for socket in self.sockets_of(device) {
            self.sockets.get_mut(&socket).into_iter().for_each(|found| found.lost = true);
        }
    }

    /// Kills a client's process and starts another on the same device. `closes`: the system closes its sockets, which
    /// it cannot do when the power goes.
    pub(crate) fn kill_client(&mut self, device: usize, entropy: [u8; 32], closes: bool) {
        for socket in self.sockets_of(device) {
            if closes {
                self.travel_up(socket, Happening::ClosedByClient { socket });
            } else {
                self.sockets.get_mut(&socket).into_iter().for_each(|found| found.lost = true);
            }
        }
        let found = &mut self.devices[device];
        found.client = Client::new(entropy);
        found.connections.clear();
        found.missed.clear();
        (found.suspended, found.delivers) = (false, true);
        self.input(device, |_, _| (), |()| Input::Killed);
        self.settle();
    }

    pub(super) fn kill_gateway(&mut self) {
        self.gateway.restart(&mut self.rng);
        self.agenda.retain(|_, happening| !matches!(happening, Happening::Commit));
        self.draining = None;
    }

    /// Kills the gateway; it listens again after a while. Its machine tells the clients, or is cut off as well.
    pub(crate) fn crash_gateway(&mut self, down_for: Millis, tells: bool) {
        self.kill_gateway();
        self.down_until = self.now + down_for;
        let sockets: Vec<u64> = self.sockets.keys().copied().collect();
        for socket in sockets {
            if let Some(found) = self.sockets.get_mut(&socket) {
                found.at_gateway = false;
            }
            if tells {
                self.travel_down(socket, Happening::ClosedByGateway { socket });
            } else if let Some(found) = self.sockets.get_mut(&socket) {
                found.lost = true;
            }
        }
        self.settle();
    }

    /// Lets the gateway listen again.
    pub(crate) fn end_drain(&mut self) {
        self.draining = None;
        self.down_until = Millis::ZERO;
    }

    /// Ends every fault of the network.
    pub(crate) fn heal(&mut self) {
        for device in 0..self.devices.len() {
            self.set_network_of(device, Network::Up);
            if self.devices[device].suspended {
                self.set_suspended_of(device, false);
            }
            self.devices[device].delivers = true;
        }
        self.settle();
    }
}

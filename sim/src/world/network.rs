//! What moves between clients and gateway, and what becomes of it on the way.
//!
//! A connection keeps its order in each direction, as TCP does; connections overtake each other.

use std::collections::VecDeque;

use tessera_core::client::{Order, Report};
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::time::Millis;
use tessera_core::wire::{GatewayFrame, Login};

use super::device::Network;
use super::{World, reset};
use crate::gateway::Want;
use crate::seen::{Input, Seen};

#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) device: usize,
    pub(crate) number: u64,
    /// Pings since anything was heard.
    unanswered: u64,
    /// False once the gateway has closed it, or is not there any more.
    pub(crate) at_gateway: bool,
    /// Nothing gets through any more, for ever, and nobody is told: a half-open connection.
    pub(crate) lost: bool,
    /// What waits for a stalled network or a suspended process, in order: to the gateway, and to the client.
    held: [VecDeque<Happening>; 2],
    /// When the newest thing in each direction arrives.
    up_until: Millis,
    down_until: Millis,
}

/// Something on its way.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Opens {
        socket: u64,
        login: Option<Box<Login>>,
    },
    ToGateway {
        socket: u64,
        text: String,
    },
    ToClient {
        socket: u64,
        text: String,
    },
    ClosedByClient {
        socket: u64,
    },
    ClosedByGateway {
        socket: u64,
    },
    Fails {
        device: usize,
        socket: u64,
        number: u64,
        error: Error,
        answered: bool,
    },
    Ping {
        socket: u64,
    },
    PingArrives {
        socket: u64,
    },
    /// The first of what was held gets through, to the client or to the gateway.
    Released {
        socket: u64,
        to_client: bool,
    },
    Commit,
}

impl World {
    pub(super) fn after(&mut self, delay: Millis, happening: Happening) {
        self.at(self.now + delay, happening);
    }

    fn at(&mut self, at: Millis, happening: Happening) {
        self.serial += 1;
        self.agenda.insert((at, self.serial), happening);
    }

    fn draw(&mut self, (low, high): (u64, u64)) -> Millis {
        Millis(if low == high { low } else { self.rng.u64(low..=high) })
    }

    fn latency(&mut self) -> Millis {
        let share = self.paces.slow_share;
        if share > 0 && self.rng.u32(..share) == 0 {
            return self.draw((0, self.paces.slow));
        }
        self.draw(self.paces.latency)
    }

    /// Sends something from a client to the gateway, behind what it sent before on this connection.
    pub(super) fn travel_up(&mut self, socket: u64, happening: Happening) {
        let at = self.now + self.latency();
        let Some(found) = self.sockets.get_mut(&socket) else { return };
        found.up_until = found.up_until.max(at);
        let at = found.up_until;
        self.at(at, happening);
    }

    /// The other way.
    pub(super) fn travel_down(&mut self, socket: u64, happening: Happening) {
        let at = self.now + self.latency();
        let Some(found) = self.sockets.get_mut(&socket) else { return };
        found.down_until = found.down_until.max(at);
        let at = found.down_until;
        self.at(at, happening);
    }

    pub(super) fn sockets_of(&self, device: usize) -> Vec<u64> {
        self.sockets.iter().filter(|(_, socket)| socket.device == device).map(|(id, _)| *id).collect()
    }

    // ---- what is ordered ----------------------------------------------------------------------------------------

    pub(super) fn order(&mut self, device: usize, order: Order) {
        if let Some(seen) = &mut self.gateway.seen {
            seen.push(Seen::Ordered { device, order: order.clone() });
        }
        match order {
            Order::Connect { connection, login } => self.connect(device, connection, login),
            Order::Send { connection, frame } => {
                if let Some(&socket) = self.devices[device].connections.get(&connection) {
                    self.travel_up(socket, Happening::ToGateway { socket, text: frame.to_text() });
                }
            }
            Order::Disconnect { connection } => {
                if let Some(socket) = self.devices[device].connections.remove(&connection) {
                    self.travel_up(socket, Happening::ClosedByClient { socket });
                }
            }
        }
    }

    fn connect(&mut self, device: usize, number: u64, login: Option<Box<Login>>) {
        self.serial += 1;
        let socket = self.serial;
        self.devices[device].connections.insert(number, socket);
        let fails = |error: Error, answered| Happening::Fails { device, socket, number, error, answered };
        let latency = self.latency();
        let draining = self.draining.filter(|until| self.now < *until);
        match (self.devices[device].network, draining) {
            (Network::Stalled, _) => {}
            (Network::Refusing, _) => self.after(latency, fails(reset(), false)),
            (Network::Up, _) if self.now < self.down_until => {
                let error = Error::new(codes::ERR_SDK_NET_CONN_REFUSE, "nothing listens there");
                self.after(latency, fails(error, false));
            }
            (Network::Up, Some(until)) => {
                let error = Error::new(codes::ERR_SVR_SSO_OVERLOAD, "the gateway is stopping");
                self.after(latency, fails(error.retry_after(Some(until - self.now)), true));
            }
            (Network::Up, None) => {
                let new = Socket {
                    device,
                    number,
                    unanswered: 0,
                    at_gateway: true,
                    lost: false,
                    held: Default::default(),
                    up_until: Millis::ZERO,
                    down_until: Millis::ZERO,
                };
                self.sockets.insert(socket, new);
                self.travel_up(socket, Happening::Opens { socket, login });
                let ping = Millis(self.gateway.limits().ping_interval_ms);
                self.after(ping, Happening::Ping { socket });
            }
        }
    }

    pub(super) fn want(&mut self, want: Want) {
        match want {
            Want::Send(socket, frame) => {
                self.travel_down(socket, Happening::ToClient { socket, text: frame.to_text() });
            }
            Want::Close(socket) => {
                if let Some(found) = self.sockets.get_mut(&socket) {
                    found.at_gateway = false;
                }
                self.travel_down(socket, Happening::ClosedByGateway { socket });
            }
            Want::Commit => {
                let delay = self.draw(self.paces.write);
                self.after(delay, Happening::Commit);
            }
        }
    }

    // ---- what arrives -------------------------------------------------------------------------------------------

    pub(super) fn happen(&mut self, happening: Happening) {
        if let Some(happening) = self.hold(happening) {
            self.take_effect(happening);
        }
    }

    fn take_effect(&mut self, happening: Happening) {
        let now = self.gateway_now();
        match happening {
            Happening::Opens { socket, login } => {
                if self.sockets.get(&socket).is_some_and(|socket| socket.at_gateway) {
                    self.gateway.open(now, socket, login);
                }
            }
            Happening::ToGateway { socket, text } => {
                if let Some(found) = self.sockets.get_mut(&socket) {
                    found.unanswered = 0;
                    self.gateway.text(now, socket, &text);
                }
            }
            Happening::ToClient { socket, text } => {
                let frame = GatewayFrame::parse(&text);
                self.report_on(socket, frame.map_or(Report::Heard, Report::Frame));
            }
            Happening::ClosedByClient { socket } => {
                if self.sockets.remove(&socket).is_some() {
                    self.gateway.lost(now, socket);
                }
            }
            Happening::ClosedByGateway { socket } => {
                let error = Error::new(codes::ERR_SDK_NET_DISCONNECT, "the gateway closed the connection");
                self.report_on(socket, Report::Failed { error, answered: false });
                self.sockets.remove(&socket);
            }
            Happening::Fails { device, socket, number, error, answered } => {
                self.report(device, socket, number, Report::Failed { error, answered });
            }
            Happening::Ping { socket } => self.ping(socket),
            Happening::PingArrives { socket } => {
                if let Some(found) = self.sockets.get_mut(&socket) {
                    found.unanswered = 0;
                }
                self.report_on(socket, Report::Heard);
            }
            Happening::Released { socket, to_client } => self.let_through(socket, to_client),
            Happening::Commit => self.gateway.commit(now),
        }
    }

    /// Keeps back what a stalled network or a suspended process does not let through, and what comes behind that.
    fn hold(&mut self, happening: Happening) -> Option<Happening> {
        let (socket, to_client) = match &happening {
            Happening::Opens { socket, .. }
            | Happening::ToGateway { socket, .. }
            | Happening::ClosedByClient { socket } => (*socket, false),
            Happening::ToClient { socket, .. }
            | Happening::ClosedByGateway { socket }
            | Happening::PingArrives { socket } => (*socket, true),
            Happening::Fails { device, .. } => {
                let device = &mut self.devices[*device];
                if device.suspended {
                    device.missed.push(happening);
                    return None;
                }
                return Some(happening);
            }
            Happening::Ping { .. } | Happening::Released { .. } | Happening::Commit => {
                return Some(happening);
            }
        };
        let Some(found) = self.sockets.get_mut(&socket) else { return Some(happening) };
        if found.lost {
            return None;
        }
        let held = &mut found.held[usize::from(to_client)];
        if !held.is_empty() || self.devices[found.device].holds(to_client) {
            held.push_back(happening);
            return None;
        }
        Some(happening)
    }

    /// Lets what was held for a device through, a thing at a time and each connection after a latency of its own.
    pub(super) fn release(&mut self, device: usize, latency: (u64, u64)) {
        for socket in self.sockets_of(device) {
            for to_client in [false, true] {
                let delay = self.draw(latency);
                self.after(delay, Happening::Released { socket, to_client });
            }
        }
        for happening in std::mem::take(&mut self.devices[device].missed) {
            self.after(Millis::ZERO, happening);
        }
    }

    fn let_through(&mut self, socket: u64, to_client: bool) {
        let Some(found) = self.sockets.get_mut(&socket).filter(|found| !found.lost) else { return };
        if self.devices[found.device].holds(to_client) {
            return;
        }
        let Some(happening) = found.held[usize::from(to_client)].pop_front() else { return };
        self.take_effect(happening);
        self.after(Millis::ZERO, Happening::Released { socket, to_client });
    }

    /// G6: a ping at every interval, and death after the misses.
    fn ping(&mut self, socket: u64) {
        let limits = self.gateway.limits();
        let (interval, misses) = (Millis(limits.ping_interval_ms), limits.ping_misses);
        let Some(found) = self.sockets.get_mut(&socket).filter(|socket| socket.at_gateway) else { return };
        if found.unanswered >= misses {
            found.at_gateway = false;
            let now = self.gateway_now();
            self.gateway.lost(now, socket);
            self.travel_down(socket, Happening::ClosedByGateway { socket });
            return;
        }
        found.unanswered += 1;
        self.travel_down(socket, Happening::PingArrives { socket });
        self.after(interval, Happening::Ping { socket });
    }

    pub(super) fn report_on(&mut self, socket: u64, report: Report) {
        if let Some(found) = self.sockets.get(&socket) {
            self.report(found.device, socket, found.number, report);
        }
    }

    /// Tells a client of a connection, unless it has let go of it.
    pub(super) fn report(&mut self, device: usize, socket: u64, number: u64, report: Report) {
        let connections = &mut self.devices[device].connections;
        if connections.get(&number) != Some(&socket) {
            return;
        }
        if matches!(report, Report::Failed { .. }) {
            connections.remove(&number);
        }
        let noted = self.gateway.seen.is_some().then(|| report.clone());
        self.input(
            device,
            |client, now| client.handle_report(now, number, report),
            |()| noted.map_or(Input::Other, Input::Report),
        );
    }
}

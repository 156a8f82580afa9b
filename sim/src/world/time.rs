//! Virtual time: what is due next, and running until then. One step does one thing, so that whoever watches sees the
//! world between any two.

use tessera_core::time::Millis;

use super::World;
use super::device::Delivered;
use crate::seen::{Input, Seen};

impl World {
    /// Runs for a while.
    pub fn run_for(&mut self, span: Millis) {
        let end = self.now + span;
        self.settle();
        while self.step(end) {}
    }

    /// Runs until `done`, for `at_most`; false if it was not done by then.
    pub fn run_until(&mut self, at_most: Millis, mut done: impl FnMut(&World) -> bool) -> bool {
        let end = self.now + at_most;
        self.settle();
        while !done(self) {
            if self.next_time() > end {
                return false;
            }
            self.step(end);
        }
        true
    }

    /// Does the next thing that is due until `end`, or lets time pass until then. False if nothing is left to do.
    pub(crate) fn step(&mut self, end: Millis) -> bool {
        let next = self.next_time();
        if next > end {
            self.now = end;
            return false;
        }
        self.now = self.now.max(next);
        if let Some(first) = self.agenda.first_entry().filter(|first| first.key().0 <= self.now) {
            let happening = first.remove();
            self.happen(happening);
        } else {
            self.do_timers();
        }
        self.settle();
        true
    }

    fn do_timers(&mut self) {
        let gateway_now = self.gateway_now();
        if self.gateway.next_wake().is_some_and(|at| at <= gateway_now) {
            return self.gateway.tick(gateway_now);
        }
        for device in 0..self.devices.len() {
            let due = self.devices[device].client.next_timeout() <= self.client_now(device);
            if due && !self.devices[device].suspended {
                self.input(device, |client, now| client.handle_timeout(now), |()| Input::Timeout);
            }
        }
    }

    pub(super) fn next_time(&self) -> Millis {
        let happening = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let clients = self.devices.iter().filter(|device| !device.suspended);
        let clients = clients.map(|device| device.clock.when(device.client.next_timeout())).min();
        let gateway = self.gateway.next_wake().map(|at| self.now + (at - self.gateway_now()));
        happening.into_iter().chain(clients).chain(gateway).min().unwrap_or(Millis::NEVER)
    }

    /// Carries out what machines have ordered, until none orders more.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut idle = true;
            for device in 0..self.devices.len() {
                while let Some(order) = self.devices[device].client.poll_order() {
                    idle = false;
                    self.order(device, order);
                }
                while self.devices[device].delivers && self.devices[device].client.has_events() {
                    idle = false;
                    self.deliver(device);
                }
            }
            for want in self.gateway.take_wants() {
                idle = false;
                self.want(want);
            }
            if idle {
                return;
            }
        }
    }

    /// Lets a host take one event.
    pub(crate) fn deliver(&mut self, device: usize) {
        let found = &mut self.devices[device];
        let Some(event) = found.client.poll_event() else { return };
        if let Some(seen) = &mut self.gateway.seen {
            seen.push(Seen::Delivered { device, event: event.clone() });
        }
        found.delivered.push(Delivered { at: self.now, event });
    }
}

//! What users, operators and fate do to a world, one thing at a time.

use std::collections::VecDeque;

use tessera_core::client::EventKind;
use tessera_core::client::TicketRequestId;
use tessera_core::error::Error;
use tessera_core::gateway::policy::{Policy, PolicyText, cap_max};
use tessera_core::gateway::registry::AdminOrder;
use tessera_core::generated::codes;
use tessera_core::generated::status::Platform;
use tessera_core::ticket::{Key, sign};
use tessera_core::time::Millis;

use super::plan::{draw_rules, pick};
use super::{Answer, Issued, Later, Run, entropy};
use crate::sabotage::Sabotage;
use crate::seen::{Input, Seen};
use crate::world::{APP, Network, Told};

/// More bad tickets of one user would close the door for all of them (70050).
const BAD_TICKETS_MAX: u32 = 4;

impl Run {
    /// Does one thing.
    pub(super) fn operate(&mut self) {
        let device = self.rng.usize(..self.hosts.len());
        if self.rng.u8(..self.plan.calm) > 0 {
            return self.trouble(device);
        }
        if self.world.device(device).suspended {
            return;
        }
        if !self.hosts[device].initialised {
            return self.init(device);
        }
        match self.rng.u8(..32) {
            0..=19 => self.log_in(device),
            20..=24 => self.log_out(device),
            25 | 26 => {
                self.note(|| format!("d{device} unInit"));
                self.world.input(device, |client, now| client.un_init(now), |()| Input::UnInit);
                self.hosts[device].initialised = false;
                self.world.settle();
            }
            27 => {
                let on = self.rng.bool();
                self.world.input(device, |client, now| client.set_has_provider(now, on), |()| Input::Other);
                self.world.settle();
            }
            _ => self.hint(device),
        }
    }

    pub(super) fn log_in(&mut self, device: usize) {
        let usual = self.plan.devices[device].user;
        let user = if self.rng.u8(..6) == 0 { self.rng.usize(..self.users.len()) } else { usual };
        let ticket = self.choose_ticket(device, user);
        self.hosts[device].ticket = Some(ticket);
        let (text, name) = (self.tickets[ticket].text.clone(), self.users[user]);
        let expires = self.tickets[ticket].expires;
        self.note(|| format!("d{device} login {name} with ticket {ticket}"));
        let _ = self.world.input(
            device,
            |client, now| {
                let refused_here = client.gateway_time(now).is_some_and(|time| time > expires);
                (client.login(now, name.as_str(), text), refused_here)
            },
            |(call, refused_here)| Input::Login {
                user: name,
                ticket: ticket as u64,
                call: call.as_ref().ok().copied(),
                refused_here: *refused_here,
            },
        );
        self.world.settle();
    }

    fn log_out(&mut self, device: usize) {
        self.note(|| format!("d{device} logout"));
        // A full queue refuses the call, and then no result follows.
        let _ = self.world.input(
            device,
            |client, now| client.logout(now),
            |call: &Result<_, Error>| Input::Logout { call: call.as_ref().ok().copied() },
        );
        self.world.settle();
    }

    pub(super) fn hint(&mut self, device: usize) {
        self.world.input(device, |client, now| client.hint(now), |()| Input::Other);
        self.world.settle();
    }

    // ---- tickets ------------------------------------------------------------------------------------------------

    /// Mostly the one of last time, as apps do.
    fn choose_ticket(&mut self, device: usize, user: usize) -> usize {
        let now = self.world.gateway_now();
        if self.plan.troubles.bad_tickets && self.rng.u8(..16) == 0 && self.bad_tickets < BAD_TICKETS_MAX {
            self.bad_tickets += 1;
            let key = Key::new("the key of somebody else").expect("is not empty");
            return self.issue(&key, user, now, 3_600);
        }
        if self.plan.troubles.bad_tickets && self.rng.u8(..16) == 0 {
            return self.issue(&self.key.clone(), user, now - Millis::from_secs(100), 60);
        }
        let last = self.hosts[device].ticket.filter(|ticket| self.tickets[*ticket].user == user);
        match last {
            Some(ticket) if self.rng.u8(..4) > 0 => ticket,
            Some(_) | None => self.issue_new(user),
        }
    }

    fn issue_new(&mut self, user: usize) -> usize {
        let (low, high) = self.plan.ticket_secs;
        let secs = self.rng.u64(low..=high);
        self.issue(&self.key.clone(), user, self.world.gateway_now(), secs)
    }

    fn issue(&mut self, key: &Key, user: usize, at: Millis, secs: u64) -> usize {
        let text = sign(key, APP.0, self.users[user].as_str(), at, secs, None).expect("is a ticket");
        // A ticket has no nonce: the same user, second and lifetime give the same one.
        if let Some(same) = self.tickets.iter().position(|ticket| ticket.text == text) {
            return same;
        }
        let expires = Millis::from_secs(at.as_secs() + secs);
        self.tickets.push(Issued { text, user, expires });
        self.tickets.len() - 1
    }

    pub(super) fn provide(&mut self, device: usize, process: u64, request: TicketRequestId, answer: Answer) {
        if self.hosts[device].process != process {
            return;
        }
        let stamp = self.world.device(device).client.stamp();
        let user = self.users.iter().position(|user| Some(*user) == stamp.user).unwrap_or(0);
        let ticket = match (answer, self.hosts[device].ticket) {
            (Answer::Error, _) => Err("the app's server is down".to_owned()),
            (Answer::Same, Some(ticket)) => Ok(self.tickets[ticket].text.clone()),
            (Answer::New | Answer::Same, _) => {
                let ticket = self.issue_new(user);
                Ok(self.tickets[ticket].text.clone())
            }
        };
        self.world.input(
            device,
            |client, now| client.provide_ticket(now, request, ticket),
            |()| Input::Provided,
        );
        self.world.settle();
    }

    // ---- troubles -----------------------------------------------------------------------------------------------

    fn trouble(&mut self, device: usize) {
        let troubles = self.plan.troubles;
        match self.rng.u8(..20) {
            0..=6 if troubles.network => self.trouble_network(device),
            7 | 8 if troubles.crashes => self.trouble_gateway(),
            9 if troubles.store => {
                self.note(|| "the store fails".to_owned());
                self.world.set_store_fails(true);
                let span = self.rng.u64(100..10_000);
                self.after(span, Later::StoreWorks);
            }
            10..=12 if troubles.operators => self.operator(),
            13 if troubles.clocks => self.move_clock(device),
            14 | 15 if troubles.suspends && !self.world.device(device).suspended => {
                self.note(|| format!("d{device} is suspended"));
                self.world.set_suspended_of(device, true);
                let span = *pick(&mut self.rng, &[500, 20_000, 70_000, 200_000]);
                self.after(span, Later::Wake(device));
            }
            16 if troubles.kills => self.kill(device),
            17 | 18 if troubles.slow_hosts => {
                self.world.device_mut(device).delivers = false;
                let span = self.rng.u64(10..20_000);
                self.after(span, Later::HostAwake(device));
            }
            19 if troubles.rule_changes => self.change_rules(),
            _ => {}
        }
    }

    fn trouble_network(&mut self, device: usize) {
        match self.rng.u8(..8) {
            kind @ 0..=3 => {
                let told = [Told::Both, Told::Client, Told::Gateway, Told::Nobody][usize::from(kind)];
                self.note(|| format!("d{device} loses its connections, known to {told:?}"));
                self.world.break_connections(device, told);
            }
            4 | 5 => {
                self.note(|| format!("d{device} has no network"));
                self.world.set_network_of(device, Network::Refusing);
                self.world.break_connections(device, Told::Client);
                let span = *pick(&mut self.rng, &[1_000, 15_000, 90_000, 300_000]);
                self.after(span, Later::NetworkUp(device));
            }
            _ => {
                self.note(|| format!("d{device} has a network that stalls"));
                self.world.set_network_of(device, Network::Stalled);
                let (span, anew) = *pick(
                    &mut self.rng,
                    &[(3_000, false), (20_000, false), (40_000, false), (120_000, true)],
                );
                let later = if anew { Later::NetworkUpAnew(device) } else { Later::NetworkUp(device) };
                self.after(span, later);
            }
        }
    }

    fn trouble_gateway(&mut self) {
        if self.rng.u8(..4) == 0 {
            let spread = self.rng.u64(100..5_000);
            self.note(|| format!("the gateway drains, back after {spread} ms"));
            self.world.drain_gateway(Millis(spread));
            return self.after(spread / 2, Later::Restart);
        }
        let down_for = *pick(&mut self.rng, &[0, 10, 3_000, 40_000]);
        let tells = self.rng.u8(..4) > 0;
        self.note(|| {
            format!("the gateway is killed and back after {down_for} ms; its machine tells: {tells}")
        });
        self.world.crash_gateway(Millis(down_for), tells);
    }

    fn operator(&mut self) {
        let user = (APP, *pick(&mut self.rng, &self.users));
        let order = match self.rng.u8(..10) {
            0..=4 => AdminOrder::Kick,
            5 | 6 => AdminOrder::SetDisabled(true),
            7 | 8 => AdminOrder::SetDisabled(false),
            _ => AdminOrder::ExpireNow,
        };
        self.note(|| format!("an operator orders {order:?} of {}", user.1));
        let checker = &mut self.checker;
        self.world.start_admin(user, order, |call| checker.ordered(call, user, order));
    }

    fn move_clock(&mut self, device: usize) {
        if self.rng.bool() {
            let by = self.rng.i64(-20_000..60_000);
            self.note(|| format!("the gateway's clock moves by {by} ms"));
            if by < 0 {
                self.checker.clock_goes_back(self.world.gateway_now());
            }
            self.world.move_gateway_clock(by);
        } else {
            let by = Millis(self.rng.u64(..120_000));
            self.note(|| format!("the clock of d{device} jumps by {by}"));
            let clock = &mut self.world.device_mut(device).clock;
            clock.jumped = clock.jumped + by;
        }
    }

    fn kill(&mut self, device: usize) {
        let closes = self.rng.bool();
        self.note(|| format!("d{device} is killed; its system closes: {closes}"));
        let entropy = entropy(&mut self.rng);
        self.world.kill_client(device, entropy, closes);
        let host = &mut self.hosts[device];
        host.initialised = false;
        host.process += 1;
    }

    fn change_rules(&mut self) {
        let rules = draw_rules(&mut self.rng);
        self.note(|| format!("the rules change: {rules:?}"));
        self.checker.rules_changed(rules.clone());
        let mut broken = rules;
        if self.sabotage == Some(Sabotage::Overbooked) {
            broken.policy = overbooked(&broken.policy);
        }
        self.world.set_rules(broken);
    }
}

/// The policy with one more of each platform.
pub(super) fn overbooked(policy: &Policy) -> Policy {
    let mut text = PolicyText::from(policy);
    for &platform in Platform::ALL {
        let cap = u8::try_from(policy.cap(platform) + 1).unwrap_or(u8::MAX);
        text.caps.insert(platform, cap.min(cap_max(platform)));
    }
    Policy::try_from(text).expect("the caps are in their range")
}

/// Loses or doubles results on their way to the host.
pub(super) fn break_results(
    sabotage: Option<Sabotage>,
    results: &mut u64,
    seen: &mut Vec<Seen>,
    spare: &mut VecDeque<Seen>,
) {
    let interrupted = |what: &Seen| match what {
        Seen::Delivered { event, .. } => {
            matches!(&event.kind, EventKind::Completed(_, Err(error)) if error.code == codes::ERR_SDK_COMM_INTERRUPT)
        }
        _ => false,
    };
    match sabotage {
        Some(Sabotage::LostResult) => seen.retain(|what| !interrupted(what)),
        Some(Sabotage::ResultTwice) => {
            for what in seen.iter() {
                if let Seen::Delivered { event, .. } = what
                    && matches!(event.kind, EventKind::Completed(..))
                {
                    *results += 1;
                    if results.is_multiple_of(8) {
                        spare.push_back(what.clone());
                    }
                }
            }
            seen.extend(spare.drain(..));
        }
        Some(_) | None => {}
    }
}

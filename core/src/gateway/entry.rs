//! One user's sessions and durable record, and everything that may be asked of them, one request at a time.

mod admin;
mod claims;
mod ends;
mod requests;
pub(super) mod rest;

use std::collections::VecDeque;

use super::record::{Signature, UserRecord};
use super::registry::{AdminAnswer, AppRules, Claim, Effect, Peer, Request, TicketFacts, UserKey, refusal};
use super::session::{Action, Event, State, step};
use crate::error::Error;
use crate::generated::codes;
use crate::generated::limits::{GatewayLimits, row};
use crate::generated::status::Platform;
use crate::id::{DeviceId, InstanceId, SessionId};
use crate::time::Millis;
use crate::transitions;
use crate::wire::{GatewayFrame, KickReason, LoginOk};

/// How many ends of one user are remembered. More within a minute are a client in a loop or an attack, and lose only
/// the protection against their own late frames.
const ENDED_MAX: usize = 32;

/// What an entry needs to know of the world.
pub(super) struct Surroundings<'a> {
    pub(super) now: Millis,
    pub(super) user: UserKey,
    pub(super) rules: &'a AppRules,
    pub(super) limits: &'a GatewayLimits,
}

/// A live session.
#[derive(Clone, Debug)]
pub(super) struct Session<H> {
    pub(super) id: SessionId,
    pub(super) device: DeviceId,
    pub(super) platform: Platform,
    pub(super) order: u64,
    pub(super) instance: InstanceId,
    pub(super) attempt: u64,
    pub(super) expires: Millis,
    /// The latest expiry of all tickets that it had: its client may still have one that a renewal made shorter.
    pub(super) last_expiry: Millis,
    lease: Millis,
    link: Link<H>,
}

#[derive(Clone, Debug)]
enum Link<H> {
    Online(Peer<H>),
    Leased(Millis),
}

impl<H> Session<H> {
    fn state(&self) -> State {
        match self.link {
            Link::Online(_) => State::Online,
            Link::Leased(_) => State::Leased,
        }
    }

    /// Whether it has a connection.
    pub(super) fn is_online(&self) -> bool {
        self.state() == State::Online
    }

    fn is_on(&self, connection: u64) -> bool {
        matches!(&self.link, Link::Online(peer) if peer.connection == connection)
    }
}

/// A session that ended a short while ago, kept so that late frames of it have no effect (G4).
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) session: SessionId,
    pub(super) instance: Option<InstanceId>,
    pub(super) attempt: u64,
    pub(super) end: End,
    until: Millis,
}

/// How it ended, as far as that matters to a late frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By its user: whatever still names it is void.
    LoggedOut,
    /// By another session of its device, of this platform.
    Replaced(Platform),
    /// By a kick that its client is owed. The record forgets it with the device's next login; this does not.
    Kicked { reason: KickReason, by: Option<Platform>, at: Millis },
    /// Otherwise: it may be claimed again if its ticket and the policy allow.
    Other,
}

/// What waits for a write.
#[derive(Clone, Debug)]
enum Plan<H> {
    Enter { claim: Box<Claim<H>>, victims: Vec<SessionId>, created: bool },
    Refuse { claim: Box<Claim<H>>, frame: GatewayFrame },
    EndAll { call: u64, reason: KickReason, sign_after: Option<Millis> },
    Enable { call: u64 },
}

/// One user in memory.
#[derive(Debug)]
pub(super) struct Entry<H> {
    pub(super) record: Option<Box<UserRecord>>,
    pub(super) sessions: Vec<Session<H>>,
    pub(super) ended: Vec<Ended>,
    /// Tickets that were presented, until their second has passed (G5).
    presented: Vec<TicketFacts>,
    /// Tickets that expire up to here count as expired already (the order `ExpireNow`).
    pub(super) expired_until: Millis,
    writing: Option<(Plan<H>, Box<UserRecord>)>,
    waiting: VecDeque<Request<H>>,
}

impl<H: Clone> Entry<H> {
    pub(super) fn new(record: Option<UserRecord>) -> Self {
        Entry {
            record: record.map(Box::new),
            sessions: Vec::new(),
            ended: Vec::new(),
            presented: Vec::new(),
            expired_until: Millis::ZERO,
            writing: None,
            waiting: VecDeque::new(),
        }
    }

    /// True if forgetting it loses nothing that the record does not have.
    pub(super) fn is_idle(&self) -> bool {
        self.sessions.is_empty()
            && self.ended.is_empty()
            && self.presented.is_empty()
            && self.writing.is_none()
            && self.expired_until == Millis::ZERO
    }

    /// True if it is in memory only because somebody logged out sessions that were not there.
    pub(super) fn is_hearsay(&self) -> bool {
        self.ended.iter().all(|row| row.instance.is_none())
            && !self.ended.is_empty()
            && self.sessions.is_empty()
            && self.presented.is_empty()
            && self.writing.is_none()
            && self.expired_until == Millis::ZERO
    }

    pub(super) fn next_wake(&self, now: Millis) -> Millis {
        if self.writing.is_some() {
            return Millis::NEVER;
        }
        let sessions = self.sessions.iter().map(|session| {
            let expiry = session.expires + Millis(1);
            match session.link {
                Link::Online(_) => expiry,
                Link::Leased(until) => until.min(expiry),
            }
        });
        let ended = self.ended.iter().map(|row| row.until);
        let presented = self.presented.iter().map(|row| Millis::from_secs(row.second + 1));
        let expired = (self.expired_until > Millis::ZERO).then(|| self.expired_until + Millis(1));
        let all = sessions.chain(ended).chain(presented).chain(expired);
        all.min().unwrap_or(Millis::NEVER).max(now + Millis(1))
    }

    pub(super) fn handle(
        &mut self,
        around: &Surroundings<'_>,
        request: Request<H>,
        out: &mut Vec<Effect<H>>,
    ) {
        if self.writing.is_none() {
            return self.run(around, request, out);
        }
        let claims = self.waiting.iter().filter(|request| matches!(request, Request::Claim(_)));
        if let Request::Claim(claim) = &request
            && claims.count() as u64 >= around.limits.claims_waiting_max
        {
            let error = Error::new(codes::ERR_SVR_SSO_OVERLOAD, "too many logins of this user are waiting")
                .retry_after(row::CLAIMS_WAITING_MAX.retry_after);
            return refuse(around, claim, error, out);
        }
        self.waiting.push_back(request);
    }

    fn run(&mut self, around: &Surroundings<'_>, request: Request<H>, out: &mut Vec<Effect<H>>) {
        match request {
            Request::Claim(claim) => self.claim(around, claim, out),
            Request::Renew { peer, session, attempt, ticket } => {
                self.renew(around, peer, session, attempt, ticket, out);
            }
            Request::Logout { peer, session, confirm } => self.logout(around, peer, session, confirm, out),
            Request::KickAck { session } => self.kick_ack(around, session, out),
            Request::Lost { session, connection } => self.lost(around, session, connection, out),
            Request::Admin { call, order } => self.admin(around, call, order, out),
        }
    }

    pub(super) fn written(&mut self, around: &Surroundings<'_>, durable: bool, out: &mut Vec<Effect<H>>) {
        let Some((plan, record)) = self.writing.take() else { return };
        if durable {
            self.record = Some(record);
            self.carry_out(around, plan, out);
        } else {
            if let Plan::Enter { claim, .. } = &plan {
                self.overtake(around, claim);
            }
            give_up(around, plan, out);
        }
        while self.writing.is_none() {
            let Some(request) = self.waiting.pop_front() else { break };
            self.run(around, request, out);
        }
    }

    fn await_write(
        &mut self,
        around: &Surroundings<'_>,
        mut record: Box<UserRecord>,
        plan: Plan<H>,
        out: &mut Vec<Effect<H>>,
    ) {
        record.prune(around.now);
        out.push(Effect::Write { user: around.user, record: (*record).clone(), awaited: true });
        self.writing = Some((plan, record));
    }

    /// Writes a change that nobody waits for: losing it in a crash breaks no promise.
    fn write_lazily(
        &mut self,
        around: &Surroundings<'_>,
        change: impl FnOnce(&mut UserRecord),
        out: &mut Vec<Effect<H>>,
    ) {
        let Some(record) = &mut self.record else { return };
        let before = record.clone();
        change(record);
        record.prune(around.now);
        if *record != before {
            out.push(Effect::Write { user: around.user, record: (**record).clone(), awaited: false });
        }
    }

    pub(super) fn tick(&mut self, around: &Surroundings<'_>, out: &mut Vec<Effect<H>>) {
        if self.writing.is_some() {
            return;
        }
        let now = around.now;
        let due = |session: &Session<H>| match session.link {
            _ if now > session.expires => Some((session.id, Event::TicketExpiry)),
            Link::Leased(until) if now >= until => Some((session.id, Event::LeaseEnd)),
            Link::Leased(_) | Link::Online(_) => None,
        };
        let ends: Vec<_> = self.sessions.iter().filter_map(due).collect();
        for (session, event) in ends {
            self.end(around, session, event, None, out);
        }
        self.ended.retain(|row| now < row.until);
        self.presented.retain(|row| row.second >= now.as_secs());
        if now > self.expired_until {
            self.expired_until = Millis::ZERO;
        }
    }
}

fn count<H>(sessions: &[Session<H>]) -> (usize, usize) {
    (sessions.len(), sessions.iter().filter(|session| session.is_online()).count())
}

/// The machine's step, recorded for the table of transitions.
fn take_step(state: State, event: Event) -> (State, Action) {
    let (next, action) = step(state, event);
    transitions::record!("gateway session", state, event, next);
    (next, action)
}

fn lease_of<H>(around: &Surroundings<'_>, claim: &Claim<H>) -> Millis {
    let longest = Millis(around.limits.lease_ms);
    claim.lease.map_or(longest, |wish| wish.min(longest))
}

fn accept<H: Clone>(around: &Surroundings<'_>, claim: &Claim<H>, resumed: bool, created: bool) -> Effect<H> {
    let ok = LoginOk {
        session: claim.session,
        attempt: claim.attempt,
        time: around.now,
        expires: claim.ticket.expires,
        resumed,
        created,
    };
    Effect::Send(claim.peer.clone(), GatewayFrame::LoginOk(ok))
}

fn refuse<H: Clone>(around: &Surroundings<'_>, claim: &Claim<H>, error: Error, out: &mut Vec<Effect<H>>) {
    let refused = refusal(around.now, claim.session, claim.attempt, error);
    out.push(Effect::SendAndClose(claim.peer.clone(), GatewayFrame::LoginRefused(refused)));
}

/// The write failed: nothing has happened, and whoever waits may try again.
fn give_up<H: Clone>(around: &Surroundings<'_>, plan: Plan<H>, out: &mut Vec<Effect<H>>) {
    let error = Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, "the gateway's store cannot be written")
        .retry_after(Some(Millis(1000)));
    match plan {
        Plan::Enter { claim, .. } | Plan::Refuse { claim, .. } => refuse(around, &claim, error, out),
        Plan::EndAll { call, .. } | Plan::Enable { call } => {
            out.push(Effect::Answer(call, AdminAnswer::Failed(error)));
        }
    }
}

impl<H> Entry<H> {
    /// Whether a kick has named this ticket.
    pub(super) fn is_revoked(&self, sig: &Signature) -> bool {
        self.record.iter().any(|record| record.revoked.iter().any(|row| row.sig == *sig))
    }
}

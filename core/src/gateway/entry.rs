//! One user's sessions and durable record, and everything that may be asked of them, one request at a time.

pub(super) mod rest;

use std::collections::VecDeque;

use super::claim::{self, Verdict};
use super::record::{OfflineDevice, PendingKick, Revoked, Signature, UserRecord};
use super::registry::{
    AdminAnswer, AdminOrder, AppRules, Claim, Effect, Peer, Request, SessionInfo, TicketFacts, UserKey,
    refusal,
};
use super::session::{Action, Event, State, step};
use crate::error::Error;
use crate::generated::codes;
use crate::generated::limits::{GatewayLimits, row};
use crate::generated::status::Platform;
use crate::id::{DeviceId, InstanceId, SessionId};
use crate::time::Millis;
use crate::transitions;
use crate::wire::{GatewayFrame, KickReason, Kicked, LoginOk, Renewed, SessionNote};

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
    /// Tickets that expire up to here count as expired already ([`AdminOrder::ExpireNow`]).
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

    // ---- claims -------------------------------------------------------------------------------------------------

    fn claim(&mut self, around: &Surroundings<'_>, claim: Box<Claim<H>>, out: &mut Vec<Effect<H>>) {
        let verdict = claim::judge(self, around, &claim);
        self.remember(around, claim.ticket);
        match verdict {
            Verdict::Stale => out.push(Effect::Close(claim.peer)),
            Verdict::Kicked(kicked) => {
                self.overtake(around, &claim);
                // The connection stays, so that the client can confirm.
                out.push(Effect::Send(claim.peer, GatewayFrame::Kicked(kicked)));
            }
            Verdict::Refused(error) => {
                self.overtake(around, &claim);
                refuse(around, &claim, error, out);
            }
            Verdict::KickedByMark(record, kicked) => {
                self.overtake(around, &claim);
                let plan = Plan::Refuse { claim, frame: GatewayFrame::Kicked(kicked) };
                self.await_write(around, record, plan, out);
            }
            Verdict::RefusedByMark(record, error) => {
                self.overtake(around, &claim);
                let refused = refusal(around.now, claim.session, claim.attempt, error);
                let plan = Plan::Refuse { claim, frame: GatewayFrame::LoginRefused(refused) };
                self.await_write(around, record, plan, out);
            }
            Verdict::Reattach => self.reattach(around, &claim, out),
            Verdict::Enter(entering) => {
                let created = self.record.is_none();
                let victims = entering.victims;
                if entering.durable_first {
                    let plan = Plan::Enter { claim, victims, created };
                    self.await_write(around, entering.record, plan, out);
                } else {
                    self.write_lazily(around, |record| *record = *entering.record, out);
                    self.enter(around, &claim, &victims, created, out);
                }
            }
        }
    }

    /// True if the ticket is remembered, or need not be; false if the memory is full (G5).
    pub(super) fn room_to_remember(&self, around: &Surroundings<'_>, ticket: &TicketFacts) -> bool {
        let fresh = |row: &&TicketFacts| row.second >= around.now.as_secs();
        ticket.second < around.now.as_secs()
            || self.presented.iter().any(|row| row.sig == ticket.sig)
            || (self.presented.iter().filter(fresh).count() as u64) < around.limits.recent_tickets_per_user
    }

    /// Every ticket that was presented counts, whatever became of the request: a kick that follows revokes it (G5).
    fn remember(&mut self, around: &Surroundings<'_>, ticket: TicketFacts) {
        let second = around.now.as_secs();
        self.presented.retain(|row| row.second >= second);
        let known = self.presented.iter().any(|row| row.sig == ticket.sig);
        if ticket.second >= second && !known && self.room_to_remember(around, &ticket) {
            // Almost always the only one, and a vector that grows by itself begins with room for four.
            self.presented.reserve_exact(1);
            self.presented.push(ticket);
        }
    }

    fn reattach(&mut self, around: &Surroundings<'_>, claim: &Claim<H>, out: &mut Vec<Effect<H>>) {
        let lease = lease_of(around, claim);
        let Some(session) = self.sessions.iter_mut().find(|session| session.id == claim.session) else {
            return;
        };
        let (_, action) = take_step(session.state(), Event::Claim);
        let old = std::mem::replace(&mut session.link, Link::Online(claim.peer.clone()));
        if let (Action::SwapConnection, Link::Online(old)) = (action, old)
            && old.connection != claim.peer.connection
        {
            out.push(Effect::Close(old));
        }
        (session.instance, session.attempt) = (claim.instance, claim.attempt);
        (session.expires, session.lease) = (claim.ticket.expires, lease);
        session.last_expiry = session.last_expiry.max(claim.ticket.expires);
        let device = session.device;
        out.push(accept(around, claim, true, false));
        self.write_lazily(around, |record| record.offline.retain(|row| row.device != device), out);
    }

    fn enter(
        &mut self,
        around: &Surroundings<'_>,
        claim: &Claim<H>,
        victims: &[SessionId],
        created: bool,
        out: &mut Vec<Effect<H>>,
    ) {
        take_step(State::Absent, Event::Claim);
        // Above every order that a live or an offline device has, so that orders never repeat across a restart.
        let offline = self.record.iter().flat_map(|record| record.offline.iter().map(|row| row.order));
        let order =
            self.sessions.iter().map(|session| session.order).chain(offline).max().map_or(0, |max| max + 1);
        for victim in victims {
            self.end(around, *victim, Event::Evict, Some((KickReason::Policy, Some(claim.platform))), out);
        }
        let same_device =
            |session: &&Session<H>| session.device == claim.device && session.id != claim.session;
        let replaced: Vec<SessionId> =
            self.sessions.iter().filter(same_device).map(|session| session.id).collect();
        for session in replaced {
            self.end(around, session, Event::Replace, None, out);
        }
        self.ended.retain(|row| row.session != claim.session);
        // As above.
        self.sessions.reserve_exact(1);
        self.sessions.push(Session {
            id: claim.session,
            device: claim.device,
            platform: claim.platform,
            order,
            instance: claim.instance,
            attempt: claim.attempt,
            expires: claim.ticket.expires,
            last_expiry: claim.ticket.expires,
            lease: lease_of(around, claim),
            link: Link::Online(claim.peer.clone()),
        });
        out.push(accept(around, claim, false, created));
        // A session that is claimed again, after a restart for instance, was counted before (G11).
        if !claim.resume {
            out.push(Effect::Count(around.user));
        }
    }

    // ---- the other requests of clients --------------------------------------------------------------------------

    fn renew(
        &mut self,
        around: &Surroundings<'_>,
        peer: Peer<H>,
        session: SessionId,
        attempt: u64,
        ticket: TicketFacts,
        out: &mut Vec<Effect<H>>,
    ) {
        let judged = claim::judge_ticket(self, around, &ticket);
        self.remember(around, ticket);
        let state = self.state_of(session);
        let (_, action) = take_step(state, Event::Renew);
        // Frames of a connection that a newer one has replaced do not touch the session (G4).
        let found = self.sessions.iter_mut().find(|row| row.id == session && row.is_on(peer.connection));
        let error = match (judged, action, found) {
            (Err(error), _, _) => error,
            (Ok(()), Action::TakeTicket, Some(found)) => {
                found.expires = ticket.expires;
                found.last_expiry = found.last_expiry.max(ticket.expires);
                let renewed = Renewed { session, attempt, time: around.now, expires: ticket.expires };
                return out.push(Effect::Send(peer, GatewayFrame::Renewed(renewed)));
            }
            (Ok(()), _, _) => Error::new(codes::ERR_SDK_NOT_LOGGED_IN, "this session is not logged in"),
        };
        let refused = refusal(around.now, session, attempt, error);
        out.push(Effect::Send(peer, GatewayFrame::RenewRefused(refused)));
    }

    fn logout(
        &mut self,
        around: &Surroundings<'_>,
        peer: Peer<H>,
        session: SessionId,
        confirm: bool,
        out: &mut Vec<Effect<H>>,
    ) {
        let ended = self.end(around, session, Event::Logout, None, out);
        if let Some(Link::Online(own)) = ended.map(|session| session.link)
            && own.connection != peer.connection
        {
            out.push(Effect::Close(own));
        }
        if confirm {
            let note = SessionNote { session, time: around.now };
            out.push(Effect::Send(peer, GatewayFrame::LoggedOut(note)));
        }
    }

    fn kick_ack(&mut self, around: &Surroundings<'_>, session: SessionId, out: &mut Vec<Effect<H>>) {
        self.write_lazily(around, |record| record.kicks.retain(|row| row.session != session), out);
    }

    fn lost(
        &mut self,
        around: &Surroundings<'_>,
        session: SessionId,
        connection: u64,
        out: &mut Vec<Effect<H>>,
    ) {
        let Some(found) = self.sessions.iter_mut().find(|row| row.id == session) else {
            take_step(State::Absent, Event::ConnectionLost);
            return;
        };
        // An older connection of this session: the newest silently replaced it (G4).
        if !found.is_on(connection) {
            return;
        }
        take_step(State::Online, Event::ConnectionLost);
        found.link = Link::Leased(around.now + found.lease);
        if around.rules.offline_kick_error {
            let until = found.expires.min(around.now + Millis(around.limits.offline_kept_ms));
            let (session, device) = (found.id, found.device);
            let row = OfflineDevice { session, device, platform: found.platform, order: found.order, until };
            let rows_max = around.limits.offline_devices_per_user as usize;
            self.write_lazily(
                around,
                |record| {
                    record.offline.retain(|old| old.device != row.device);
                    record.offline.push(row);
                    record.offline.sort_by_key(|row| row.order);
                    let surplus = record.offline.len().saturating_sub(rows_max);
                    record.offline.drain(..surplus);
                },
                out,
            );
        }
    }

    // ---- time ---------------------------------------------------------------------------------------------------

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

    // ---- operators ----------------------------------------------------------------------------------------------

    fn admin(&mut self, around: &Surroundings<'_>, call: u64, order: AdminOrder, out: &mut Vec<Effect<H>>) {
        let Some(record) = self.record.clone() else {
            let desc = "no such user: nobody has logged in by this id yet";
            let error = Error::new(codes::ERR_SVR_ACCOUNT_NOT_FOUND, desc);
            return out.push(Effect::Answer(call, AdminAnswer::Failed(error)));
        };
        match order {
            AdminOrder::Sessions => {
                let disabled = record.disabled;
                out.push(Effect::Answer(call, AdminAnswer::Sessions { sessions: self.infos(), disabled }));
            }
            AdminOrder::Kick => self.admin_kick(around, call, record, out),
            AdminOrder::SetDisabled(disabled) => {
                let mut record = record;
                record.disabled = disabled;
                if disabled {
                    self.keep_kicks(around, &mut record, KickReason::Disabled);
                    let plan = Plan::EndAll { call, reason: KickReason::Disabled, sign_after: None };
                    self.await_write(around, record, plan, out);
                } else {
                    self.await_write(around, record, Plan::Enable { call }, out);
                }
            }
            AdminOrder::ExpireNow => {
                let sessions: Vec<SessionId> = self.sessions.iter().map(|session| session.id).collect();
                let until = self.sessions.iter().map(|session| session.expires).max();
                self.expired_until = self.expired_until.max(until.unwrap_or(Millis::ZERO));
                for session in &sessions {
                    self.end(around, *session, Event::TicketExpiry, None, out);
                }
                out.push(Effect::Answer(call, AdminAnswer::Expired { sessions: sessions.len() }));
            }
        }
    }

    fn admin_kick(
        &mut self,
        around: &Surroundings<'_>,
        call: u64,
        mut record: Box<UserRecord>,
        out: &mut Vec<Effect<H>>,
    ) {
        let second = around.now.as_secs();
        record.floor = record.floor.max(second);
        for ticket in &self.presented {
            let known = record.revoked.iter().any(|row| row.sig == ticket.sig);
            if ticket.second >= record.floor && !known {
                record.revoked.push(Revoked { sig: ticket.sig, expires: ticket.expires });
            }
        }
        // Their tickets are void, so none of these devices can come back by itself.
        record.offline.clear();
        self.keep_kicks(around, &mut record, KickReason::Admin);
        let sign_after = Some(Millis::from_secs(record.floor + 1));
        self.await_write(around, record, Plan::EndAll { call, reason: KickReason::Admin, sign_after }, out);
    }

    fn keep_kicks(&self, around: &Surroundings<'_>, record: &mut UserRecord, reason: KickReason) {
        record.kicks.extend(self.sessions.iter().map(|session| PendingKick {
            session: session.id,
            device: session.device,
            reason,
            by: None,
            at: around.now,
            expires: session.last_expiry,
        }));
    }

    pub(super) fn infos(&self) -> Vec<SessionInfo> {
        let info = |session: &Session<H>| SessionInfo {
            session: session.id,
            device: session.device,
            platform: session.platform,
            order: session.order,
            connected: session.state() == State::Online,
            expires: session.expires,
        };
        self.sessions.iter().map(info).collect()
    }

    // ---- ends ---------------------------------------------------------------------------------------------------

    fn carry_out(&mut self, around: &Surroundings<'_>, plan: Plan<H>, out: &mut Vec<Effect<H>>) {
        match plan {
            Plan::Enter { claim, victims, created } => self.enter(around, &claim, &victims, created, out),
            Plan::Refuse { claim, frame: frame @ GatewayFrame::Kicked(_) } => {
                out.push(Effect::Send(claim.peer, frame))
            }
            Plan::Refuse { claim, frame } => out.push(Effect::SendAndClose(claim.peer, frame)),
            Plan::EndAll { call, reason, sign_after } => {
                let sessions: Vec<SessionId> = self.sessions.iter().map(|session| session.id).collect();
                for session in &sessions {
                    self.end(around, *session, Event::AdminKick, Some((reason, None)), out);
                }
                let sessions = sessions.len();
                let answer = match sign_after {
                    Some(sign_after) => AdminAnswer::Kicked { sessions, sign_after },
                    None => AdminAnswer::Disabled { sessions },
                };
                out.push(Effect::Answer(call, answer));
            }
            Plan::Enable { call } => out.push(Effect::Answer(call, AdminAnswer::Disabled { sessions: 0 })),
        }
    }

    pub(super) fn state_of(&self, session: SessionId) -> State {
        self.sessions.iter().find(|row| row.id == session).map_or(State::Absent, Session::state)
    }

    /// Takes a session out and says so to whom it concerns. Returns it, if it was there.
    fn end(
        &mut self,
        around: &Surroundings<'_>,
        id: SessionId,
        event: Event,
        kick: Option<(KickReason, Option<Platform>)>,
        out: &mut Vec<Effect<H>>,
    ) -> Option<Session<H>> {
        let (_, action) = take_step(self.state_of(id), event);
        let at = self.sessions.iter().position(|session| session.id == id);
        let session = at.map(|at| self.sessions.remove(at));
        let end = match (event, &session) {
            (Event::Logout, _) => Some(End::LoggedOut),
            (Event::Replace, Some(session)) => Some(End::Replaced(session.platform)),
            (_, Some(_)) => Some(End::Other),
            (_, None) => None,
        };
        if let Some(end) = end {
            self.bury(around, id, session.as_ref(), end);
        }
        // A device whose session has ended for good is no longer one that may be kicked while offline (G6).
        if matches!(event, Event::Logout | Event::TicketExpiry) {
            self.write_lazily(around, |record| record.offline.retain(|row| row.session != id), out);
        }
        if let Some(Session { link: Link::Online(peer), .. }) = &session {
            let (peer, time) = (peer.clone(), around.now);
            match (action, kick) {
                (Action::TellExpired, _) => {
                    let note = SessionNote { session: id, time };
                    out.push(Effect::Send(peer, GatewayFrame::Expired(note)));
                }
                (Action::Kick, Some((reason, platform))) => {
                    // The same time as a resume is answered with, however long the write has taken.
                    let kept = self.record.as_ref().and_then(|record| record.kick_of(id));
                    let at = kept.map_or(time, |kick| kick.at);
                    let kicked = Kicked { session: id, time, reason, platform, at };
                    out.push(Effect::Send(peer, GatewayFrame::Kicked(kicked)));
                }
                (Action::CloseSilently, _) => out.push(Effect::Close(peer)),
                _ => {}
            }
        }
        session
    }

    fn bury(&mut self, around: &Surroundings<'_>, session: SessionId, live: Option<&Session<H>>, end: End) {
        let (instance, attempt) = match (live, self.ended.iter().find(|row| row.session == session)) {
            (Some(live), _) => (Some(live.instance), live.attempt),
            (None, Some(row)) => (row.instance, row.attempt),
            (None, None) => (None, 0),
        };
        self.push_ended(around, session, instance, attempt, end);
    }

    /// A claim that was not granted is an attempt that was seen: older ones of its client have no effect any more (G4).
    fn overtake(&mut self, around: &Surroundings<'_>, claim: &Claim<H>) {
        if let Some(live) = self.sessions.iter_mut().find(|session| session.id == claim.session) {
            if live.instance == claim.instance {
                live.attempt = claim.attempt;
            }
            return;
        }
        let row = self.ended.iter().find(|row| row.session == claim.session);
        let end = row.map_or(End::Other, |row| row.end);
        self.push_ended(around, claim.session, Some(claim.instance), claim.attempt, end);
    }

    fn push_ended(
        &mut self,
        around: &Surroundings<'_>,
        session: SessionId,
        instance: Option<InstanceId>,
        attempt: u64,
        end: End,
    ) {
        self.ended.retain(|row| row.session != session && around.now < row.until);
        if self.ended.len() >= ENDED_MAX {
            // Whoever names sessions that never were pushes out only others of that kind.
            let at = self.ended.iter().position(|row| row.instance.is_none()).unwrap_or(0);
            self.ended.remove(at);
        }
        let until = around.now + Millis(around.limits.ended_kept_ms);
        self.ended.push(Ended { session, instance, attempt, end, until });
    }
}

fn count<H>(sessions: &[Session<H>]) -> (usize, usize) {
    (sessions.len(), sessions.iter().filter(|session| session.state() == State::Online).count())
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

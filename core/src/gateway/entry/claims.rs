//! Claims: what the verdict of `claim.rs` leads to.

use super::{Entry, Link, Plan, Session, Surroundings, accept, lease_of, refuse, take_step};
use crate::gateway::claim::{self, Verdict};
use crate::gateway::registry::{Claim, Effect, TicketFacts, refusal};
use crate::gateway::session::{Action, Event, State};
use crate::id::SessionId;
use crate::wire::{GatewayFrame, KickReason};

impl<H: Clone> Entry<H> {
    pub(super) fn claim(
        &mut self,
        around: &Surroundings<'_>,
        claim: Box<Claim<H>>,
        out: &mut Vec<Effect<H>>,
    ) {
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
    pub(in crate::gateway) fn room_to_remember(
        &self,
        around: &Surroundings<'_>,
        ticket: &TicketFacts,
    ) -> bool {
        let fresh = |row: &&TicketFacts| row.second >= around.now.as_secs();
        ticket.second < around.now.as_secs()
            || self.presented.iter().any(|row| row.sig == ticket.sig)
            || (self.presented.iter().filter(fresh).count() as u64) < around.limits.recent_tickets_per_user
    }

    /// Every ticket that was presented counts, whatever became of the request: a kick that follows revokes it (G5).
    pub(super) fn remember(&mut self, around: &Surroundings<'_>, ticket: TicketFacts) {
        let second = around.now.as_secs();
        self.presented.retain(|row| row.second >= second);
        let known = self.presented.iter().any(|row| row.sig == ticket.sig);
        if ticket.second >= second && !known && self.room_to_remember(around, &ticket) {
            // Almost always the only one, and a vector that grows by itself begins with room for four.
            self.presented.reserve_exact(1);
            self.presented.push(ticket);
        }
    }

    pub(super) fn reattach(&mut self, around: &Surroundings<'_>, claim: &Claim<H>, out: &mut Vec<Effect<H>>) {
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

    pub(super) fn enter(
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
}

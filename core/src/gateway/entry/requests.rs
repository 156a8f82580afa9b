//! What clients ask besides a claim, and what their connections tell.

use super::{Entry, Link, Surroundings, take_step};
use crate::error::Error;
use crate::gateway::claim::{self};
use crate::gateway::record::OfflineDevice;
use crate::gateway::registry::{Effect, Peer, TicketFacts, refusal};
use crate::gateway::session::{Action, Event, State};
use crate::generated::codes;
use crate::id::SessionId;
use crate::time::Millis;
use crate::wire::{GatewayFrame, Renewed, SessionNote};

impl<H: Clone> Entry<H> {
    pub(super) fn renew(
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

    pub(super) fn logout(
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

    pub(super) fn kick_ack(
        &mut self,
        around: &Surroundings<'_>,
        session: SessionId,
        out: &mut Vec<Effect<H>>,
    ) {
        self.write_lazily(around, |record| record.kicks.retain(|row| row.session != session), out);
    }

    pub(super) fn lost(
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
}

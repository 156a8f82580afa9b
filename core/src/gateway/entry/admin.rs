//! The orders of an operator.

use super::{Entry, Plan, Session, Surroundings};
use crate::error::Error;
use crate::gateway::record::{PendingKick, Revoked, UserRecord};
use crate::gateway::registry::{AdminAnswer, AdminOrder, Effect, SessionInfo};
use crate::gateway::session::Event;
use crate::generated::codes;
use crate::id::SessionId;
use crate::time::Millis;
use crate::wire::KickReason;

impl<H: Clone> Entry<H> {
    pub(super) fn admin(
        &mut self,
        around: &Surroundings<'_>,
        call: u64,
        order: AdminOrder,
        out: &mut Vec<Effect<H>>,
    ) {
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

    pub(super) fn admin_kick(
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

    pub(super) fn keep_kicks(&self, around: &Surroundings<'_>, record: &mut UserRecord, reason: KickReason) {
        record.kicks.extend(self.sessions.iter().map(|session| PendingKick {
            session: session.id,
            device: session.device,
            reason,
            by: None,
            at: around.now,
            expires: session.last_expiry,
        }));
    }

    pub(in crate::gateway) fn infos(&self) -> Vec<SessionInfo> {
        let info = |session: &Session<H>| SessionInfo {
            session: session.id,
            device: session.device,
            platform: session.platform,
            order: session.order,
            connected: session.is_online(),
            expires: session.expires,
        };
        self.sessions.iter().map(info).collect()
    }
}

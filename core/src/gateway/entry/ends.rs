//! How sessions end, and what is kept of them.

use super::{ENDED_MAX, End, Ended, Entry, Link, Plan, Session, Surroundings, take_step};
use crate::gateway::registry::{AdminAnswer, Claim, Effect};
use crate::gateway::session::{Action, Event, State};
use crate::generated::status::Platform;
use crate::id::{InstanceId, SessionId};
use crate::time::Millis;
use crate::wire::{GatewayFrame, KickReason, Kicked, SessionNote};

impl<H: Clone> Entry<H> {
    pub(super) fn carry_out(&mut self, around: &Surroundings<'_>, plan: Plan<H>, out: &mut Vec<Effect<H>>) {
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

    pub(in crate::gateway) fn state_of(&self, session: SessionId) -> State {
        self.sessions.iter().find(|row| row.id == session).map_or(State::Absent, Session::state)
    }

    /// Takes a session out and says so to whom it concerns. Returns it, if it was there.
    pub(super) fn end(
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
        // The same time as a resume is answered with, however long the write has taken.
        let kept = self.record.as_ref().and_then(|record| record.kick_of(id)).map(|kick| kick.at);
        let at_kick = kept.unwrap_or(around.now);
        let end = match (event, &session, kick) {
            (Event::Logout, _, _) => Some(End::LoggedOut),
            (Event::Replace, Some(session), _) => Some(End::Replaced(session.platform)),
            (_, Some(_), Some((reason, by))) if kept.is_some() => {
                Some(End::Kicked { reason, by, at: at_kick })
            }
            (_, Some(_), _) => Some(End::Other),
            (_, None, _) => None,
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
                    let kicked = Kicked { session: id, time, reason, platform, at: at_kick };
                    out.push(Effect::Send(peer, GatewayFrame::Kicked(kicked)));
                }
                (Action::CloseSilently, _) => out.push(Effect::Close(peer)),
                _ => {}
            }
        }
        session
    }

    pub(super) fn bury(
        &mut self,
        around: &Surroundings<'_>,
        session: SessionId,
        live: Option<&Session<H>>,
        end: End,
    ) {
        let (instance, attempt) = match (live, self.ended.iter().find(|row| row.session == session)) {
            (Some(live), _) => (Some(live.instance), live.attempt),
            (None, Some(row)) => (row.instance, row.attempt),
            (None, None) => (None, 0),
        };
        self.push_ended(around, session, instance, attempt, end);
    }

    /// A claim that was not granted is an attempt that was seen: older ones of its client have no effect any more (G4).
    pub(super) fn overtake(&mut self, around: &Surroundings<'_>, claim: &Claim<H>) {
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

    pub(super) fn push_ended(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::registry::AppRules;
    use crate::generated::limits::GatewayLimits;
    use crate::id::{AppId, UserId};

    #[test]
    fn an_end_is_kept_once_and_for_its_time() {
        let (rules, limits) = (AppRules::default(), GatewayLimits::default());
        let user = (AppId(1), UserId::parse("alice").expect("is a user id"));
        let mut entry = Entry::<()>::new(None);
        let mut push = |now: u64, n: u8| {
            let around = Surroundings { now: Millis(now), user, rules: &rules, limits: &limits };
            entry.push_ended(&around, SessionId([n; 16]), None, 1, End::Other);
            entry.ended.iter().map(|row| row.session.0[0]).collect::<Vec<_>>()
        };
        let kept = limits.ended_kept_ms;
        assert_eq!(push(0, 1), [1]);
        assert_eq!(push(5, 2), [1, 2]);
        assert_eq!(push(6, 1), [2, 1]);
        assert_eq!(push(4 + kept, 3), [2, 1, 3]);
        assert_eq!(push(5 + kept, 4), [1, 3, 4]);
    }
}

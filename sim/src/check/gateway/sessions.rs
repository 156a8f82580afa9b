//! The registry's sessions, before and after each step of the world.

use tessera_core::gateway::policy::Occupant;
use tessera_core::gateway::registry::{AdminAnswer, AppRules, SessionInfo, UserKey};
use tessera_core::generated::status::Platform;
use tessera_core::id::SessionId;
use tessera_core::time::Millis;

use super::super::Verdict;
use super::{Ledger, Step};
use crate::seen::Claimed;
use crate::world::World;

impl Ledger {
    /// Compares the registry's sessions with those before the step.
    pub(in crate::check) fn compare(&mut self, world: &World) -> Verdict {
        let step = std::mem::take(&mut self.step);
        for user in self.users.keys().copied().collect::<Vec<_>>() {
            let after = world.gateway.sessions(&user);
            let book = self.user(user);
            if book.sessions == after {
                if let Some(session) = after.iter().find(|info| step.kicked.contains(&info.session)) {
                    return Err(format!("a kick of {:?}, which is still there", session.session));
                }
                continue;
            }
            let before = std::mem::replace(&mut book.sessions, after.clone());
            if !step.restarted {
                self.compare_user(world, user, &step, (&before, &after))?;
            }
        }
        self.settle_logouts(world.gateway_now());
        if self.rules.len() > 1 && self.users.values().all(|user| user.pushed.is_empty()) {
            self.rules.drain(..self.rules.len() - 1);
        }
        Ok(())
    }

    /// A logout waits while its user is being written, and then acts in its turn.
    fn settle_logouts(&mut self, now: Millis) {
        let (books, users) = (&mut self.books, &self.users);
        self.logging_out.retain(|session| {
            let Some(book) = books.get_mut(session) else { return false };
            let waits = users.get(&book.user).is_some_and(|user| !user.pushed.is_empty());
            if !waits {
                book.logged_out = Some(now);
            }
            waits
        });
    }

    fn compare_user(
        &mut self,
        world: &World,
        user: UserKey,
        step: &Step,
        (before, after): (&[SessionInfo], &[SessionInfo]),
    ) -> Verdict {
        let is_in = |sessions: &[SessionInfo], id| sessions.iter().any(|info| info.session == id);
        let entered: Vec<&Claimed> = step.entered.iter().filter(|claim| claim.user == user).collect();
        for info in after {
            if step.kicked.contains(&info.session) {
                return Err(format!("a kick of {:?}, which is still there", info.session));
            }
            let acknowledged = self.books.get(&info.session).is_some_and(|book| book.acknowledged);
            if !is_in(before, info.session) && !acknowledged {
                return Err(format!("{:?} is in the registry, and nobody was told", info.session));
            }
        }
        if let Some(newest) = entered.last().filter(|newest| is_in(after, newest.session)) {
            self.check_slot(after, newest)?;
        }
        for (at, claim) in entered.iter().enumerate() {
            // It came and went within the step, so that it was in neither list.
            let replaced = entered[at + 1..].iter().any(|later| later.device == claim.device);
            if let Some(book) = self.books.get_mut(&claim.session).filter(|_| replaced) {
                book.replaced = true;
            }
        }
        for info in before.iter().filter(|info| !is_in(after, info.session)) {
            self.vanished(world, user, step, (before, &entered), info)?;
        }
        Ok(())
    }

    /// G3: whoever enters finds his slot his own.
    fn check_slot(&self, sessions: &[SessionInfo], newest: &Claimed) -> Verdict {
        let surplus = |rules: &AppRules| evictions(rules, sessions, newest.session, newest.platform);
        if self.rules.iter().any(|rules| surplus(rules).is_empty()) {
            return Ok(());
        }
        Err(format!("{:?} is let in beside {sessions:?}, which the policy forbids", newest.session))
    }

    /// A session is not there any more: somebody must have ended it, and its client must learn of it.
    fn vanished(
        &mut self,
        world: &World,
        user: UserKey,
        step: &Step,
        (before, entered): (&[SessionInfo], &[&Claimed]),
        info: &SessionInfo,
    ) -> Verdict {
        let id = info.session;
        let kicked = step.kicked.contains(&id);
        let carried = self.carried.get(&id);
        let was_lost = !info.connected || carried.is_none_or(|on| self.lost.contains(&(id, *on)));
        let answers = step.answered.iter().filter(|(of, _)| *of == user).map(|(_, answer)| answer);
        let (mut ended_by_order, mut expired) = (false, world.gateway_now() > info.expires);
        for answer in answers {
            ended_by_order |= matches!(answer, AdminAnswer::Kicked { .. } | AdminAnswer::Disabled { .. });
            expired |= matches!(answer, AdminAnswer::Expired { .. });
        }
        let replaced = entered.iter().any(|claim| claim.device == info.device);
        let evicted = entered.iter().any(|claim| {
            let others: Vec<SessionInfo> =
                before.iter().filter(|other| other.device != claim.device).cloned().collect();
            let evicts = |rules| evictions(rules, &others, claim.session, claim.platform).contains(&id);
            self.rules.iter().any(evicts)
        });
        let Some(book) = self.books.get_mut(&id) else { return Ok(()) };
        if kicked && !(ended_by_order || evicted) {
            return Err(format!("{id:?} was kicked, and nobody took its place"));
        }
        if self.logging_out.contains(&id) || expired {
            return Ok(());
        }
        if ended_by_order {
            (book.kicked, book.kick_told) = (Some(book.expires), world.gateway_now());
            self.tally.count("sessions ended by an operator");
            return if kicked || was_lost { Ok(()) } else { Err(format!("{id:?} was ended, not kicked")) };
        }
        if replaced {
            book.replaced = true;
            return Ok(());
        }
        if evicted {
            if !kicked && !was_lost {
                return Err(format!("{id:?} lost its place, and is not told"));
            }
            let marks = self.rules.iter().all(|rules| rules.offline_kick_error);
            if !kicked && !info.connected && entered.len() == 1 && marks {
                self.untold.insert((user, info.device));
                self.tally.count("offline kicks");
            }
            return Ok(());
        }
        if was_lost { Ok(()) } else { Err(format!("{id:?} is gone for no reason")) }
    }
}

/// Whom a newcomer evicts of a user's sessions.
fn evictions(
    rules: &AppRules,
    sessions: &[SessionInfo],
    newcomer: SessionId,
    platform: Platform,
) -> Vec<SessionId> {
    let others = sessions.iter().filter(|info| info.session != newcomer);
    let others: Vec<Occupant> = others
        .map(|info| Occupant { session: info.session, platform: info.platform, order: info.order })
        .collect();
    rules.policy.evictions(&others, platform)
}

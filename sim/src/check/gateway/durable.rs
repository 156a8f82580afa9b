//! What went to the disk, and what a crash has left of it.

use tessera_core::gateway::record::UserRecord;
use tessera_core::gateway::registry::{AdminOrder, UserKey};
use tessera_core::time::Millis;

use super::super::Verdict;
use super::Ledger;
use crate::world::World;

impl Ledger {
    pub(super) fn committed(&mut self, writes: &[(UserKey, UserRecord)], durable: bool) {
        for (user, record) in writes {
            let book = self.user(*user);
            if !book.pushed.is_empty() {
                let pushed = book.pushed.remove(0);
                debug_assert!(pushed.created == record.created || !durable || record.created == Millis::ZERO);
                if durable {
                    // What was to be written, which a broken store may not have done.
                    book.durable = Some(pushed);
                }
            }
        }
    }

    /// G9: what was acknowledged is there; what was not may be there or not, but nothing else.
    pub(super) fn restarted(&mut self, world: &World) -> Verdict {
        self.tally.count("gateway crashes");
        if world.gateway.store.is_on_disk() {
            self.tally.count("gateway crashes on a disk that tears");
        }
        self.step.restarted = true;
        self.claims.clear();
        self.highest.clear();
        self.lost.clear();
        self.logging_out.clear();
        for (_, (user, order)) in std::mem::take(&mut self.orders) {
            let book = self.user(user);
            match order {
                AdminOrder::Kick => book.kicked_up_to = book.kicked_up_to.max(world.gateway_now().as_secs()),
                // Whether it took effect is for the store to say.
                AdminOrder::SetDisabled(_) => book.disabled = false,
                AdminOrder::Sessions | AdminOrder::ExpireNow => {}
            }
        }
        for (user, book) in &mut self.users {
            let stored = world.durable(user);
            let known =
                stored == book.durable || book.pushed.iter().any(|record| Some(record) == stored.as_ref());
            if !known {
                let durable = &book.durable;
                return Err(format!("{}: the store had {durable:?}, and now has {stored:?}", user.1));
            }
            if book.signed_up && stored.is_none() {
                return Err(format!("{}: a login was acknowledged, and the account is lost", user.1));
            }
            let (floor, disabled) =
                stored.as_ref().map_or((0, false), |record| (record.floor, record.disabled));
            if floor < book.floor || book.disabled && !disabled {
                return Err(format!("{}: a floor or a disable was lost: {stored:?}", user.1));
            }
            // Whoever met his mark just before has it spent, even if the answer did not reach him.
            let marks = stored.iter().flat_map(|record| &record.marks);
            let spent = marks.filter(|mark| mark.spent_by.is_some()).map(|mark| mark.device);
            let kicks = stored.iter().flat_map(|record| &record.kicks);
            for device in spent.chain(kicks.map(|kick| kick.device)) {
                self.untold.remove(&(*user, device));
            }
            (book.kicks_open, book.switches_open, book.disabled) = (0, 0, disabled);
            book.latest.clone_from(&stored);
            book.durable = stored;
            book.pushed.clear();
            book.sessions.clear();
            // What no kick has named yet was in memory alone.
            book.accepted.clear();
        }
        for book in self.books.values_mut() {
            book.logged_out = None;
            book.replaced = false;
        }
        Ok(())
    }
}

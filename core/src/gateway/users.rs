//! The users in memory: found by their key, and by when they have to be looked at next.
//!
//! A user's facts lie in a slot; the table of keys and the heap of times name slots by their number, so that nothing is
//! stored twice. It decides nothing; `registry.rs` does what there is to do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use slab::Slab;

use super::entry::Entry;
use super::entry::rest::Rest;
use super::registry::UserKey;
use crate::id::{AppId, UserId};
use crate::time::Millis;

/// Times that are out of date are swept out when there are more than twice as many as users, and this.
const WAKES_SPARE: usize = 64;

/// See the module.
#[derive(Debug)]
pub(super) struct Users<H, S> {
    slots: Slab<Slot<H>>,
    by_key: HashTable<u32>,
    /// One for each slot that is to be looked at, and some that are out of date: what counts is in the slot.
    wakes: BinaryHeap<Reverse<(Millis, u32)>>,
    hasher: S,
}

#[derive(Debug)]
struct Slot<H> {
    // Not a `UserKey`, which as one field would end in room that nothing else may use.
    app: AppId,
    user: UserId,
    rest: Rest<H>,
    /// The time in the heap that counts for this slot.
    wake: Millis,
}

impl<H> Slot<H> {
    fn key(&self) -> UserKey {
        (self.app, self.user)
    }
}

impl<H: Clone, S: BuildHasher> Users<H, S> {
    pub(super) fn new(hasher: S) -> Self {
        Users { slots: Slab::new(), by_key: HashTable::new(), wakes: BinaryHeap::new(), hasher }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Each user's app, and what is kept of the user.
    pub(super) fn iter(&self) -> impl Iterator<Item = (AppId, &Rest<H>)> {
        self.slots.iter().map(|(_, slot)| (slot.app, &slot.rest))
    }

    pub(super) fn contains(&self, key: &UserKey) -> bool {
        self.find(key).is_some()
    }

    /// What is kept of a user.
    pub(super) fn get(&self, key: &UserKey) -> Option<&Rest<H>> {
        self.find(key).map(|number| &self.slots[number as usize].rest)
    }

    /// Adds a user that is not there yet.
    pub(super) fn insert(&mut self, key: UserKey, entry: Entry<H>) {
        let rest = Rest::Awake(Box::new(entry));
        let slot = Slot { app: key.0, user: key.1, rest, wake: Millis::NEVER };
        let number = u32::try_from(self.slots.insert(slot)).expect("no machine has memory for so many users");
        let (slots, hasher) = (&self.slots, &self.hasher);
        let hash_of = |number: &u32| hasher.hash_one(slots[*number as usize].key());
        self.by_key.insert_unique(hasher.hash_one(key), number, hash_of);
    }

    /// Lets something be done to a user, then lays the user to rest, or forgets one of whom nothing is left. `None` if
    /// the user is not there.
    pub(super) fn with<T>(
        &mut self,
        now: Millis,
        key: &UserKey,
        act: impl FnOnce(&mut Entry<H>) -> T,
    ) -> Option<T> {
        let number = self.find(key)?;
        let slot = &mut self.slots[number as usize];
        if let Some(entry) = slot.rest.wake() {
            slot.rest = Rest::Awake(entry);
        }
        let Rest::Awake(entry) = &mut slot.rest else { return None };
        let done = act(entry);
        if entry.is_idle() {
            self.remove(key, number);
        } else {
            let wake = entry.next_wake(now);
            self.lie_down(number, wake);
        }
        self.tidy();
        Some(done)
    }

    /// When the next user has to be looked at.
    pub(super) fn next_wake(&self) -> Option<Millis> {
        self.wakes.peek().map(|Reverse((at, _))| *at)
    }

    /// A user who has to be looked at by now; each is given once.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<UserKey> {
        self.next_wake().filter(|at| *at <= now)?;
        let Reverse((_, number)) = self.wakes.pop()?;
        let slot = &mut self.slots[number as usize];
        slot.wake = Millis::NEVER;
        let key = slot.key();
        self.tidy();
        Some(key)
    }

    fn find(&self, key: &UserKey) -> Option<u32> {
        let is_key = |number: &u32| self.slots[*number as usize].key() == *key;
        self.by_key.find(self.hasher.hash_one(key), is_key).copied()
    }

    fn lie_down(&mut self, number: u32, wake: Millis) {
        let slot = &mut self.slots[number as usize];
        // One that is due too early finds nothing to do, and is then due at the right time.
        if wake < slot.wake {
            slot.wake = wake;
            self.wakes.push(Reverse((wake, number)));
        }
        slot.rest.settle();
    }

    fn remove(&mut self, key: &UserKey, number: u32) {
        if let Ok(found) = self.by_key.find_entry(self.hasher.hash_one(key), |other| *other == number) {
            found.remove();
        }
        self.slots.remove(number as usize);
    }

    /// Sweeps out times that do not count any more: always the first of the heap, so that it is the next that does.
    fn tidy(&mut self) {
        let slots = &self.slots;
        let counts = |Reverse((at, number)): &Reverse<(Millis, u32)>| {
            slots.get(*number as usize).is_some_and(|slot| slot.wake == *at)
        };
        if self.wakes.len() > 2 * slots.len() + WAKES_SPARE {
            self.wakes.retain(counts);
        }
        while self.wakes.peek().is_some_and(|first| !counts(first)) {
            self.wakes.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    use super::*;

    #[test]
    fn times_that_do_not_count_any_more_stay_few() {
        let mut users = Users::<(), _>::new(BuildHasherDefault::<DefaultHasher>::default());
        let key = |name: &str| (AppId(1), UserId::parse(name).expect("is a user id"));
        let mut expire = |name: &str, until: u64| {
            if !users.contains(&key(name)) {
                users.insert(key(name), Entry::new(None));
            }
            users.with(Millis(0), &key(name), |entry| entry.expired_until = Millis(until));
            users.wakes.len()
        };
        // The first of the heap counts, so that nothing behind it is found by chance.
        expire("stays", 1_000);
        for n in 0..1_000 {
            expire("comes", 1_000_000 + n);
            let waiting = expire("comes", 0);
            assert!(waiting <= 2 * 2 + WAKES_SPARE + 1, "{waiting}");
        }
        assert_eq!((users.len(), users.next_wake()), (1, Some(Millis(1_001))));
    }
}

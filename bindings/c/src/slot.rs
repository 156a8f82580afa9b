//! A place for one callback, which setting it again replaces (C19).

use tessera_client::Listeners;

use crate::boundary::UserData;

/// There is at most one, so one key will do.
const KEY: usize = 0;

/// The place.
#[derive(Debug)]
pub(crate) struct Slot<F>(Listeners<(F, UserData)>);

impl<F: Copy> Slot<F> {
    pub(crate) const fn new() -> Self {
        Slot(Listeners::new())
    }

    /// Sets the callback, or none. When it returns, no call of the one before is running or will start, except the one
    /// that it was called from.
    pub(crate) fn set(&self, callback: Option<F>, user_data: UserData) {
        self.0.remove(KEY);
        let Some(callback) = callback else { return };
        // Another thread may have set one meanwhile; the last one holds.
        while !self.0.add(KEY, (callback, user_data)) {
            self.0.remove(KEY);
        }
    }

    /// Forgets the callback, without waiting.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Calls it, if there is one.
    pub(crate) fn call(&self, mut call: impl FnMut(F, UserData)) {
        self.0.each(|(callback, user_data)| call(*callback, *user_data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_set_is_called() {
        let slot = Slot::new();
        let nothing = UserData(std::ptr::null());
        let called = |slot: &Slot<char>| {
            let mut text = String::new();
            slot.call(|callback, _| text.push(callback));
            text
        };
        assert_eq!(called(&slot), "");
        slot.set(Some('a'), nothing);
        slot.set(Some('b'), nothing);
        assert_eq!(called(&slot), "b");
        slot.set(None, nothing);
        assert_eq!(called(&slot), "");
    }
}

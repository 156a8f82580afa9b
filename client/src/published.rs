//! Status and user where a getter finds them without the client's lock, and without any lock.
//!
//! Written under the client's lock, after each input, so there is one writer at a time, and of two writers the later one
//! is the newer. Status and user of one moment are read as a sequence lock is: again, if a number that changes with
//! each writing has changed meanwhile.

use std::hint;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
use std::thread;

use tessera_core::client::Stamp;
use tessera_core::generated::status::{ConnectionStatus, LoginStatus};
use tessera_core::id::UserId;

/// How often a reader looks again before it lets the writer run.
const SPINS: u32 = 64;

/// The newest state of one client.
#[derive(Debug)]
pub(crate) struct Published {
    status: AtomicU8,
    connection: AtomicU8,
    /// Odd while the stamp is being written.
    version: AtomicU64,
    /// The stamp: epoch, status, and the user as [`UserId::to_words`], or zeros for none.
    stamp: [AtomicU64; 7],
}

impl Published {
    pub(crate) fn new(stamp: Stamp, connection: ConnectionStatus) -> Self {
        let published = Published {
            status: AtomicU8::new(stamp.status as u8),
            connection: AtomicU8::new(connection as u8),
            version: AtomicU64::new(0),
            stamp: [const { AtomicU64::new(0) }; 7],
        };
        published.write(stamp);
        published
    }

    /// To be called by one thread at a time: under the client's lock.
    pub(crate) fn set(&self, stamp: Stamp, connection: ConnectionStatus) {
        self.connection.store(connection as u8, Ordering::Release);
        if self.stamp[0].load(Ordering::Relaxed) != stamp.epoch {
            self.write(stamp);
            self.status.store(stamp.status as u8, Ordering::Release);
        }
    }

    fn write(&self, stamp: Stamp) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        let user = stamp.user.map_or([0; 5], UserId::to_words);
        let words = [stamp.epoch, stamp.status as u64].into_iter().chain(user);
        for (kept, word) in self.stamp.iter().zip(words) {
            kept.store(word, Ordering::Relaxed);
        }
        self.version.store(version + 2, Ordering::Release);
    }

    /// One atomic load.
    #[inline]
    pub(crate) fn status(&self) -> LoginStatus {
        status_of(u64::from(self.status.load(Ordering::Acquire)))
    }

    #[inline]
    pub(crate) fn connection(&self) -> ConnectionStatus {
        let number = i32::from(self.connection.load(Ordering::Acquire));
        ConnectionStatus::from_number(number).unwrap_or(ConnectionStatus::Disconnected)
    }

    /// Status and user of one moment.
    #[inline]
    pub(crate) fn stamp(&self) -> Stamp {
        let mut tries = 0;
        loop {
            let before = self.version.load(Ordering::Acquire);
            let words = self.stamp.each_ref().map(|kept| kept.load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && before == self.version.load(Ordering::Relaxed) {
                let [epoch, status, user @ ..] = words;
                return Stamp { epoch, status: status_of(status), user: UserId::from_words(user) };
            }
            tries += 1;
            // The writer may have been stopped by the operating system.
            if tries % SPINS == 0 { thread::yield_now() } else { hint::spin_loop() }
        }
    }
}

#[inline]
fn status_of(number: u64) -> LoginStatus {
    match number {
        n if n == LoginStatus::LoggingIn as u64 => LoginStatus::LoggingIn,
        n if n == LoginStatus::LoggedIn as u64 => LoginStatus::LoggedIn,
        n if n == LoginStatus::LoggingOut as u64 => LoginStatus::LoggingOut,
        _ => LoginStatus::LoggedOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stamp = |epoch, status, user| Stamp { epoch, status, user };
        let published =
            Published::new(stamp(0, LoginStatus::LoggedOut, None), ConnectionStatus::Disconnected);
        for (epoch, status) in (1..).zip(LoginStatus::ALL.iter().copied()) {
            let user = (status == LoginStatus::LoggedIn).then(|| UserId::parse("alice").unwrap());
            for connection in ConnectionStatus::ALL.iter().copied() {
                published.set(stamp(epoch, status, user), connection);
                assert_eq!(published.connection(), connection);
            }
            assert_eq!(published.status(), status);
            assert_eq!(published.stamp(), stamp(epoch, status, user));
        }
    }

    #[test]
    fn what_is_read_was_written_whole() {
        // Users whose bytes are all the same, one for each epoch: a mixture of two would show.
        let user = |epoch: u64| {
            let letter = char::from(b'a' + (epoch % 26) as u8);
            UserId::parse(&letter.to_string().repeat(1 + (epoch % 32) as usize)).unwrap()
        };
        let of = |epoch| Stamp { epoch, status: LoginStatus::LoggedIn, user: Some(user(epoch)) };
        let published = Published::new(of(0), ConnectionStatus::Connected);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut last = 0;
                    while last < 20_000 {
                        let stamp = published.stamp();
                        assert!(stamp.epoch >= last, "{} after {last}", stamp.epoch);
                        assert_eq!(stamp, of(stamp.epoch));
                        last = stamp.epoch;
                    }
                });
            }
            for epoch in 1..=20_000 {
                published.set(of(epoch), ConnectionStatus::Connected);
            }
        });
    }
}

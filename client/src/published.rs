//! Status and user where a getter finds them without the client's lock.
//!
//! Written under that lock, after each input; of two writers the later one is therefore the newer.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use tessera_core::client::Stamp;
use tessera_core::generated::status::{ConnectionStatus, LoginStatus};

/// The newest state of one client.
#[derive(Debug)]
pub(crate) struct Published {
    status: AtomicU8,
    connection: AtomicU8,
    stamp: Mutex<Stamp>,
}

impl Published {
    pub(crate) fn new(stamp: Stamp, connection: ConnectionStatus) -> Self {
        Published {
            status: AtomicU8::new(stamp.status as u8),
            connection: AtomicU8::new(connection as u8),
            stamp: Mutex::new(stamp),
        }
    }

    pub(crate) fn set(&self, stamp: Stamp, connection: ConnectionStatus) {
        self.connection.store(connection as u8, Ordering::Release);
        let mut published = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if published.epoch != stamp.epoch {
            *published = stamp;
            self.status.store(stamp.status as u8, Ordering::Release);
        }
    }

    /// One atomic load.
    #[inline]
    pub(crate) fn status(&self) -> LoginStatus {
        match self.status.load(Ordering::Acquire) {
            n if n == LoginStatus::LoggingIn as u8 => LoginStatus::LoggingIn,
            n if n == LoginStatus::LoggedIn as u8 => LoginStatus::LoggedIn,
            n if n == LoginStatus::LoggingOut as u8 => LoginStatus::LoggingOut,
            _ => LoginStatus::LoggedOut,
        }
    }

    #[inline]
    pub(crate) fn connection(&self) -> ConnectionStatus {
        let number = i32::from(self.connection.load(Ordering::Acquire));
        ConnectionStatus::from_number(number).unwrap_or(ConnectionStatus::Disconnected)
    }

    /// Status and user of one moment.
    pub(crate) fn stamp(&self) -> Stamp {
        *self.stamp.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_core::id::UserId;

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
}

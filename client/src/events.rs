//! A client's events as a receiver, for programs that would rather await them than implement a listener.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tessera_core::client::Kick;
use tessera_core::error::Error;
use tessera_core::generated::settings::default::EVENTS_WAITING_MAX;
use tokio::sync::Notify;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkEvent {
    /// The connection is being made, at first or again.
    Connecting,
    /// The connection is there.
    ConnectSuccess,
    /// A try to connect has failed; the next follows by itself.
    ConnectFailed(Error),
    /// The connection has dropped.
    Disconnected(Error),
    /// Somebody else ended the session (C12).
    KickedOffline(Kick),
    /// The ticket has expired (C14).
    UserSigExpired,
}

impl SdkEvent {
    fn is_connect_event(&self) -> bool {
        match self {
            SdkEvent::Connecting
            | SdkEvent::ConnectSuccess
            | SdkEvent::ConnectFailed(_)
            | SdkEvent::Disconnected(_) => true,
            SdkEvent::KickedOffline(_) | SdkEvent::UserSigExpired => false,
        }
    }
}

/// The events of one client from the call of `events` on, until unInit. Of connect events that wait in great number
/// only the newest are kept (C18).
pub struct Events {
    channel: Arc<Channel>,
}

#[derive(Default)]
struct Channel {
    queue: Mutex<EventQueue<SdkEvent>>,
    news: Notify,
}

/// The events that wait for one receiver, without the waiting: each binding has its own way to wait. Of connect events
/// in great number only the newest are kept (C18).
#[derive(Debug)]
pub struct EventQueue<E> {
    /// Each with whether it is a connect event.
    events: VecDeque<(E, bool)>,
    ended: bool,
}

impl<E> EventQueue<E> {
    /// Adds an event behind the others. `is_connect_event` says that it may be dropped for a newer one.
    pub fn push(&mut self, event: E, is_connect_event: bool) {
        if is_connect_event && self.events.len() as u64 >= EVENTS_WAITING_MAX {
            self.events.retain(|(_, is_connect_event)| !is_connect_event);
        }
        self.events.push_back((event, is_connect_event));
    }

    /// The oldest event.
    pub fn pop(&mut self) -> Option<E> {
        self.events.pop_front().map(|(event, _)| event)
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// unInit: nothing follows.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether nothing follows what waits.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue { events: VecDeque::new(), ended: false }
    }
}

impl Events {
    /// The next event; `None` after unInit, when all that waited were taken.
    pub async fn next(&mut self) -> Option<SdkEvent> {
        loop {
            let news = self.channel.news.notified();
            {
                let mut queue = self.channel.lock();
                if let Some(event) = queue.pop() {
                    return Some(event);
                }
                if queue.has_ended() {
                    return None;
                }
            }
            news.await;
        }
    }

    /// The next event if one waits.
    pub fn try_next(&mut self) -> Option<SdkEvent> {
        self.channel.lock().pop()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("waiting", &self.channel.lock().len()).finish()
    }
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, EventQueue<SdkEvent>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The receivers of one client. One that the host has dropped is forgotten.
#[derive(Default)]
pub(crate) struct Receivers(Mutex<Vec<Weak<Channel>>>);

impl Receivers {
    pub(crate) fn add(&self) -> Events {
        let channel = Arc::new(Channel::default());
        let mut receivers = self.lock();
        receivers.retain(|known| known.strong_count() > 0);
        receivers.push(Arc::downgrade(&channel));
        Events { channel }
    }

    pub(crate) fn send(&self, event: &SdkEvent) {
        for channel in self.live() {
            channel.lock().push(event.clone(), event.is_connect_event());
            channel.news.notify_one();
        }
    }

    /// unInit: nothing follows for those that are there now. They learn it when what is returned is dropped.
    #[must_use = "to be dropped where no lock is held"]
    pub(crate) fn take(&self) -> Ended {
        Ended(std::mem::take(&mut *self.lock()))
    }

    fn live(&self) -> Vec<Arc<Channel>> {
        self.lock().iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Channel>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receivers that hear of nothing more.
pub(crate) struct Ended(Vec<Weak<Channel>>);

impl Drop for Ended {
    fn drop(&mut self) {
        for channel in self.0.iter().filter_map(Weak::upgrade) {
            channel.lock().end();
            channel.news.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_receiver_loses_old_connect_events_only() {
        // C18
        let receivers = Receivers::default();
        let mut events = receivers.add();
        receivers.send(&SdkEvent::UserSigExpired);
        for _ in 0..EVENTS_WAITING_MAX * 3 {
            receivers.send(&SdkEvent::Connecting);
        }
        receivers.send(&SdkEvent::ConnectSuccess);
        drop(receivers.take());
        let mut taken = Vec::new();
        while let Some(event) = events.next().await {
            taken.push(event);
        }
        assert!(taken.len() as u64 <= EVENTS_WAITING_MAX + 1);
        assert_eq!(taken[0], SdkEvent::UserSigExpired);
        assert_eq!(taken.last(), Some(&SdkEvent::ConnectSuccess));
    }

    #[test]
    fn a_receiver_that_was_dropped_is_forgotten() {
        let receivers = Receivers::default();
        drop(receivers.add());
        receivers.send(&SdkEvent::Connecting);
        let mut kept = receivers.add();
        receivers.send(&SdkEvent::ConnectSuccess);
        assert_eq!(kept.try_next(), Some(SdkEvent::ConnectSuccess));
        assert_eq!(kept.try_next(), None);
    }
}

//! What waits for delivery to the host: one ordered, bounded queue per client (C18). Delivering is the caller's part.

use std::collections::VecDeque;

use crate::error::{Code, Error};
use crate::generated::codes;
use crate::generated::status::{LoginStatus, Platform};
use crate::id::UserId;
use crate::time::Millis;
use crate::wire::KickReason;

/// Names one call of the host, for its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Names one question to the ticket provider, for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TicketRequestId(pub u64);

/// Who is logged in, and how often that has changed: of two stamps the one with the higher epoch is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Rises with each change of status or user.
    pub epoch: u64,
    /// The login status.
    pub status: LoginStatus,
    /// The user, while logged in (C21).
    pub user: Option<UserId>,
}

/// Why somebody else ended the session (C12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kick {
    /// Why.
    pub reason: KickReason,
    /// The platform of the device that took the place, for a policy kick.
    pub platform: Option<Platform>,
    /// When, in gateway time.
    pub at: Millis,
    /// The gateway's code, where the ticket was refused at a resume.
    pub code: Option<Code>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A call has its result.
    Completed(CallId, Result<(), Error>),
    /// The connection is being made, at first or again.
    Connecting,
    /// The connection is there.
    ConnectSuccess,
    /// A try to connect has failed; the next follows by itself.
    ConnectFailed(Error),
    /// The connection has dropped. Only the C API tells (C22).
    Disconnected(Error),
    /// Somebody else ended the session (C12).
    KickedOffline(Kick),
    /// The ticket has expired (C14).
    UserSigExpired,
    /// The provider is asked for a ticket for this user (C15).
    TicketRequest(TicketRequestId, UserId),
}

impl EventKind {
    /// Whether it tells of the connection only; when many wait, older ones may be dropped (C18).
    pub fn is_connect_event(&self) -> bool {
        match self {
            EventKind::Connecting
            | EventKind::ConnectSuccess
            | EventKind::ConnectFailed(_)
            | EventKind::Disconnected(_) => true,
            EventKind::Completed(..)
            | EventKind::KickedOffline(_)
            | EventKind::UserSigExpired
            | EventKind::TicketRequest(..) => false,
        }
    }
}

/// What happened, and who was logged in then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who was logged in when it happened.
    pub stamp: Stamp,
    /// What happened.
    pub kind: EventKind,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    events: VecDeque<Event>,
    waiting_max: usize,
}

impl Queue {
    pub(super) fn new(waiting_max: usize) -> Self {
        Queue { events: VecDeque::new(), waiting_max }
    }

    pub(super) fn set_waiting_max(&mut self, waiting_max: usize) {
        self.waiting_max = waiting_max;
    }

    /// Adds an event. A full queue keeps, of the connect events that wait, the newest alone; results and session
    /// events are never dropped.
    pub(super) fn push(&mut self, stamp: Stamp, kind: EventKind) {
        if kind.is_connect_event() && self.is_full() {
            self.events.retain(|event| !event.kind.is_connect_event());
        }
        self.events.push_back(Event { stamp, kind });
    }

    fn is_full(&self) -> bool {
        self.is_full_with(0)
    }

    /// Whether it is full once `more` results, which are still to come, are in it.
    pub(super) fn is_full_with(&self, more: usize) -> bool {
        self.events.len() + more >= self.waiting_max
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// unInit: events are dropped, and results that wait become 7009 (C9).
    pub(super) fn interrupt(&mut self, stamp: Stamp) {
        self.events.retain_mut(|event| match &mut event.kind {
            EventKind::Completed(_, result) => {
                *result = Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT));
                event.stamp = stamp;
                true
            }
            EventKind::Connecting
            | EventKind::ConnectSuccess
            | EventKind::ConnectFailed(_)
            | EventKind::Disconnected(_)
            | EventKind::KickedOffline(_)
            | EventKind::UserSigExpired
            | EventKind::TicketRequest(..) => false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { epoch: 0, status: LoginStatus::LoggedOut, user: None };

    fn kinds(queue: &mut Queue) -> Vec<EventKind> {
        std::iter::from_fn(|| queue.pop()).map(|event| event.kind).collect()
    }

    #[test]
    fn a_full_queue_merges_connect_events_and_drops_nothing_else() {
        // C18
        let mut queue = Queue::new(4);
        queue.push(STAMP, EventKind::UserSigExpired);
        queue.push(STAMP, EventKind::Completed(CallId(1), Ok(())));
        for _ in 0..100 {
            queue.push(STAMP, EventKind::Connecting);
            queue.push(STAMP, EventKind::ConnectFailed(Error::of(codes::ERR_SDK_NET_CONN_REFUSE)));
        }
        queue.push(STAMP, EventKind::ConnectSuccess);
        queue.push(STAMP, EventKind::Completed(CallId(2), Ok(())));
        let kinds = kinds(&mut queue);
        assert!(kinds.len() <= 5, "{kinds:?}");
        assert_eq!(kinds[0], EventKind::UserSigExpired);
        assert_eq!(kinds[1], EventKind::Completed(CallId(1), Ok(())));
        assert!(kinds.contains(&EventKind::ConnectSuccess));
        assert_eq!(kinds.last(), Some(&EventKind::Completed(CallId(2), Ok(()))));
    }

    #[test]
    fn un_init_turns_waiting_results_into_7009_once() {
        // C9
        let mut queue = Queue::new(16);
        queue.push(STAMP, EventKind::Connecting);
        queue.push(STAMP, EventKind::Completed(CallId(1), Ok(())));
        queue.push(STAMP, EventKind::UserSigExpired);
        queue.interrupt(STAMP);
        let interrupted = Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT));
        assert_eq!(kinds(&mut queue), [EventKind::Completed(CallId(1), interrupted)]);
    }
}

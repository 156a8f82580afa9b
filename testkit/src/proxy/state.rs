//! The faults in force, the counts and the port, under the one lock that decides about each byte.
//!
//! Not a task: nothing here waits. Every socket call made under the lock is a non-blocking one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::Direction;

/// What the tasks of a proxy and its handle share.
pub(super) struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<()>,
}

/// See [`Shared`].
pub(super) struct State {
    /// `None` once the proxy is closed.
    port: Option<Port>,
    pub(super) link: Link,
    /// Counts cuts. A connection accepted under a lower count is to be reset.
    cuts: u64,
    pub(super) delay: Duration,
    /// Never zero.
    pub(super) slice: Option<usize>,
    /// By direction.
    pub(super) trips: [Option<Trip>; 2],
    /// By direction.
    pub(super) forwarded: [u64; 2],
    pub(super) accepted: u64,
    pub(super) open: usize,
}

/// What the line does with connections and bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Up,
    /// Open connections live, new ones are reset.
    Refusing,
    Stalled,
}

/// A fault that waits for a byte count.
#[derive(Clone, Copy)]
pub(super) struct Trip {
    pub(super) left: u64,
    pub(super) action: TripAction,
}

/// What a [`Trip`] does.
#[derive(Clone, Copy)]
pub(super) enum TripAction {
    Cut,
    Stall,
    Duplicate,
}

/// The connection is to be reset on both sides.
pub(super) enum Reset {
    Now,
    /// When what was forwarded in this direction has been sent.
    Behind(Direction),
}

/// A client's accepted connection, whose socket is [reset on drop](reset_on_drop).
pub(super) struct Accepted {
    pub(super) client: TcpStream,
    pub(super) membership: Membership,
}

/// One connection's place in [`State::open`], left on drop.
pub(super) struct Membership {
    shared: Arc<Shared>,
    cuts: u64,
}

struct Port {
    listener: TcpListener,
    /// The same socket for accepting without a runtime.
    plain: std::net::TcpListener,
}

impl Shared {
    pub(super) fn new(plain: std::net::TcpListener) -> io::Result<Shared> {
        plain.set_nonblocking(true)?;
        let listener = TcpListener::from_std(plain.try_clone()?)?;
        let state = State {
            port: Some(Port { listener, plain }),
            link: Link::Up,
            cuts: 0,
            delay: Duration::ZERO,
            slice: None,
            trips: [None; 2],
            forwarded: [0; 2],
            accepted: 0,
            open: 0,
        };
        Ok(Shared { state: Mutex::new(state), changes: watch::Sender::new(()) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock leaves at worst a wrong count, which is no reason to fail a caller's thread.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, then wakes every task to look at it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.wake();
        result
    }

    /// Has every task look at the state again.
    pub(super) fn wake(&self) {
        self.changes.send_replace(());
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// The next connection that is not refused, or `None` when the port is closed.
    ///
    /// Accepting and joining are one step under the lock, so that no cut falls between them.
    pub(super) fn poll_accept(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Accepted>>> {
        let mut state = self.lock();
        loop {
            let Some(port) = &state.port else {
                return Poll::Ready(None);
            };
            let client = match ready!(port.listener.poll_accept(cx)) {
                Ok((client, _)) => client,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            state.accepted += 1;
            reset_on_drop(SockRef::from(&client));
            if state.link == Link::Refusing {
                continue;
            }
            state.open += 1;
            let membership = Membership { shared: Arc::clone(self), cuts: state.cuts };
            return Poll::Ready(Some(Ok(Accepted { client, membership })));
        }
    }
}

impl State {
    /// Marks the open connections for a reset, and resets at once those that wait to be accepted.
    pub(super) fn cut(&mut self) {
        self.cuts += 1;
        let Some(port) = &self.port else { return };
        while let Ok((client, _)) = port.plain.accept() {
            self.accepted += 1;
            reset_on_drop(SockRef::from(&client));
        }
    }

    pub(super) fn restore(&mut self) {
        self.link = Link::Up;
        self.delay = Duration::ZERO;
        self.slice = None;
        self.trips = [None; 2];
    }

    pub(super) fn close(&mut self) {
        self.cut();
        self.port = None;
    }

    /// Whether this connection's bytes may move now.
    pub(super) fn flows(&self, membership: &Membership) -> Result<bool, Reset> {
        if membership.cuts < self.cuts {
            return Err(Reset::Now);
        }
        Ok(self.link != Link::Stalled)
    }

    /// How many bytes the next write may have. Zero: a trip is due instead of a write.
    pub(super) fn write_max(&self, direction: Direction) -> usize {
        let slice = self.slice.unwrap_or(usize::MAX);
        let left = self.trips[direction as usize].map_or(u64::MAX, |trip| trip.left);
        slice.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Counts bytes that were written. If that sets off a trip, disarms and returns it, with the stall in force; the
    /// caller wakes the other tasks, or resets the connection.
    pub(super) fn count(&mut self, direction: Direction, written: usize) -> Option<TripAction> {
        let written = written as u64;
        self.forwarded[direction as usize] += written;
        let armed = &mut self.trips[direction as usize];
        let trip = armed.as_mut()?;
        trip.left = trip.left.saturating_sub(written);
        if trip.left > 0 {
            return None;
        }
        let action = armed.take()?.action;
        if matches!(action, TripAction::Stall) {
            self.link = Link::Stalled;
        }
        Some(action)
    }
}

impl Membership {
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The place of a connection that is cut with this one.
    pub(super) fn another(&self) -> Membership {
        self.shared.lock().open += 1;
        Membership { shared: Arc::clone(&self.shared), cuts: self.cuts }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.shared.lock().open -= 1;
    }
}

/// Makes the close of this socket a reset. A socket that refuses the option is dead already, which is as good.
///
/// Every socket is in this state until its connection has ended in good order, so that no way of dropping it can be
/// taken for the end of the data.
pub(super) fn reset_on_drop(socket: SockRef<'_>) {
    let _ = socket.set_linger(Some(Duration::ZERO));
}

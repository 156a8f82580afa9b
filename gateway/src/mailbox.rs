//! What reaches a connection's task from the registry and the gateway: a bounded queue with one reader.
//!
//! A channel of tokio takes a kilobyte when it is empty, because it hands out blocks of 32 places; an idle connection
//! must cost little more than that in all. This one takes about a hundred bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tessera_core::time::Millis;
use tessera_core::wire::GatewayFrame;

/// What a connection is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// The registry's answer.
    Answer(Box<GatewayFrame>),
    /// Close, after a last frame if there is one.
    Close(Option<Box<GatewayFrame>>),
    /// The gateway is about to stop: come back after this time.
    Drain(Millis),
    /// The gateway's clock was set.
    ClockSet,
    /// The gateway stops now.
    Stop,
    /// More than the queue holds was sent to it.
    Overflow,
}

/// Both ends of the queue: senders clone it, the connection's task reads it.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    reader: AtomicWaker,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Command>,
    room: usize,
    overflowed: bool,
    closed: bool,
}

impl Mailbox {
    /// An empty queue with so many places.
    pub(crate) fn new(room: u64) -> Self {
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let state = State { queue: VecDeque::new(), room, overflowed: false, closed: false };
        Mailbox(Arc::new(Inner { state: Mutex::new(state), reader: AtomicWaker::new() }))
    }

    /// Queues a command. When the queue is full, it is emptied, and the reader is told to close: a peer that does not
    /// read must not fill the memory, and a frame must not be missing from the middle.
    pub(crate) fn push(&self, command: Command) {
        let mut state = self.lock();
        if state.closed || state.overflowed {
            return;
        }
        if state.queue.len() >= state.room && !matches!(command, Command::Stop) {
            state.queue = VecDeque::new();
            state.overflowed = true;
        } else {
            state.queue.push_back(command);
        }
        drop(state);
        self.0.reader.wake();
    }

    /// The next command. While `blocked`, because the socket takes nothing, only what ends the connection is given.
    pub(crate) fn poll_next(&self, context: &mut Context<'_>, blocked: bool) -> Poll<Command> {
        self.0.reader.register(context.waker());
        let mut state = self.lock();
        if state.overflowed {
            return Poll::Ready(Command::Overflow);
        }
        if blocked {
            let stops = state.queue.iter().any(|command| matches!(command, Command::Stop));
            return if stops { Poll::Ready(Command::Stop) } else { Poll::Pending };
        }
        match state.queue.pop_front() {
            Some(command) => Poll::Ready(command),
            None => {
                state.queue = VecDeque::new();
                Poll::Pending
            }
        }
    }

    /// A command that is there already.
    pub(crate) fn take(&self) -> Option<Command> {
        self.lock().queue.pop_front()
    }

    /// Nothing is queued any more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.queue = VecDeque::new();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No step between two consistent states can panic, so a poisoned lock guards a good queue.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::task::noop_waker;

    use super::*;

    fn next(mailbox: &Mailbox, blocked: bool) -> Option<Command> {
        let waker = noop_waker();
        match mailbox.poll_next(&mut Context::from_waker(&waker), blocked) {
            Poll::Ready(command) => Some(command),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_too_many_says_so_instead_of_dropping_in_silence() {
        // G7
        let mailbox = Mailbox::new(4);
        (0..4).for_each(|_| mailbox.push(Command::ClockSet));
        assert!(matches!(next(&mailbox, false), Some(Command::ClockSet)));
        (0..2).for_each(|_| mailbox.push(Command::ClockSet));
        assert!(matches!(next(&mailbox, false), Some(Command::Overflow)));
        assert!(matches!(next(&mailbox, true), Some(Command::Overflow)));
    }

    #[test]
    fn a_blocked_reader_still_hears_that_the_gateway_stops() {
        let mailbox = Mailbox::new(4);
        (0..4).for_each(|_| mailbox.push(Command::ClockSet));
        assert!(next(&mailbox, true).is_none());
        mailbox.push(Command::Stop);
        assert!(matches!(next(&mailbox, true), Some(Command::Stop)));
    }

    #[test]
    fn a_closed_queue_takes_nothing() {
        let mailbox = Mailbox::new(4);
        mailbox.close();
        mailbox.push(Command::ClockSet);
        assert!(next(&mailbox, false).is_none());
    }
}

//! Every timer of the client machine, in one table.

use crate::time::Millis;

/// What a client waits for. Timers that are due together fire in this order: after a suspend, expiry comes first (C11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// The ticket of the session expires (C14).
    Expiry,
    /// A login has to have its answer (C10).
    LoginDeadline,
    /// A logout is over, whatever the gateway says (C8).
    LogoutDeadline,
    /// A renewal by login has to have its answer (C7).
    RenewDeadline,
    /// The provider was asked after 70001 and has to answer (C11).
    TicketDeadline,
    /// The provider is to be asked (C15).
    AskTicket,
    /// One connection try has to succeed (C10).
    DialDeadline,
    /// The next connection try (C11).
    RetryDue,
    /// The answer to a probe (C11).
    ProbeDeadline,
    /// The connection has been silent for too long (C11).
    Silence,
}

const ALL: [Timer; 10] = [
    Timer::Expiry,
    Timer::LoginDeadline,
    Timer::LogoutDeadline,
    Timer::RenewDeadline,
    Timer::TicketDeadline,
    Timer::AskTicket,
    Timer::DialDeadline,
    Timer::RetryDue,
    Timer::ProbeDeadline,
    Timer::Silence,
];

/// When each timer fires; [`Millis::NEVER`] for those that are not set.
#[derive(Debug)]
pub(super) struct Timers([Millis; ALL.len()]);

impl Timers {
    pub(super) fn new() -> Self {
        Timers([Millis::NEVER; ALL.len()])
    }

    pub(super) fn set(&mut self, timer: Timer, at: Millis) {
        self.0[timer as usize] = at;
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.set(timer, Millis::NEVER);
    }

    pub(super) fn at(&self, timer: Timer) -> Millis {
        self.0[timer as usize]
    }

    pub(super) fn is_due(&self, timer: Timer, now: Millis) -> bool {
        self.0[timer as usize] <= now
    }

    pub(super) fn next(&self) -> Millis {
        self.0.iter().copied().min().unwrap_or(Millis::NEVER)
    }

    /// Takes the first timer that is due.
    pub(super) fn pop_due(&mut self, now: Millis) -> Option<Timer> {
        let due = ALL.into_iter().find(|timer| self.0[*timer as usize] <= now)?;
        self.clear(due);
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_that_are_due_together_fire_expiry_first() {
        // C11
        let mut timers = Timers::new();
        timers.set(Timer::Silence, Millis(5));
        timers.set(Timer::RetryDue, Millis(7));
        timers.set(Timer::Expiry, Millis(9));
        timers.set(Timer::AskTicket, Millis(30));
        assert_eq!(timers.next(), Millis(5));
        assert_eq!(timers.pop_due(Millis(4)), None);
        let fired: Vec<Timer> = std::iter::from_fn(|| timers.pop_due(Millis(20))).collect();
        assert_eq!(fired, [Timer::Expiry, Timer::RetryDue, Timer::Silence]);
        assert_eq!(timers.next(), Millis(30));
    }
}

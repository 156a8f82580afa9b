//! The client's connection machine: when to dial, when to wait, when a connection counts as lost (C10, C11, C22).
//!
//! It moves without touching the login state (C1). It decides; sockets are the caller's.

use crate::error::Error;
use crate::generated::codes;
use crate::generated::settings::ClientSettings;
use crate::generated::status::ConnectionStatus;
use crate::id::IdSource;
use crate::time::Millis;
use crate::transitions;

/// Where the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is none, and none is wanted.
    Down,
    /// One is being made; it counts as made with the gateway's first frame.
    Dialing {
        /// Its number.
        connection: u64,
    },
    /// It is there.
    Up {
        /// Its number.
        connection: u64,
        /// Since when.
        since: Millis,
    },
    /// The next try is due later.
    Waiting {
        /// True if the gateway named the time, which then holds whatever else happens.
        imposed: bool,
    },
}

/// What happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Somebody needs it.
    Wanted,
    /// Nobody needs it any more.
    Unwanted,
    /// It has to be a new one, at once.
    Redial,
    /// The network is back, or the app is in the foreground.
    Hint,
    /// The gateway's first frame on the connection that is being made.
    Greeted,
    /// The try has failed, or the connection is gone.
    Failed {
        /// Why.
        error: Error,
        /// Whether it is still needed.
        wanted: bool,
    },
    /// The gateway closes a connection without a login (C22).
    Bye {
        /// Whether it is needed after all.
        wanted: bool,
    },
    /// The time of the next try has come.
    RetryDue,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    None,
    /// Make a new connection; `announce` raises `onConnecting` first.
    Dial {
        /// Whether an outage begins with it.
        announce: bool,
    },
    /// Close this one.
    Close(u64),
    /// Close this one, then make a new one.
    CloseAndDial(u64),
    /// It is made.
    Made,
    /// Send something that the gateway answers, and see whether it does.
    Probe,
    /// A try has failed: raise `onConnectFailed`, and try again after the time.
    RetryIn(Millis, Error),
    /// The connection is lost: raise `onConnecting`, and try again after the time.
    ReconnectIn(Millis, Error),
    /// A try has failed, and nobody needs another.
    GaveUp(Error),
    /// The connection is lost, and nobody needs it.
    Gone(Error),
}

/// The connection of one client.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) state: State,
    /// Failed tries since the connection was last stable: the exponent of the back-off.
    failures: u32,
    dialed: u64,
}

impl Link {
    /// A client's connection. Its number is above `dialed`, so that none of an earlier initialisation has the same.
    pub(super) fn new(dialed: u64) -> Self {
        Link { state: State::Down, failures: 0, dialed }
    }

    /// The number of the last connection.
    pub(super) fn dialed(&self) -> u64 {
        self.dialed
    }

    pub(super) fn status(&self) -> ConnectionStatus {
        match self.state {
            State::Down => ConnectionStatus::Disconnected,
            State::Dialing { .. } | State::Waiting { .. } => ConnectionStatus::Connecting,
            State::Up { .. } => ConnectionStatus::Connected,
        }
    }

    /// The connection that can carry a frame now.
    pub(super) fn up(&self) -> Option<u64> {
        match self.state {
            State::Up { connection, .. } => Some(connection),
            State::Down | State::Dialing { .. } | State::Waiting { .. } => None,
        }
    }

    /// The connection that there is, made or in the making.
    pub(super) fn connection(&self) -> Option<u64> {
        match self.state {
            State::Dialing { connection } | State::Up { connection, .. } => Some(connection),
            State::Down | State::Waiting { .. } => None,
        }
    }

    pub(super) fn handle(
        &mut self,
        now: Millis,
        event: Event,
        settings: &ClientSettings,
        ids: &mut IdSource,
    ) -> Action {
        let before = self.state;
        #[cfg(feature = "transitions")]
        let name = name_of(&event);
        let (next, action) = self.step(now, event, settings, ids);
        self.state = next;
        #[cfg(feature = "transitions")]
        transitions::record!("client connection", Plain(kind_of(before)), Plain(name), Plain(kind_of(next)));
        #[cfg(not(feature = "transitions"))]
        transitions::record!("client connection", before, (), next);
        action
    }

    fn step(
        &mut self,
        now: Millis,
        event: Event,
        settings: &ClientSettings,
        ids: &mut IdSource,
    ) -> (State, Action) {
        use State::{Dialing, Down, Up, Waiting};
        if let (Up { since, .. }, Event::Failed { .. } | Event::Bye { .. }) = (self.state, &event)
            && now - since >= Millis(settings.reconnect_reset_ms)
        {
            self.failures = 0;
        }
        match (self.state, event) {
            (Down, Event::Wanted | Event::Redial) => self.dial(Action::Dial { announce: true }),
            (Waiting { imposed: false }, Event::Wanted | Event::Hint | Event::RetryDue | Event::Redial)
            | (Waiting { imposed: true }, Event::RetryDue) => self.dial(Action::Dial { announce: false }),
            // The gateway's word on when to come back wins over hints and calls (C11).
            (state @ Waiting { imposed: true }, Event::Wanted | Event::Hint | Event::Redial) => {
                (state, Action::None)
            }
            (Dialing { connection } | Up { connection, .. }, Event::Redial) => {
                self.dial(Action::CloseAndDial(connection))
            }
            (state @ (Dialing { .. } | Up { .. }), Event::Wanted) => (state, Action::None),

            (Dialing { connection }, Event::Unwanted) => (Down, Action::Close(connection)),
            (Waiting { .. }, Event::Unwanted) => (Down, Action::None),
            // An open connection serves the next login, until the gateway closes it (C22).
            (state @ (Down | Up { .. }), Event::Unwanted) => (state, Action::None),

            (Dialing { connection }, Event::Greeted) => (Up { connection, since: now }, Action::Made),
            (Up { .. }, Event::Hint) => (self.state, Action::Probe),
            (state @ (Down | Dialing { .. }), Event::Hint) => (state, Action::None),

            (Dialing { .. }, Event::Failed { error, wanted: true }) => {
                let (next, delay) = self.wait(&error, settings, ids);
                (next, Action::RetryIn(delay, error))
            }
            (Up { .. }, Event::Failed { error, wanted: true }) => {
                let (next, delay) = self.wait(&error, settings, ids);
                (next, Action::ReconnectIn(delay, error))
            }
            (Dialing { .. }, Event::Failed { error, wanted: false }) => (Down, Action::GaveUp(error)),
            (Up { .. }, Event::Failed { error, wanted: false }) => (Down, Action::Gone(error)),
            (Up { .. }, Event::Bye { wanted: false }) => (Down, Action::None),
            // A login was on its way when the gateway gave up waiting.
            (Up { .. }, Event::Bye { wanted: true }) => self.dial(Action::Dial { announce: true }),

            // Timers and frames of a connection that is no longer the current one.
            (state @ (Down | Waiting { .. }), Event::Greeted | Event::Failed { .. } | Event::Bye { .. })
            | (state @ (Down | Dialing { .. } | Up { .. }), Event::RetryDue)
            | (state @ Up { .. }, Event::Greeted)
            | (state @ Dialing { .. }, Event::Bye { .. }) => (state, Action::None),
        }
    }

    fn dial(&mut self, action: Action) -> (State, Action) {
        self.dialed += 1;
        (State::Dialing { connection: self.dialed }, action)
    }

    /// Full jitter: anything up to a bound that doubles; or what the gateway said (C11).
    fn wait(&mut self, error: &Error, settings: &ClientSettings, ids: &mut IdSource) -> (State, Millis) {
        let doubled = settings.reconnect_delay_min_ms.saturating_mul(1 << self.failures.min(30));
        let bound = doubled.min(settings.reconnect_delay_max_ms);
        self.failures = self.failures.saturating_add(1);
        let imposed = error.retry_after.is_some();
        let delay = error.retry_after.unwrap_or_else(|| Millis(ids.between(0, bound)));
        (State::Waiting { imposed }, delay)
    }
}

/// The error of a connection that has gone silent.
pub(super) fn silent() -> Error {
    Error::new(codes::ERR_SDK_NET_DISCONNECT, "the gateway has been silent for too long")
}

/// The error of a try that took too long.
pub(super) fn timed_out() -> Error {
    Error::new(codes::ERR_SDK_NET_CONN_TIMEOUT, "the gateway did not accept the connection in time")
}

#[cfg(feature = "transitions")]
struct Plain(&'static str);

#[cfg(feature = "transitions")]
impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(feature = "transitions")]
fn kind_of(state: State) -> &'static str {
    match state {
        State::Down => "Down",
        State::Dialing { .. } => "Dialing",
        State::Up { .. } => "Up",
        State::Waiting { imposed: false } => "Waiting",
        State::Waiting { imposed: true } => "WaitingAsTold",
    }
}

#[cfg(feature = "transitions")]
fn name_of(event: &Event) -> &'static str {
    match event {
        Event::Wanted => "Wanted",
        Event::Unwanted => "Unwanted",
        Event::Redial => "Redial",
        Event::Hint => "Hint",
        Event::Greeted => "Greeted",
        Event::Failed { wanted: true, .. } => "FailedWanted",
        Event::Failed { wanted: false, .. } => "FailedUnwanted",
        Event::Bye { wanted: true } => "ByeWanted",
        Event::Bye { wanted: false } => "ByeUnwanted",
        Event::RetryDue => "RetryDue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(link: &mut Link, settings: &ClientSettings, ids: &mut IdSource, error: Error) -> Millis {
        match link.handle(Millis(0), Event::Failed { error, wanted: true }, settings, ids) {
            Action::RetryIn(delay, _) | Action::ReconnectIn(delay, _) => delay,
            other => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn back_off_doubles_with_full_jitter_to_its_bound() {
        // C11; retry without jitter that wraps back to 1 s
        let settings = ClientSettings::default();
        let mut longest = [0; 20];
        let mut shortest = [u64::MAX; 20];
        for seed in 0..200 {
            let mut ids = IdSource::new([seed; 32]);
            let mut link = Link::new(0);
            link.handle(Millis(0), Event::Wanted, &settings, &mut ids);
            for n in 0..20 {
                let delay = failed(&mut link, &settings, &mut ids, timed_out()).0;
                longest[n] = longest[n].max(delay);
                shortest[n] = shortest[n].min(delay);
                link.handle(Millis(0), Event::RetryDue, &settings, &mut ids);
            }
        }
        for n in 0..20 {
            let bound = (500u64 << n).min(30_000);
            assert!(longest[n] <= bound, "try {n} waited {} ms", longest[n]);
            assert!(longest[n] > bound / 2, "try {n} never waited long");
            assert!(shortest[n] < bound / 4, "try {n} has no full jitter");
        }
    }

    #[test]
    fn the_gateways_retry_after_wins_over_back_off_and_hints() {
        // C11
        let settings = ClientSettings::default();
        let mut ids = IdSource::new([0; 32]);
        let mut link = Link::new(0);
        link.handle(Millis(0), Event::Wanted, &settings, &mut ids);
        let error = Error::of(codes::ERR_SVR_SSO_OVERLOAD).retry_after(Some(Millis(7_777)));
        assert_eq!(failed(&mut link, &settings, &mut ids, error), Millis(7_777));
        for event in [Event::Hint, Event::Wanted] {
            assert_eq!(link.handle(Millis(1), event, &settings, &mut ids), Action::None);
        }
        assert_eq!(
            link.handle(Millis(7_777), Event::RetryDue, &settings, &mut ids),
            Action::Dial { announce: false }
        );
    }

    #[test]
    fn back_off_starts_again_after_a_stable_time_only() {
        // C11
        let settings = ClientSettings::default();
        let mut ids = IdSource::new([0; 32]);
        let drop_after = |lasted: u64, ids: &mut IdSource| {
            let mut link = Link { failures: 6, ..Link::new(0) };
            link.handle(Millis(0), Event::Wanted, &settings, ids);
            link.handle(Millis(0), Event::Greeted, &settings, ids);
            let error = silent();
            link.handle(Millis(lasted), Event::Failed { error, wanted: true }, &settings, ids);
            link.failures
        };
        assert_eq!(drop_after(29_999, &mut ids), 7);
        assert_eq!(drop_after(30_000, &mut ids), 1);
    }
}

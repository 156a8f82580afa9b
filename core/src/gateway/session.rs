//! The gateway's session machine: what each event does to one session, as one table.
//!
//! It decides and holds nothing; `registry.rs` keeps the sessions and carries the actions out.

/// Where a session is, seen from the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not there: never claimed, or ended.
    Absent,
    /// It has a connection.
    Online,
    /// It has lost its connection and keeps its place for a while (G6).
    Leased,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A login or resume frame names it, and its ticket is good.
    Claim,
    /// A new ticket for it is good.
    Renew,
    /// Its user ends it.
    Logout,
    /// Its connection is gone.
    ConnectionLost,
    /// It was without a connection for as long as its lease lasts.
    LeaseEnd,
    /// Its ticket has expired (C14).
    TicketExpiry,
    /// The policy gives its place to a newcomer (G3).
    Evict,
    /// Another session of the same user and device takes its place (G4).
    Replace,
    /// An operator kicks the user or disables the account (G5).
    AdminKick,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing, because it changes nothing here.
    Ignore,
    /// Enter it as a new session, after the policy made room.
    Enter,
    /// Give it the new connection and let go of the old one silently (G4).
    SwapConnection,
    /// Give it the new connection.
    Attach,
    /// Put the new ticket under it.
    TakeTicket,
    /// Refuse, because there is no such session.
    Refuse,
    /// End it and confirm.
    End,
    /// Start its lease.
    StartLease,
    /// End it without a word.
    Forget,
    /// End it and tell its client that the ticket expired.
    TellExpired,
    /// End it, keep the kick until the client confirms, and tell the client (G4).
    Kick,
    /// End it, and leave a mark where the app wants 6208 (C13).
    KickOffline,
    /// End it, and keep the kick as the answer to its resume.
    KeepKick,
    /// End it and close its connection silently (G4).
    CloseSilently,
}

/// The table.
pub const fn step(state: State, event: Event) -> (State, Action) {
    use Action as A;
    use Event as E;
    use State::{Absent, Leased, Online};
    match (state, event) {
        (Absent, E::Claim) => (Online, A::Enter),
        (Online, E::Claim) => (Online, A::SwapConnection),
        (Leased, E::Claim) => (Online, A::Attach),

        (Online, E::Renew) => (Online, A::TakeTicket),
        // A renewal travels on the session's own connection, so this one was overtaken by its end or its loss.
        (Absent | Leased, E::Renew) => (state, A::Refuse),

        // Logging out what is not there succeeds (C8), and binds an attempt that is still under way (G4).
        (Absent | Online | Leased, E::Logout) => (Absent, A::End),

        (Online, E::ConnectionLost) => (Leased, A::StartLease),
        // The close of a connection that the session no longer uses (G4).
        (Absent | Leased, E::ConnectionLost) => (state, A::Ignore),

        (Leased, E::LeaseEnd) => (Absent, A::Forget),
        // It came back, or ended, before.
        (Absent | Online, E::LeaseEnd) => (state, A::Ignore),

        (Online, E::TicketExpiry) => (Absent, A::TellExpired),
        // A client without connection sees the expiry by itself (C14).
        (Leased, E::TicketExpiry) => (Absent, A::Forget),
        (Absent, E::TicketExpiry) => (Absent, A::Ignore),

        (Online, E::Evict) => (Absent, A::Kick),
        (Leased, E::Evict) => (Absent, A::KickOffline),
        // It ended by itself while the kick was being written.
        (Absent, E::Evict) => (Absent, A::Ignore),

        (Online, E::Replace) => (Absent, A::CloseSilently),
        (Leased, E::Replace) => (Absent, A::Forget),
        (Absent, E::Replace) => (Absent, A::Ignore),

        (Online, E::AdminKick) => (Absent, A::Kick),
        (Leased, E::AdminKick) => (Absent, A::KeepKick),
        (Absent, E::AdminKick) => (Absent, A::Ignore),
    }
}

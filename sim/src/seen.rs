//! What happens in a world, told to whoever watches it: the trace and the checks. It takes part in nothing.

use tessera_core::client::{CallId, Event, Order, Report, Stamp};
use tessera_core::gateway::record::{Signature, UserRecord};
use tessera_core::gateway::registry::{AdminAnswer, UserKey};
use tessera_core::generated::status::Platform;
use tessera_core::id::{DeviceId, InstanceId, SessionId, UserId};
use tessera_core::time::Millis;
use tessera_core::wire::GatewayFrame;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// A client's machine was given something.
    Input { device: usize, input: Input, before: Stamp, after: Stamp, gateway_time: Believed },
    /// A client ordered something of its transport.
    Ordered { device: usize, order: Order },
    /// A host took an event.
    Delivered { device: usize, event: Event },
    /// The registry was asked for a session.
    Claimed { connection: u64, claim: Claimed },
    /// The registry was given a new ticket for a session.
    Renewed { user: UserKey, session: SessionId, ticket: Shown },
    /// The registry was told that a user ended a session.
    LoggedOut { session: SessionId },
    /// The registry was told that a connection is gone.
    Lost { connection: u64, session: SessionId },
    /// The registry, or the check of a ticket, decided an answer.
    Decided { connection: u64, frame: GatewayFrame },
    /// A record went to the store.
    Pushed { user: UserKey, record: UserRecord },
    /// A commit ended.
    Committed { writes: Vec<(UserKey, UserRecord)>, durable: bool },
    /// An operator got an answer.
    Answered { call: u64, answer: AdminAnswer },
    /// The gateway was killed and started again.
    Restarted,
    /// Something was done to the world.
    Note(#[expect(dead_code, reason = "the trace shows it")] String),
}

/// Gateway time as a client knew it before and after an input.
pub(crate) type Believed = [Option<Millis>; 2];

/// What a client's machine was given.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Init,
    UnInit,
    Login {
        user: UserId,
        ticket: u64,
        call: Option<CallId>,
        refused_here: bool,
    },
    Logout {
        call: Option<CallId>,
    },
    Provided,
    /// A call that nothing is to be checked of.
    Other,
    Timeout,
    Report(Report),
    /// Its process was killed; another one has started.
    Killed,
}

/// A claim, as far as checks need it.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) user: UserKey,
    pub(crate) session: SessionId,
    pub(crate) device: DeviceId,
    pub(crate) platform: Platform,
    pub(crate) instance: InstanceId,
    pub(crate) attempt: u64,
    #[expect(dead_code, reason = "the trace shows it")]
    pub(crate) resume: bool,
    pub(crate) ticket: Shown,
}

/// A ticket that was shown to the gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) second: u64,
    pub(crate) expires: Millis,
    pub(crate) sig: Signature,
}

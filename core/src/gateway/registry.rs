//! The live sessions of many users, and the claim (G3–G6): atomic per user, in order, durable where G9 says so.
//!
//! One registry holds one shard of the users. It touches no store: it asks for a write, sets the user aside, and goes
//! on with the user's next request when the write is reported. So nothing that was acknowledged can be lost, and
//! nothing has to be undone when a write fails.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use super::entry::rest::Rest;
use super::entry::{Entry, Surroundings};
use super::policy::Policy;
use super::record::{Signature, UserRecord};
use super::users::Users;
use crate::error::Error;
use crate::generated::codes;
use crate::generated::limits::GatewayLimits;
use crate::generated::status::Platform;
use crate::id::{AppId, DeviceId, InstanceId, SessionId, UserId};
use crate::time::Millis;
use crate::wire::{GatewayFrame, Login, Refused};

/// How many users are in memory only because somebody logged out sessions that were not there. A logout needs no
/// ticket, so strangers could fill the memory with users; past this a logout loses only its hold on a login that it
/// has overtaken (G4).
const HEARSAY_MAX: usize = 1024;

/// One user of one app.
pub type UserKey = (AppId, UserId);

/// Where an answer goes: a connection's number, unique in the process, and what reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer<H> {
    /// The number.
    pub connection: u64,
    /// What reaches it.
    pub handle: H,
}

/// What the registry needs of a ticket that is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketFacts {
    /// The second that it was signed in.
    pub second: u64,
    /// When it expires.
    pub expires: Millis,
    /// What identifies it (G5).
    pub sig: Signature,
}

/// A login or resume whose ticket is verified.
#[derive(Clone, Debug)]
pub struct Claim<H> {
    /// Who waits for the answer.
    pub peer: Peer<H>,
    /// The session to be.
    pub session: SessionId,
    /// Its device.
    pub device: DeviceId,
    /// The device's platform.
    pub platform: Platform,
    /// The client object.
    pub instance: InstanceId,
    /// The attempt's number.
    pub attempt: u64,
    /// True for a session that was acknowledged before.
    pub resume: bool,
    /// The lease that the client wishes for.
    pub lease: Option<Millis>,
    /// Its ticket.
    pub ticket: TicketFacts,
}

impl<H> Claim<H> {
    /// What a login asks for, of which the ticket was found good.
    pub fn new(peer: Peer<H>, login: &Login, ticket: TicketFacts) -> Claim<H> {
        Claim {
            peer,
            session: login.session,
            device: login.device,
            platform: login.platform,
            instance: login.instance,
            attempt: login.attempt,
            resume: login.resume,
            lease: login.lease,
            ticket,
        }
    }
}

/// Something asked for one user.
#[derive(Clone, Debug)]
pub enum Request<H> {
    /// Claim or resume a session.
    Claim(Box<Claim<H>>),
    /// Put a verified ticket under a session.
    Renew {
        /// Who waits for the answer.
        peer: Peer<H>,
        /// The session.
        session: SessionId,
        /// The attempt that the answer echoes.
        attempt: u64,
        /// The new ticket.
        ticket: TicketFacts,
    },
    /// End a session.
    Logout {
        /// Who asks.
        peer: Peer<H>,
        /// The session.
        session: SessionId,
        /// Whether to answer.
        confirm: bool,
    },
    /// The client has the kick.
    KickAck {
        /// The session.
        session: SessionId,
    },
    /// A connection is gone.
    Lost {
        /// The session that it had.
        session: SessionId,
        /// Its number: a close of an older connection has no effect (G4).
        connection: u64,
    },
    /// An operator's call.
    Admin {
        /// Names the call in its answer.
        call: u64,
        /// What to do.
        order: AdminOrder,
    },
}

/// What an operator may do to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminOrder {
    /// List the sessions.
    Sessions,
    /// End all sessions and revoke the tickets (G5).
    Kick,
    /// Disable or enable the account.
    SetDisabled(bool),
    /// Treat the tickets of the user's sessions as expired from now on; for tests.
    ExpireNow,
}

/// The answer to an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAnswer {
    /// The user's sessions, and whether the account is disabled.
    Sessions {
        /// Oldest first.
        sessions: Vec<SessionInfo>,
        /// True while the account is disabled.
        disabled: bool,
    },
    /// The user is kicked.
    Kicked {
        /// How many sessions ended.
        sessions: usize,
        /// Tickets signed from this time on are accepted (G5).
        sign_after: Millis,
    },
    /// The account is disabled or enabled.
    Disabled {
        /// How many sessions ended.
        sessions: usize,
    },
    /// The tickets count as expired.
    Expired {
        /// How many sessions ended.
        sessions: usize,
    },
    /// It could not be done.
    Failed(Error),
}

/// One session, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SessionInfo {
    /// The session.
    pub session: SessionId,
    /// Its device.
    pub device: DeviceId,
    /// The device's platform.
    pub platform: Platform,
    /// Its place in the user's order.
    pub order: u64,
    /// True while it has a connection.
    pub connected: bool,
    /// When its ticket expires.
    pub expires: Millis,
}

/// What the caller has to do.
#[derive(Clone, Debug)]
pub enum Effect<H> {
    /// Send a frame.
    Send(Peer<H>, GatewayFrame),
    /// Send a last frame, then close.
    SendAndClose(Peer<H>, GatewayFrame),
    /// Close without a word.
    Close(Peer<H>),
    /// Write the record. If `awaited`, call [`Registry::written`] for the user with the outcome.
    Write {
        /// The user.
        user: UserKey,
        /// The whole record.
        record: UserRecord,
        /// Whether somebody waits for it.
        awaited: bool,
    },
    /// Count one login of the user (G11).
    Count(UserKey),
    /// Answer the operator's call.
    Answer(u64, AdminAnswer),
}

/// An app's rules. A change acts at the next claim (G3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRules {
    /// Who may be online beside whom.
    pub policy: Policy,
    /// Whether a device that was kicked while offline is told so by 6208 (C13).
    pub offline_kick_error: bool,
}

/// Reads durable records; called when a user is not in memory.
pub trait Records {
    /// The user's record.
    ///
    /// # Errors
    /// A text for the log, if the store cannot be read.
    fn load(&self, user: &UserKey) -> Result<Option<UserRecord>, String>;
}

/// The live sessions of many users.
#[derive(Debug)]
pub struct Registry<H, S> {
    users: Users<H, S>,
    hearsay: usize,
    rules: BTreeMap<AppId, AppRules>,
    limits: GatewayLimits,
}

impl<H: Clone, S: BuildHasher> Registry<H, S> {
    /// An empty registry. The hasher comes from the caller, because it brings the entropy against chosen keys.
    pub fn new(rules: BTreeMap<AppId, AppRules>, limits: GatewayLimits, hasher: S) -> Self {
        Registry { users: Users::new(hasher), hearsay: 0, rules, limits }
    }

    /// Sets an app's rules.
    pub fn set_rules(&mut self, app: AppId, rules: AppRules) {
        self.rules.insert(app, rules);
    }

    /// How many users are in memory.
    pub fn users(&self) -> usize {
        self.users.len()
    }

    /// A user's sessions as they are, oldest first. Unlike [`AdminOrder::Sessions`] it waits for no write.
    pub fn sessions_of_user(&self, user: &UserKey) -> Vec<SessionInfo> {
        self.users.get(user).map_or_else(Vec::new, Rest::infos)
    }

    /// How many sessions there are, and how many of them have a connection.
    pub fn sessions(&self) -> (usize, usize) {
        count(self.users.iter().map(|(_, user)| user))
    }

    /// The same of one app.
    pub fn sessions_of(&self, app: AppId) -> (usize, usize) {
        count(self.users.iter().filter(|(of, _)| *of == app).map(|(_, user)| user))
    }

    /// Carries a request out, or queues it behind the user's write.
    pub fn handle(
        &mut self,
        now: Millis,
        user: UserKey,
        request: Request<H>,
        records: &dyn Records,
        out: &mut Vec<Effect<H>>,
    ) {
        if !self.users.contains(&user) {
            match records.load(&user) {
                Ok(record) => self.users.insert(user, Entry::new(record)),
                Err(_) => return refuse_unreadable(now, request, out),
            }
        }
        self.with_entry(now, user, out, |entry, around, out| entry.handle(around, request, out));
    }

    /// Reports the outcome of an awaited write.
    pub fn written(&mut self, now: Millis, user: UserKey, durable: bool, out: &mut Vec<Effect<H>>) {
        self.with_entry(now, user, out, |entry, around, out| entry.written(around, durable, out));
    }

    /// When [`Registry::tick`] has something to do next.
    pub fn next_wake(&self) -> Option<Millis> {
        self.users.next_wake()
    }

    /// Ends what time has ended: leases, tickets, memories.
    pub fn tick(&mut self, now: Millis, out: &mut Vec<Effect<H>>) {
        while let Some(user) = self.users.take_due(now) {
            self.with_entry(now, user, out, |entry, around, out| entry.tick(around, out));
        }
    }

    fn with_entry(
        &mut self,
        now: Millis,
        user: UserKey,
        out: &mut Vec<Effect<H>>,
        act: impl FnOnce(&mut Entry<H>, &Surroundings<'_>, &mut Vec<Effect<H>>),
    ) {
        let defaults = AppRules::default();
        let rules = self.rules.get(&user.0).unwrap_or(&defaults);
        let around = Surroundings { now, user, rules, limits: &self.limits };
        let hearsay = &mut self.hearsay;
        // A user who is not there any more needs nothing.
        let _ = self.users.with(now, &user, |entry| {
            let was = entry.is_hearsay();
            act(entry, &around, out);
            match (was, entry.is_hearsay()) {
                (false, true) if *hearsay >= HEARSAY_MAX => entry.ended.clear(),
                (false, true) => *hearsay += 1,
                (true, false) => *hearsay -= 1,
                (false, false) | (true, true) => {}
            }
        });
    }
}

fn count<'a, H: Clone + 'a>(users: impl Iterator<Item = &'a Rest<H>>) -> (usize, usize) {
    users.map(Rest::count).fold((0, 0), |(all, online), (more, connected)| (all + more, online + connected))
}

/// The store cannot be read, so nothing can be decided; everybody who waits is told.
fn refuse_unreadable<H>(now: Millis, request: Request<H>, out: &mut Vec<Effect<H>>) {
    let error = Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, "the gateway's store cannot be read");
    match request {
        Request::Claim(claim) => {
            let refused = refusal(now, claim.session, claim.attempt, error);
            out.push(Effect::SendAndClose(claim.peer, GatewayFrame::LoginRefused(refused)));
        }
        Request::Renew { peer, session, attempt, .. } => {
            out.push(Effect::Send(peer, GatewayFrame::RenewRefused(refusal(now, session, attempt, error))));
        }
        Request::Admin { call, .. } => out.push(Effect::Answer(call, AdminAnswer::Failed(error))),
        // A user who is not in memory has no session to end, and the kick stays pending.
        Request::Logout { peer, session, confirm: true } => {
            let note = crate::wire::SessionNote { session, time: now };
            out.push(Effect::Send(peer, GatewayFrame::LoggedOut(note)));
        }
        Request::Logout { .. } | Request::KickAck { .. } | Request::Lost { .. } => {}
    }
}

/// An error as the answer to an attempt.
pub fn refusal(now: Millis, session: SessionId, attempt: u64, error: Error) -> Refused {
    Refused {
        session,
        attempt,
        time: now,
        code: error.code,
        desc: error.desc,
        retryable: error.retryable,
        retry_after: error.retry_after,
    }
}

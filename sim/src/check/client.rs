//! One client, seen from its calls, what it was given, what it ordered and what its host got.

mod attempt;

use std::collections::{BTreeMap, BTreeSet};

use tessera_core::client::{CallId, Event, EventKind, Order, Report, Stamp};
use tessera_core::generated::codes;
use tessera_core::generated::status::LoginStatus;
use tessera_core::id::{SessionId, UserId};
use tessera_core::time::Millis;
use tessera_core::wire::{ClientFrame, GatewayFrame, Login};

use super::Verdict;
use super::gateway::Ledger;
use crate::seen::{Believed, Input};

/// C14: an expiry is raised within this time.
const EXPIRY_WITHIN: Millis = Millis(1_000);

/// What is known of one run of a client's process.
#[derive(Debug)]
pub(super) struct ClientBook {
    last: Stamp,
    /// Status and user by epoch, as far as they were seen.
    epochs: BTreeMap<u64, (LoginStatus, Option<UserId>)>,
    /// Calls without a result.
    pub(super) calls: BTreeMap<CallId, Call>,
    attempt: Option<Attempt>,
    pub(super) live: Option<Live>,
    dead: BTreeSet<SessionId>,
    /// Ends that the host has to be told of, by the epoch that began with them.
    pub(super) ends: BTreeMap<u64, Ending>,
    /// It was kicked, or its ticket expired, and nobody has logged in again.
    quiet: bool,
    delivered_epoch: u64,
}

#[derive(Debug)]
pub(super) enum Call {
    Login(UserId),
    Logout,
}

#[derive(Debug)]
struct Attempt {
    user: UserId,
    ticket: u64,
    session: Option<SessionId>,
}

/// A session that the client was told it has.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) session: SessionId,
    /// The earliest and the latest that the client may believe its ticket to expire.
    pub(super) expires: (Millis, Millis),
    /// 70001 at a resume: the provider has the word.
    awaits_ticket: bool,
}

/// How somebody else ended a session.
#[derive(Debug)]
pub(super) struct Ending {
    cause: Cause,
    pub(super) told: bool,
    /// It may have been by a call of the host, which need not be told.
    pub(super) optional: bool,
    /// unInit drops events that wait (C9).
    pub(super) dropped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Call,
    Kick,
    Expiry,
    /// A call or a kick that came when the ticket may have expired.
    Unclear,
}

impl Default for ClientBook {
    fn default() -> Self {
        ClientBook::starting_with(Stamp { epoch: 0, status: LoginStatus::LoggedOut, user: None })
    }
}

impl ClientBook {
    pub(super) fn starting_with(last: Stamp) -> Self {
        ClientBook {
            last,
            epochs: BTreeMap::new(),
            calls: BTreeMap::new(),
            attempt: None,
            live: None,
            dead: BTreeSet::new(),
            ends: BTreeMap::new(),
            quiet: false,
            delivered_epoch: 0,
        }
    }

    // ---- inputs -------------------------------------------------------------------------------------------------

    pub(super) fn input(
        &mut self,
        ledger: &mut Ledger,
        input: &Input,
        (before, after): (Stamp, Stamp),
        believed: Believed,
    ) -> Verdict {
        if before != self.last {
            return Err(format!("its status moved by itself, from {:?} to {before:?}", self.last));
        }
        self.last = after;
        self.check_edges(before, after)?;
        self.note_epoch(after)?;
        self.note_call(input);
        let moved = before.epoch != after.epoch;
        self.note_expiry(input);
        if before.status == LoginStatus::LoggedIn && moved {
            let cause = self.cause_of_end(input, believed)?;
            self.session_ends(ledger, cause, before.epoch + 1);
        }
        self.follow_attempt(ledger, input, (before, after))?;
        match input {
            Input::Init => self.quiet = false,
            Input::UnInit => {
                self.ends.values_mut().filter(|end| !end.told).for_each(|end| end.dropped = true)
            }
            Input::Timeout => self.check_expiry(believed)?,
            Input::Login { .. }
            | Input::Logout { .. }
            | Input::Provided
            | Input::Other
            | Input::Report(_)
            | Input::Killed => {}
        }
        Ok(())
    }

    /// C1: the edges, C21: the user.
    fn check_edges(&self, before: Stamp, after: Stamp) -> Verdict {
        if after.user.is_some() != (after.status == LoginStatus::LoggedIn) {
            return Err(format!("user and status do not fit: {after:?}"));
        }
        let mut reached = BTreeSet::from([before.status]);
        let steps = after.epoch.checked_sub(before.epoch).ok_or("its epoch went back")?;
        for _ in 0..steps.min(8) {
            reached = reached.into_iter().flat_map(next_of).copied().collect();
        }
        if steps > 8 || !reached.contains(&after.status) {
            return Err(format!("no way of {steps} edges from {before:?} to {after:?}"));
        }
        Ok(())
    }

    fn note_epoch(&mut self, stamp: Stamp) -> Verdict {
        let known = *self.epochs.entry(stamp.epoch).or_insert((stamp.status, stamp.user));
        if known == (stamp.status, stamp.user) {
            return Ok(());
        }
        Err(format!("epoch {} is both {known:?} and {stamp:?}", stamp.epoch))
    }

    fn note_call(&mut self, input: &Input) {
        match input {
            Input::Login { user, call: Some(call), .. } => {
                self.calls.insert(*call, Call::Login(*user));
            }
            Input::Logout { call: Some(call) } => {
                self.calls.insert(*call, Call::Logout);
            }
            _ => {}
        }
    }

    fn note_expiry(&mut self, input: &Input) {
        let Some(live) = &mut self.live else { return };
        match input {
            Input::Report(Report::Frame(GatewayFrame::LoginOk(ok))) if ok.session == live.session => {
                live.expires = (live.expires.0.min(ok.expires), live.expires.1.max(ok.expires));
                live.awaits_ticket = false;
            }
            Input::Report(Report::Frame(GatewayFrame::Renewed(new))) if new.session == live.session => {
                live.expires = (live.expires.0.min(new.expires), live.expires.1.max(new.expires));
            }
            Input::Report(Report::Frame(GatewayFrame::LoginRefused(refused)))
                if refused.session == live.session
                    && refused.code == codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED =>
            {
                live.awaits_ticket = true;
            }
            _ => {}
        }
    }

    /// Why a session ended just now. What a frame says of another session is no reason.
    fn cause_of_end(&self, input: &Input, believed: Believed) -> Result<Cause, String> {
        let Some(live) = &self.live else { return Err("a session ended that never was".to_owned()) };
        // Its own clock may have been ahead until it heard the gateway's.
        let latest = believed.into_iter().flatten().max().unwrap_or_default();
        let earliest = believed.into_iter().flatten().min().unwrap_or_default();
        let by_time = || {
            let over = latest > live.expires.0 || live.awaits_ticket;
            if over {
                Ok(Cause::Expiry)
            } else {
                Err(format!("its session ended for no reason, by {input:?}"))
            }
        };
        let unless_expired = |cause| match () {
            () if earliest > live.expires.1 => Cause::Expiry,
            () if latest > live.expires.0 => Cause::Unclear,
            () => cause,
        };
        match input {
            Input::UnInit => Ok(Cause::Call),
            Input::Login { .. } | Input::Logout { .. } => Ok(unless_expired(Cause::Call)),
            Input::Report(Report::Frame(frame)) => match frame {
                GatewayFrame::Kicked(kicked) if kicked.session == live.session => {
                    Ok(unless_expired(Cause::Kick))
                }
                GatewayFrame::Expired(note) if note.session == live.session => Ok(Cause::Expiry),
                GatewayFrame::LoginRefused(refused) if refused.session == live.session => {
                    let expired = refused.code == codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED;
                    Ok(if expired { Cause::Expiry } else { unless_expired(Cause::Kick) })
                }
                _ => by_time(),
            },
            Input::Timeout
            | Input::Provided
            | Input::Report(_)
            | Input::Init
            | Input::Other
            | Input::Killed => by_time(),
        }
    }

    fn session_ends(&mut self, ledger: &mut Ledger, cause: Cause, epoch: u64) {
        if let Some(live) = self.live.take() {
            self.dead.insert(live.session);
            ledger.tally.count(match cause {
                Cause::Call => "sessions ended by a call",
                Cause::Kick | Cause::Unclear => "sessions kicked",
                Cause::Expiry => "tickets expired",
            });
        }
        if cause != Cause::Call {
            self.quiet = true;
            let optional = cause == Cause::Unclear;
            self.ends.insert(epoch, Ending { cause, told: false, optional, dropped: false });
        }
    }

    /// C14: whoever knows that the time is over does not stay logged in.
    fn check_expiry(&self, believed: Believed) -> Verdict {
        match (&self.live, believed[1]) {
            (Some(live), Some(now)) if !live.awaits_ticket && now > live.expires.1 + EXPIRY_WITHIN => {
                Err(format!("still logged in at {now}, though its ticket expired at {}", live.expires.1))
            }
            _ => Ok(()),
        }
    }

    // ---- orders -------------------------------------------------------------------------------------------------

    pub(super) fn ordered(&mut self, order: &Order) -> Verdict {
        match order {
            Order::Connect { .. } if self.quiet => {
                Err("it connects although it was kicked, or its ticket has expired".to_owned())
            }
            Order::Connect { login: Some(login), .. } => self.login_ordered(login),
            Order::Send { frame: ClientFrame::Login(login), .. } => self.login_ordered(login),
            Order::Send { frame: ClientFrame::Renew(renew), .. } => {
                let live = self.live.as_ref().map(|live| live.session);
                if live == Some(renew.session) {
                    return Ok(());
                }
                Err(format!("it renews {:?}, but has {live:?}", renew.session))
            }
            Order::Connect { login: None, .. } | Order::Send { .. } | Order::Disconnect { .. } => Ok(()),
        }
    }

    fn login_ordered(&mut self, login: &Login) -> Verdict {
        let session = login.session;
        if self.dead.contains(&session) {
            return Err(format!("it logs in with {session:?}, which has ended"));
        }
        match (&mut self.attempt, &self.live) {
            (_, Some(live)) if login.resume && live.session == session => Ok(()),
            (Some(attempt), _) if !login.resume && attempt.session.is_none_or(|known| known == session) => {
                attempt.session = Some(session);
                Ok(())
            }
            _ => Err(format!("it sends a login of {session:?} that nobody asked for")),
        }
    }

    // ---- deliveries ---------------------------------------------------------------------------------------------

    pub(super) fn delivered(&mut self, event: &Event) -> Verdict {
        let stamp = event.stamp;
        self.note_epoch(stamp)?;
        if stamp.epoch < self.delivered_epoch {
            return Err(format!("{event:?} was delivered behind an event of a later epoch"));
        }
        self.delivered_epoch = stamp.epoch;
        match &event.kind {
            EventKind::Completed(call, result) => match (self.calls.remove(call), result) {
                (None, _) => Err(format!("{call:?} completed, but was not waiting for that")),
                (Some(Call::Login(user)), Ok(())) if stamp.user != Some(user) => {
                    Err(format!("a login of {user} succeeded with {stamp:?}"))
                }
                (Some(Call::Logout), Ok(())) if stamp.status != LoginStatus::LoggedOut => {
                    Err(format!("a logout succeeded with {stamp:?}"))
                }
                (Some(_), _) => Ok(()),
            },
            EventKind::KickedOffline(_) => self.told(stamp.epoch, Cause::Kick),
            EventKind::UserSigExpired => self.told(stamp.epoch, Cause::Expiry),
            EventKind::TicketRequest(..) if stamp.status != LoginStatus::LoggedIn => {
                Err(format!("the provider was asked with {stamp:?}"))
            }
            EventKind::TicketRequest(..)
            | EventKind::Connecting
            | EventKind::ConnectSuccess
            | EventKind::ConnectFailed(_)
            | EventKind::Disconnected(_) => Ok(()),
        }
    }

    fn told(&mut self, epoch: u64, cause: Cause) -> Verdict {
        match self.ends.get_mut(&epoch) {
            Some(end) if (end.cause == cause || end.cause == Cause::Unclear) && !end.told && !end.dropped => {
                end.told = true;
                Ok(())
            }
            end => Err(format!("the host was told of {cause:?} in epoch {epoch}, where there is {end:?}")),
        }
    }
}

/// C1's edges.
fn next_of(status: LoginStatus) -> &'static [LoginStatus] {
    use LoginStatus::{LoggedIn, LoggedOut, LoggingIn, LoggingOut};
    match status {
        LoggedOut => &[LoggingIn],
        LoggingIn => &[LoggedIn, LoggedOut],
        LoggedIn => &[LoggingIn, LoggingOut, LoggedOut],
        LoggingOut => &[LoggedOut],
    }
}

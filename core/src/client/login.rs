//! The client's login machine (C1): who is logged in, and what each call, frame and timer does about it.
//!
//! `step` is the table; what its rows do stands in `login/` and `renewal.rs`. The connection is `link.rs`'s.

mod attempt;
mod ended;
mod logout;
#[cfg(feature = "transitions")]
mod names;

use super::Shared;
use super::queue::{CallId, Kick, TicketRequestId};
use super::renewal::{Refresh, Renewal};
use super::running::Running;
use crate::error::{Code, Error};
use crate::generated::codes;
use crate::generated::status::LoginStatus;
use crate::id::{SessionId, UserId};
use crate::ticket::Ticket;
use crate::time::Millis;
#[cfg(feature = "transitions")]
use crate::transitions;
use crate::wire::{self, GatewayFrame, KickReason, Kicked, LoginOk, Refused, SessionNote};

/// Where the login is.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nobody is logged in.
    #[default]
    LoggedOut,
    /// A login waits for the gateway.
    LoggingIn(Attempt),
    /// A user is logged in, connected or not.
    LoggedIn(Live),
    /// A logout waits for the gateway.
    LoggingOut(Leaving),
}

/// A login under way.
#[derive(Debug)]
pub(super) struct Attempt {
    user: UserId,
    ticket: Ticket,
    session: SessionId,
    callers: Vec<CallId>,
    deadline: Millis,
    /// The connection that the login frame went out on last.
    sent_on: Option<u64>,
    /// Whether there was a connection at any time of the attempt: it decides between 9523 and 9520 (C10).
    connected: bool,
    last_failure: Option<Error>,
}

/// A session that was acknowledged.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) user: UserId,
    pub(super) ticket: Ticket,
    pub(super) session: SessionId,
    /// When the ticket expires, in gateway time.
    pub(super) expires: Millis,
    pub(super) renewal: Renewal,
    /// A resume met 70001, and the provider has the word (C11).
    pub(super) awaits_ticket: bool,
}

/// A logout under way.
#[derive(Debug)]
pub(super) struct Leaving {
    session: SessionId,
    callers: Vec<CallId>,
}

/// What happens to it.
#[derive(Debug)]
pub(super) enum Event {
    Login {
        call: CallId,
        user: UserId,
        ticket: Ticket,
    },
    Logout {
        call: CallId,
    },
    UnInit,
    ProviderChanged,
    Provided(TicketRequestId, Result<Ticket, String>),
    /// The gateway has greeted a connection that brought no login.
    LinkUp,
    /// The connection could not be made, or is gone. `answered`: the gateway refused it by an HTTP answer.
    LinkFailed {
        error: Error,
        answered: bool,
    },
    /// The gateway closes the connection, because no login came on it.
    LinkClosed,
    /// The gateway's time was heard.
    ClockHeard,
    Accepted(LoginOk),
    Refused(Refused),
    Renewed(wire::Renewed),
    RenewRefused(Refused),
    LoggedOut(SessionNote),
    Kicked(Kicked),
    Expired(SessionNote),
    ExpiryDue,
    LoginDeadline,
    LogoutDeadline,
    RenewDeadline,
    TicketDeadline,
    AskTicketDue,
}

/// What the first frame on a connection says about the connection.
#[derive(Debug)]
pub(super) enum FirstFrame {
    /// The connection is there.
    Greets,
    /// It is there, and carries the end of the session, so that "connected" would mislead.
    GreetsQuietly,
    /// The try has failed; the gateway wants it later.
    FailsTheTry(Error),
}

/// The login of one client.
#[derive(Debug, Default)]
pub(super) struct Login {
    pub(super) state: State,
    /// The connection that is being made carries a login which is no longer wanted.
    pub(super) dial_is_stale: bool,
    /// Somebody waits, so that a back-off would be wrong.
    pub(super) in_a_hurry: bool,
    /// The session that ended last, so that a late kick of it can be confirmed.
    last: Option<(UserId, SessionId)>,
}

impl Login {
    /// Whether a connection is needed. A logout uses the one that is there.
    pub(super) fn needs_link(&self) -> bool {
        match &self.state {
            State::LoggingIn(_) => true,
            State::LoggedIn(live) => !live.awaits_ticket,
            State::LoggedOut | State::LoggingOut(_) => false,
        }
    }

    pub(super) fn waiting_calls(&self) -> usize {
        match &self.state {
            State::LoggedOut => 0,
            State::LoggingIn(attempt) => attempt.callers.len(),
            State::LoggedIn(live) => live.renewal.waiting_calls(),
            State::LoggingOut(leaving) => leaving.callers.len(),
        }
    }

    /// Whether this user is logged in, or logging in, with this very ticket.
    pub(super) fn has(&self, user: &UserId, ticket: &Ticket) -> bool {
        match &self.state {
            State::LoggingIn(attempt) => attempt.user == *user && attempt.ticket == *ticket,
            State::LoggedOut | State::LoggedIn(_) | State::LoggingOut(_) => {
                self.is_logged_in_with(user, ticket)
            }
        }
    }

    pub(super) fn is_logged_in_with(&self, user: &UserId, ticket: &Ticket) -> bool {
        matches!(&self.state, State::LoggedIn(live) if live.user == *user && live.ticket == *ticket)
    }

    pub(super) fn first_frame(&self, frame: &GatewayFrame) -> FirstFrame {
        match (&self.state, frame) {
            (_, GatewayFrame::Drain(drain)) => FirstFrame::FailsTheTry(draining(drain)),
            (State::LoggedIn(live), GatewayFrame::LoginRefused(refused))
                if refused.session == live.session =>
            {
                if is_worth_retrying(refused) {
                    FirstFrame::FailsTheTry(error_of(refused))
                } else {
                    FirstFrame::GreetsQuietly
                }
            }
            (State::LoggedIn(_), GatewayFrame::Kicked(_) | GatewayFrame::Expired(_)) => {
                FirstFrame::GreetsQuietly
            }
            (State::LoggedOut | State::LoggingIn(_) | State::LoggedIn(_) | State::LoggingOut(_), _) => {
                FirstFrame::Greets
            }
        }
    }
}

impl Running {
    /// Runs one event through the machine.
    pub(super) fn login_event(&mut self, now: Millis, cx: &mut Shared, event: Event) {
        #[cfg(feature = "transitions")]
        let (from, by) = (names::of_state(&self.login.state), names::of_event(&event));
        let state = std::mem::take(&mut self.login.state);
        let next = self.step(now, cx, state, event);
        self.login.state = next;
        #[cfg(feature = "transitions")]
        transitions::record!("client login", from, by, names::of_state(&self.login.state));
        match &self.login.state {
            State::LoggedOut => cx.set(LoginStatus::LoggedOut, None),
            State::LoggingIn(_) => cx.set(LoginStatus::LoggingIn, None),
            State::LoggedIn(live) => cx.set(LoginStatus::LoggedIn, Some(live.user)),
            State::LoggingOut(_) => cx.set(LoginStatus::LoggingOut, None),
        }
    }

    /// The table.
    fn step(&mut self, now: Millis, cx: &mut Shared, state: State, event: Event) -> State {
        use Event as E;
        use State::{LoggedIn, LoggedOut, LoggingIn, LoggingOut};
        match (state, event) {
            (LoggedOut, E::Login { call, user, ticket }) => self.begin(now, cx, call, user, ticket),
            (LoggingIn(attempt), E::Login { call, user, ticket }) => {
                self.log_in_again(now, cx, attempt, call, user, ticket)
            }
            (LoggedIn(live), E::Login { call, user, ticket }) if live.user == user => {
                self.renew_by_login(now, cx, live, call, ticket)
            }
            (LoggedIn(live), E::Login { call, user, ticket }) => {
                self.leave_for_another(cx, live);
                self.begin(now, cx, call, user, ticket)
            }
            (LoggingOut(leaving), E::Login { call, user, ticket }) => {
                self.finish_logout(cx, leaving);
                self.begin(now, cx, call, user, ticket)
            }

            (LoggedOut, E::Logout { call }) => {
                cx.complete(call, Ok(()));
                LoggedOut
            }
            (LoggingIn(attempt), E::Logout { call }) => {
                self.cancel(cx, attempt, codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED);
                cx.complete(call, Ok(()));
                LoggedOut
            }
            (LoggedIn(live), E::Logout { call }) => self.log_out(now, cx, live, call),
            (LoggingOut(mut leaving), E::Logout { call }) => {
                leaving.callers.push(call);
                LoggingOut(leaving)
            }

            (LoggedOut, E::UnInit) => LoggedOut,
            (LoggingIn(attempt), E::UnInit) => {
                self.cancel(cx, attempt, codes::ERR_SDK_COMM_INTERRUPT);
                LoggedOut
            }
            (LoggedIn(live), E::UnInit) => self.interrupt(cx, live),
            (LoggingOut(leaving), E::UnInit) => {
                cx.complete_all(leaving.callers, &Err(Error::of(codes::ERR_SDK_COMM_INTERRUPT)));
                LoggedOut
            }

            (LoggingIn(attempt), E::LinkUp) => LoggingIn(self.send_login(cx, attempt)),
            (LoggedIn(live), E::LinkUp) => self.resume(cx, live),
            (state @ (LoggedOut | LoggingOut(_)), E::LinkUp) => {
                self.report_ends(cx);
                state
            }

            (LoggingIn(attempt), E::LinkFailed { error, answered }) => {
                self.login_link_failed(now, cx, attempt, error, answered)
            }
            (LoggedIn(live), E::LinkFailed { .. } | E::LinkClosed) => {
                LoggedIn(self.renewal_link_failed(live))
            }
            (LoggingOut(leaving), E::LinkFailed { .. } | E::LinkClosed) => self.finish_logout(cx, leaving),
            (LoggingIn(mut attempt), E::LinkClosed) => {
                attempt.sent_on = None;
                LoggingIn(attempt)
            }

            (LoggingIn(attempt), E::Accepted(ok)) if ok.session == attempt.session => {
                self.accepted(now, cx, attempt, &ok)
            }
            (LoggedIn(live), E::Accepted(ok)) if ok.session == live.session => {
                self.resumed(now, cx, live, &ok)
            }
            // An acknowledgement that comes after cancel, supersede or deadline is logged out at once (C10).
            (state, E::Accepted(ok)) => {
                self.log_out_late(cx, &ok);
                state
            }

            (LoggingIn(attempt), E::Refused(refused)) if refused.session == attempt.session => {
                self.login_refused(now, cx, attempt, &refused)
            }
            (LoggedIn(live), E::Refused(refused)) if refused.session == live.session => {
                self.resume_refused(now, cx, live, &refused)
            }
            (state, E::Refused(_)) => state,

            (LoggedIn(live), E::Renewed(renewed)) if renewed.session == live.session => {
                self.renewed(now, cx, live, &renewed)
            }
            (LoggedIn(live), E::RenewRefused(refused)) if refused.session == live.session => {
                self.renew_refused(now, cx, live, &refused)
            }
            // The answer to a renewal of a session that has ended since.
            (state, E::Renewed(_) | E::RenewRefused(_)) => state,

            (LoggingOut(leaving), E::LoggedOut(note)) if note.session == leaving.session => {
                cx.forget_end(note.session);
                self.finish_logout(cx, leaving)
            }
            (state, E::LoggedOut(note)) => {
                cx.forget_end(note.session);
                state
            }

            (LoggedIn(live), E::Kicked(kicked)) if kicked.session == live.session => {
                self.confirm_kick(cx, live.user, live.session);
                let kick =
                    Kick { reason: kicked.reason, platform: kicked.platform, at: kicked.at, code: None };
                self.kicked(cx, live, kick)
            }
            (LoggingIn(attempt), E::Kicked(kicked)) if kicked.session == attempt.session => {
                self.confirm_kick(cx, attempt.user, attempt.session);
                let error = Error::of(code_of_kick(kicked.reason));
                self.fail(cx, attempt, error)
            }
            // It ended by its own user first, and a session ends once (C1).
            (state, E::Kicked(kicked)) => self.kicked_late(cx, state, &kicked),

            (LoggedIn(live), E::Expired(note)) if note.session == live.session => self.expire(cx, live),
            (LoggingIn(attempt), E::Expired(note)) if note.session == attempt.session => {
                self.fail(cx, attempt, Error::of(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED))
            }
            (LoggingOut(leaving), E::Expired(note)) if note.session == leaving.session => {
                cx.forget_end(note.session);
                self.finish_logout(cx, leaving)
            }
            (state, E::Expired(_)) => state,

            (LoggedIn(live), E::ExpiryDue | E::ClockHeard) => self.check_expiry(now, cx, live),
            (LoggingIn(attempt), E::LoginDeadline) => self.login_deadline(cx, attempt),
            (LoggingOut(leaving), E::LogoutDeadline) => self.finish_logout(cx, leaving),
            (LoggedIn(live), E::RenewDeadline) => LoggedIn(self.renew_deadline(now, cx, live)),
            (LoggedIn(live), E::TicketDeadline) => self.ticket_deadline(cx, live),
            (LoggedIn(live), E::AskTicketDue) => LoggedIn(self.ask_ticket(now, cx, live)),
            (LoggedIn(live), E::ProviderChanged) => LoggedIn(self.provider_changed_under(now, cx, live)),
            (LoggedIn(live), E::Provided(request, answer)) => self.provided(now, cx, live, request, answer),

            // A link that fails while nobody is logged in concerns nobody here.
            (LoggedOut, E::LinkFailed { .. } | E::LinkClosed) => LoggedOut,
            // Timers and answers that a change of state has made void (C15: a late ticket is dropped).
            (
                state @ (LoggedOut | LoggingIn(_) | LoggingOut(_)),
                E::ExpiryDue
                | E::ClockHeard
                | E::RenewDeadline
                | E::TicketDeadline
                | E::AskTicketDue
                | E::ProviderChanged
                | E::Provided(..),
            )
            | (state @ (LoggedOut | LoggedIn(_) | LoggingOut(_)), E::LoginDeadline)
            | (state @ (LoggedOut | LoggingIn(_) | LoggedIn(_)), E::LogoutDeadline) => state,
        }
    }
}

/// Whether a resume that was refused so may be tried again. 6208 is worth another login, but it ends this session.
pub(super) fn is_worth_retrying(refused: &Refused) -> bool {
    refused.retryable && refused.code != codes::ERR_LOGIN_KICKED_OFF_BY_OTHER
}

/// The gateway's refusal as an error.
pub(super) fn error_of(refused: &Refused) -> Error {
    Error {
        code: refused.code,
        desc: refused.desc.clone(),
        retryable: refused.retryable,
        retry_after: refused.retry_after,
    }
}

/// The gateway is about to stop (G8).
pub(super) fn draining(drain: &wire::Drain) -> Error {
    Error::new(codes::ERR_SVR_SSO_OVERLOAD, "the gateway is stopping").retry_after(Some(drain.retry_after))
}

/// What a call gets whose session was kicked under it.
fn code_of_kick(reason: KickReason) -> Code {
    match reason {
        KickReason::Policy | KickReason::Other => codes::ERR_LOGIN_KICKED_OFF_BY_OTHER,
        KickReason::Disabled => codes::ERR_SVR_ACCOUNT_BLACKLIST,
        KickReason::Admin | KickReason::Revoked => codes::ERR_SVR_ACCOUNT_INVALID_USERSIG,
        KickReason::TicketRefused => codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED,
    }
}

impl Live {
    /// The ticket that a resume is tried with: a newer one that waits, if the old one was found expired.
    fn ticket_to_resume(&self) -> &Ticket {
        match self.renewal.refresh() {
            Some(Refresh { ticket, resumes: true, .. }) => ticket,
            Some(_) | None => &self.ticket,
        }
    }
}

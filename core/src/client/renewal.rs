//! New tickets under a session that is logged in: by a login call (C7), or by the provider (C15).

use super::Shared;
use super::login::{Live, State, error_of, is_worth_retrying};
use super::queue::{CallId, EventKind, Kick, TicketRequestId};
use super::running::Running;
use super::timers::Timer;
use crate::error::Error;
use crate::generated::codes;
use crate::generated::status::LoginStatus;
use crate::ticket::Ticket;
use crate::time::Millis;
use crate::wire::{ClientFrame, KickReason, LoginOk, Refused, Renew, Renewed};

/// The renewals of one session.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    refresh: Option<Refresh>,
    /// When the provider is to be asked, in gateway time.
    due: Millis,
    /// The question to the provider that is open.
    request: Option<TicketRequestId>,
    asked: Option<Millis>,
    failures: u32,
}

/// A new ticket on its way.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) ticket: Ticket,
    /// The login calls that wait for it; none if the provider gave it, or if they have waited for too long.
    callers: Vec<CallId>,
    /// Whether the provider gave it.
    provided: bool,
    /// The attempt that it was sent with, on the connection that is up.
    sent: Option<u64>,
    /// The old ticket was found expired at a resume, so that this one goes into the next.
    pub(super) resumes: bool,
}

impl Renewal {
    pub(super) fn refresh(&self) -> Option<&Refresh> {
        self.refresh.as_ref()
    }

    pub(super) fn waiting_calls(&self) -> usize {
        self.refresh.as_ref().map_or(0, |refresh| refresh.callers.len())
    }

    pub(super) fn into_callers(self) -> Vec<CallId> {
        self.refresh.map_or_else(Vec::new, |refresh| refresh.callers)
    }
}

impl Running {
    // ---- by a login call (C7) -----------------------------------------------------------------------------------

    pub(super) fn renew_by_login(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut live: Live,
        call: CallId,
        ticket: Ticket,
    ) -> State {
        let is_ignored = self.config.settings.ignore_repeat_login && !live.awaits_ticket;
        if live.ticket == ticket || is_ignored {
            cx.complete(call, Ok(()));
            return State::LoggedIn(live);
        }
        match &mut live.renewal.refresh {
            Some(refresh) if refresh.ticket == ticket && !refresh.callers.is_empty() => {
                refresh.callers.push(call);
                return State::LoggedIn(live);
            }
            Some(_) | None => {}
        }
        if let Some(older) = live.renewal.refresh.take() {
            cx.complete_all(older.callers, &Err(Error::of(codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED)));
        }
        live.renewal.request = None;
        live.renewal.refresh = Some(Refresh {
            ticket,
            callers: vec![call],
            provided: false,
            sent: None,
            resumes: live.awaits_ticket,
        });
        live.awaits_ticket = false;
        self.timers.clear(Timer::TicketDeadline);
        self.timers.set(Timer::RenewDeadline, now + Millis(self.config.settings.login_timeout_ms));
        State::LoggedIn(self.send_renewal(cx, live))
    }

    pub(super) fn renew_deadline(&mut self, now: Millis, cx: &mut Shared, mut live: Live) -> Live {
        if let Some(refresh) = live.renewal.refresh.take() {
            let code = match refresh.sent {
                Some(_) => codes::ERR_SDK_NET_WAIT_ACK_TIMEOUT,
                None => codes::ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK,
            };
            cx.complete_all(refresh.callers, &Err(Error::of(code)));
            // Its answer may still come, and then holds, and the old ticket may be good for nothing any more. If it was
            // never sent, nothing is left of it.
            if refresh.sent.is_some() || refresh.resumes {
                live.renewal.refresh = Some(Refresh { callers: Vec::new(), ..refresh });
            }
        }
        // The question to the provider may have come due meanwhile.
        self.schedule_renewal(now, cx, live)
    }

    // ---- by the provider (C15) ----------------------------------------------------------------------------------

    /// A ticket was accepted: its expiry and the next renewal are set.
    pub(super) fn lifetime_begins(&mut self, now: Millis, cx: &mut Shared, mut live: Live) -> Live {
        live.renewal.failures = 0;
        let settings = &self.config.settings;
        let jitter = settings.ticket_renew_jitter_percent;
        let percent =
            settings.ticket_renew_percent.saturating_sub(jitter) * 100 + cx.ids.between(0, 200 * jitter);
        let accepted = self.clock.gateway(now).unwrap_or(live.expires);
        let part = u128::from((live.expires - accepted).0) * u128::from(percent) / 10_000;
        live.renewal.due = accepted + Millis(u64::try_from(part).unwrap_or(u64::MAX));
        self.schedule_renewal(now, cx, live)
    }

    /// Sets the time of the next question, which moves with the gateway's clock as expiry does.
    pub(super) fn schedule_renewal(&mut self, now: Millis, cx: &mut Shared, live: Live) -> Live {
        if cx.has_provider {
            let at = self.clock.own(now, live.renewal.due).max(self.ask_again_at(&live));
            self.timers.set(Timer::AskTicket, at);
        } else {
            self.timers.clear(Timer::AskTicket);
        }
        live
    }

    /// Whoever was asked is not there any more, and its answer counts no more: whoever is there now gets a question of
    /// its own.
    pub(super) fn provider_changed_under(&mut self, now: Millis, cx: &mut Shared, mut live: Live) -> Live {
        live.renewal.request = None;
        self.schedule_renewal(now, cx, live)
    }

    /// The earliest time of the next question: the interval after the last one, or after an error its back-off.
    fn ask_again_at(&self, live: &Live) -> Millis {
        let settings = &self.config.settings;
        let Some(asked) = live.renewal.asked else { return Millis::ZERO };
        match live.renewal.failures {
            0 => asked + Millis(settings.ticket_request_interval_ms),
            failures => {
                let doubled = settings.ticket_retry_min_ms.saturating_mul(1 << (failures - 1).min(30));
                asked + Millis(doubled.min(settings.ticket_retry_max_ms))
            }
        }
    }

    pub(super) fn ask_ticket(&mut self, now: Millis, cx: &mut Shared, mut live: Live) -> Live {
        if cx.has_provider && live.renewal.request.is_none() && live.renewal.refresh.is_none() {
            let request = cx.next_request();
            live.renewal.request = Some(request);
            live.renewal.asked = Some(now);
            cx.raise(EventKind::TicketRequest(request, live.user));
        }
        live
    }

    pub(super) fn provided(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut live: Live,
        request: TicketRequestId,
        answer: Result<Ticket, String>,
    ) -> State {
        if live.renewal.request != Some(request) {
            return State::LoggedIn(live);
        }
        live.renewal.request = None;
        let useful = |ticket: &Ticket| {
            !ticket.expose().is_empty() && *ticket != live.ticket && !self.is_expired(now, ticket)
        };
        match answer {
            Ok(ticket) if useful(&ticket) => {
                let resumes = live.awaits_ticket;
                live.awaits_ticket = false;
                self.timers.clear(Timer::TicketDeadline);
                let callers = Vec::new();
                live.renewal.refresh = Some(Refresh { ticket, callers, provided: true, sent: None, resumes });
                State::LoggedIn(self.send_renewal(cx, live))
            }
            Ok(_) | Err(_) if live.awaits_ticket => self.expire(cx, live),
            Ok(_) | Err(_) => State::LoggedIn(self.provider_failed(now, live)),
        }
    }

    /// A provider error never ends a session (C15).
    fn provider_failed(&mut self, now: Millis, mut live: Live) -> Live {
        live.renewal.failures = live.renewal.failures.saturating_add(1);
        live.renewal.asked = Some(now);
        self.timers.set(Timer::AskTicket, self.ask_again_at(&live));
        live
    }

    /// The provider was asked after 70001 at a resume, and has not answered.
    pub(super) fn ticket_deadline(&mut self, cx: &mut Shared, live: Live) -> State {
        if live.awaits_ticket { self.expire(cx, live) } else { State::LoggedIn(live) }
    }

    // ---- both ---------------------------------------------------------------------------------------------------

    fn send_renewal(&mut self, cx: &mut Shared, mut live: Live) -> Live {
        let (Some(connection), Some(refresh)) = (self.link.up(), &mut live.renewal.refresh) else {
            return live;
        };
        if refresh.sent.is_none() && !refresh.resumes {
            cx.attempt += 1;
            refresh.sent = Some(cx.attempt);
            let renew = Renew { session: live.session, attempt: cx.attempt, ticket: refresh.ticket.clone() };
            cx.send(connection, ClientFrame::Renew(renew));
        }
        live
    }

    pub(super) fn renewal_link_failed(&mut self, mut live: Live) -> Live {
        if let Some(refresh) = &mut live.renewal.refresh {
            refresh.sent = None;
        }
        live
    }

    pub(super) fn renewed(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut live: Live,
        renewed: &Renewed,
    ) -> State {
        match live.renewal.refresh.take() {
            Some(refresh) if refresh.sent == Some(renewed.attempt) => {
                live.expires = renewed.expires;
                self.take_over(now, cx, live, refresh)
            }
            other => {
                live.renewal.refresh = other;
                State::LoggedIn(live)
            }
        }
    }

    fn take_over(&mut self, now: Millis, cx: &mut Shared, mut live: Live, refresh: Refresh) -> State {
        self.timers.clear(Timer::RenewDeadline);
        live.ticket = refresh.ticket;
        live.renewal.request = None;
        cx.complete_all(refresh.callers, &Ok(()));
        let live = self.lifetime_begins(now, cx, live);
        self.timers.set(Timer::Expiry, self.clock.own(now, live.expires + Millis(1)));
        State::LoggedIn(live)
    }

    pub(super) fn renew_refused(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut live: Live,
        refused: &Refused,
    ) -> State {
        match live.renewal.refresh.take() {
            Some(refresh) if refresh.sent == Some(refused.attempt) => {
                self.timers.clear(Timer::RenewDeadline);
                if refresh.provided {
                    return State::LoggedIn(self.provider_failed(now, live));
                }
                cx.complete_all(refresh.callers, &Err(error_of(refused)));
                State::LoggedIn(self.schedule_renewal(now, cx, live))
            }
            other => {
                live.renewal.refresh = other;
                State::LoggedIn(live)
            }
        }
    }

    // ---- resuming (C11) -----------------------------------------------------------------------------------------

    /// A connection came up without carrying the resume in its upgrade.
    pub(super) fn resume(&mut self, cx: &mut Shared, live: Live) -> State {
        self.login.state = State::LoggedIn(live);
        if let Some(connection) = self.link.up()
            && let Some(login) = self.login_to_dial(cx, connection)
        {
            cx.send(connection, ClientFrame::Login(Box::new(login)));
        }
        std::mem::take(&mut self.login.state)
    }

    pub(super) fn resumed(&mut self, now: Millis, cx: &mut Shared, mut live: Live, ok: &LoginOk) -> State {
        cx.ends.retain(|(_, reported)| *reported != Some(ok.attempt));
        live.expires = ok.expires;
        match live.renewal.refresh.take() {
            Some(refresh) if refresh.resumes => self.take_over(now, cx, live, refresh),
            refresh => {
                live.renewal.refresh = refresh;
                self.timers.set(Timer::Expiry, self.clock.own(now, live.expires + Millis(1)));
                State::LoggedIn(self.send_renewal(cx, live))
            }
        }
    }

    pub(super) fn resume_refused(
        &mut self,
        now: Millis,
        cx: &mut Shared,
        mut live: Live,
        refused: &Refused,
    ) -> State {
        if is_worth_retrying(refused) {
            // Only on a connection that was up before: else it has failed as a try.
            self.login.state = State::LoggedIn(self.renewal_link_failed(live));
            self.drop_link(now, cx, error_of(refused));
            return std::mem::take(&mut self.login.state);
        }
        let next = if refused.code == codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED {
            match &mut live.renewal.refresh {
                // A newer ticket waits for the connection: it is what the resume needs.
                Some(refresh) if !refresh.resumes => {
                    refresh.resumes = true;
                    self.login.in_a_hurry = true;
                    State::LoggedIn(live)
                }
                Some(_) => self.expire(cx, live),
                None => self.ask_after_expiry(now, cx, live),
            }
        } else {
            let (reason, code) = match refused.code {
                codes::ERR_SVR_ACCOUNT_INVALID_USERSIG => (KickReason::Revoked, None),
                codes::ERR_SVR_ACCOUNT_BLACKLIST => (KickReason::Disabled, None),
                codes::ERR_LOGIN_KICKED_OFF_BY_OTHER => (KickReason::Policy, None),
                code => (KickReason::TicketRefused, Some(code)),
            };
            // The call that brought this ticket gets the answer itself (C7).
            if let Some(Refresh { callers, resumes: true, .. }) = &mut live.renewal.refresh {
                cx.complete_all(std::mem::take(callers), &Err(error_of(refused)));
            }
            self.kicked(cx, live, Kick { reason, platform: None, at: refused.time, code })
        };
        // The gateway closes after a refusal. If the session lives on, this connection is of no use to it either.
        self.login.state = next;
        self.close_link(now, cx);
        std::mem::take(&mut self.login.state)
    }

    /// 70001 at a resume: the provider is asked, if it was not just now; else the ticket has expired (C11, C14).
    fn ask_after_expiry(&mut self, now: Millis, cx: &mut Shared, mut live: Live) -> State {
        let asked_already = live.renewal.request.is_some();
        if !cx.has_provider || (!asked_already && now < self.ask_again_at(&live)) {
            return self.expire(cx, live);
        }
        live.awaits_ticket = true;
        self.timers.set(Timer::TicketDeadline, now + Millis(self.config.settings.login_timeout_ms));
        cx.set(LoginStatus::LoggedIn, Some(live.user));
        State::LoggedIn(self.ask_ticket(now, cx, live))
    }
}

//! Logging out, and leaving for another account.

use super::{Leaving, Live, State};
use crate::client::queue::CallId;
use crate::client::running::Running;
use crate::client::timers::Timer;
use crate::client::{Order, Shared};
use crate::error::Error;
use crate::generated::codes;
use crate::generated::status::LoginStatus;
use crate::id::{SessionId, UserId};
use crate::time::Millis;
use crate::wire::{ClientFrame, Logout};

impl Running {
    pub(super) fn log_out(&mut self, now: Millis, cx: &mut Shared, live: Live, call: CallId) -> State {
        let (user, session) = (live.user, live.session);
        self.end_lifetime(
            cx,
            live,
            &Error::of(codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED),
            LoginStatus::LoggingOut,
        );
        cx.remember_end(self.end_of(user, session));
        if self.link.up().is_none() {
            self.dial_goes_stale();
            cx.set(LoginStatus::LoggedOut, None);
            cx.complete(call, Ok(()));
            return State::LoggedOut;
        }
        self.send_end(cx, user, session);
        self.timers.set(Timer::LogoutDeadline, now + Millis(self.config.settings.logout_timeout_ms));
        State::LoggingOut(Leaving { session, callers: vec![call] })
    }

    pub(super) fn finish_logout(&mut self, cx: &mut Shared, leaving: Leaving) -> State {
        self.timers.clear(Timer::LogoutDeadline);
        cx.set(LoginStatus::LoggedOut, None);
        cx.complete_all(leaving.callers, &Ok(()));
        State::LoggedOut
    }

    /// Account switch (C7): the login that follows ends this session first.
    pub(super) fn leave_for_another(&mut self, cx: &mut Shared, live: Live) {
        let end = self.end_of(live.user, live.session);
        self.dial_goes_stale();
        self.end_lifetime(
            cx,
            live,
            &Error::of(codes::ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED),
            LoginStatus::LoggingIn,
        );
        cx.remember_end(end);
    }

    pub(super) fn interrupt(&mut self, cx: &mut Shared, live: Live) -> State {
        let (user, session) = (live.user, live.session);
        self.end_lifetime(cx, live, &Error::of(codes::ERR_SDK_COMM_INTERRUPT), LoginStatus::LoggedOut);
        cx.remember_end(self.end_of(user, session));
        if self.link.up().is_some() {
            self.send_end(cx, user, session);
        }
        State::LoggedOut
    }

    pub(super) fn end_of(&self, user: UserId, session: SessionId) -> Logout {
        Logout { app: self.config.app, user: user.to_string(), session }
    }

    pub(super) fn send_end(&mut self, cx: &mut Shared, user: UserId, session: SessionId) {
        if let Some(connection) = self.link.up() {
            cx.send(connection, ClientFrame::Logout(self.end_of(user, session)));
        }
    }

    /// C8: an ended session is reported at the device's next connection.
    pub(super) fn report_ends(&mut self, cx: &mut Shared) {
        let Some(connection) = self.link.up() else { return };
        for (end, _) in &cx.ends {
            let frame = ClientFrame::Logout(end.clone());
            cx.orders.push_back(Order::Send { connection, frame });
        }
    }
}

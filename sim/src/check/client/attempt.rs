//! The login that a client is trying: what begins it, and what alone may end it.

use tessera_core::client::{Report, Stamp};
use tessera_core::generated::status::LoginStatus;
use tessera_core::id::SessionId;
use tessera_core::wire::GatewayFrame;

use super::super::Verdict;
use super::super::gateway::Ledger;
use super::{Attempt, Cause, ClientBook, Live};
use crate::seen::Input;

impl ClientBook {
    pub(super) fn follow_attempt(
        &mut self,
        ledger: &mut Ledger,
        input: &Input,
        (before, after): (Stamp, Stamp),
    ) -> Verdict {
        let was_logging_in = before.status == LoginStatus::LoggingIn;
        if let Input::Login { user, ticket, refused_here, .. } = input {
            let begins = if was_logging_in {
                let same = |attempt: &Attempt| attempt.user == *user && attempt.ticket == *ticket;
                !refused_here && !self.attempt.as_ref().is_some_and(same)
            } else {
                after.status == LoginStatus::LoggingIn && before.epoch != after.epoch
            };
            if begins {
                self.attempt_ends();
                self.attempt = Some(Attempt { user: *user, ticket: *ticket, session: None });
                self.quiet = false;
            }
            return Ok(());
        }
        if !was_logging_in || before.epoch == after.epoch {
            return match after.status {
                LoginStatus::LoggedIn | LoginStatus::LoggingIn if before.epoch != after.epoch => {
                    Err(format!("it logged in by itself, by {input:?}"))
                }
                _ => Ok(()),
            };
        }
        let Some(attempt) = &self.attempt else { return Err("a login ended that never was".to_owned()) };
        let session = attempt.session;
        let names = |named: SessionId| Some(named) == session;
        match input {
            Input::Report(Report::Frame(GatewayFrame::LoginOk(ok))) if names(ok.session) => {
                ledger.check_acknowledged(ok.session, attempt.user)?;
                if after.status == LoginStatus::LoggedIn && after.user != Some(attempt.user) {
                    return Err(format!("{:?} logged in, not {}", after.user, attempt.user));
                }
                let expires = (ok.expires, ok.expires);
                self.live = Some(Live { session: ok.session, expires, awaits_ticket: false });
                self.attempt = None;
                ledger.tally.count("logins");
                if after.status != LoginStatus::LoggedIn {
                    self.session_ends(ledger, Cause::Expiry, after.epoch);
                }
                Ok(())
            }
            Input::Report(Report::Frame(frame)) => {
                let named = match frame {
                    GatewayFrame::LoginRefused(refused) => Some(refused.session),
                    GatewayFrame::Kicked(kicked) => Some(kicked.session),
                    GatewayFrame::Expired(note) => Some(note.session),
                    _ => None,
                };
                if named.is_none_or(|named| !names(named)) {
                    return Err(format!("its login ended by a frame that is not about it: {frame:?}"));
                }
                self.attempt_ends();
                Ok(())
            }
            Input::Report(Report::Failed { answered: true, .. })
            | Input::Timeout
            | Input::Logout { .. }
            | Input::UnInit => {
                self.attempt_ends();
                Ok(())
            }
            Input::Report(Report::Failed { .. } | Report::Heard)
            | Input::Init
            | Input::Provided
            | Input::Other
            | Input::Login { .. }
            | Input::Killed => Err(format!("its login ended by {input:?}")),
        }
    }

    fn attempt_ends(&mut self) {
        self.dead.extend(self.attempt.take().and_then(|attempt| attempt.session));
    }
}

//! Names of states and events, for the record of transitions.

use super::{Event, State};

pub(super) struct Name(&'static str);

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

pub(super) fn of_state(state: &State) -> Name {
    Name(match state {
        State::LoggedOut => "LoggedOut",
        State::LoggingIn(_) => "LoggingIn",
        State::LoggedIn(_) => "LoggedIn",
        State::LoggingOut(_) => "LoggingOut",
    })
}

pub(super) fn of_event(event: &Event) -> Name {
    Name(match event {
        Event::Login { .. } => "Login",
        Event::Logout { .. } => "Logout",
        Event::UnInit => "UnInit",
        Event::ProviderChanged => "ProviderChanged",
        Event::Provided(_, Ok(_)) => "TicketProvided",
        Event::Provided(_, Err(_)) => "ProviderFailed",
        Event::LinkUp => "LinkUp",
        Event::LinkFailed { answered: false, .. } => "LinkFailed",
        Event::LinkFailed { answered: true, .. } => "LinkRefused",
        Event::LinkClosed => "LinkClosed",
        Event::ClockHeard => "ClockHeard",
        Event::Accepted(_) => "Accepted",
        Event::Refused(_) => "Refused",
        Event::Renewed(_) => "Renewed",
        Event::RenewRefused(_) => "RenewRefused",
        Event::LoggedOut(_) => "LoggedOut",
        Event::Kicked(_) => "Kicked",
        Event::Expired(_) => "Expired",
        Event::ExpiryDue => "ExpiryDue",
        Event::LoginDeadline => "LoginDeadline",
        Event::LogoutDeadline => "LogoutDeadline",
        Event::RenewDeadline => "RenewDeadline",
        Event::TicketDeadline => "TicketDeadline",
        Event::AskTicketDue => "AskTicketDue",
    })
}

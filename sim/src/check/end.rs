//! A world at rest: the faults have ended, and everybody had the time to find that out.

use std::collections::BTreeSet;

use tessera_core::generated::status::{ConnectionStatus, LoginStatus};
use tessera_core::id::SessionId;
use tessera_core::time::Millis;

use super::{Checker, Verdict};
use crate::world::World;

/// A ticket that ends so soon may be over on one side already.
const EXPIRING: Millis = Millis(3_000);

impl Checker {
    /// C11: whoever is still logged in is connected, and gateway and client agree on it.
    pub(crate) fn everybody_is_connected(&self, world: &World) -> Verdict {
        for (device, book) in self.clients.iter().enumerate() {
            let client = &world.device(device).client;
            if client.stamp().status != LoginStatus::LoggedIn {
                continue;
            }
            let Some(live) = &book.live else {
                return Err(format!("d{device} is logged in without a session"));
            };
            if world.gateway_now() + EXPIRING > live.expires.0 {
                continue;
            }
            let live = live.session;
            let carried = world.session_of(device);
            if client.connection_status() != ConnectionStatus::Connected || carried != Some(live) {
                let status = client.connection_status();
                return Err(format!(
                    "d{device} is logged in with {live:?}, but {status:?}, and the gateway has {carried:?} there"
                ));
            }
            if self.ledger.books.get(&live).is_some_and(|book| book.kicked.is_some()) {
                return Err(format!("d{device} is logged in with {live:?}, which was kicked"));
            }
        }
        Ok(())
    }

    /// Nothing is left over: no call without a result, no end untold, no session that no client has.
    pub(crate) fn nothing_is_left_over(&self, world: &World) -> Verdict {
        let mut live = BTreeSet::new();
        for (device, book) in self.clients.iter().enumerate() {
            if let Some((call, what)) = book.calls.first_key_value() {
                return Err(format!("d{device}: {call:?} ({what:?}) has no result"));
            }
            if let Some((epoch, end)) =
                book.ends.iter().find(|(_, end)| !end.told && !end.optional && !end.dropped)
            {
                return Err(format!("d{device}: nobody was told of {end:?} in epoch {epoch}"));
            }
            live.extend(book.live.as_ref().map(|live| live.session));
        }
        let ghosts: Vec<SessionId> = self
            .ledger
            .users()
            .flat_map(|user| world.gateway.sessions(user))
            .map(|info| info.session)
            .filter(|session| !live.contains(session))
            .collect();
        if ghosts.is_empty() {
            Ok(())
        } else {
            Err(format!("no client has {ghosts:?}, which the registry has"))
        }
    }
}

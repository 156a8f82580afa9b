//! What a [`Sabotage`] needs of the glue.

use tessera_core::gateway::connection::Event;
use tessera_core::gateway::registry::SessionInfo;
use tessera_core::id::SessionId;
use tessera_core::time::Millis;
use tessera_core::wire::{GatewayFrame, Kicked, Login};

use super::Gateway;
use crate::sabotage::Sabotage;
use crate::seen::Seen;

impl Gateway {
    pub(super) fn note_place(&mut self, connection: u64, login: &Login) {
        if self.sabotage == Some(Sabotage::KickByPlatform) {
            let info = SessionInfo {
                session: login.session,
                device: login.device,
                platform: login.platform,
                order: 0,
                connected: true,
                expires: Millis::NEVER,
            };
            self.places.insert(login.session, (connection, info));
        }
    }

    /// Kicks whoever is on the platform of a victim.
    pub(super) fn kick_platform(&mut self, now: Millis, kicked: &Kicked) {
        let Some(platform) = self.places.get(&kicked.session).map(|(_, info)| info.platform) else { return };
        let others: Vec<(u64, SessionId)> = self
            .places
            .iter()
            .filter(|(session, (_, info))| info.platform == platform && **session != kicked.session)
            .map(|(session, (connection, _))| (*connection, *session))
            .collect();
        for (connection, session) in others {
            let frame = GatewayFrame::Kicked(Kicked { session, ..kicked.clone() });
            self.see(|| Seen::Decided { connection, frame: frame.clone() });
            self.event(now, connection, Event::Answer(frame));
        }
    }
}

//! The gateway's time as the client knows it (C14): the own clock, corrected by every timestamp of the gateway.

use crate::time::Millis;

/// Gateway time, once one was heard.
#[derive(Debug, Default)]
pub(super) struct GatewayClock {
    heard: Option<(Millis, Millis)>,
}

impl GatewayClock {
    pub(super) fn hear(&mut self, now: Millis, gateway: Millis) {
        self.heard = Some((now, gateway));
    }

    /// Gateway time now; `None` before the first timestamp.
    pub(super) fn gateway(&self, now: Millis) -> Option<Millis> {
        self.heard.map(|(own, gateway)| gateway + (now - own))
    }

    /// When the own clock will show what the gateway's shows at `gateway`. In the past for a time in the past.
    pub(super) fn own(&self, now: Millis, gateway: Millis) -> Millis {
        let until = self.gateway(now).map_or(Millis::NEVER, |current| gateway - current);
        now + until
    }
}

//! What of a user must survive the death of the gateway (G9). Live sessions are not in it.

use serde::{Deserialize, Serialize};

use crate::generated::status::Platform;
use crate::id::{DeviceId, SessionId};
use crate::time::Millis;
use crate::wire::KickReason;

/// How many kicks of one user wait for their clients; the oldest is forgotten for one more. It is more than a policy
/// lets in at once, so one kick of everybody always fits. Without an end, clients that never come back would make the
/// record grow with each login until their tickets expire.
const KICKS_MAX: usize = 64;

/// The durable facts of one user of one app. A user without a record has never logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserRecord {
    /// When the account was signed up by its first login (G2).
    pub created: Millis,
    /// Tickets whose `time` is before this second are refused with 70052 (G5).
    pub floor: u64,
    /// True while an operator has disabled the account (70051).
    pub disabled: bool,
    /// Signatures at or above the floor that a kick named (G5).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<Revoked>,
    /// "This device was kicked while offline" (C13).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Kicks that their clients have not confirmed (G4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kicks: Vec<PendingKick>,
    /// Devices whose session lost its connection, where `offline_kick_error` is on (G6).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offline: Vec<OfflineDevice>,
}

/// A ticket that a kick has named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Its decoded `TLS.sig`.
    pub sig: Signature,
    /// When the ticket expires by itself, which makes the row needless.
    pub expires: Millis,
}

/// A device that was kicked while it was offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The device.
    pub device: DeviceId,
    /// The platform that took its place.
    pub by: Platform,
    /// When.
    pub at: Millis,
    /// The fresh login that was refused with 6208 because of it; the same attempt gets the same answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spent_by: Option<SessionId>,
}

/// A kick that its client has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingKick {
    /// The session that was ended.
    pub session: SessionId,
    /// Its device: a fresh login from there clears the row.
    pub device: DeviceId,
    /// Why.
    pub reason: KickReason,
    /// The platform that took its place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<Platform>,
    /// When.
    pub at: Millis,
    /// When the session's ticket expires, which makes the row needless.
    pub expires: Millis,
}

/// A device that may be kicked while it is offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineDevice {
    /// Its last session.
    pub session: SessionId,
    /// The device.
    pub device: DeviceId,
    /// Its platform.
    pub platform: Platform,
    /// Its session's place in the user's order (G3).
    pub order: u64,
    /// When the row ends: at ticket expiry, or after the limit `offline_kept_ms`.
    pub until: Millis,
}

/// The decoded `TLS.sig` of a ticket, which is what identifies it (G5).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 32]);

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine;
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_bytes());
        let bytes: Option<[u8; 32]> = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Signature).ok_or_else(|| serde::de::Error::custom("expected 32 bytes in base64"))
    }
}

impl UserRecord {
    /// Drops the rows that time has made needless, and the oldest kicks past their limit.
    pub fn prune(&mut self, now: Millis) {
        self.revoked.retain(|row| now <= row.expires);
        self.kicks.retain(|row| now <= row.expires);
        self.kicks.drain(..self.kicks.len().saturating_sub(KICKS_MAX));
        self.offline.retain(|row| now <= row.until);
    }

    /// The pending kick of a session.
    pub fn kick_of(&self, session: SessionId) -> Option<&PendingKick> {
        self.kicks.iter().find(|row| row.session == session)
    }

    /// The mark of a device.
    pub fn mark_of(&self, device: DeviceId) -> Option<&Mark> {
        self.marks.iter().find(|row| row.device == device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_never_confirm_do_not_make_the_record_grow() {
        // G4; the newest kicks are kept
        let kick = |n: u8| PendingKick {
            session: SessionId([n; 16]),
            device: DeviceId([n; 16]),
            reason: KickReason::Policy,
            by: None,
            at: Millis(u64::from(n)),
            expires: Millis(1_000),
        };
        let mut record = UserRecord { kicks: (0..200).map(kick).collect(), ..UserRecord::default() };
        record.prune(Millis(1_000));
        assert_eq!(record.kicks.len(), KICKS_MAX);
        assert_eq!(record.kicks.last(), Some(&kick(199)));
    }
}

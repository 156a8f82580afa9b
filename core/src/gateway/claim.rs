//! What becomes of a claim: the decisions of G1's last checks, G3, G4, G5 and C13, made without changing anything.

use super::entry::{End, Entry, Surroundings};
use super::policy::Occupant;
use super::record::{Mark, PendingKick, UserRecord};
use super::registry::{Claim, TicketFacts};
use super::session::State;
use crate::error::Error;
use crate::generated::codes;
use crate::generated::limits::row;
use crate::generated::status::Platform;
use crate::id::{DeviceId, SessionId};
use crate::time::Millis;
use crate::wire::{KickReason, Kicked};

/// What becomes of a claim.
pub(super) enum Verdict {
    /// A newer frame of the same client has overtaken it: close, without effect.
    Stale,
    /// Its session was kicked, and this is the answer until the client confirms.
    Kicked(Kicked),
    /// Refused.
    Refused(Error),
    /// A resume meets the device's mark: write the record, then say that it was kicked (C13).
    KickedByMark(Box<UserRecord>, Kicked),
    /// A fresh login meets the device's mark: write the record, then refuse with 6208 (C13).
    RefusedByMark(Box<UserRecord>, Error),
    /// Its session is live: a new connection for it.
    Reattach,
    /// A new session.
    Enter(Entering),
}

/// A session that may enter.
pub(super) struct Entering {
    /// Whom the policy evicts.
    pub(super) victims: Vec<SessionId>,
    /// The record from then on.
    pub(super) record: Box<UserRecord>,
    /// Whether the record must be durable before the login is acknowledged (C3, G9).
    pub(super) durable_first: bool,
}

/// Decides a claim whose ticket is verified.
pub(super) fn judge<H: Clone>(entry: &Entry<H>, around: &Surroundings<'_>, claim: &Claim<H>) -> Verdict {
    if is_stale(entry, claim) {
        return Verdict::Stale;
    }
    if let Some((reason, platform, at)) = ended_by(entry, around, claim) {
        return Verdict::Kicked(kicked(around, claim.session, reason, platform, at));
    }
    let record = entry.record.as_deref();
    let kick = record.and_then(|record| record.kick_of(claim.session));
    if let Some(kick) = kick.filter(|kick| around.now <= kick.expires) {
        return Verdict::Kicked(kicked(around, claim.session, kick.reason, kick.by, kick.at));
    }
    if let Err(error) = judge_ticket(entry, around, &claim.ticket) {
        return Verdict::Refused(error);
    }
    if entry.state_of(claim.session) != State::Absent {
        return Verdict::Reattach;
    }
    match record.and_then(|record| record.mark_of(claim.device).map(|mark| (record, mark))) {
        Some((record, mark)) if around.rules.offline_kick_error => {
            meet_mark(entry, around, claim, record, mark)
        }
        Some(_) | None => Verdict::Enter(make_room(entry, around, claim)),
    }
}

/// The checks of G1 that need the user's record: expired by an operator, disabled, revoked.
pub(super) fn judge_ticket<H: Clone>(
    entry: &Entry<H>,
    around: &Surroundings<'_>,
    ticket: &TicketFacts,
) -> Result<(), Error> {
    // Time has passed since its check if the claim waited for a write.
    if around.now > ticket.expires || ticket.expires <= entry.expired_until {
        return Err(Error::of(codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED));
    }
    if let Some(record) = &entry.record {
        if record.disabled {
            let desc = "the account is disabled; an operator can enable it again";
            return Err(Error::new(codes::ERR_SVR_ACCOUNT_BLACKLIST, desc));
        }
        if ticket.second < record.floor || entry.is_revoked(&ticket.sig) {
            let desc = format!(
                "the ticket was signed at {} and tickets up to {} were revoked; sign a new one (if it is new, the \
                 signer's clock is behind)",
                ticket.second, record.floor
            );
            return Err(Error::new(codes::ERR_SVR_ACCOUNT_INVALID_USERSIG, desc));
        }
    }
    if !entry.room_to_remember(around, ticket) {
        let desc = "too many different tickets of this second; use one ticket for more than one login";
        let after = row::RECENT_TICKETS_PER_USER.retry_after;
        return Err(Error::new(codes::ERR_SVR_SSO_FREQ_LIMIT, desc).retry_after(after));
    }
    Ok(())
}

fn is_stale<H: Clone>(entry: &Entry<H>, claim: &Claim<H>) -> bool {
    let live = entry.sessions.iter().map(|session| (Some(session.instance), session.attempt));
    let ended = entry.ended.iter().map(|row| (row.instance, row.attempt));
    let highest =
        live.chain(ended).filter(|(instance, _)| *instance == Some(claim.instance)).map(|(_, n)| n).max();
    let logged_out = |row: &super::entry::Ended| row.session == claim.session && row.end == End::LoggedOut;
    highest.is_some_and(|highest| claim.attempt < highest) || entry.ended.iter().any(logged_out)
}

/// Why a session that has ended is not claimed again, if its client has to learn that it lost.
///
/// One that was kicked stays so, even when the device's next login has cleared the kick that was kept. One that another
/// of its device has replaced is not told (G4), unless its client lives on and resumes it while the other is connected:
/// the two would replace each other for ever. Without a connection the other may be the late login of a process that is
/// dead, and gives way again.
fn ended_by<H: Clone>(
    entry: &Entry<H>,
    around: &Surroundings<'_>,
    claim: &Claim<H>,
) -> Option<(KickReason, Option<Platform>, Millis)> {
    let row = entry.ended.iter().find(|row| row.session == claim.session)?;
    let has_another =
        || entry.sessions.iter().any(|session| session.device == claim.device && session.is_online());
    match row.end {
        End::Kicked { reason, by, at } => Some((reason, by, at)),
        End::Replaced(platform) if claim.resume && has_another() => {
            Some((KickReason::Policy, Some(platform), around.now))
        }
        End::Replaced(_) | End::LoggedOut | End::Other => None,
    }
}

fn meet_mark<H: Clone>(
    entry: &Entry<H>,
    around: &Surroundings<'_>,
    claim: &Claim<H>,
    record: &UserRecord,
    mark: &Mark,
) -> Verdict {
    let refusal = || {
        let desc = format!("this device was kicked by a login on {} while it was offline", mark.by.as_str());
        Error::new(codes::ERR_LOGIN_KICKED_OFF_BY_OTHER, desc)
    };
    let mut record = Box::new(record.clone());
    match mark.spent_by {
        None if claim.resume => {
            // The mark becomes a kick of this session, so that the answer is the same until the client confirms it.
            record.marks.retain(|row| row.device != claim.device);
            record.kicks.push(PendingKick {
                session: claim.session,
                device: claim.device,
                reason: KickReason::Policy,
                by: Some(mark.by),
                at: mark.at,
                expires: claim.ticket.expires,
            });
            let kicked = kicked(around, claim.session, KickReason::Policy, Some(mark.by), mark.at);
            Verdict::KickedByMark(record, kicked)
        }
        None => {
            record.marks.iter_mut().filter(|row| row.device == claim.device).for_each(|row| {
                row.spent_by = Some(claim.session);
            });
            Verdict::RefusedByMark(record, refusal())
        }
        Some(session) if session == claim.session => Verdict::Refused(refusal()),
        Some(_) => Verdict::Enter(make_room(entry, around, claim)),
    }
}

fn make_room<H: Clone>(entry: &Entry<H>, around: &Surroundings<'_>, claim: &Claim<H>) -> Entering {
    let mut record = entry
        .record
        .clone()
        .unwrap_or_else(|| Box::new(UserRecord { created: around.now, ..UserRecord::default() }));
    let mut durable_first = entry.record.is_none();

    // What this device left behind is settled by its new session.
    record.offline.retain(|row| row.device != claim.device);
    record.marks.retain(|row| row.device != claim.device);
    if !claim.resume {
        record.kicks.retain(|row| row.device != claim.device);
    }

    let others = entry.sessions.iter().filter(|session| session.device != claim.device);
    let occupants: Vec<Occupant> = others
        .map(|session| Occupant { session: session.id, platform: session.platform, order: session.order })
        .collect();
    let victims = around.rules.policy.evictions(&occupants, claim.platform);
    for victim in entry.sessions.iter().filter(|session| victims.contains(&session.id)) {
        if victim.is_online() {
            record.kicks.push(PendingKick {
                session: victim.id,
                device: victim.device,
                reason: KickReason::Policy,
                by: Some(claim.platform),
                at: around.now,
                expires: victim.last_expiry,
            });
            durable_first = true;
        } else if around.rules.offline_kick_error {
            leave_mark(&mut record, around, claim, victim.device);
            durable_first = true;
        }
    }
    if around.rules.offline_kick_error {
        durable_first |= mark_offline_devices(entry, around, claim, &occupants, &mut record);
    }
    Entering { victims, record, durable_first }
}

/// Devices without a session hold no place, but one that would have been evicted is marked (G6). True if one was.
fn mark_offline_devices<H: Clone>(
    entry: &Entry<H>,
    around: &Surroundings<'_>,
    claim: &Claim<H>,
    live: &[Occupant],
    record: &mut UserRecord,
) -> bool {
    let is_live = |device| entry.sessions.iter().any(|session| session.device == device);
    let absent = record.offline.iter().filter(|row| around.now <= row.until && !is_live(row.device));
    // A device id serves as the occupant's name here: these devices have no session.
    let absent: Vec<Occupant> = absent
        .map(|row| Occupant { session: SessionId(row.device.0), platform: row.platform, order: row.order })
        .collect();
    let everybody: Vec<Occupant> = live.iter().chain(&absent).copied().collect();
    let evicted = around.rules.policy.evictions(&everybody, claim.platform);
    let mut marked = false;
    for occupant in absent.iter().filter(|occupant| evicted.contains(&occupant.session)) {
        leave_mark(record, around, claim, DeviceId(occupant.session.0));
        marked = true;
    }
    marked
}

fn leave_mark<H>(record: &mut UserRecord, around: &Surroundings<'_>, claim: &Claim<H>, device: DeviceId) {
    record.offline.retain(|row| row.device != device);
    record.marks.retain(|row| row.device != device);
    record.marks.push(Mark { device, by: claim.platform, at: around.now, spent_by: None });
    let surplus = record.marks.len().saturating_sub(around.limits.offline_devices_per_user as usize);
    record.marks.drain(..surplus);
}

fn kicked(
    around: &Surroundings<'_>,
    session: SessionId,
    reason: KickReason,
    platform: Option<Platform>,
    at: Millis,
) -> Kicked {
    Kicked { session, time: around.now, reason, platform, at }
}

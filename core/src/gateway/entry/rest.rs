//! A user at rest: sessions that wait for nothing, in as little memory as their facts take.
//!
//! Nothing is decided here. Whatever is asked of a user wakes an [`Entry`] of it, which goes to rest again when it is
//! done; of millions of users almost all are at rest at any time.

use super::{Entry, Link, Session};
use crate::gateway::record::UserRecord;
use crate::gateway::registry::SessionInfo;
use crate::generated::status::Platform;
use crate::id::{DeviceId, InstanceId, SessionId};
use crate::time::Millis;

/// What is kept of a user between two requests.
#[derive(Debug)]
pub(in crate::gateway) enum Rest<H> {
    /// One session, and a record that says no more than when the user was signed up.
    One(One<H>),
    /// Several sessions, and such a record.
    Several(Box<Several<H>>),
    /// Anything else, such as a request that waits for a write, or a kick that the client has not confirmed.
    Awake(Box<Entry<H>>),
}

/// See [`Rest::One`]. A session's facts without room between them.
#[derive(Debug)]
pub(in crate::gateway) struct One<H> {
    created: Millis,
    id: SessionId,
    device: DeviceId,
    instance: InstanceId,
    attempt: u64,
    order: u64,
    expires: Millis,
    link: Link<H>,
    /// At most 49 days, which is more than a lease may have by the limits' range.
    lease_ms: u32,
    platform: Platform,
}

/// See [`Rest::Several`].
#[derive(Debug)]
pub(in crate::gateway) struct Several<H> {
    created: Millis,
    sessions: Box<[Session<H>]>,
}

impl<H: Clone> Rest<H> {
    /// Lays it to rest, if it is one that can.
    pub(in crate::gateway) fn settle(&mut self) {
        let Rest::Awake(entry) = self else { return };
        let Some(created) = entry.settled() else { return };
        let rest = match &entry.sessions[..] {
            [] => None,
            [session] => One::of(created, session).map(Rest::One),
            [_, _, ..] => {
                let sessions = std::mem::take(&mut entry.sessions).into_boxed_slice();
                Some(Rest::Several(Box::new(Several { created, sessions })))
            }
        };
        if let Some(rest) = rest {
            *self = rest;
        }
    }

    /// The same user awake, unless it is.
    pub(in crate::gateway) fn wake(&self) -> Option<Box<Entry<H>>> {
        let (created, sessions) = match self {
            Rest::One(one) => (one.created, vec![one.session()]),
            Rest::Several(several) => (several.created, several.sessions.to_vec()),
            Rest::Awake(_) => return None,
        };
        let record = UserRecord { created, ..UserRecord::default() };
        Some(Box::new(Entry { sessions, ..Entry::new(Some(record)) }))
    }

    /// How many sessions there are, and how many of them have a connection.
    pub(in crate::gateway) fn count(&self) -> (usize, usize) {
        match self {
            Rest::One(one) => (1, usize::from(matches!(one.link, Link::Online(_)))),
            Rest::Several(several) => super::count(&several.sessions),
            Rest::Awake(entry) => super::count(&entry.sessions),
        }
    }

    /// The sessions for people.
    pub(in crate::gateway) fn infos(&self) -> Vec<SessionInfo> {
        match self {
            Rest::Awake(entry) => entry.infos(),
            Rest::One(_) | Rest::Several(_) => self.wake().map_or_else(Vec::new, |entry| entry.infos()),
        }
    }
}

impl<H: Clone> One<H> {
    fn of(created: Millis, session: &Session<H>) -> Option<Self> {
        let Session { id, device, platform, order, instance, attempt, expires, last_expiry, lease, link } =
            session.clone();
        // A session that had a ticket for longer than it has now is rare, and stays awake.
        if last_expiry != expires {
            return None;
        }
        let lease_ms = u32::try_from(lease.0).ok()?;
        Some(One { created, id, device, instance, attempt, order, expires, link, lease_ms, platform })
    }

    fn session(&self) -> Session<H> {
        Session {
            id: self.id,
            device: self.device,
            platform: self.platform,
            order: self.order,
            instance: self.instance,
            attempt: self.attempt,
            expires: self.expires,
            last_expiry: self.expires,
            lease: Millis(u64::from(self.lease_ms)),
            link: self.link.clone(),
        }
    }
}

impl<H> Entry<H> {
    /// When the user was signed up, if nothing else is known of it than that and its sessions.
    fn settled(&self) -> Option<Millis> {
        // Every field by name, so that a new one has to be thought of here.
        let Entry { record, sessions: _, ended, presented, expired_until, writing, waiting } = self;
        let record = record.as_deref()?;
        let plain = UserRecord { created: record.created, ..UserRecord::default() };
        let quiet = ended.is_empty()
            && presented.is_empty()
            && *expired_until == Millis::ZERO
            && writing.is_none()
            && waiting.is_empty();
        (quiet && *record == plain).then_some(record.created)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::entry::{End, Ended};
    use crate::gateway::record::Signature;
    use crate::gateway::registry::TicketFacts;

    fn entry(sessions: usize) -> Entry<()> {
        let session = |n: u8| Session {
            id: SessionId([n; 16]),
            device: DeviceId([n; 16]),
            platform: Platform::Ipad,
            order: n.into(),
            instance: InstanceId([n; 16]),
            attempt: 7,
            expires: Millis(90_000),
            last_expiry: Millis(90_000),
            lease: Millis(80_000),
            link: Link::Leased(Millis(5)),
        };
        let record = UserRecord { created: Millis(3), ..UserRecord::default() };
        let sessions = (1..).map(session).take(sessions).collect();
        Entry { sessions, ..Entry::new(Some(record)) }
    }

    fn settled(entry: Entry<()>) -> Rest<()> {
        let mut rest = Rest::Awake(Box::new(entry));
        rest.settle();
        rest
    }

    #[test]
    fn a_user_comes_back_from_rest_as_it_was() {
        for (count, is_at_rest) in [(0, false), (1, true), (2, true)] {
            let rest = settled(entry(count));
            match (count, &rest) {
                (0, Rest::Awake(_)) | (1, Rest::One(_)) | (2, Rest::Several(_)) => {}
                (_, other) => panic!("{count}: {other:?}"),
            }
            assert_eq!(rest.count(), (count, 0));
            let awake = rest.wake();
            assert_eq!(awake.is_some(), is_at_rest);
            if let Some(awake) = awake {
                assert_eq!(format!("{awake:?}"), format!("{:?}", entry(count)));
            }
        }
    }

    #[test]
    fn whoever_is_more_than_that_stays_awake() {
        let id = SessionId([9; 16]);
        let ended = Ended { session: id, instance: None, attempt: 0, end: End::Other, until: Millis(1) };
        let presented = TicketFacts { sig: Signature([1; 32]), second: 1, expires: Millis(1) };
        type Change<'a> = &'a dyn Fn(&mut Entry<()>);
        let changes: [Change<'_>; 7] = [
            &|entry| entry.record = None,
            &|entry| entry.record.as_mut().expect("it has one").disabled = true,
            &|entry| entry.ended.push(ended.clone()),
            &|entry| entry.presented.push(presented),
            &|entry| entry.expired_until = Millis(1),
            // A client may still have the longer ticket of before a renewal.
            &|entry| entry.sessions[0].last_expiry = Millis(90_001),
            &|entry| entry.sessions[0].lease = Millis(1 << 32),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut entry = entry(1);
            change(&mut entry);
            assert!(matches!(settled(entry), Rest::Awake(_)), "change {at}");
        }
    }
}

//! The checks of a login before its claim: how often (G7), and whether the ticket is good (G1).

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tessera_core::error::Error;
use tessera_core::gateway::admission::{self, Presented};
use tessera_core::gateway::registry::{TicketFacts, UserKey};
use tessera_core::gateway::throttle::{Buckets, FailureThrottle, peer_of};
use tessera_core::generated::codes;
use tessera_core::generated::limits::GatewayLimits;
use tessera_core::id::{AppId, UserId};
use tessera_core::ticket::{Key, Limits, Scratch, Ticket};
use tessera_core::time::Millis;
use tessera_core::wire::Login;

/// What checks logins.
pub(crate) struct Desk {
    keys: HashMap<AppId, Vec<Key>>,
    limits: GatewayLimits,
    addresses: Mutex<Buckets<IpAddr>>,
    users: Mutex<Buckets<UserKey>>,
    failures: Mutex<FailureThrottle>,
}

thread_local! {
    /// Reading a ticket takes 50 KiB for a microsecond; so each thread has them once.
    static SCRATCH: RefCell<Option<(Limits, Scratch)>> = const { RefCell::new(None) };
}

impl Desk {
    pub(crate) fn new(keys: HashMap<AppId, Vec<Key>>, limits: GatewayLimits) -> Self {
        let block = Millis(limits.ticket_failures_block_ms);
        Desk {
            keys,
            addresses: Mutex::new(Buckets::new(limits.logins_per_address_per_minute)),
            users: Mutex::new(Buckets::new(limits.logins_per_user_per_minute)),
            failures: Mutex::new(FailureThrottle::new(limits.ticket_failures_max, block)),
            limits,
        }
    }

    /// Checks a login. `exempt` addresses have no limit of their own.
    ///
    /// A login counts for its user only if its ticket is good: else a stranger could lock the user out with bad ones.
    ///
    /// # Errors
    /// -10113 for too many logins, or what G1 says of the ticket.
    pub(crate) fn admit(
        &self,
        now: Millis,
        address: IpAddr,
        exempt: bool,
        login: &Login,
    ) -> Result<(UserId, TicketFacts), Error> {
        if !exempt {
            let taken = lock(&self.addresses).take(now, peer_of(address));
            taken.map_err(|wait| too_often("too many logins from this address", wait))?;
        }
        let presented = Presented { app: login.app, user: &login.user, ticket: &login.ticket };
        let (user, facts) = self.check(now, address, presented)?;
        let taken = lock(&self.users).take(now, (login.app, user));
        taken.map_err(|wait| too_often("too many logins of this user", wait))?;
        Ok((user, facts))
    }

    /// Checks a ticket that is to be put under a session. Not a login, so it is not counted as one; but a bad ticket
    /// counts as a failure like any other.
    ///
    /// # Errors
    /// What G1 says of the ticket.
    pub(crate) fn readmit(
        &self,
        now: Millis,
        address: IpAddr,
        user: &UserKey,
        ticket: &Ticket,
    ) -> Result<TicketFacts, Error> {
        let presented = Presented { app: user.0, user: user.1.as_str(), ticket };
        self.check(now, address, presented).map(|(_, facts)| facts)
    }

    fn check(
        &self,
        now: Millis,
        address: IpAddr,
        presented: Presented<'_>,
    ) -> Result<(UserId, TicketFacts), Error> {
        let keys = self.keys.get(&presented.app).map(Vec::as_slice);
        self.with_scratch(|scratch| {
            let mut failures = lock(&self.failures);
            admission::admit(now, address, presented, keys, &self.limits, &mut failures, scratch)
        })
    }

    fn with_scratch<T>(&self, check: impl FnOnce(&mut Scratch) -> T) -> T {
        let size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        let limits = Limits {
            text_bytes_max: size(self.limits.ticket_bytes_max),
            document_bytes_max: size(self.limits.ticket_inflated_bytes_max),
        };
        SCRATCH.with_borrow_mut(|slot| {
            // Two gateways of one process may differ in their limits.
            if slot.as_ref().is_none_or(|(known, _)| *known != limits) {
                *slot = None;
            }
            check(&mut slot.get_or_insert_with(|| (limits, Scratch::new(limits))).1)
        })
    }
}

fn too_often(desc: &str, wait: Millis) -> Error {
    Error::new(codes::ERR_SVR_SSO_FREQ_LIMIT, desc).retry_after(Some(wait))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The counts are consistent between any two steps, so a poisoned lock guards good ones.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The checks of a ticket that need no user record (G1), and what they need of an app.

use std::net::IpAddr;

use super::record::Signature;
use super::registry::TicketFacts;
use super::throttle::FailureThrottle;
use crate::error::Error;
use crate::generated::codes;
use crate::generated::limits::GatewayLimits;
use crate::id::{AppId, UserId};
use crate::ticket::{Key, Refusal, Scratch, Ticket, decode};
use crate::time::Millis;

/// What is asked for: a ticket that says it is `user` of `app`.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The app.
    pub app: AppId,
    /// The user, unchecked.
    pub user: &'a str,
    /// The ticket.
    pub ticket: &'a Ticket,
}

/// Checks a ticket in G1's order, up to its expiry. `keys` are the app's, or `None` if there is no such app.
///
/// The answer and the work are the same for a user who exists and one who does not: no record is looked at.
///
/// # Errors
/// The code of the first check that fails, with a text that says which.
fn verify(
    now: Millis,
    presented: Presented<'_>,
    keys: Option<&[Key]>,
    limits: &GatewayLimits,
    scratch: &mut Scratch,
) -> Result<(UserId, TicketFacts), Error> {
    let claims = decode(presented.ticket.expose(), scratch)
        .and_then(|decoded| decoded.check_document(now, Millis(limits.ticket_ahead_ms)))?;
    let user = match UserId::parse(presented.user) {
        Ok(user) => user,
        Err(error) => return Err(Error::new(codes::ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED, error.desc)),
    };
    let Some(keys) = keys else {
        return Err(Refusal::UnknownApp { app: presented.app.0 }.into());
    };
    claims.check(presented.app.0, user.as_str(), keys, now)?;
    let lifetime = claims.lifetime();
    let facts = TicketFacts {
        second: lifetime.time_secs(),
        expires: lifetime.expires_at(),
        sig: Signature(*claims.sig()),
    };
    Ok((user, facts))
}

/// The whole check: the count of failures (70050), then the ticket.
///
/// # Errors
/// 70050, or the code of the first check that fails, with a text that says which.
pub fn admit(
    now: Millis,
    address: IpAddr,
    presented: Presented<'_>,
    keys: Option<&[Key]>,
    limits: &GatewayLimits,
    throttle: &mut FailureThrottle,
    scratch: &mut Scratch,
) -> Result<(UserId, TicketFacts), Error> {
    if let Some(wait) = throttle.refused_for(now, address, presented.app, presented.user) {
        let desc = "too many bad tickets from this address for this user";
        return Err(Error::new(codes::ERR_SVR_ACCOUNT_FREQ_LIMIT, desc).retry_after(Some(wait)));
    }
    let verified = verify(now, presented, keys, limits, scratch);
    // An expired ticket was good once, so it is no attempt to guess; revoked ones are found behind this, at the claim.
    if let Err(error) = &verified
        && error.code != codes::ERR_SVR_ACCOUNT_USERSIG_EXPIRED
    {
        throttle.record_failure(now, address, presented.app, presented.user);
    }
    verified
}

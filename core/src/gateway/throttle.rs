//! Counting with an end: failed tickets (G1), and logins and frames per time (G7). Bounded, so that nobody can fill it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::id::AppId;
use crate::time::Millis;

/// Whose failures are counted together: one address at one user, so that a stranger cannot lock a victim out.
type Subject = (IpAddr, AppId, String);

/// The most subjects that are remembered. Past it those that are done with are forgotten first, and then the next in
/// order, which for a peer that makes up subjects is one of its own.
const SUBJECTS_MAX: usize = 65_536;

/// How often all subjects are looked through. Each time takes a while, and a herd must not wait for one per login.
const SWEEP_EVERY: Millis = Millis(1_000);

/// The longest user text that is told apart; a user id has 32 bytes at most (C4).
const USER_BYTES: usize = 33;

/// The part of an address that counts as one peer: all of IPv4, the /64 of IPv6 (G7).
pub fn peer_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
    }
}

/// Refuses an address at a user for a while after too many bad tickets (70050).
#[derive(Debug)]
pub struct FailureThrottle {
    failures_max: u64,
    block: Millis,
    rows: BTreeMap<Subject, Failures>,
    sweep_at: Millis,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u64,
    until: Millis,
}

impl FailureThrottle {
    /// `failures_max` bad tickets within `block` refuse the next for `block`.
    pub fn new(failures_max: u64, block: Millis) -> Self {
        FailureThrottle { failures_max, block, rows: BTreeMap::new(), sweep_at: Millis::ZERO }
    }

    /// How long this address is still refused at this user.
    pub fn refused_for(&self, now: Millis, address: IpAddr, app: AppId, user: &str) -> Option<Millis> {
        let row = self.rows.get(&subject(address, app, user))?;
        (row.count >= self.failures_max && now < row.until).then(|| row.until - now)
    }

    /// Counts one bad ticket. Expired and revoked tickets do not count (G1): they were good once.
    pub fn record_failure(&mut self, now: Millis, address: IpAddr, app: AppId, user: &str) {
        let subject = subject(address, app, user);
        make_room(now, &mut self.rows, &subject, &mut self.sweep_at, |row| now < row.until);
        let until = now + self.block;
        let row = self.rows.entry(subject).or_insert(Failures { count: 0, until });
        if now >= row.until {
            row.count = 0;
        }
        row.count += 1;
        row.until = until;
    }
}

/// Forgets a row for a new key, if there are too many.
fn make_room<K: Ord + Clone, V>(
    now: Millis,
    rows: &mut BTreeMap<K, V>,
    key: &K,
    sweep_at: &mut Millis,
    is_needed: impl Fn(&V) -> bool,
) {
    if rows.len() < SUBJECTS_MAX || rows.contains_key(key) {
        return;
    }
    if now >= *sweep_at || now + SWEEP_EVERY < *sweep_at {
        *sweep_at = now + SWEEP_EVERY;
        rows.retain(|_, row| is_needed(row));
    }
    if rows.len() >= SUBJECTS_MAX {
        let next = rows.range(key..).next().or_else(|| rows.first_key_value()).map(|(next, _)| next.clone());
        next.and_then(|next| rows.remove(&next));
    }
}

fn subject(address: IpAddr, app: AppId, user: &str) -> Subject {
    let end = user.char_indices().map(|(at, _)| at).find(|at| *at >= USER_BYTES).unwrap_or(user.len());
    (peer_of(address), app, user[..end].to_owned())
}

/// So many per minute, counted in a bucket that refills evenly.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// In parts of which a token has [`PARTS`], so that each millisecond refills by a whole number of them.
    parts: u64,
    at: Millis,
}

/// Milliseconds in a minute.
const PARTS: u64 = 60_000;

impl Bucket {
    /// A full bucket.
    pub fn full(now: Millis, per_minute: u64) -> Self {
        Bucket { parts: per_minute.saturating_mul(PARTS), at: now }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long until there is one.
    pub fn take(&mut self, now: Millis, per_minute: u64) -> Result<(), Millis> {
        self.parts = self.parts_at(now, per_minute);
        // Also backwards, if the clock was set back.
        self.at = now;
        if self.parts >= PARTS {
            self.parts -= PARTS;
            return Ok(());
        }
        Err(Millis((PARTS - self.parts).div_ceil(per_minute.max(1))))
    }

    /// True if it is as full as a new one, so that it need not be kept.
    pub fn is_full(&self, now: Millis, per_minute: u64) -> bool {
        self.parts_at(now, per_minute) == per_minute.saturating_mul(PARTS)
    }

    fn parts_at(&self, now: Millis, per_minute: u64) -> u64 {
        let refill = (now - self.at).0.saturating_mul(per_minute);
        self.parts.saturating_add(refill).min(per_minute.saturating_mul(PARTS))
    }
}

/// A bucket for each of many keys, forgetting those that are full again.
#[derive(Debug)]
pub struct Buckets<K> {
    per_minute: u64,
    rows: BTreeMap<K, Bucket>,
    sweep_at: Millis,
}

impl<K: Ord + Clone> Buckets<K> {
    /// One bucket of `per_minute` for each key.
    pub fn new(per_minute: u64) -> Self {
        Buckets { per_minute, rows: BTreeMap::new(), sweep_at: Millis::ZERO }
    }

    /// Takes one from the key's bucket.
    ///
    /// # Errors
    /// How long until there is one.
    pub fn take(&mut self, now: Millis, key: K) -> Result<(), Millis> {
        let per_minute = self.per_minute;
        make_room(now, &mut self.rows, &key, &mut self.sweep_at, |bucket| !bucket.is_full(now, per_minute));
        let full = Bucket::full(now, per_minute);
        self.rows.entry(key).or_insert(full).take(now, per_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn too_many_failures_refuse_that_address_at_that_user_only() {
        // G1; a stranger locks a victim out by failing on purpose
        let mut throttle = FailureThrottle::new(3, Millis(60_000));
        let app = AppId(1);
        for _ in 0..3 {
            assert_eq!(throttle.refused_for(Millis(0), HERE, app, "alice"), None);
            throttle.record_failure(Millis(0), HERE, app, "alice");
        }
        assert_eq!(throttle.refused_for(Millis(1), HERE, app, "alice"), Some(Millis(59_999)));
        assert_eq!(throttle.refused_for(Millis(59_999), HERE, app, "alice"), Some(Millis(1)));
        assert_eq!(throttle.refused_for(Millis(60_000), HERE, app, "alice"), None);
        assert_eq!(throttle.refused_for(Millis(1), THERE, app, "alice"), None);
        assert_eq!(throttle.refused_for(Millis(1), HERE, app, "bob"), None);
    }

    #[test]
    fn failures_from_ever_new_subjects_stay_bounded() {
        let mut throttle = FailureThrottle::new(3, Millis(60_000));
        for n in 0..(SUBJECTS_MAX + 100) {
            throttle.record_failure(Millis(n as u64), HERE, AppId(1), &format!("user{n}é{}", "x".repeat(99)));
        }
        assert!(throttle.rows.len() <= SUBJECTS_MAX);
        assert!(throttle.rows.keys().all(|(_, _, user)| user.len() <= USER_BYTES + 4));
    }

    #[test]
    fn a_peer_that_makes_up_subjects_does_not_free_another() {
        // G1: THERE comes after every subject of HERE
        let mut throttle = FailureThrottle::new(1, Millis(60_000));
        throttle.record_failure(Millis(0), THERE, AppId(1), "alice");
        for n in 0..(SUBJECTS_MAX + 100) {
            throttle.record_failure(Millis(n as u64 / 10), HERE, AppId(1), &format!("user{n}"));
        }
        assert!(throttle.rows.len() <= SUBJECTS_MAX);
        assert!(throttle.refused_for(Millis(7_000), THERE, AppId(1), "alice").is_some());
    }

    #[test]
    fn many_keys_stay_bounded_and_each_new_one_is_taken() {
        // G7: the herd after a restart
        let mut buckets = Buckets::new(5);
        for key in 0..(SUBJECTS_MAX * 2) {
            assert_eq!(buckets.take(Millis(0), key), Ok(()));
        }
        assert!(buckets.rows.len() <= SUBJECTS_MAX);
    }

    #[test]
    fn room_is_made_only_for_a_new_key_among_too_many() {
        let few = BTreeMap::from([(1, ())]);
        let many: BTreeMap<usize, ()> = (0..SUBJECTS_MAX).map(|key| (key, ())).collect();
        for (rows, key) in [(few, 2), (many, 1)] {
            let (mut left, mut sweep_at) = (rows.clone(), Millis::ZERO);
            make_room(Millis(5), &mut left, &key, &mut sweep_at, |()| unreachable!("nobody looks"));
            assert_eq!(left, rows);
        }
    }

    #[test]
    fn rows_that_are_done_with_go_first_and_are_looked_for_once_a_second() {
        let rows: BTreeMap<usize, bool> = (0..SUBJECTS_MAX).map(|key| (key, key > 9)).collect();
        let mut sweep_at = Millis::ZERO;
        let mut sweep = |now: u64| {
            let (mut left, looked_at) = (rows.clone(), std::cell::Cell::new(0));
            make_room(Millis(now), &mut left, &usize::MAX, &mut sweep_at, |needed| {
                looked_at.set(looked_at.get() + 1);
                *needed
            });
            (looked_at.get(), left.len())
        };
        let (all, none) = ((SUBJECTS_MAX, SUBJECTS_MAX - 10), (0, SUBJECTS_MAX - 1));
        assert_eq!(sweep(5_000), all);
        assert_eq!(sweep(5_999), none);
        assert_eq!(sweep(6_000), all);
        // A clock that was set back by more than that does not stop it.
        assert_eq!(sweep(1_000), all);
    }

    #[test]
    fn a_block_that_is_over_makes_room() {
        let mut throttle = FailureThrottle::new(1, Millis(60_000));
        for n in 0..SUBJECTS_MAX {
            throttle.record_failure(Millis(0), HERE, AppId(1), &n.to_string());
        }
        throttle.record_failure(Millis(60_000), THERE, AppId(1), "alice");
        assert_eq!(throttle.rows.len(), 1);
    }

    #[test]
    fn a_bucket_gives_its_rate_and_says_when_to_come_back() {
        // G7
        let mut bucket = Bucket::full(Millis(0), 60);
        for _ in 0..60 {
            assert_eq!(bucket.take(Millis(0), 60), Ok(()));
        }
        assert_eq!(bucket.take(Millis(0), 60), Err(Millis(1000)));
        assert_eq!(bucket.take(Millis(999), 60), Err(Millis(1)));
        assert_eq!(bucket.take(Millis(1000), 60), Ok(()));
        assert!(!bucket.is_full(Millis(2000), 60));
        assert!(bucket.is_full(Millis(70_000), 60));
    }

    #[test]
    fn a_bucket_that_is_asked_often_refills_as_evenly() {
        let mut bucket = Bucket::full(Millis(0), 1);
        assert_eq!(bucket.take(Millis(0), 1), Ok(()));
        let asked = (1..2_000).map(|n| Millis(n * 59)).find(|now| bucket.take(*now, 1).is_ok());
        assert_eq!(asked, Some(Millis(60_003)));
    }

    #[test]
    fn a_bucket_refills_after_the_clock_was_set_back() {
        let mut bucket = Bucket::full(Millis(100_000), 60);
        for _ in 0..60 {
            assert_eq!(bucket.take(Millis(100_000), 60), Ok(()));
        }
        assert!(!bucket.is_full(Millis(100_100), 60));
        assert!(bucket.take(Millis(5_000), 60).is_err());
        assert_eq!(bucket.take(Millis(6_000), 60), Ok(()));
    }

    #[test]
    fn each_key_has_a_bucket_which_is_forgotten_when_it_is_full_again() {
        // G7
        let mut buckets = Buckets::new(1);
        for key in 0..SUBJECTS_MAX {
            assert_eq!(buckets.take(Millis(0), key), Ok(()));
        }
        assert_eq!(buckets.take(Millis(0), 7), Err(Millis(60_000)));
        assert_eq!(buckets.take(Millis(60_000), SUBJECTS_MAX), Ok(()));
        assert_eq!(buckets.rows.len(), 1);
    }

    #[test]
    fn one_ipv6_network_is_one_peer() {
        // G7
        let a: IpAddr = "2001:db8:1:2::1".parse().expect("is an address");
        let b: IpAddr = "2001:db8:1:2:ffff::9".parse().expect("is an address");
        let c: IpAddr = "2001:db8:1:3::1".parse().expect("is an address");
        assert_eq!(peer_of(a), peer_of(b));
        assert_ne!(peer_of(a), peer_of(c));
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("is an address");
        assert_eq!(peer_of(mapped), HERE);
    }
}

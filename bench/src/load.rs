//! Load on a running gateway: sessions held, login rate, kick latency.
//!
//! Users are named `bench-` and signed up by their first login, so a gateway that is in use keeps their accounts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::timeout;

use crate::crowd::Crowd;
use crate::parallel::{self, Done};
use crate::session::{LoadError, Session};
use crate::stats::Samples;
use crate::target::Target;

/// How long a kick may take before it counts as none.
const KICK_WITHIN: Duration = Duration::from_secs(5);

/// How much load.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Sessions that are held while the rest is measured.
    pub sessions: usize,
    /// Logins that are timed, each followed by its logout.
    pub logins: usize,
    /// Sessions that are kicked by a second login of their user, one after the other.
    pub kicks: usize,
    /// Logins under way at the same time.
    pub width: usize,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Sessions that were still held at the end.
    pub sessions_held: usize,
    /// How long opening them took, in seconds.
    pub sessions_opened_in_s: f64,
    /// Logins that succeeded.
    pub logins: usize,
    /// Logins, each with its logout, in a second.
    pub logins_per_second: f64,
    /// From the connection's start to the acknowledgement, in milliseconds: the median.
    pub login_p50_ms: f64,
    /// The same: 99 of 100 are faster.
    pub login_p99_ms: f64,
    /// Kicks that arrived.
    pub kicks: usize,
    /// From the second login's frame to the first session's event, in milliseconds: the median.
    pub kick_p50_ms: f64,
    /// The same: 99 of 100 are faster.
    pub kick_p99_ms: f64,
    /// What went wrong, with how often.
    pub failures: BTreeMap<String, usize>,
}

/// Loads the gateway: holds sessions, then times logins, then kicks, then logs everybody out.
///
/// # Errors
/// The first failure, if not a single session or login succeeded.
pub async fn run(target: Arc<Target>, plan: Plan) -> Result<Report, LoadError> {
    let mut failures = BTreeMap::new();
    let held = note(log_in_many(&target, "bench-held", plan.sessions, plan.width).await, &mut failures);
    let (held, opened_in) = held?;
    let crowd = Crowd::hold(held);
    let (times, took) = note(time_logins(&target, plan).await, &mut failures)?;
    let logins = Samples::new(times);
    let kicks = time_kicks(&target, plan.kicks, &mut failures).await;
    let (kept, lost) = crowd.take_back().await;
    lost.iter().for_each(|error| count(error, &mut failures));
    let sessions_held = kept.len();
    log_out_all(kept, plan.width).await.bad.iter().for_each(|error| count(error, &mut failures));
    Ok(Report {
        sessions_held,
        sessions_opened_in_s: opened_in.as_secs_f64(),
        logins: logins.count(),
        logins_per_second: logins.count() as f64 / took.as_secs_f64(),
        login_p50_ms: logins.percentile_ms(50.0),
        login_p99_ms: logins.percentile_ms(99.0),
        kicks: kicks.count(),
        kick_p50_ms: kicks.percentile_ms(50.0),
        kick_p99_ms: kicks.percentile_ms(99.0),
        failures,
    })
}

/// Logs in `count` users whose names begin with `prefix`, `width` at a time.
pub async fn log_in_many(
    target: &Arc<Target>,
    prefix: &str,
    count: usize,
    width: usize,
) -> Done<Session, LoadError> {
    let (target, prefix) = (Arc::clone(target), prefix.to_owned());
    parallel::run(count, width, move |n| {
        let (target, user) = (Arc::clone(&target), format!("{prefix}-{n}"));
        async move { Session::log_in(&target, target.login(&user)?).await }
    })
    .await
}

/// Logs sessions out, `width` at a time.
pub async fn log_out_all(sessions: Vec<Session>, width: usize) -> Done<(), LoadError> {
    let sessions: Vec<_> = sessions.into_iter().map(|session| std::sync::Mutex::new(Some(session))).collect();
    let count = sessions.len();
    parallel::run(count, width, move |n| {
        let session = sessions[n].lock().ok().and_then(|mut slot| slot.take());
        async move {
            match session {
                Some(session) => session.log_out().await,
                None => Ok(()),
            }
        }
    })
    .await
}

/// From the second login's frame to the event of the session that it evicts. Both connections are open before.
///
/// # Errors
/// [`LoadError`]; [`LoadError::Late`] too if the app's policy has room for both.
pub async fn time_kick(target: &Target, user: &str) -> Result<Duration, LoadError> {
    let mut victim = Session::log_in(target, target.login(user)?).await?;
    let mut newcomer = Session::open(target, target.login(user)?).await?;
    let start = Instant::now();
    let event = async {
        timeout(KICK_WITHIN, victim.kicked()).await.map_err(|_| LoadError::Late)??;
        Ok::<_, LoadError>(start.elapsed())
    };
    let (took, claimed) = tokio::join!(event, newcomer.claim());
    claimed?;
    newcomer.log_out().await?;
    if took.is_err() {
        // It was not kicked after all: its session must not stay for its lease.
        victim.log_out().await?;
    }
    took
}

async fn time_logins(target: &Arc<Target>, plan: Plan) -> Done<Duration, LoadError> {
    let target = Arc::clone(target);
    parallel::run(plan.logins, plan.width, move |n| {
        let target = Arc::clone(&target);
        async move {
            let login = target.login(&format!("bench-login-{n}"))?;
            let start = Instant::now();
            let session = Session::log_in(&target, login).await?;
            let took = start.elapsed();
            session.log_out().await?;
            Ok(took)
        }
    })
    .await
}

async fn time_kicks(target: &Target, kicks: usize, failures: &mut BTreeMap<String, usize>) -> Samples {
    let mut times = Vec::with_capacity(kicks);
    for n in 0..kicks {
        match time_kick(target, &format!("bench-kick-{n}")).await {
            Ok(took) => times.push(took),
            Err(error) => {
                count(&error, failures);
                // Where one kick does not come, for the policy's sake perhaps, the others will not either.
                if matches!(error, LoadError::Late) {
                    break;
                }
            }
        }
    }
    Samples::new(times)
}

fn note<T>(
    mut done: Done<T, LoadError>,
    failures: &mut BTreeMap<String, usize>,
) -> Result<(Vec<T>, Duration), LoadError> {
    done.bad.iter().for_each(|error| count(error, failures));
    match done.bad.pop() {
        Some(error) if done.good.is_empty() => Err(error),
        Some(_) | None => Ok((done.good, done.took)),
    }
}

fn count(error: &LoadError, failures: &mut BTreeMap<String, usize>) {
    *failures.entry(error.to_string()).or_default() += 1;
}

//! All clients lose their connections at the same time and come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tessera_bench::load::{log_in_many, log_out_all};
use tessera_bench::parallel;
use tessera_bench::session::{LoadError, Session};
use tessera_bench::stats::Samples;
use tessera_bench::target::Target;

use crate::Outcome;
use crate::gateway::{Gateway, Run};
use crate::setup::Setup;
use crate::table::Row;

/// A client's first wait after a cut is drawn from 0 to this (C11); it doubles with each failure.
const JITTER: Duration = Duration::from_millis(500);
const TRIES: u32 = 6;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let (count, width) = (setup.counts.sessions, setup.counts.width);
    let gateway = Gateway::start(setup, Run { store: None, tls: false }).await?;
    let (sessions, _) = log_in_many(&gateway.target, "herd", count, width).await.all()?;
    tokio::time::sleep(Duration::from_secs(1)).await;

    let (target, before) = (Arc::clone(&gateway.target), gateway.server.cpu()?);
    let cut = Instant::now();
    let logins = Arc::new(sessions.into_iter().map(Session::cut).collect::<Result<Vec<_>, _>>()?);
    // All at once: whoever has waited its time connects, however many others do.
    let back = parallel::run(count, count, move |n| {
        let (target, logins) = (Arc::clone(&target), Arc::clone(&logins));
        async move {
            let wait = |attempt: u32| JITTER * 2u32.pow(attempt) / 1000 * (n as u32 * 7919 % 1000);
            let mut login = Target::resume_of(&logins[n]);
            let mut outcome = Err(LoadError::Late);
            for attempt in 0..TRIES {
                tokio::time::sleep(wait(attempt)).await;
                outcome = Session::log_in(&target, login.clone()).await;
                if outcome.is_ok() {
                    break;
                }
                login.attempt += 1;
            }
            outcome.map(|session| (session, cut.elapsed()))
        }
    });
    let (back, _) = back.await.all()?;
    let cpu = (gateway.server.cpu()? - before).as_secs_f64();
    let (sessions, times): (Vec<_>, Vec<_>) = back.into_iter().unzip();
    log_out_all(sessions, width).await.all()?;
    let times = Samples::new(times);
    let row = |what: &str, percent| Row::new(what, times.percentile_ms(percent), "ms");
    Ok(vec![
        row(&format!("{count} sessions cut at once: half are back"), 50.0),
        row(&format!("{count} sessions cut at once: all are back"), 100.0),
        Row::new("gateway CPU for each of them", cpu * 1e6 / count as f64, "µs"),
    ])
}

//! From a kick to the event at the client that is kicked.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use tessera_bench::load::time_kick;
use tessera_bench::session::Session;
use tessera_bench::stats::Samples;

use crate::Outcome;
use crate::gateway::{Gateway, Run};
use crate::setup::Setup;
use crate::table::Row;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let kicks = setup.counts.kicks;
    let store = setup.path("kick.redb");
    let durable = Gateway::start(setup, Run { store: Some(&store), tls: false }).await?;
    let disk = time_disk(&setup.path("disk"), kicks)?;
    let by_admin = admin_kicks(&durable, kicks).await?;
    let by_login = policy_kicks(&durable, kicks).await?;
    let in_memory = Gateway::start(setup, Run { store: None, tls: false }).await?;
    let without_disk = admin_kicks(&in_memory, kicks).await?;
    let mut rows = Vec::new();
    for percent in [50.0, 99.0] {
        let row = |what: &str, samples: &Samples| {
            Row::new(format!("{what}, p{percent}"), samples.percentile_ms(percent), "ms")
                .beside(format!("bare write and sync of 4 KiB, p{percent}"), disk.percentile_ms(percent))
        };
        let budgeted = |row: Row| if percent == 99.0 { row.budget(5.0) } else { row };
        rows.push(budgeted(row("kick by an operator to event", &by_admin)));
        rows.push(budgeted(row("kick by another login to event", &by_login)));
        rows.push(row("kick by an operator to event, store in memory", &without_disk));
    }
    Ok(rows)
}

/// From the call of the admin endpoint to the event.
async fn admin_kicks(gateway: &Gateway, kicks: usize) -> Outcome<Samples> {
    let kicker = gateway.kicker();
    let mut times = Vec::with_capacity(kicks);
    for n in 0..kicks {
        let user = format!("kicked-{n}");
        let mut victim = Session::log_in(&gateway.target, gateway.target.login(&user)?).await?;
        let kicker = kicker.clone();
        let start = Instant::now();
        let call = tokio::task::spawn_blocking(move || kicker(&user));
        victim.kicked().await?;
        times.push(start.elapsed());
        call.await??;
    }
    Ok(Samples::new(times))
}

async fn policy_kicks(gateway: &Gateway, kicks: usize) -> Outcome<Samples> {
    let mut times = Vec::with_capacity(kicks);
    for n in 0..kicks {
        times.push(time_kick(&gateway.target, &format!("evicted-{n}")).await?);
    }
    Ok(Samples::new(times))
}

/// A kick is durable before it is told; this is the least that a disk takes for that.
fn time_disk(path: &Path, writes: usize) -> Outcome<Samples> {
    let mut file = std::fs::File::create(path)?;
    let block = [1; 4096];
    let mut write = || -> std::io::Result<Duration> {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        Ok(start.elapsed())
    };
    Ok(Samples::new((0..writes).map(|_| write()).collect::<Result<_, _>>()?))
}

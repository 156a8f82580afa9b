//! The binary's size, how soon a gateway is ready, and what it takes while it is empty.

use tessera_bench::stats::median;

use crate::Outcome;
use crate::gateway::{Run, command};
use crate::process::Server;
use crate::setup::Setup;
use crate::table::Row;

pub(crate) async fn measure(setup: &Setup) -> Outcome<Vec<Row>> {
    let bytes = std::fs::metadata(&setup.tessera)?.len();
    let (mut ready, mut opened, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..setup.counts.rounds * 3 {
        let store = setup.path(&format!("start-{round}.redb"));
        let run = Run { store: Some(&store), tls: false };
        let server = Server::start(&mut command(setup, run))?;
        ready.push(server.ready_in.as_secs_f64() * 1e3);
        memory.push(server.memory()? as f64 / 1024.0);
        server.end()?;
        let again = Server::start(&mut command(setup, run))?;
        opened.push(again.ready_in.as_secs_f64() * 1e3);
    }
    Ok(vec![
        Row::new("size of the tessera binary", bytes as f64 / 1e6, "MB").budget(8.0),
        Row::new("start to ready, new store", median(ready), "ms").budget(50.0),
        Row::new("start to ready, store of an earlier run", median(opened), "ms").budget(50.0),
        Row::new("memory of an empty gateway", median(memory), "KiB"),
    ])
}

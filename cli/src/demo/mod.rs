//! `tessera demo`: a gateway in this process, several devices over real sockets, and a story that checks itself.

mod device;
mod story;
mod timeline;

use std::time::Duration;

use clap::Args;
use tessera_testkit::{Options, TestGateway};

use crate::output::{Exit, Failure, Outcome};
use timeline::Timeline;

/// A story that has not ended by then has gone wrong.
const AT_MOST: Duration = Duration::from_secs(20);

/// Watch clients log in to a gateway, get kicked, expire, lose the network and come back.
///
/// Everything runs in this process, over real sockets on 127.0.0.1, with the embedded store in a temporary folder.
/// Exits with 1 if anything differs from what is told.
#[derive(Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self) -> Outcome {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|error| Failure::new(Exit::Configuration, format!("no runtime: {error}")))?;
        let outcome = runtime.block_on(async {
            tokio::time::timeout(AT_MOST, tell()).await.unwrap_or_else(|_| {
                Err(Failure::new(
                    Exit::Refused,
                    format!("the story did not end within {} s", AT_MOST.as_secs()),
                ))
            })
        });
        runtime.shutdown_background();
        outcome
    }
}

async fn tell() -> Outcome {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new(Exit::Configuration, format!("no temporary folder: {error}")))?;
    let options = Options { store: Some(folder.path().join("tessera.redb")), ..Options::default() };
    let gateway = TestGateway::start(options)
        .await
        .map_err(|error| Failure::new(Exit::Configuration, format!("the gateway does not start: {error}")))?;
    let timeline = Timeline::start();
    let told = story::tell(gateway, &timeline).await;
    timeline.end();
    told.map_err(|difference| Failure::new(Exit::Refused, difference))
}

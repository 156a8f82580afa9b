//! Structured logs on standard error.

use tessera_gateway::config::LogConfig;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Starts logging for the rest of the process.
pub(super) fn start(config: &LogConfig) {
    let level = match config.level {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => LevelFilter::INFO,
    };
    // Libraries below us log bytes and states of their own, which is no use above their warnings.
    let filter = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("tessera", level);
    let layer = if config.json {
        fmt::layer().with_writer(std::io::stderr).json().boxed()
    } else {
        let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
        fmt::layer().with_writer(std::io::stderr).with_ansi(ansi).boxed()
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
}

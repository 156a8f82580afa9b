//! The gateway's own listener, upgrade and WebSocket with an echo instead of sessions, for the Autobahn test suite:
//! `cargo xtask conformance autobahn`. It prints its URL, and ends when its input does.
#![expect(clippy::print_stdout, reason = "tells its address")]

use std::error::Error;
use std::io::Read;
use std::sync::Arc;

use tessera_core::generated::limits::GatewayLimits;
use tessera_gateway::Gateway;
use tessera_gateway::config::Config;
use tessera_gateway::store::memory::MemoryStore;

/// The suite's largest message that is asked for, and room.
const MESSAGE_BYTES_MAX: u64 = 1 << 20;
/// A case may take a minute, and has no login.
const NEVER_MS: u64 = 3_600_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let limits = GatewayLimits {
        frame_bytes_max: MESSAGE_BYTES_MAX,
        frames_per_minute: u64::from(u32::MAX),
        login_within_ms: NEVER_MS,
        ping_interval_ms: NEVER_MS,
        ..GatewayLimits::default()
    };
    let config = Config {
        listen: "127.0.0.1:0".parse()?,
        tls: None,
        store: None,
        admin: None,
        trusted_proxies: Vec::new(),
        proxy_protocol: false,
        loopback_exempt: true,
        apps: Vec::new(),
        limits,
    };
    let gateway = Gateway::start_echo(config, Arc::new(MemoryStore::new())).await?;
    println!("{}", gateway.url());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    gateway.stop().await;
    Ok(())
}

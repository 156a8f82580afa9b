//! What a Rust program says about a client at init.

use std::time::Duration;

use tessera_core::error::Error;
use tessera_core::generated::status::{LogLevel, Platform};
use tessera_core::settings::ClientSettings;

use crate::settings::{self, Layer, Layers};

/// The settings that the code gives. What it does not give comes from the environment (`TESSERA_…`), then from the
/// table's defaults (C23).
///
/// ```
/// use std::time::Duration;
/// use tessera_client::ClientConfig;
///
/// let config = ClientConfig::new()
///     .server_url("wss://chat.example.com")
///     .login_timeout(Duration::from_secs(10))
///     .set("reconnect_delay_max_ms", "5000");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    code: Layer,
}

impl ClientConfig {
    /// Nothing is set.
    pub fn new() -> Self {
        ClientConfig::default()
    }

    /// Address of the gateway, for example `wss://chat.example.com`; without a path it is `/tessera`. It has no
    /// default: if nobody sets it, init fails with 6017.
    pub fn server_url(self, url: impl Into<String>) -> Self {
        self.set("server_url", url)
    }

    /// File with further root certificates (PEM) that the client trusts, beside the platform's.
    pub fn ca_file(self, path: impl Into<String>) -> Self {
        self.set("ca_file", path)
    }

    /// Whether an unencrypted `ws://` address is accepted. Default false.
    pub fn allow_plain(self, allow: bool) -> Self {
        self.set("allow_plain", allow.to_string())
    }

    /// Platform that the client reports. Default: the operating system of the process.
    pub fn platform(self, platform: Platform) -> Self {
        self.set("platform", platform.as_str())
    }

    /// Folder in which the device id of the shared instance is kept. Default: the system's folder for application
    /// data.
    pub fn device_dir(self, folder: impl Into<String>) -> Self {
        self.set("device_dir", folder)
    }

    /// Device id of this client, 32 hexadecimal digits. Default: a random one.
    pub fn device_id(self, id: impl Into<String>) -> Self {
        self.set("device_id", id)
    }

    /// Whether init opens a connection before any login (C22). Default true.
    pub fn connect_at_init(self, connect: bool) -> Self {
        self.set("connect_at_init", connect.to_string())
    }

    /// How long a login may take until it fails (C10). Default 30 s, range 0.1 s to 10 min.
    pub fn login_timeout(self, timeout: Duration) -> Self {
        self.set("login_timeout_ms", timeout.as_millis().to_string())
    }

    /// How long one try to connect may take (C10). Default 10 s, range 50 ms to 2 min.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.set("connect_timeout_ms", timeout.as_millis().to_string())
    }

    /// How long unInit waits for a callback that is still running (C9). Default 5 s, range 0 to 1 min.
    pub fn uninit_timeout(self, timeout: Duration) -> Self {
        self.set("uninit_timeout_ms", timeout.as_millis().to_string())
    }

    /// Lowest level of what is logged, for hosts that leave the log to the SDK. In a Rust program the `tracing`
    /// subscriber decides.
    pub fn log_level(self, level: LogLevel) -> Self {
        self.set("log_level", level.as_str())
    }

    /// Any setting of the table by its name, as text. It is checked at init.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.code.push((name.to_owned(), value.into()));
        self
    }

    /// The settings that hold, with the environment of the process under those of the code.
    pub(crate) fn resolve(self) -> Result<ClientSettings, Error> {
        let layers = Layers { code: self.code, environment: settings::environment(), ..Layers::default() };
        settings::resolve(&layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_sets_what_it_says() {
        let config = ClientConfig::new()
            .server_url("wss://a")
            .ca_file("/ca.pem")
            .allow_plain(true)
            .platform(Platform::Ipad)
            .device_dir("/data")
            .device_id("ab")
            .connect_at_init(false)
            .login_timeout(Duration::from_secs(1))
            .connect_timeout(Duration::from_secs(2))
            .uninit_timeout(Duration::from_secs(3))
            .log_level(LogLevel::Warn);
        let expected = ClientSettings {
            server_url: "wss://a".into(),
            ca_file: Some("/ca.pem".into()),
            allow_plain: true,
            platform: Some(Platform::Ipad),
            device_dir: Some("/data".into()),
            device_id: Some("ab".into()),
            connect_at_init: false,
            login_timeout_ms: 1_000,
            connect_timeout_ms: 2_000,
            uninit_timeout_ms: 3_000,
            log_level: LogLevel::Warn,
            ..ClientSettings::default()
        };
        assert_eq!(config.resolve().unwrap(), expected);
        assert!(ClientConfig::new().login_timeout(Duration::MAX).resolve().is_err());
    }
}

//! The Tessera client: the login and session layer of V2TIM for Rust, against a gateway of your own.
//!
//! [`Client`] is the API of a Rust program; [`v2tim`] has the same under V2TIM's names. [`Engine`] is the base layer
//! that the other languages are bound to. What a login, a kick or a lost network *means* is decided in `tessera_core`;
//! here are the sockets, clocks, threads and callbacks around it.
//!
//! ```no_run
//! use std::sync::Arc;
//! use tessera_client::{Client, ClientConfig, Error, Kick, SdkListener};
//!
//! struct Screen;
//! impl SdkListener for Screen {
//!     fn on_kicked_offline_ex(&self, kick: &Kick) {
//!         println!("logged out: {:?}", kick.reason);
//!     }
//! }
//!
//! # async fn example() -> Result<(), Error> {
//! let client = Client::new();
//! client.add_listener(Arc::new(Screen));
//! client.init(1400000000, ClientConfig::new().server_url("wss://chat.example.com"))?;
//! client.login("alice", "her UserSig, from your server").await?;
//! # Ok(())
//! # }
//! ```

mod client;
mod clock;
mod config;
mod delivery;
mod device;
mod dial;
mod driver;
mod engine;
mod entropy;
mod events;
mod failure;
mod listener;
mod listeners;
mod log;
mod pending;
mod process;
mod provider;
mod published;
mod runtime;
pub mod settings;
mod tcp;
mod tls;
mod transport;
mod upgrade;
mod url;
pub mod v2tim;

pub use client::Client;
pub use config::ClientConfig;
pub use delivery::{Delivering, is_delivering_here};
pub use driver::{Event, OnEvents};
pub use engine::{Ending, Engine, WeakEngine};
pub use events::{EventQueue, Events, SdkEvent};
pub use listener::{ExperimentalParam, ReceiveMessageOptInfo, SdkListener, UserFullInfo, UserStatus};
pub use listeners::Listeners;
pub use log::{LogRecord, Logs};
pub use pending::Pending;
pub use tessera_core::client::{CallId, EventKind, Init, Kick, Stamp, TicketRequestId};
pub use tessera_core::error::{Code, Error, Kind};
pub use tessera_core::generated::codes;
pub use tessera_core::generated::status::{ConnectionStatus, LogLevel, LoginStatus, Numbering, Platform};
pub use tessera_core::id::UserId;
pub use tessera_core::settings::ClientSettings;
pub use tessera_core::time::Millis;
pub use tessera_core::wire::KickReason;

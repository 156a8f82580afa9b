//! The gateway: listener, session registry, store and admin endpoint around the pure machines of `tessera-core`.
//!
//! [`Gateway::start`] runs one in this process; the `tessera` command is that and a configuration.

mod address;
mod admin;
pub mod admin_http;
mod clock;
pub mod config;
mod connection;
mod connections;
mod counters;
mod desk;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod gateway;
pub mod generated;
mod http;
mod listener;
mod mailbox;
mod shard;
pub mod store;
mod stream;
mod tls;

pub use admin::{Admin, AppInfo, Kicked};
pub use clock::Clock;
pub use counters::Counters;
pub use gateway::{Gateway, StartError};

//! The gateway's half of the session contract (G1–G9, G11), without sockets, clocks and stores.

pub mod admission;
mod claim;
pub mod connection;
mod entry;
pub mod policy;
pub mod record;
pub mod registry;
pub mod session;
pub mod throttle;
mod users;

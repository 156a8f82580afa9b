//! The gateway: listener, session registry, store and admin endpoint around the pure machines of `tessera-core`.

pub mod store;

//! The conformance suite: scenarios as data, played in virtual time and through the drivers of every language.
//!
//! `scenario.rs` is the format, `protocol.rs` what a driver speaks, `play.rs` plays a scenario on a [`play::Stage`]:
//! `virtual_stage.rs` in one thread under virtual time, `real_stage.rs` with a real gateway and driver processes.

pub mod driver;
pub mod play;
pub mod protocol;
pub mod real_stage;
pub mod scenario;
pub mod virtual_stage;

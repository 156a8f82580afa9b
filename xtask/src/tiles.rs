//! What each language needs to be built, tested, packaged and measured: a module for each.

pub(crate) mod kotlin;
pub(crate) mod swift;
pub(crate) mod node;

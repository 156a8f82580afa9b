//! What each language needs to be built, tested, packaged and measured: a module for each.

pub(crate) mod node;

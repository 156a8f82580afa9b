//! What each language needs to be built, tested, packaged and measured: a module for each.

pub(crate) mod c;
pub(crate) mod cpp;
pub(crate) mod csharp;
pub(crate) mod kotlin;
pub(crate) mod native;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod react_native;
pub(crate) mod swift;

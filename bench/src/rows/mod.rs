//! The groups of rows.

mod herd;
mod kick;
mod login;
mod memory;
pub(crate) mod registry;
mod resume;
mod start;
mod ticket;
mod turns;

use std::future::Future;
use std::pin::Pin;

use crate::Outcome;
use crate::setup::Setup;
use crate::table::Row;

type Measuring<'a> = Pin<Box<dyn Future<Output = Outcome<Vec<Row>>> + 'a>>;

/// A group: its name, and what measures it.
type Group = (&'static str, fn(&Setup) -> Measuring<'_>);

/// All of them, in the order of the table.
pub(crate) const GROUPS: &[Group] = &[
    ("ticket", |setup| Box::pin(ticket::measure(setup))),
    ("start", |setup| Box::pin(start::measure(setup))),
    ("login", |setup| Box::pin(login::measure(setup))),
    ("turns", |setup| Box::pin(turns::measure(setup))),
    ("kick", |setup| Box::pin(kick::measure(setup))),
    ("resume", |setup| Box::pin(resume::measure(setup))),
    ("memory", |setup| Box::pin(memory::measure(setup))),
    ("herd", |setup| Box::pin(herd::measure(setup))),
    ("registry", |setup| Box::pin(registry::measure(setup))),
];

/// Their names.
pub(crate) fn names() -> Vec<&'static str> {
    GROUPS.iter().map(|(name, _)| *name).collect()
}

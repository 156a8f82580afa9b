//! `error-codes.md`.

use super::{code, sources, table, yes};
use crate::spec::{Code, Spec};

pub(super) fn page(spec: &Spec) -> String {
    let (raised, other): (Vec<_>, Vec<_>) = spec.codes.codes.rows.iter().partition(|row| row.used);
    format!(
        "# Error codes

Every failed call and every failed session carries a number of this page, a text, and whether a retry can help.
Numbers and names are the published ones of V2TIM, with their published spelling.

**Only {tickets} mean \"get a new ticket\".** At any other number, fetching tickets and logging in again
in a loop does not help.

- **Retry**: whether the same call can succeed later without a change. Where the gateway says when, wait that long.
- **Kind**: what the error is about, for code that does not want to know each number.

## Raised by Tessera

{raised}
## Published, not raised by Tessera

They are listed so that a number from a peer or in existing code has a name.

{other}
## What a function of the C API returns at once

A callback follows only after `TIM_SUCC`.

{results}
{sources}",
        tickets = new_ticket(&spec.codes.codes.rows),
        raised = rows(&raised),
        other = rows(&other),
        results = results(spec),
        sources = sources(&spec.codes.sources),
    )
}

fn new_ticket(codes: &[Code]) -> String {
    let numbers: Vec<_> =
        codes.iter().filter(|row| row.needs_new_ticket).map(|row| row.number.to_string()).collect();
    match numbers.split_last() {
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn rows(codes: &[&Code]) -> String {
    table(
        ["Number", "Name", "Meaning", "Kind", "Retry", "Source"],
        codes.iter().map(|row| {
            let kind = format!("{:?}", row.kind).to_lowercase();
            [
                row.number.to_string(),
                code(&row.name),
                row.meaning.clone(),
                kind,
                yes(row.retryable),
                row.source.clone(),
            ]
        }),
    )
}

fn results(spec: &Spec) -> String {
    table(
        ["Number", "Name", "Meaning", "Source"],
        spec.codes
            .tim_result
            .rows
            .iter()
            .map(|row| [row.number.to_string(), code(&row.name), row.meaning.clone(), row.source.clone()]),
    )
}

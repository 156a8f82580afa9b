//! `limits.md`.

use super::{code, table, time, yes};
use crate::spec::{Limit, Spec, Unit};

pub(super) fn page(spec: &Spec) -> String {
    let rows = &spec.limits.limit;
    format!(
        "# Limits and times of the gateway

Each is a key of the gateway's configuration. At a limit the peer is told; nothing hangs and nothing is dropped in
silence. Times are written in milliseconds. A value outside its range is refused when the gateway starts.

{values}
## What happens at a limit

*Retry* says whether the same request can succeed later without a change, *after* when it may be made again at the
earliest; where *after* is empty, the gateway computes it for each case or a retry needs no wait. Codes are those of
[error-codes.md](error-codes.md).

{refusals}
## What happens at a time that refuses nobody

{others}
",
        values = table(
            ["Key", "Default", "Range", "Meaning", "Clause"],
            rows.iter().map(|row| {
                let range = format!("{} to {}", quantity(row, row.min), quantity(row, row.max));
                [code(&row.name), quantity(row, row.default), range, row.doc.clone(), row.clause.clone()]
            })
        ),
        refusals = table(
            ["Key", "Code", "Retry", "After", "What happens"],
            rows.iter().filter_map(|row| refusal(spec, row))
        ),
        others = table(
            ["Key", "What happens"],
            rows.iter().filter(|row| row.code.is_none()).map(|row| [code(&row.name), row.at_limit.clone()])
        ),
    )
}

fn refusal(spec: &Spec, row: &Limit) -> Option<[String; 5]> {
    let found = spec.codes.codes.rows.iter().find(|found| Some(found.number) == row.code)?;
    let after = if row.retry_after_ms == 0 { String::new() } else { time(row.retry_after_ms) };
    let number = format!("{} {}", found.number, code(&found.name));
    Some([code(&row.name), number, yes(found.retryable), after, row.at_limit.clone()])
}

fn quantity(row: &Limit, number: u64) -> String {
    match row.unit {
        Unit::Ms if number >= 1000 => format!("{number} ({})", time(number)),
        Unit::Count | Unit::Bytes | Unit::Ms => number.to_string(),
    }
}

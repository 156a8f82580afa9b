//! `login-status.md`.

use super::{code, sources, table};
use crate::spec::{NamedNumbers, Numbering, Spec};

pub(super) fn page(spec: &Spec) -> String {
    let status = &spec.status;
    format!(
        "# Login status, connection status, log levels, platforms

## Login status

{states}
Each platform gives these states the numbers and constants that its own V2TIM documentation gives them. A platform
without a number for logging out reports it as logged out.

{numbers}
Constants:

{constants}
## Connection status

What the C API's network status callback says. The connection has a state of its own: it moves without touching the
login status. Source: {network_source}.

{network}
## Log levels

Source: {level_source}.

{levels}
## Platforms

Names as settings, policies and frames spell them. Source: {platform_source}.

{platforms}
{sources}",
        states = table(
            ["State", "Meaning"],
            status.login.states.iter().map(|row| [code(&row.name), row.doc.clone()])
        ),
        numbers = numberings(
            spec,
            |numbering, state| numbering.of(state).map_or(String::new(), |found| found.number.to_string())
        ),
        constants = numberings(
            spec,
            |numbering, state| numbering.of(state).map_or(String::new(), |found| code(&found.name))
        ),
        network = numbered(&status.network),
        network_source = status.network.source,
        levels = numbered(&status.log_level),
        level_source = status.log_level.source,
        sources = sources(&status.sources),
        platform_source = status.platform.source,
        platforms = table(
            ["Name", "Meaning"],
            status.platform.rows.iter().map(|row| [code(&row.name), row.doc.clone()])
        ),
    )
}

/// One row for each numbering, one column for each state.
fn numberings(spec: &Spec, cell: impl Fn(&Numbering, &str) -> String) -> String {
    const HEAD: [&str; 4] = ["logged_in", "logging_in", "logged_out", "logging_out"];
    table(
        ["Platform", HEAD[0], HEAD[1], HEAD[2], HEAD[3], "Source"],
        spec.status.login.numbering.iter().map(|numbering| {
            let [first, second, third, fourth] = HEAD.map(|state| cell(numbering, state));
            [numbering.doc.clone(), first, second, third, fourth, numbering.source.clone()]
        }),
    )
}

fn numbered(rows: &NamedNumbers) -> String {
    table(
        ["Number", "Name", "V2TIM constant", "Meaning"],
        rows.rows
            .iter()
            .map(|row| [row.number.to_string(), code(&row.name), code(&row.vendor), row.doc.clone()]),
    )
}

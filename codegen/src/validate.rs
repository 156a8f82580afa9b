//! Rules across the rows of the spec files. It reports every problem at once, each as one line that names the row.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::spec::{GatewayKey, GatewayKind, Limit, Scope, Setting, SettingKind, Sources, Spec, Value};

/// The only codes that mean "get a new ticket" (C17).
const NEEDS_NEW_TICKET: [i32; 3] = [6206, 70001, 70052];

/// Checks every rule; an error holds all problems.
pub(crate) fn validate(spec: &Spec) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    codes(spec, &mut problems);
    status(spec, &mut problems);
    settings(spec, &mut problems);
    limits(spec, &mut problems);
    gateway(spec, &mut problems);
    c_api(spec, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn codes(spec: &Spec, problems: &mut Vec<String>) {
    let rows = &spec.codes.codes.rows;
    unique("codes.toml: number", rows.iter().map(|row| row.number), problems);
    unique("codes.toml: name", rows.iter().map(|row| &row.name), problems);
    if !rows.is_sorted_by_key(|row| row.number) {
        problems.push("codes.toml: the rows are not sorted by number".into());
    }
    for row in rows {
        if row.needs_new_ticket != NEEDS_NEW_TICKET.contains(&row.number) {
            problems.push(format!(
                "codes.toml: {}: needs_new_ticket is for 6206, 70001 and 70052 only (C17)",
                row.name
            ));
        }
        sentence(&format!("codes.toml: {}", row.name), &row.meaning, problems);
        sources(&spec.codes.sources, &format!("codes.toml: {}", row.name), &row.source, problems);
    }
    let results = &spec.codes.tim_result.rows;
    unique("codes.toml: tim_result number", results.iter().map(|row| row.number), problems);
    unique("codes.toml: tim_result name", results.iter().map(|row| &row.name), problems);
    for row in results {
        sources(&spec.codes.sources, &format!("codes.toml: {}", row.name), &row.source, problems);
    }
}

/// Every word of a source is a key of `[sources]` or a clause such as C17 or G5.
fn sources(known: &Sources, at: &str, source: &str, problems: &mut Vec<String>) {
    if source.is_empty() {
        problems.push(format!("{at}: no source"));
    }
    for word in source.split(' ') {
        if !known.contains_key(word) && !is_clause(word) {
            problems.push(format!("{at}: unknown source `{word}`"));
        }
    }
}

fn is_clause(word: &str) -> bool {
    word.strip_prefix(['C', 'G']).is_some_and(|number| number.parse::<u8>().is_ok())
}

fn status(spec: &Spec, problems: &mut Vec<String>) {
    let login = &spec.status.login;
    unique("status.toml: state", login.states.iter().map(|row| &row.name), problems);
    unique("status.toml: numbering", login.numbering.iter().map(|row| &row.name), problems);
    if let Some(other) =
        login.states.iter().find(|row| !crate::rust::LOGIN_STATES.contains(&row.name.as_str()))
    {
        problems.push(format!("status.toml: `{}` is not one of the four states of C1", other.name));
    }
    if login.states.len() != crate::rust::LOGIN_STATES.len() {
        problems.push("status.toml: there are exactly four login states (C1)".into());
    }
    for (table, rows) in [("network", &spec.status.network.rows), ("log_level", &spec.status.log_level.rows)]
    {
        unique(&format!("status.toml: {table} number"), rows.iter().map(|row| row.number), problems);
        unique(&format!("status.toml: {table} name"), rows.iter().map(|row| &row.name), problems);
    }
    unique("status.toml: platform", spec.status.platform.rows.iter().map(|row| &row.name), problems);
}

fn settings(spec: &Spec, problems: &mut Vec<String>) {
    let rows = &spec.settings.setting;
    unique("settings.toml: name", rows.iter().map(|row| &row.name), problems);
    // Different names could still meet in a derived form: `a_b` and `aB` give the same property.
    unique("settings.toml: property", rows.iter().map(Setting::property), problems);
    for row in rows {
        let at = format!("settings.toml: {}", row.name);
        sentence(&at, &row.doc, problems);
        clauses(&at, &row.clause, problems);
        match (row.kind, &row.default) {
            (SettingKind::Ms | SettingKind::Percent | SettingKind::Count, Value::Number(number)) => {
                match (row.min, row.max) {
                    (Some(min), Some(max)) => range(&at, *number, min, max, problems),
                    _ => problems.push(format!("{at}: a number needs min and max")),
                }
            }
            (SettingKind::Bool, Value::Bool(_)) => {}
            (SettingKind::Url | SettingKind::Path | SettingKind::Text, Value::Text(_)) => {}
            (SettingKind::Platform, Value::Text(text)) if text.is_empty() => {}
            (SettingKind::LogLevel, Value::Text(text)) if is_log_level(spec, text) => {}
            (kind, _) => problems.push(format!("{at}: the default is not a {kind:?}")),
        }
    }
}

fn is_log_level(spec: &Spec, text: &str) -> bool {
    spec.status.log_level.rows.iter().any(|row| row.name == text)
}

fn limits(spec: &Spec, problems: &mut Vec<String>) {
    let rows = &spec.limits.limit;
    unique("limits.toml: name", rows.iter().map(|row| &row.name), problems);
    for row in rows {
        let at = format!("limits.toml: {}", row.name);
        sentence(&at, &row.doc, problems);
        sentence(&at, &row.at_limit, problems);
        clauses(&at, &row.clause, problems);
        range(&at, row.default, row.min, row.max, problems);
        code_of(spec, row, &at, problems);
    }
}

fn code_of(spec: &Spec, row: &Limit, at: &str, problems: &mut Vec<String>) {
    let code = row.code.map(|number| spec.codes.codes.rows.iter().find(|code| code.number == number));
    match code {
        Some(None) => problems.push(format!("{at}: its code is not in codes.toml")),
        Some(Some(code)) if !code.used => problems.push(format!("{at}: its code is not marked as used")),
        Some(Some(code)) if !code.retryable && row.retry_after_ms > 0 => {
            problems.push(format!("{at}: retry_after_ms with a code that no retry helps"));
        }
        None if row.retry_after_ms > 0 => problems.push(format!("{at}: retry_after_ms without a code")),
        Some(Some(_)) | None => {}
    }
}

fn gateway(spec: &Spec, problems: &mut Vec<String>) {
    let rows = &spec.gateway.key;
    unique("gateway.toml: name", rows.iter().map(|row| &row.name), problems);
    unique("gateway.toml: flag", rows.iter().map(GatewayKey::flag), problems);
    for row in rows {
        let at = format!("gateway.toml: {}", row.name);
        sentence(&at, &row.doc, problems);
        match row.kind {
            GatewayKind::Choice | GatewayKind::Policy if row.values.is_empty() => {
                problems.push(format!("{at}: a choice needs values"));
            }
            GatewayKind::Choice | GatewayKind::Policy
                if row.default.as_ref().is_some_and(|default| !row.values.contains(default)) =>
            {
                problems.push(format!("{at}: the default is not one of the values"));
            }
            GatewayKind::Number if row.min.is_none() || row.max.is_none() => {
                problems.push(format!("{at}: a number needs min and max"));
            }
            _ => {}
        }
        if (row.scope == Scope::Start) == row.example.is_some() {
            problems.push(format!("{at}: an example is for what a file may hold, and has to be there"));
        }
    }
}

fn c_api(spec: &Spec, problems: &mut Vec<String>) {
    let file = &spec.c_api;
    unique("c_api.toml: enum", file.enums.iter().map(|row| &row.name), problems);
    for row in &file.enums {
        let at = format!("c_api.toml: {}", row.name);
        sentence(&at, &row.doc, problems);
        sources(&file.sources, &at, &row.source, problems);
        unique(&format!("{at}: number"), row.rows.iter().map(|constant| constant.number), problems);
        row.rows.iter().for_each(|constant| sentence(&at, &constant.doc, problems));
    }
    unique("c_api.toml: key", file.keys.rows.iter().map(|row| &row.name), problems);
    unique("c_api.toml: text", file.keys.rows.iter().map(|row| &row.text), problems);
    sources(&file.sources, "c_api.toml: keys", &file.keys.source, problems);
    unique("c_api.toml: setter", file.outside.rows.iter().map(|row| &row.name), problems);
    sources(&file.sources, "c_api.toml: outside", &file.outside.source, problems);
    for row in &file.outside.rows {
        for parameter in row.parameters.iter().filter(|parameter| crate::c::parameter(parameter).is_none()) {
            problems.push(format!("c_api.toml: {}: unknown parameter `{parameter}`", row.name));
        }
    }
}

fn range(at: &str, value: u64, min: u64, max: u64, problems: &mut Vec<String>) {
    if min > max {
        problems.push(format!("{at}: min is above max"));
    } else if !(min..=max).contains(&value) {
        problems.push(format!("{at}: the default {value} is outside {min}..={max}"));
    }
}

fn sentence(at: &str, text: &str, problems: &mut Vec<String>) {
    if !text.ends_with('.') || text.contains('|') || text.contains('\n') {
        problems.push(format!("{at}: a text is one line that ends with a full stop and has no `|`"));
    }
}

fn clauses(at: &str, text: &str, problems: &mut Vec<String>) {
    if !text.split(' ').all(is_clause) {
        problems.push(format!("{at}: `{text}` does not name clauses such as C10 or G7"));
    }
}

fn unique<T: Ord + Display>(what: &str, values: impl Iterator<Item = T>, problems: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for value in values {
        let text = value.to_string();
        if !seen.insert(value) {
            problems.push(format!("{what} {text} is there twice"));
        }
    }
}

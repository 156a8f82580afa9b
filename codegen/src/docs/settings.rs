//! `settings.md`.

use super::{code, table, time};
use crate::spec::{Setting, SettingKind, Spec, Value};

pub(super) fn page(spec: &Spec) -> String {
    let rows = &spec.settings.setting;
    format!(
        "# Client settings

Every setting can be given in code, in the Android manifest or Info.plist, or in the environment. Code wins over
manifest or plist, which wins over the environment. A value outside its range is refused with a text that names the
setting and the range; it is never moved to the nearest allowed value.

{meanings}
## The same settings by their other names

The C API takes them in the JSON of `TIMInit`. The property is one of `V2TIMSDKConfig`, and in TypeScript one of what
`configure` and `new Client` take; the keywords of Python have the names of the table above.

{names}
",
        meanings = table(
            ["Setting", "Default", "Range", "Meaning", "Clause"],
            rows.iter().map(|row| [code(&row.name), default(row), range(row), row.doc.clone(), row.clause.clone()])
        ),
        names = table(
            ["C JSON key", "Environment", "Android manifest", "Info.plist", "Property"],
            rows.iter().map(|row| {
                [row.c_key(), row.env(), row.android_meta(), row.plist_key(), row.property()].map(|name| code(&name))
            })
        ),
    )
}

fn default(row: &Setting) -> String {
    match &row.default {
        Value::Text(text) if text.is_empty() => "not set".to_owned(),
        Value::Text(text) => code(text),
        Value::Bool(flag) => code(&flag.to_string()),
        Value::Number(number) => quantity(row.kind, *number),
    }
}

fn range(row: &Setting) -> String {
    match (row.min, row.max, row.kind) {
        (Some(min), Some(max), kind) => format!("{} to {}", quantity(kind, min), quantity(kind, max)),
        (_, _, SettingKind::Bool) => "`true`, `false`".to_owned(),
        (_, _, SettingKind::Platform | SettingKind::LogLevel) => "see [names](login-status.md)".to_owned(),
        _ => String::new(),
    }
}

/// Times as the number that has to be written, followed by what it means.
fn quantity(kind: SettingKind, number: u64) -> String {
    match kind {
        SettingKind::Ms if number >= 1000 => format!("{number} ({})", time(number)),
        SettingKind::Percent => format!("{number} %"),
        _ => number.to_string(),
    }
}

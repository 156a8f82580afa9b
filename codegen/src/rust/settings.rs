//! `settings.rs`: the table of client settings, their defaults, and the struct that holds their values.

use crate::names::{camel, upper};
use crate::spec::{Setting, SettingKind, Spec, Value};

pub(super) fn module(spec: &Spec) -> String {
    let rows = &spec.settings.setting;
    format!(
        "//! Client settings: the table, the defaults, and the values of one client (C23).

use crate::generated::status::{{LogLevel, Platform}};
use crate::settings::{{SettingError, SettingKind, SettingRow, Unit, Value}};

/// Every client setting, in the order of the documentation.
pub static SETTINGS: &[SettingRow] = &[{table}];

/// Defaults of the settings that have one.
pub mod default {{
    {defaults}
}}

/// The settings of one client. `Default` gives the table's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSettings {{ {fields} }}

impl Default for ClientSettings {{
    fn default() -> Self {{
        ClientSettings {{ {initial} }}
    }}
}}

impl ClientSettings {{
    /// Sets one setting from its text, after a check of form and range.
    ///
    /// # Errors
    /// [`SettingError`] when there is no such setting, or the text is not a value of its kind, or the value is out
    /// of range. The settings are then unchanged.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {{
        match name {{
            {arms}
            _ => return Err(SettingError::unknown_setting(name)),
        }}
        Ok(())
    }}
}}
",
        table = rows.iter().map(row).collect::<String>(),
        defaults = rows.iter().map(default).collect::<String>(),
        fields = rows.iter().map(field).collect::<String>(),
        initial = rows.iter().map(initial).collect::<String>(),
        arms = rows.iter().enumerate().map(arm).collect::<String>(),
    )
}

fn row(setting: &Setting) -> String {
    let kind = match setting.kind {
        SettingKind::Ms => "Number(Unit::Millis)".to_owned(),
        SettingKind::Percent => "Number(Unit::Percent)".to_owned(),
        SettingKind::Count => "Number(Unit::Count)".to_owned(),
        other => format!("{other:?}"),
    };
    let default = match &setting.default {
        Value::Bool(value) => format!("Flag({value})"),
        Value::Number(value) => format!("Number({value})"),
        Value::Text(value) => format!("Text({value:?})"),
    };
    format!(
        "SettingRow {{ name: {:?}, kind: SettingKind::{kind}, default: Value::{default}, min: {}, max: {}, \
         c_key: {:?}, env: {:?}, android_meta: {:?}, plist_key: {:?}, property: {:?}, doc: {:?} }},\n",
        setting.name,
        setting.min.unwrap_or(0),
        setting.max.unwrap_or(0),
        setting.c_key(),
        setting.env(),
        setting.android_meta(),
        setting.plist_key(),
        setting.property(),
        setting.doc,
    )
}

/// A default as a constant; settings whose default is "not set" have none.
fn default(setting: &Setting) -> String {
    let (kind, value) = match (&setting.default, setting.kind) {
        (Value::Bool(value), _) => ("bool", value.to_string()),
        (Value::Number(value), _) => ("u64", value.to_string()),
        (Value::Text(value), SettingKind::LogLevel) => {
            ("super::LogLevel", format!("super::LogLevel::{}", camel(value)))
        }
        (Value::Text(_), _) => return String::new(),
    };
    format!("/// {}\npub const {}: {kind} = {value};\n", setting.doc, upper(&setting.name))
}

fn field(setting: &Setting) -> String {
    let kind = match setting.kind {
        SettingKind::Url => "String",
        SettingKind::Path | SettingKind::Text => "Option<String>",
        SettingKind::Bool => "bool",
        SettingKind::Ms | SettingKind::Percent | SettingKind::Count => "u64",
        SettingKind::Platform => "Option<Platform>",
        SettingKind::LogLevel => "LogLevel",
    };
    format!("/// {}{}\npub {}: {kind},\n", setting.doc, range_note(setting), setting.name)
}

fn range_note(setting: &Setting) -> String {
    let unit = match setting.kind {
        SettingKind::Ms => " milliseconds",
        SettingKind::Percent => " percent",
        _ => "",
    };
    match (&setting.default, setting.min, setting.max) {
        (Value::Number(default), Some(min), Some(max)) => {
            format!(" Default {default}{unit}, range {min} to {max}.")
        }
        (Value::Bool(default), ..) => format!(" Default {default}."),
        _ => String::new(),
    }
}

fn initial(setting: &Setting) -> String {
    let value = match setting.kind {
        SettingKind::Url => "String::new()".to_owned(),
        SettingKind::Path | SettingKind::Text | SettingKind::Platform => "None".to_owned(),
        SettingKind::Bool
        | SettingKind::Ms
        | SettingKind::Percent
        | SettingKind::Count
        | SettingKind::LogLevel => format!("default::{}", upper(&setting.name)),
    };
    format!("{}: {value},\n", setting.name)
}

fn arm((index, setting): (usize, &Setting)) -> String {
    let parse = match setting.kind {
        SettingKind::Url => "text",
        SettingKind::Path | SettingKind::Text => "optional_text",
        SettingKind::Bool => "flag",
        SettingKind::Ms | SettingKind::Percent | SettingKind::Count => "number",
        SettingKind::Platform => "platform",
        SettingKind::LogLevel => "log_level",
    };
    format!("{:?} => self.{} = SETTINGS[{index}].{parse}(value)?,\n", setting.name, setting.name)
}

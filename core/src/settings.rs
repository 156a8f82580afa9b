//! Rows of the settings and limits tables, and reading a value from text with a check of its range.
//!
//! It does not know where a value comes from (code, manifest, environment, file) nor which source wins; the client
//! and the gateway decide that. The rows themselves are generated: [`SETTINGS`] and [`LIMITS`].

use crate::error::Code;
use crate::generated::status::{LogLevel, Platform};
use crate::time::Millis;

pub use crate::generated::limits::{GatewayLimits, LIMITS, limit_row};
pub use crate::generated::settings::{ClientSettings, SETTINGS};

/// Shorter words are in names by chance.
const LETTERS_MIN: usize = 3;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Millis,
    /// Hundredths.
    Percent,
}

impl Unit {
    /// The unit as it follows a number in a text; empty for things.
    pub const fn suffix(self) -> &'static str {
        match self {
            Unit::Count => "",
            Unit::Bytes => " bytes",
            Unit::Millis => " ms",
            Unit::Percent => " percent",
        }
    }
}

/// What the value of a client setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingKind {
    /// An address; empty means not set.
    Url,
    /// A file or folder; empty means not set.
    Path,
    /// Any text; empty means not set.
    Text,
    /// `true` or `false`, also `1` or `0`.
    Bool,
    /// A whole number in the row's range.
    Number(Unit),
    /// A [`Platform`] by its name; empty means the operating system of the process.
    Platform,
    /// A [`LogLevel`] by its name or its number.
    LogLevel,
}

/// A default of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A text, possibly empty.
    Text(&'static str),
    /// A truth value.
    Flag(bool),
    /// A number.
    Number(u64),
}

/// One client setting (C23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingRow {
    /// Name in settings files and in [`ClientSettings::set`].
    pub name: &'static str,
    /// What its value is.
    pub kind: SettingKind,
    /// What holds when nobody sets it.
    pub default: Value,
    /// Lowest allowed number; 0 where the value is not a number.
    pub min: u64,
    /// Highest allowed number; 0 where the value is not a number.
    pub max: u64,
    /// Key in the JSON of the C API's init.
    pub c_key: &'static str,
    /// Environment variable.
    pub env: &'static str,
    /// Name of the meta-data element in the Android manifest.
    pub android_meta: &'static str,
    /// Key in Info.plist.
    pub plist_key: &'static str,
    /// Property of `V2TIMSDKConfig`.
    pub property: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
}

/// One limit or time of the gateway (G7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// Name in the gateway's configuration and in [`GatewayLimits::set`].
    pub name: &'static str,
    /// What the number counts.
    pub unit: Unit,
    /// What holds when nobody sets it.
    pub default: u64,
    /// Lowest allowed number.
    pub min: u64,
    /// Highest allowed number.
    pub max: u64,
    /// What the peer is told at the limit; none where nobody is refused.
    pub code: Option<Code>,
    /// Whether the same request can succeed later without a change.
    pub retryable: bool,
    /// When the peer may come back; none where it is computed for each case, or makes no sense.
    pub retry_after: Option<Millis>,
    /// What happens at the limit, in a sentence.
    pub at_limit: &'static str,
    /// What is limited, in a sentence.
    pub doc: &'static str,
}

/// Which table a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Settings of a client.
    Settings,
    /// Limits of a gateway.
    Limits,
}

impl Table {
    /// What a row of it is called.
    const fn row(self) -> &'static str {
        match self {
            Table::Settings => "setting",
            Table::Limits => "limit",
        }
    }
}

/// Why a setting or limit was refused. Its text names the setting, what is wrong, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The table has no such name.
    #[error("there is no {} `{name}`{}", table.row(), hint(*nearest))]
    Unknown {
        /// The table that was asked.
        table: Table,
        /// The name that was given.
        name: String,
        /// The name of the table that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The text is not a value of the setting's kind.
    #[error("{} `{name}`: `{value}` is not {expected}", table.row())]
    Unreadable {
        /// The table that has it.
        table: Table,
        /// Name of the setting.
        name: &'static str,
        /// The text that was given.
        value: String,
        /// What would be allowed.
        expected: String,
    },
    /// The number is below or above the allowed range.
    #[error("{} `{name}`: {value} is out of range; allowed is {min} to {max}{}", table.row(), unit.suffix())]
    OutOfRange {
        /// The table that has it.
        table: Table,
        /// Name of the setting.
        name: &'static str,
        /// The number that was given.
        value: u64,
        /// Lowest allowed number.
        min: u64,
        /// Highest allowed number.
        max: u64,
        /// What the number counts.
        unit: Unit,
    },
    /// The lower end of a span is above its upper end.
    #[error("setting `{low}` is above `{high}`")]
    Order {
        /// Name of the setting that must be the lower one.
        low: &'static str,
        /// Name of the setting that must be the higher one.
        high: &'static str,
    },
}

impl ClientSettings {
    /// Checks what no single value shows: that no delay's lower end is above its upper end. To be called when all
    /// settings are set.
    ///
    /// # Errors
    /// [`SettingError::Order`] names the two settings.
    pub fn check(&self) -> Result<(), SettingError> {
        if self.reconnect_delay_min_ms > self.reconnect_delay_max_ms {
            return Err(SettingError::Order {
                low: "reconnect_delay_min_ms",
                high: "reconnect_delay_max_ms",
            });
        }
        if self.ticket_retry_min_ms > self.ticket_retry_max_ms {
            return Err(SettingError::Order { low: "ticket_retry_min_ms", high: "ticket_retry_max_ms" });
        }
        Ok(())
    }
}

impl SettingError {
    /// The error for a name that is no setting.
    pub(crate) fn unknown_setting(name: &str) -> Self {
        let nearest = nearest(name, SETTINGS.iter().map(|row| row.name));
        SettingError::Unknown { table: Table::Settings, name: name.to_owned(), nearest }
    }

    /// The error for a name that is no limit.
    pub(crate) fn unknown_limit(name: &str) -> Self {
        let nearest = nearest(name, LIMITS.iter().map(|row| row.name));
        SettingError::Unknown { table: Table::Limits, name: name.to_owned(), nearest }
    }
}

impl SettingRow {
    pub(crate) fn text(&self, value: &str) -> Result<String, SettingError> {
        Ok(value.to_owned())
    }

    pub(crate) fn optional_text(&self, value: &str) -> Result<Option<String>, SettingError> {
        Ok(Some(value.to_owned()).filter(|text| !text.is_empty()))
    }

    pub(crate) fn flag(&self, value: &str) -> Result<bool, SettingError> {
        match value {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.unreadable(value, "`true` or `false`".to_owned())),
        }
    }

    pub(crate) fn number(&self, value: &str) -> Result<u64, SettingError> {
        let unit = match self.kind {
            SettingKind::Number(unit) => unit,
            SettingKind::Url
            | SettingKind::Path
            | SettingKind::Text
            | SettingKind::Bool
            | SettingKind::Platform
            | SettingKind::LogLevel => Unit::Count,
        };
        number(Table::Settings, self.name, value, (self.min, self.max), unit)
    }

    pub(crate) fn platform(&self, value: &str) -> Result<Option<Platform>, SettingError> {
        if value.is_empty() {
            return Ok(None);
        }
        Platform::parse(value).map(Some).ok_or_else(|| {
            self.unreadable(value, one_of(Platform::ALL.iter().map(|platform| platform.as_str())))
        })
    }

    pub(crate) fn log_level(&self, value: &str) -> Result<LogLevel, SettingError> {
        // V2TIM code gives the level as its number.
        let by_number = || value.parse().ok().and_then(LogLevel::from_number);
        LogLevel::parse(value)
            .or_else(by_number)
            .ok_or_else(|| self.unreadable(value, one_of(LogLevel::ALL.iter().map(|level| level.as_str()))))
    }

    fn unreadable(&self, value: &str, expected: String) -> SettingError {
        unreadable(Table::Settings, self.name, value, expected)
    }
}

impl LimitRow {
    pub(crate) fn number(&self, value: &str) -> Result<u64, SettingError> {
        number(Table::Limits, self.name, value, (self.min, self.max), self.unit)
    }
}

fn number(
    table: Table,
    name: &'static str,
    value: &str,
    (min, max): (u64, u64),
    unit: Unit,
) -> Result<u64, SettingError> {
    let expected = || format!("a whole number from {min} to {max}{}", unit.suffix());
    let parsed: u64 = value.parse().map_err(|_| unreadable(table, name, value, expected()))?;
    if (min..=max).contains(&parsed) {
        Ok(parsed)
    } else {
        Err(SettingError::OutOfRange { table, name, value: parsed, min, max, unit })
    }
}

fn unreadable(table: Table, name: &'static str, value: &str, expected: String) -> SettingError {
    SettingError::Unreadable { table, name, value: value.to_owned(), expected }
}

fn hint(nearest: Option<&'static str>) -> String {
    nearest.map_or(String::new(), |nearest| format!("; the nearest name is `{nearest}`"))
}

/// The name that was probably meant: the shortest that contains the word, else one of nearly the same letters.
fn nearest(word: &str, names: impl Iterator<Item = &'static str> + Clone) -> Option<&'static str> {
    let containing = names.clone().filter(|name| word.len() >= LETTERS_MIN && name.contains(word));
    containing.min_by_key(|name| name.len()).or_else(|| {
        let name = names.min_by_key(|name| distance(word, name))?;
        // A third of the letters may be wrong; more makes any two short words alike.
        (distance(word, name) <= word.len() / 3).then_some(name)
    })
}

fn one_of(names: impl Iterator<Item = &'static str>) -> String {
    format!("one of {}", names.collect::<Vec<_>>().join(", "))
}

/// Letters to insert, remove or replace to come from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

//! The configuration file: every key is known, stands where it belongs and has the right type. What the values mean
//! is not judged here.

use std::collections::BTreeMap;

use tessera_core::settings::LIMITS;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, KeyKind, KeyRow, Scope, nearest};
use super::mistake::{Findings, Place, Source};
use super::values::quoted;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Given<T> {
    pub(super) place: Place,
    pub(super) value: T,
}

/// One `[[apps]]` or `[[admin.tokens]]`: its values by their key.
pub(super) struct Entry<'a> {
    pub(super) place: Place,
    pub(super) values: BTreeMap<&'static str, Given<&'a Spanned<DeValue<'a>>>>,
}

/// What a file says, by key.
#[derive(Default)]
pub(super) struct FileValues<'a> {
    /// Keys that the environment and flags can give too, as text.
    pub(super) scalars: BTreeMap<&'static str, Given<String>>,
    /// `[limits]`.
    pub(super) limits: Vec<(String, Given<String>)>,
    /// `[[apps]]`.
    pub(super) apps: Vec<Entry<'a>>,
    /// `[[admin.tokens]]`.
    pub(super) tokens: Vec<Entry<'a>>,
}

const APPS: &str = "apps";
const TOKENS: &str = "admin.tokens";
const LIMITS_TABLE: &str = "limits";

/// Sorts the values of a parsed file.
pub(super) fn read<'a>(
    source: Source<'_>,
    document: &'a Spanned<DeTable<'a>>,
    findings: &mut Findings,
) -> FileValues<'a> {
    let mut reader = Reader { source, findings, out: FileValues::default() };
    reader.table("", document.get_ref());
    reader.out
}

struct Reader<'a, 'f> {
    source: Source<'f>,
    findings: &'f mut Findings,
    out: FileValues<'a>,
}

impl<'a> Reader<'a, '_> {
    fn table(&mut self, table: &str, content: &'a DeTable<'a>) {
        for (key, value) in content {
            let name = joined(table, key.get_ref());
            let place = self.source.place(key.span());
            if name == APPS {
                self.out.apps = self.entries(APPS, &place, value);
            } else if name == TOKENS {
                self.out.tokens = self.entries(TOKENS, &place, value);
            } else if name == LIMITS_TABLE {
                self.limits(&place, value);
            } else if KEYS.iter().any(|row| row.table == name) {
                match value.get_ref().as_table() {
                    Some(content) => self.table(&name, content),
                    None => self.findings.mistake(&place, format!("`{name}` is a table: write [{name}]")),
                }
            } else if let Some(row) =
                row_in(table, key.get_ref()).filter(|row| row.scope == Scope::Everywhere)
            {
                if let Some(text) = self.scalar(row, &place, value.get_ref()) {
                    self.out.scalars.insert(row.name, Given { place, value: text });
                }
            } else {
                self.unknown(table, key.get_ref(), &place);
            }
        }
    }

    /// The text of a value that has the row's type.
    fn scalar(&mut self, row: &KeyRow, place: &Place, value: &DeValue<'_>) -> Option<String> {
        let found = match (row.kind, value) {
            (KeyKind::Bool, DeValue::Boolean(flag)) => Some(flag.to_string()),
            (KeyKind::Networks, DeValue::Array(list)) => {
                let texts: Option<Vec<_>> = list.iter().map(|item| item.get_ref().as_str()).collect();
                texts.map(|texts| texts.join(","))
            }
            (KeyKind::Address | KeyKind::Path | KeyKind::Choice, DeValue::String(text)) => {
                Some(text.to_string())
            }
            _ => None,
        };
        if found.is_none() {
            self.findings.mistake(place, wrong_type(row, value));
        }
        found
    }

    fn limits(&mut self, place: &Place, value: &'a Spanned<DeValue<'a>>) {
        let Some(content) = value.get_ref().as_table() else {
            return self.findings.mistake(place, "`limits` is a table: write [limits]");
        };
        for (key, value) in content {
            let place = self.source.place(key.span());
            let Some(row) = LIMITS.iter().find(|row| row.name == key.get_ref()) else {
                self.unknown(LIMITS_TABLE, key.get_ref(), &place);
                continue;
            };
            let number = value.get_ref().as_integer();
            match number.and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok()) {
                Some(number) => {
                    self.out.limits.push((row.name.to_owned(), Given { place, value: number.to_string() }))
                }
                None => {
                    let found = value.get_ref().type_str();
                    let (min, max) = (row.min, row.max);
                    self.findings.mistake(
                        &place,
                        format!("`limits.{}` is a whole number from {min} to {max}, not a {found}", row.name),
                    );
                }
            }
        }
    }

    fn entries(
        &mut self,
        table: &'static str,
        place: &Place,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Vec<Entry<'a>> {
        let Some(list) = value.get_ref().as_array() else {
            self.findings.mistake(place, format!("`{table}` is a list: write [[{table}]] for each entry"));
            return Vec::new();
        };
        list.iter().filter_map(|item| self.entry(table, item)).collect()
    }

    fn entry(&mut self, table: &'static str, item: &'a Spanned<DeValue<'a>>) -> Option<Entry<'a>> {
        let place = self.source.place(item.span());
        let Some(content) = item.get_ref().as_table() else {
            self.findings.mistake(&place, format!("each entry of `{table}` is a table: write [[{table}]]"));
            return None;
        };
        let mut values = BTreeMap::new();
        for (key, value) in content {
            let place = self.source.place(key.span());
            match row_in(table, key.get_ref()) {
                Some(row) if fits(row.kind, value.get_ref()) => {
                    values.insert(row.leaf, Given { place, value });
                }
                Some(row) => self.findings.mistake(&place, wrong_type(row, value.get_ref())),
                None => self.unknown(table, key.get_ref(), &place),
            }
        }
        Some(Entry { place, values })
    }

    /// A key that is not in its table: the name that was meant, or the table that it belongs to.
    fn unknown(&mut self, table: &str, key: &str, place: &Place) {
        let known = names_in(table);
        let wrong = joined(table, key);
        let hint = match nearest(key, known.iter().copied()) {
            Some(name) => format!("did you mean `{}`?", joined(table, name)),
            None => match elsewhere(key) {
                Some(home) => format!("`{key}` belongs into [{home}]"),
                None => format!("allowed here are {}", quoted(&known)),
            },
        };
        self.findings.mistake(place, format!("there is no key `{wrong}`; {hint}"));
    }
}

/// Whether a value of an entry has the type of its row.
fn fits(kind: KeyKind, value: &DeValue<'_>) -> bool {
    match kind {
        KeyKind::Bool => value.is_bool(),
        KeyKind::Number => value.is_integer(),
        KeyKind::Policy => value.is_str() || value.is_table(),
        KeyKind::Paths | KeyKind::Secrets | KeyKind::Networks => {
            value.as_array().is_some_and(|list| list.iter().all(|item| item.get_ref().is_str()))
        }
        KeyKind::Address | KeyKind::Path | KeyKind::Choice | KeyKind::Secret | KeyKind::Text => {
            value.is_str()
        }
    }
}

/// Says which type a value must have. The value itself is not shown: it may be a secret.
fn wrong_type(row: &KeyRow, value: &DeValue<'_>) -> String {
    let expected = match row.kind {
        KeyKind::Bool => "true or false".to_owned(),
        KeyKind::Number => format!("a whole number from {} to {}", row.min, row.max),
        KeyKind::Policy => format!("a table, or one of {}", quoted(row.values)),
        KeyKind::Choice => format!("one of {}", quoted(row.values)),
        KeyKind::Paths => "a list of paths in quotes".to_owned(),
        KeyKind::Secrets => "a list of texts in quotes".to_owned(),
        KeyKind::Networks => "a list of networks, such as [\"10.0.0.0/8\"]".to_owned(),
        KeyKind::Address => "an address in quotes, such as \"127.0.0.1:7700\"".to_owned(),
        KeyKind::Path => "a path in quotes".to_owned(),
        KeyKind::Secret | KeyKind::Text => "a text in quotes".to_owned(),
    };
    let found = match value {
        DeValue::Array(_) => "a list of something else".to_owned(),
        DeValue::Integer(_) => "a number".to_owned(),
        DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Float(_)
        | DeValue::String(_)
        | DeValue::Table(_) => format!("a {}", value.type_str()),
    };
    format!("`{}` must be {expected}, not {found}", row.name)
}

fn row_in(table: &str, leaf: &str) -> Option<&'static KeyRow> {
    KEYS.iter().find(|row| row.scope != Scope::Start && row.table == table && row.leaf == leaf)
}

/// Keys and tables that may stand in a table.
fn names_in(table: &str) -> Vec<&'static str> {
    if table == LIMITS_TABLE {
        return LIMITS.iter().map(|row| row.name).collect();
    }
    let in_file = KEYS.iter().filter(|row| row.scope != Scope::Start);
    let mut names: Vec<&str> = in_file.filter_map(|row| first_below(table, row.name)).collect();
    if table.is_empty() {
        names.push(LIMITS_TABLE);
    }
    names.dedup();
    names
}

/// The part of a name that follows a table: `tls` below the top for `tls.key`.
fn first_below(table: &str, name: &'static str) -> Option<&'static str> {
    let rest = if table.is_empty() { name } else { name.strip_prefix(table)?.strip_prefix('.')? };
    rest.split('.').next()
}

/// Another table that has the key.
fn elsewhere(leaf: &str) -> Option<&'static str> {
    if LIMITS.iter().any(|row| row.name == leaf) {
        return Some(LIMITS_TABLE);
    }
    let row =
        KEYS.iter().find(|row| row.scope != Scope::Start && row.leaf == leaf && !row.table.is_empty())?;
    Some(row.table)
}

fn joined(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

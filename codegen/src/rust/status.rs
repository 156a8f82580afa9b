//! `status.rs`: login status, platform, connection status and log level.

use crate::names::camel;
use crate::spec::{Named, NamedNumber, Numbering, Spec};

pub(super) fn module(spec: &Spec) -> String {
    let status = &spec.status;
    let network: Vec<_> = status.network.rows.iter().map(named).collect();
    let levels: Vec<_> = status.log_level.rows.iter().map(named).collect();
    [
        "//! Login status and its numberings, platforms, connection status and log levels.\n\n\
         use serde::{Deserialize, Serialize};\n"
            .to_owned(),
        login(&status.login.states, &status.login.numbering),
        platform(&status.platform.rows),
        numbered(
            "ConnectionStatus",
            "State of the connection, as the C API numbers it (C22).",
            &status.network.rows,
        ),
        lookup("ConnectionStatus", &network),
        numbered("LogLevel", "Lowest level of what is logged, as V2TIM numbers it.", &status.log_level.rows),
        lookup("LogLevel", &levels),
    ]
    .join("\n")
}

fn login(states: &[Named], numberings: &[Numbering]) -> String {
    let by = |value: fn(&Numbering, &str) -> String| -> String {
        numberings
            .iter()
            .map(|numbering| {
                let arms: String = states
                    .iter()
                    .map(|state| {
                        format!("LoginStatus::{} => {},\n", camel(&state.name), value(numbering, &state.name))
                    })
                    .collect();
                format!("Numbering::{} => match self {{ {arms} }},\n", camel(&numbering.name))
            })
            .collect()
    };
    let number =
        by(|numbering, state| numbering.of(state).map_or(String::new(), |found| found.number.to_string()));
    let name =
        by(|numbering, state| numbering.of(state).map_or(String::new(), |found| format!("{:?}", found.name)));
    let plain: Vec<_> =
        numberings.iter().map(|row| Named { name: row.name.clone(), doc: format!("{}.", row.doc) }).collect();
    format!(
        "{status}
{status_lookup}
impl LoginStatus {{
    /// The number that a platform's documentation gives to this state (C2).
    pub const fn number(self, numbering: Numbering) -> i32 {{
        match numbering {{ {number} }}
    }}

    /// The constant that a platform's documentation gives to this state (C2).
    pub const fn name(self, numbering: Numbering) -> &'static str {{
        match numbering {{ {name} }}
    }}
}}

{numbering}
{numbering_lookup}",
        status = plain_enum("LoginStatus", "Login state of a client (C1).", states),
        status_lookup = lookup("LoginStatus", states),
        numbering = plain_enum("Numbering", "Whose numbers a login status is given in (C2).", &plain),
        numbering_lookup = lookup("Numbering", &plain),
    )
}

fn platform(rows: &[Named]) -> String {
    plain_enum("Platform", "Platform of a device (G3).", rows) + &lookup("Platform", rows)
}

fn plain_enum(name: &str, doc: &str, rows: &[Named]) -> String {
    let variants: String =
        rows.iter().map(|row| format!("/// {}\n{},\n", row.doc, camel(&row.name))).collect();
    format!("/// {doc}\n{DERIVES}\n#[serde(rename_all = \"snake_case\")]\npub enum {name} {{ {variants} }}\n")
}

fn numbered(name: &str, doc: &str, rows: &[NamedNumber]) -> String {
    let variants: String = rows
        .iter()
        .map(|row| format!("/// {} `{}`.\n{} = {},\n", row.doc, row.vendor, camel(&row.name), row.number))
        .collect();
    format!(
        "/// {doc}\n{DERIVES}\n#[serde(rename_all = \"snake_case\")]\npub enum {name} {{ {variants} }}

impl {name} {{
    /// The published number.
    pub const fn number(self) -> i32 {{
        self as i32
    }}

    /// The value with a published number, if there is one.
    pub fn from_number(number: i32) -> Option<{name}> {{
        Self::ALL.iter().copied().find(|value| value.number() == number)
    }}
}}
"
    )
}

/// `ALL`, `as_str` and `parse`: the same for every enum, so that a caller need not remember which has them.
fn lookup(name: &str, rows: &[Named]) -> String {
    let all: String = rows.iter().map(|row| format!("{name}::{},\n", camel(&row.name))).collect();
    let arms: String =
        rows.iter().map(|row| format!("{name}::{} => {:?},\n", camel(&row.name), row.name)).collect();
    format!(
        "impl {name} {{
    /// Every value, in the order of the table.
    pub const ALL: &'static [{name}] = &[{all}];

    /// The name in lower case, as settings and frames spell it.
    pub const fn as_str(self) -> &'static str {{
        match self {{ {arms} }}
    }}

    /// The value with this name, if there is one.
    pub fn parse(name: &str) -> Option<{name}> {{
        Self::ALL.iter().copied().find(|value| value.as_str() == name)
    }}
}}

impl std::fmt::Display for {name} {{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
        f.write_str(self.as_str())
    }}
}}
"
    )
}

fn named(row: &NamedNumber) -> Named {
    Named { name: row.name.clone(), doc: row.doc.clone() }
}

const DERIVES: &str =
    "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]";

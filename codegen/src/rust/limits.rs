//! `limits.rs`: the table of gateway limits, their defaults, and the struct that holds their values.

use crate::names::upper;
use crate::spec::{Limit, Spec, Unit};

pub(super) fn module(spec: &Spec) -> String {
    let rows = &spec.limits.limit;
    format!(
        "//! Limits and times of the gateway: the table, the defaults, and the values of one gateway (G7).

use crate::generated::codes;
use crate::settings::{{LimitRow, SettingError, Unit}};
use crate::time::Millis;

/// Every limit, in the order of the documentation.
pub static LIMITS: &[LimitRow] = &[{table}];

/// The row of a limit by its name.
pub fn limit_row(name: &str) -> Option<&'static LimitRow> {{
    LIMITS.iter().find(|row| row.name == name)
}}

/// The rows by constants, for code that tells a peer about a limit.
pub mod row {{
    use super::{{LIMITS, LimitRow}};
    {named_rows}
}}

/// Defaults of the limits.
pub mod default {{
    {defaults}
}}

/// The limits of one gateway. `Default` gives the table's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayLimits {{ {fields} }}

impl Default for GatewayLimits {{
    fn default() -> Self {{
        GatewayLimits {{ {initial} }}
    }}
}}

impl GatewayLimits {{
    /// Sets one limit from its text, after a check of form and range.
    ///
    /// # Errors
    /// [`SettingError`] when there is no such limit, or the text is not a number, or it is out of range. The limits
    /// are then unchanged.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {{
        match name {{
            {arms}
            _ => return Err(SettingError::unknown_limit(name)),
        }}
        Ok(())
    }}
}}
",
        table = rows.iter().map(|limit| row(spec, limit)).collect::<String>(),
        named_rows = rows.iter().enumerate().map(named_row).collect::<String>(),
        defaults = rows.iter().map(default).collect::<String>(),
        fields = rows.iter().map(field).collect::<String>(),
        initial = rows.iter().map(initial).collect::<String>(),
        arms = rows.iter().enumerate().map(arm).collect::<String>(),
    )
}

fn row(spec: &Spec, limit: &Limit) -> String {
    let code = limit.code.and_then(|number| spec.codes.codes.rows.iter().find(|code| code.number == number));
    let retry_after = match limit.retry_after_ms {
        0 => "None".to_owned(),
        ms => format!("Some(Millis({ms}))"),
    };
    format!(
        "LimitRow {{ name: {:?}, unit: Unit::{}, default: {}, min: {}, max: {}, code: {}, retryable: {}, \
         retry_after: {retry_after}, at_limit: {:?}, doc: {:?} }},\n",
        limit.name,
        unit(limit.unit),
        limit.default,
        limit.min,
        limit.max,
        code.map_or("None".to_owned(), |code| format!("Some(codes::{})", code.name)),
        code.is_some_and(|code| code.retryable),
        limit.at_limit,
        limit.doc,
    )
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "Count",
        Unit::Bytes => "Bytes",
        Unit::Ms => "Millis",
    }
}

fn named_row((index, limit): (usize, &Limit)) -> String {
    format!("/// {}\npub static {}: &LimitRow = &LIMITS[{index}];\n", limit.doc, upper(&limit.name))
}

fn default(limit: &Limit) -> String {
    format!("/// {}\npub const {}: u64 = {};\n", limit.doc, upper(&limit.name), limit.default)
}

fn field(limit: &Limit) -> String {
    let unit = match limit.unit {
        Unit::Count => "",
        Unit::Bytes => " bytes",
        Unit::Ms => " milliseconds",
    };
    let Limit { name, default, min, max, doc, .. } = limit;
    format!("/// {doc} Default {default}{unit}, range {min} to {max}.\npub {name}: u64,\n")
}

fn initial(limit: &Limit) -> String {
    format!("{}: default::{},\n", limit.name, upper(&limit.name))
}

fn arm((index, limit): (usize, &Limit)) -> String {
    format!("{:?} => self.{} = LIMITS[{index}].number(value)?,\n", limit.name, limit.name)
}

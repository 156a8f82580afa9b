//! `codes.rs`: one constant for each error code, and the tables.

use crate::spec::{Code, Spec, TimResult};

pub(super) fn module(spec: &Spec) -> String {
    let codes = &spec.codes.codes.rows;
    let results = &spec.codes.tim_result.rows;
    format!(
        "//! Error codes: a constant for each number, and the table of all rows.

use crate::error::{{Code, CodeRow, Kind}};

{}

/// Every row, sorted by number.
pub static CODES: &[CodeRow] = &[{}];

{}

/// What a function of the C API returns at once: number, name and meaning.
pub static TIM_RESULTS: &[(i32, &str, &str)] = &[{}];
",
        codes.iter().map(constant).collect::<String>(),
        codes.iter().map(row).collect::<String>(),
        results.iter().map(result_constant).collect::<String>(),
        results.iter().map(result_row).collect::<String>(),
    )
}

fn constant(code: &Code) -> String {
    let Code { number, name, meaning, .. } = code;
    format!("/// {number}: {meaning}\npub const {name}: Code = Code({number});\n")
}

fn row(code: &Code) -> String {
    let Code { name, kind, retryable, needs_new_ticket, meaning, .. } = code;
    format!(
        "CodeRow {{ code: {name}, name: {name:?}, kind: Kind::{kind:?}, retryable: {retryable}, \
         needs_new_ticket: {needs_new_ticket}, meaning: {meaning:?} }},\n"
    )
}

fn result_constant(result: &TimResult) -> String {
    let TimResult { number, name, meaning, .. } = result;
    format!("/// {meaning}\npub const {name}: i32 = {number};\n")
}

fn result_row(result: &TimResult) -> String {
    let TimResult { name, meaning, .. } = result;
    format!("({name}, {name:?}, {meaning:?}),\n")
}

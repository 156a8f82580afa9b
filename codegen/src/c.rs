//! The generated modules of the C binding (`bindings/c/src/generated`): enums, JSON keys, and the setters of callbacks
//! outside of the session layer. cbindgen makes the header of them, so names are those of C.

use std::collections::BTreeSet;

use crate::rust::output;
use crate::spec::{CConstant, Numbering, Setter, Spec};
use crate::write::Output;

/// Every generated file of the C binding.
pub(crate) fn outputs(spec: &Spec) -> Result<Vec<Output>, String> {
    Ok(vec![
        output("bindings/c/src/generated/mod.rs", "spec/*.toml", MODULES)?,
        output("bindings/c/src/generated/abi.rs", "spec/versions.toml", &abi(spec))?,
        output("bindings/c/src/generated/enums.rs", "spec/*.toml", &enums(spec))?,
        output("bindings/c/src/generated/keys.rs", "spec/c_api.toml", &keys(spec))?,
        output("bindings/c/src/generated/outside.rs", "spec/c_api.toml", &outside(spec))?,
    ])
}

const MODULES: &str = "
//! Tables that `cargo xtask codegen` writes from `spec/*.toml`. Nothing here is written by hand.

pub mod abi;
pub mod enums;
pub mod keys;
pub mod outside;
";

/// On its own, because the build script includes it too.
fn abi(spec: &Spec) -> String {
    let number = spec.versions.c_abi.version;
    format!(
        "//! Version of the binary interface.

/// Version of the binary interface that this header describes; `tessera_abi_version` gives that of the library.
pub const TESSERA_ABI_VERSION: u32 = {number};
"
    )
}

fn enums(spec: &Spec) -> String {
    let constant =
        |name: &str, number: i32, doc: &str| CConstant { name: name.to_owned(), number, doc: doc.to_owned() };
    let results: Vec<CConstant> =
        spec.codes.tim_result.rows.iter().map(|row| constant(&row.name, row.number, &row.meaning)).collect();
    let codes: Vec<CConstant> =
        spec.codes.codes.rows.iter().map(|row| constant(&row.name, row.number, &row.meaning)).collect();
    let network: Vec<CConstant> =
        spec.status.network.rows.iter().map(|row| constant(&row.vendor, row.number, &row.doc)).collect();
    let mut text = "//! The enums of the C API.\n\n".to_owned();
    text += &an_enum("TIMResult", "What a call returns at once.", &results);
    text += &an_enum("TIMErrCode", "What a callback gets as its code.", &codes);
    text += &an_enum("TIMLoginStatus", "The login status (C1, C2).", &login(spec));
    text += &an_enum("TIMNetworkStatus", "The state of the connection to the gateway (C22).", &network);
    for row in &spec.c_api.enums {
        text += &an_enum(&row.name, &row.doc, &row.rows);
    }
    text
}

/// The numbering of C, in the order of its numbers.
fn login(spec: &Spec) -> Vec<CConstant> {
    let is_c = |row: &&Numbering| row.name == "c";
    let numbering = spec.status.login.numbering.iter().find(is_c).into_iter();
    let mut rows: Vec<CConstant> = numbering
        .flat_map(|numbering| {
            spec.status.login.states.iter().filter_map(|state| {
                let found = numbering.of(&state.name)?;
                Some(CConstant { name: found.name.clone(), number: found.number, doc: state.doc.clone() })
            })
        })
        .collect();
    rows.sort_by_key(|row| row.number);
    rows
}

fn an_enum(name: &str, doc: &str, rows: &[CConstant]) -> String {
    let constants: String =
        rows.iter().map(|row| format!("/// {}\n{} = {},\n", row.doc, row.name, row.number)).collect();
    format!(
        "/// {doc}
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum {name} {{ {constants} }}

"
    )
}

fn keys(spec: &Spec) -> String {
    let rows = spec.c_api.keys.rows.iter();
    let keys: String = rows
        .map(|row| format!("/// {}\npub const {}: &str = {:?};\n", row.doc, row.name, row.text))
        .collect();
    format!("//! JSON keys and operations of the C API.\n\n{keys}")
}

fn outside(spec: &Spec) -> String {
    let rows = &spec.c_api.outside.rows;
    let mut known = BTreeSet::new();
    let mut text = format!(
        "//! Setters of callbacks outside of the session layer: what they are given is kept and never called.

use std::ffi::{{c_char, c_void}};

use super::enums::TIMConvEvent;
use crate::outside::keep;

/// How many setters there are.
pub(crate) const SETTERS: usize = {};

",
        rows.len()
    );
    for (at, row) in rows.iter().enumerate() {
        if known.insert(&row.callback) {
            text += &callback_type(row);
        }
        text += &setter(at, row);
    }
    text
}

fn callback_type(row: &Setter) -> String {
    let parameters: String = row
        .parameters
        .iter()
        .filter_map(|parameter| parameter_of_rust(parameter))
        .map(|(name, kind)| format!("{name}: {kind}, "))
        .collect();
    format!(
        "/// A callback of the vendor's `{}` that never fires here.
pub type {} = Option<unsafe extern \"C\" fn({parameters}user_data: *const c_void)>;
",
        row.header, row.callback
    )
}

fn setter(at: usize, row: &Setter) -> String {
    // The one that removes takes no user data.
    let (parameter, value) = if row.name.starts_with("TIMRemove") {
        ("", "std::ptr::null()")
    } else {
        (", user_data: *const c_void", "user_data")
    };
    format!(
        "/// Outside of the session layer: the callback is kept and never called.
#[unsafe(no_mangle)]
pub extern \"C\" fn {}(cb: {}{parameter}) {{
    keep({at}, cb.map_or(std::ptr::null(), |cb| cb as *const c_void), {value});
}}

",
        row.name, row.callback
    )
}

fn parameter_of_rust(text: &str) -> Option<(&str, &'static str)> {
    let (kind, name) = parameter(text)?;
    Some((name, kind))
}

/// The Rust type and the name of a parameter such as `text group_id`; none for a type that the table does not have.
pub(crate) fn parameter(text: &str) -> Option<(&'static str, &str)> {
    let (kind, name) = text.split_once(' ')?;
    let kind = match kind {
        "text" => "*const c_char",
        "int32" => "i32",
        "uint32" => "u32",
        "int64" => "i64",
        "bool" => "bool",
        "TIMConvEvent" => "TIMConvEvent",
        _ => return None,
    };
    Some((kind, name))
}

//! `docs/c.md`: `c.md` beside this file, which is written by hand, and the setters of `spec/c_api.toml`.

use super::table;
use crate::spec::Spec;

pub(super) fn page(spec: &Spec) -> String {
    let rows = spec.c_api.outside.rows.iter();
    let rows = rows.map(|row| [format!("`{}`", row.name), format!("`{}`", row.header)]);
    format!("{}\n{}", include_str!("c.md"), table(["Setter", "The vendor's header"], rows))
}

//! `gateway_keys.rs`: the table of configuration keys of the gateway.

use crate::spec::{GatewayKey, GatewayKind, Scope, Spec};

pub(super) fn module(spec: &Spec) -> String {
    format!(
        "//! Keys of the gateway's configuration, except its limits.

use crate::config::keys::{{KeyKind, KeyRow, Scope}};

/// Every key, in the order of the documentation.
pub static KEYS: &[KeyRow] = &[{}];
",
        spec.gateway.key.iter().map(row).collect::<String>()
    )
}

fn row(key: &GatewayKey) -> String {
    let (table, leaf) = key.table_and_leaf();
    let scope = match key.scope {
        Scope::Everywhere => "Everywhere",
        Scope::Entry => "Entry",
        Scope::Start => "Start",
    };
    format!(
        "KeyRow {{ name: {:?}, table: {table:?}, leaf: {leaf:?}, kind: KeyKind::{}, scope: Scope::{scope}, \
         default: {:?}, values: &{:?}, min: {}, max: {}, env: {:?}, flag: {:?}, doc: {:?} }},\n",
        key.name,
        kind(key.kind),
        key.default,
        key.values,
        key.min.unwrap_or(0),
        key.max.unwrap_or(0),
        key.env(),
        key.flag(),
        key.doc,
    )
}

fn kind(kind: GatewayKind) -> &'static str {
    match kind {
        GatewayKind::Address => "Address",
        GatewayKind::Path => "Path",
        GatewayKind::Bool => "Bool",
        GatewayKind::Choice => "Choice",
        GatewayKind::Networks => "Networks",
        GatewayKind::Number => "Number",
        GatewayKind::Policy => "Policy",
        GatewayKind::Secret => "Secret",
        GatewayKind::Secrets => "Secrets",
        GatewayKind::Text => "Text",
        GatewayKind::Paths => "Paths",
    }
}

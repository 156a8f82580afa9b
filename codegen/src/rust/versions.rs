//! `versions.rs`: the versions and names that both ends of a connection agree on.

use crate::spec::Spec;

pub(super) fn module(spec: &Spec) -> String {
    let wire = &spec.versions.wire;
    format!(
        "//! Versions and names that both ends of a connection agree on.

/// Version of the wire frames.
pub const WIRE_VERSION: u32 = {};
/// WebSocket subprotocol of the upgrade.
pub const SUBPROTOCOL: &str = {:?};
/// Path of the upgrade request.
pub const UPGRADE_PATH: &str = {:?};
/// Authorization scheme of a login inside the upgrade request.
pub const AUTH_SCHEME: &str = {:?};
/// Version of what `bindings/uniffi` exports.
pub const UNIFFI_ABI_VERSION: u32 = {};
/// What the version calls return.
pub const SDK_VERSION: &str = {:?};
",
        wire.version,
        wire.subprotocol,
        wire.upgrade_path,
        wire.auth_scheme,
        spec.versions.uniffi.abi_version,
        spec.versions.sdk.version,
    )
}

//! The core stays pure: what it is built from cannot do I/O, and its lints say so for the standard library.

const MANIFEST: &str = include_str!("../Cargo.toml");
const LINTS: &str = include_str!("../clippy.toml");

/// Everything that the core may be built from. A new name here needs a reason beside it in `Cargo.toml`.
const ALLOWED: [&str; 10] =
    ["base64", "hashbrown", "hmac", "serde", "serde_json", "sha2", "slab", "thiserror", "zeroize", "zlib-rs"];

#[test]
fn the_core_is_built_from_pure_crates_only() {
    let (_, rest) = MANIFEST.split_once("[dependencies]\n").expect("the manifest has dependencies");
    let section = rest.split("\n[").next().unwrap_or_default();
    let names =
        section.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty());
    for name in names {
        assert!(name.starts_with('#') || ALLOWED.contains(&name), "the core must not depend on {name}");
    }
}

#[test]
fn the_lints_ban_clocks_threads_locks_and_files() {
    for banned in [
        "std::time::Instant::now",
        "std::time::SystemTime::now",
        "std::thread::spawn",
        "std::thread::sleep",
        "std::sync::Mutex",
        "std::net::TcpStream",
        "std::fs::File::open",
        "std::collections::hash_map::RandomState",
    ] {
        assert!(LINTS.contains(&format!("\"{banned}\"")), "core/clippy.toml does not ban {banned}");
    }
}

//! Keys of the configuration: what a row of `spec/gateway.toml` says, and finding the right name for a wrong one.
//!
//! It reads nothing. The rows are generated: [`KEYS`].

pub use crate::generated::gateway_keys::KEYS;

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// An IP address with a port.
    Address,
    /// A file.
    Path,
    /// `true` or `false`.
    Bool,
    /// One of the row's values.
    Choice,
    /// Networks in CIDR form.
    Networks,
    /// A whole number in the row's range.
    Number,
    /// A preset, or a table.
    Policy,
    /// A secret; never shown.
    Secret,
    /// Several secrets; never shown.
    Secrets,
    /// A text.
    Text,
    /// Several files.
    Paths,
}

/// Where a key may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In the file, the environment and on the command line.
    Everywhere,
    /// In the file, in each entry of a list.
    Entry,
    /// In the environment and on the command line.
    Start,
}

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct KeyRow {
    /// The key with its tables, such as `tls.key`.
    pub name: &'static str,
    /// The tables alone; empty at the top.
    pub table: &'static str,
    /// The key inside its table.
    pub leaf: &'static str,
    /// What its value is.
    pub kind: KeyKind,
    /// Where it may be given.
    pub scope: Scope,
    /// What holds when nobody sets it, as text.
    pub default: Option<&'static str>,
    /// The values of a choice.
    pub values: &'static [&'static str],
    /// The lowest number; 0 where the value is none.
    pub min: u64,
    /// The highest number; 0 where the value is none.
    pub max: u64,
    /// Environment variable.
    pub env: &'static str,
    /// Flag, without its dashes.
    pub flag: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
}

/// The environment variable that names the configuration file.
pub const FILE_ENV: &str = "TESSERA_GATEWAY_CONFIG";

/// What every environment variable of the gateway begins with.
pub const ENV_PREFIX: &str = "TESSERA_GATEWAY_";

/// The environment variables of the limits: this, and the name in capitals.
pub const LIMITS_ENV_PREFIX: &str = "TESSERA_GATEWAY_LIMITS_";

/// The value of `store` that keeps nothing.
pub const STORE_IN_MEMORY: &str = ":memory:";

/// The row of a key, such as `tls.key`.
pub fn key_row(name: &str) -> Option<&'static KeyRow> {
    KEYS.iter().find(|row| row.name == name)
}

/// The name that looks most like a wrong one, if any is near enough to be meant.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &&str| strsim::osa_distance(wrong, name);
    let best = names.into_iter().min_by_key(distance)?;
    // A third of the letters may be wrong; more makes any two short words alike.
    (distance(&best) <= best.len().div_ceil(3)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_another_word_finds_none() {
        let names = ["listen", "store", "trusted_proxies"];
        assert_eq!(nearest("lisen", names), Some("listen"));
        assert_eq!(nearest("trusted_proxy", names), Some("trusted_proxies"));
        assert_eq!(nearest("colour", names), None);
    }
}

//! From the text of a value to the value. Each error says what would be right; none repeats a secret.

use std::net::{IpAddr, SocketAddr};

use super::Network;
use super::keys::KeyRow;

/// A value of a [`Bool`](super::keys::KeyKind::Bool) row.
pub(super) fn flag(row: &KeyRow, text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("`{}` is `{text}`; allowed are `true` and `false`", row.name)),
    }
}

/// An IP address with its port.
pub(super) fn address(row: &KeyRow, text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "`{}` is `{text}`; it must be an IP address with a port, such as {}",
            row.name,
            row.default.unwrap_or("127.0.0.1:7700")
        )
    })
}

/// A value of the row's list.
pub(super) fn choice(row: &KeyRow, text: &str) -> Result<&'static str, String> {
    row.values
        .iter()
        .find(|value| **value == text)
        .copied()
        .ok_or_else(|| format!("`{}` is `{text}`; allowed are {}", row.name, quoted(row.values)))
}

/// A number in the row's range.
pub(super) fn number(row: &KeyRow, text: &str) -> Result<u64, String> {
    let found = text.parse().ok().filter(|number| (row.min..=row.max).contains(number));
    found.ok_or_else(|| {
        format!("`{}` is `{text}`; it must be a whole number from {} to {}", row.name, row.min, row.max)
    })
}

/// One network: `10.0.0.0/8`, or an address alone.
pub(super) fn network(row: &KeyRow, text: &str) -> Result<Network, String> {
    let wrong = |what: &str| format!("`{}` holds `{text}`; {what}, such as 10.0.0.0/8", row.name);
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong("it must be a network in CIDR form"))?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => longest,
        Some(prefix) => prefix
            .parse()
            .ok()
            .filter(|bits| *bits <= longest)
            .ok_or_else(|| wrong(&format!("its prefix must be a number from 0 to {longest}")))?,
    };
    let found = Network { address, prefix };
    if host_bits(found) {
        // Somebody who writes 10.1.2.3/8 may have meant one machine; trusting millions would be a bad guess.
        return Err(wrong(
            "it has bits beyond its prefix; write the network's first address, or an address alone",
        ));
    }
    Ok(found)
}

fn host_bits(network: Network) -> bool {
    let beyond = |bits: u128, width: u8| {
        // The first bit that does not count sits `prefix` below the top of an address of `width` bits.
        let kept = u32::from(width - network.prefix);
        kept > 0 && bits & (u128::MAX >> (128 - kept)) != 0
    };
    match network.address {
        IpAddr::V4(address) => beyond(u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => beyond(address.to_bits(), 128),
    }
}

/// Names for a sentence.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::key_row;

    #[test]
    fn networks_on_both_sides_of_what_is_allowed() {
        // G7
        let row = key_row("trusted_proxies").unwrap();
        for good in
            ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1", "192.0.2.1/32", "::/0", "2001:db8::/32", "::1/128"]
        {
            assert!(network(row, good).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0.1/8", "2001:db8::1/64", "::/129", "10.0.0.0/-1", "example.com"]
        {
            assert!(network(row, bad).unwrap_err().contains("10.0.0.0/8"), "{bad}");
        }
        assert_eq!(network(row, "192.0.2.1").unwrap().prefix, 32);
    }
}

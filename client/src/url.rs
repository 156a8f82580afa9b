//! The address of a gateway: read from the setting `server_url` and checked once, at init.
//!
//! It holds nothing secret, and refuses an address that would: user names, passwords and tickets have no place in it.

use http::Uri;
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::generated::versions::UPGRADE_PATH;

/// Where to connect, and what to ask for there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Whether TLS is spoken.
    pub(crate) tls: bool,
    /// Host name or IP address, without brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// Host and port as the `Host` header gives them.
    pub(crate) authority: String,
    /// Path and query of the upgrade request.
    pub(crate) target: String,
}

impl Address {
    /// Reads an address such as `wss://chat.example.com/tessera`. Without a path it is that of the protocol.
    ///
    /// # Errors
    /// 6017 for what is no `wss://` address, and for `ws://` unless `allow_plain`.
    pub(crate) fn parse(text: &str, allow_plain: bool) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(refuse(
                "the address of the gateway is not set: set `server_url`, or TESSERA_SERVER_URL in the environment",
            ));
        }
        let uri: Uri = text.parse().map_err(|error| {
            refuse(&format!("the address of the gateway (`server_url`) is invalid: {error}"))
        })?;
        let tls = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") if allow_plain => false,
            Some("ws") => {
                return Err(refuse(
                    "`server_url` is ws://, which is not encrypted: use wss://, or set `allow_plain` for a test",
                ));
            }
            Some(_) | None => return Err(refuse("`server_url` must begin with wss://")),
        };
        let authority = uri.authority().ok_or_else(|| refuse("`server_url` has no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("`server_url` must not have a user name or password in it"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(refuse("`server_url` has no host"));
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let target = match target.strip_prefix('/') {
            Some("") | None => UPGRADE_PATH.to_owned(),
            Some(rest) if rest.starts_with('?') => format!("{UPGRADE_PATH}{rest}"),
            Some(_) => target.to_owned(),
        };
        Ok(Address {
            tls,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.to_string(),
            target,
        })
    }

    /// The address without its query, for logs and error texts.
    pub(crate) fn shown(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{scheme}://{}{path}", self.authority)
    }
}

fn refuse(desc: &str) -> Error {
    Error::new(codes::ERR_INVALID_PARAMETERS, desc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_gets_the_one_of_the_protocol() {
        for (text, host, port, target) in [
            ("wss://chat.example.com", "chat.example.com", 443, "/tessera"),
            ("wss://chat.example.com/", "chat.example.com", 443, "/tessera"),
            ("wss://chat.example.com:8443/im", "chat.example.com", 8443, "/im"),
            ("wss://[::1]:7443/tessera?zone=2", "::1", 7443, "/tessera?zone=2"),
            ("wss://10.0.0.1/?zone=2", "10.0.0.1", 443, "/tessera?zone=2"),
        ] {
            let address = Address::parse(text, false).unwrap();
            assert_eq!((&*address.host, address.port, &*address.target), (host, port, target), "{text}");
        }
    }

    #[test]
    fn plain_needs_permission_and_the_refusal_says_so() {
        let refused = Address::parse("ws://localhost:80", false).unwrap_err();
        assert_eq!(refused.code, codes::ERR_INVALID_PARAMETERS);
        assert!(refused.desc.contains("allow_plain"), "{}", refused.desc);
        assert!(!Address::parse("ws://localhost:8080", true).unwrap().tls);
    }

    #[test]
    fn what_is_no_address_is_refused_at_init() {
        for text in
            ["", "chat.example.com", "https://chat.example.com", "wss://", "wss://a:b@host/", "wss:// x"]
        {
            let refused = Address::parse(text, true).unwrap_err();
            assert_eq!(refused.code, codes::ERR_INVALID_PARAMETERS, "{text}");
        }
        assert!(!Address::parse("wss://user:hunter2@host", true).unwrap_err().desc.contains("hunter2"));
    }
}

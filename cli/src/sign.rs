//! `tessera sign`: a ticket, without a gateway.

use std::path::PathBuf;

use clap::Args;
use tessera_core::ticket;
use tessera_core::time::Millis;

use crate::output::{self, Exit, Failure, Outcome};

/// Signs a ticket (UserSig) and prints it alone.
#[derive(Args)]
pub(crate) struct Sign {
    /// The SDKAppID.
    #[arg(long)]
    app: u64,
    /// A file that holds the app's secret key alone.
    #[arg(long, value_name = "FILE", env = "TESSERA_KEY_FILE")]
    key_file: PathBuf,
    /// The user: 1 to 32 characters of A-Z, a-z, 0-9, _ and -.
    #[arg(long)]
    user: String,
    /// For how many seconds it is valid.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    expire: u64,
    /// Bytes to sign along, in hexadecimal. They mean nothing to the gateway.
    #[arg(long, value_name = "HEX")]
    userbuf_hex: Option<String>,
    /// The Unix second to sign at; now unless given.
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

impl Sign {
    pub(crate) fn run(self) -> Outcome {
        let userbuf = self.userbuf_hex.as_deref().map(|hex| {
            decode_hex(hex).ok_or_else(|| {
                Failure::new(Exit::Usage, "--userbuf-hex is not hexadecimal: two digits for each byte")
            })
        });
        let userbuf = userbuf.transpose()?;
        let key = crate::key::read(&self.key_file)?;
        let at = self.at.map_or_else(output::now, Millis::from_secs);
        let ticket = ticket::sign(&key, self.app, &self.user, at, self.expire, userbuf.as_deref())
            .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        output::line(ticket.expose());
        Ok(())
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_in_whole_bytes() {
        assert_eq!(decode_hex("00fFa0"), Some(vec![0, 255, 160]));
        assert_eq!(decode_hex(""), Some(vec![]));
        for bad in ["0", "0g", "0x10", "é0"] {
            assert_eq!(decode_hex(bad), None, "{bad}");
        }
    }
}

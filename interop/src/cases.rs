//! Random tickets to be signed, reproducible from a seed.

use std::fmt::Write;

const USER_CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// What a ticket is to say, and the key for it.
pub(crate) struct Case {
    pub(crate) app: u64,
    pub(crate) key: String,
    pub(crate) user: String,
    pub(crate) expire_secs: u64,
    pub(crate) userbuf: Option<Vec<u8>>,
}

impl Case {
    /// Lengths and values over their whole range; every fourth ticket has a userbuf.
    pub(crate) fn random(random: &mut Random) -> Case {
        let user_bytes = 1 + random.below(32);
        let user = (0..user_bytes).map(|_| {
            let at = random.below(USER_CHARACTERS.len() as u64) as usize;
            char::from(USER_CHARACTERS[at])
        });
        Case {
            user: user.collect(),
            // The vendor's apps are 32-bit numbers.
            app: 1 + random.below(u64::from(u32::MAX)),
            key: hex(&random.bytes(32)),
            expire_secs: 60 + random.below(10 * 365 * 86_400),
            userbuf: (random.below(4) == 0).then(|| {
                let bytes = random.below(300);
                random.bytes(bytes)
            }),
        }
    }
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

/// SplitMix64: even enough to spread test cases, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit - 1`. Its slight unevenness does not matter here.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

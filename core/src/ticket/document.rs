//! The document of a ticket: one flat JSON object.
//!
//! Not a JSON library. serde_json allocates for a string with an escape (PHP writes `\/` into base64), and
//! serde-json-core descends into nested values without a bound and passes over malformed unknown ones. A ticket
//! needs little: strings, which are unescaped where they stand because they only get shorter, and plain integers.
//! Unknown fields are read past, whatever flat value they have; the fields of a ticket must be there once.

use std::ops::Range;

use super::verify::{Decoded, UserBuf};
use super::{Field, Refusal, text};

/// Reads `document`, which is overwritten. The bytes of the userbuf go to `spare`, of at least three quarters of its
/// length.
pub(super) fn read<'s>(document: &'s mut [u8], spare: &'s mut [u8]) -> Result<Decoded<'s>, Refusal> {
    if let Err(error) = std::str::from_utf8(document) {
        return Err(Refusal::Json { at: error.valid_up_to() });
    }
    let fields = Fields::read(&mut Reader { bytes: document, at: 0 })?;
    fields.into_decoded(document, spare)
}

/// What was found so far. Strings are places in the document.
#[derive(Default)]
struct Fields {
    ver: Option<Range<usize>>,
    identifier: Option<Range<usize>>,
    sdkappid: Option<u64>,
    time: Option<u64>,
    expire: Option<i64>,
    userbuf: Option<Range<usize>>,
    sig: Option<Range<usize>>,
}

impl Fields {
    fn read(reader: &mut Reader<'_>) -> Result<Fields, Refusal> {
        let mut fields = Fields::default();
        reader.token(b'{')?;
        if !reader.next_is(b'}') {
            fields.read_field(reader)?;
            while reader.next_is(b',') {
                fields.read_field(reader)?;
            }
            reader.token(b'}')?;
        }
        reader.end()?;
        Ok(fields)
    }

    fn read_field(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let name = reader.string()?;
        reader.token(b':')?;
        let Some(field) = Field::named(&reader.bytes[name]) else {
            return reader.skip_value();
        };
        let first = match field {
            Field::Ver => self.ver.replace(reader.string_of(field)?).is_none(),
            Field::Identifier => self.identifier.replace(reader.string_of(field)?).is_none(),
            Field::SdkAppId => self.sdkappid.replace(reader.integer_of(field)?).is_none(),
            Field::Time => self.time.replace(reader.integer_of(field)?).is_none(),
            Field::Expire => self.expire.replace(reader.integer_of(field)?).is_none(),
            Field::UserBuf => self.userbuf.replace(reader.string_of(field)?).is_none(),
            Field::Sig => self.sig.replace(reader.string_of(field)?).is_none(),
        };
        if first { Ok(()) } else { Err(Refusal::Duplicate(field)) }
    }

    fn into_decoded<'s>(self, document: &'s [u8], spare: &'s mut [u8]) -> Result<Decoded<'s>, Refusal> {
        let text = |place: Range<usize>, field| {
            std::str::from_utf8(&document[place]).map_err(|_| Refusal::Form(field))
        };
        // First, because a ticket of another version has other fields.
        if self.ver.is_none_or(|place| document[place] != *b"2.0") {
            return Err(Refusal::Version);
        }
        Ok(Decoded {
            user: text(present(self.identifier, Field::Identifier)?, Field::Identifier)?,
            app: present(self.sdkappid, Field::SdkAppId)?,
            time_secs: present(self.time, Field::Time)?,
            expire_secs: present(self.expire, Field::Expire)?,
            userbuf: match self.userbuf {
                Some(place) => Some(read_userbuf(text(place, Field::UserBuf)?, spare)?),
                None => None,
            },
            sig: read_sig(&document[present(self.sig, Field::Sig)?])?,
        })
    }
}

fn present<T>(value: Option<T>, field: Field) -> Result<T, Refusal> {
    value.ok_or(Refusal::Missing(field))
}

fn read_userbuf<'s>(base64: &'s str, spare: &'s mut [u8]) -> Result<UserBuf<'s>, Refusal> {
    let length = text::decode_standard(base64.as_bytes(), spare).ok_or(Refusal::Form(Field::UserBuf))?;
    Ok(UserBuf { base64, bytes: &spare[..length] })
}

fn read_sig(base64: &[u8]) -> Result<[u8; 32], Refusal> {
    let mut sig = [0; 32];
    match text::decode_standard(base64, &mut sig) {
        Some(32) => Ok(sig),
        _ => Err(Refusal::Form(Field::Sig)),
    }
}

/// Walks through valid UTF-8.
struct Reader<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn wrong<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::Json { at: self.at })
    }

    /// Takes `byte` if it is the very next.
    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Takes `byte` if it is the next that is not space.
    fn next_is(&mut self, byte: u8) -> bool {
        self.skip_space();
        self.take(byte)
    }

    /// Takes `byte`, which must be the next that is not space.
    fn token(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.next_is(byte) { Ok(()) } else { self.wrong() }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.skip_space();
        if self.at == self.bytes.len() { Ok(()) } else { self.wrong() }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The string that `field` must be.
    fn string_of(&mut self, field: Field) -> Result<Range<usize>, Refusal> {
        self.skip_space();
        if self.peek() == Some(b'"') { self.string() } else { Err(Refusal::Form(field)) }
    }

    /// A string, unescaped in place. Answers where it stands now.
    fn string(&mut self) -> Result<Range<usize>, Refusal> {
        self.token(b'"')?;
        let start = self.at;
        let mut end = start;
        loop {
            let plain = self.bytes[self.at..]
                .iter()
                .take_while(|byte| !matches!(byte, ..b' ' | b'"' | b'\\'))
                .count();
            // Before the first escape a string stands where it belongs.
            if end != self.at {
                self.bytes.copy_within(self.at..self.at + plain, end);
            }
            end += plain;
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(start..end);
                }
                Some(b'\\') => end += self.unescape(end)?,
                Some(_) | None => return self.wrong(),
            }
        }
    }

    /// Writes the character of an escape at `end`, which is not behind it. Answers its length, which is less.
    fn unescape(&mut self, end: usize) -> Result<usize, Refusal> {
        let name = self.bytes.get(self.at + 1).copied();
        let character = match name {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unescape_unicode(end),
            Some(_) | None => return self.wrong(),
        };
        self.at += 2;
        Ok(character.encode_utf8(&mut self.bytes[end..self.at]).len())
    }

    /// The same for `\uXXXX`, or two of them that form a surrogate pair.
    fn unescape_unicode(&mut self, end: usize) -> Result<usize, Refusal> {
        let first = self.code_unit(self.at);
        let pair = first.is_some_and(|unit| (0xD800..0xDC00).contains(&unit));
        let second = if pair { self.code_unit(self.at + 6) } else { None };
        let Some(Ok(character)) = char::decode_utf16(first.into_iter().chain(second)).next() else {
            return self.wrong();
        };
        self.at += if pair { 12 } else { 6 };
        Ok(character.encode_utf8(&mut self.bytes[end..self.at]).len())
    }

    /// The number in the `\uXXXX` that begins at `at`.
    fn code_unit(&self, at: usize) -> Option<u16> {
        let [b'\\', b'u', digits @ ..] = self.bytes.get(at..at + 6)? else {
            return None;
        };
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)? as u16))
    }

    /// The integer that `field` must be: digits without a leading zero, a fraction or an exponent, so that the number
    /// has the same form as in the signed text.
    fn integer_of<N: TryFrom<i128>>(&mut self, field: Field) -> Result<N, Refusal> {
        let wrong = Refusal::Form(field);
        let negative = self.next_is(b'-');
        let start = self.at;
        let mut size: u64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let digit = u64::from(digit - b'0');
            size = size.checked_mul(10).and_then(|size| size.checked_add(digit)).ok_or(wrong)?;
            self.at += 1;
        }
        let plain = match &self.bytes[start..self.at] {
            [b'0'] => !negative,
            [] | [b'0', ..] => false,
            [..] => true,
        };
        if !plain || matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(wrong);
        }
        let number = if negative { -i128::from(size) } else { i128::from(size) };
        N::try_from(number).map_err(|_| wrong)
    }

    /// Reads past a value of an unknown field. Objects and lists are refused, so nothing here can nest.
    fn skip_value(&mut self) -> Result<(), Refusal> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.skip_number(),
            Some(b't') => self.skip_word("true"),
            Some(b'f') => self.skip_word("false"),
            Some(b'n') => self.skip_word("null"),
            Some(_) | None => self.wrong(),
        }
    }

    fn skip_word(&mut self, word: &str) -> Result<(), Refusal> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.wrong();
        }
        self.at += word.len();
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Refusal> {
        self.take(b'-');
        if !self.take(b'0') {
            self.skip_digits()?;
        }
        if self.take(b'.') {
            self.skip_digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.skip_digits()?;
        }
        Ok(())
    }

    fn skip_digits(&mut self) -> Result<(), Refusal> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.wrong();
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }
}

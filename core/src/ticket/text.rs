//! The text form of a ticket: base64 with an alphabet of its own, around a zlib stream, around the document.
//!
//! Not the document itself (`document.rs`). Reading goes through buffers of fixed size, so that a bomb ends at the
//! cap, and takes any zlib stream that fits: the vendor's libraries emit stored, fixed and dynamic blocks.
//!
//! zlib-rs inflates, because its tables for fixed blocks, which most tickets are made of, are constants: it takes
//! 0.5 µs for such a ticket where a decoder that builds its tables for each stream takes 3 to 4 µs.

use std::fmt;

use base64::alphabet::{Alphabet, Symbol};
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use base64::{DecodeError, DecodeSliceError, Engine};
use zlib_rs::{Inflate, InflateError, InflateFlush, Status};

use super::Refusal;

/// No setting makes a reader take more than this, in bytes, of text or of document.
const BYTES_HARD_MAX: usize = 8 * 1024;

/// The most deflate blocks of a stream. Compressors make one for so little, and Go's an empty last one as well. Each
/// block may bring decoding tables that take longer to build than a whole honest ticket to check, and a text of 1024
/// bytes has room for forty.
const BLOCKS_MAX: usize = 2;

/// Wide enough for every zlib stream: its back-references reach 2^15 bytes.
const WINDOW_BITS: u8 = 15;

/// Padding is demanded, and unused bits must be zero, so that the same bytes have one text only.
const TICKET_BASE64: GeneralPurpose = GeneralPurpose::new(&ALPHABET, PAD);

const ALPHABET: Alphabet = alphabet();

/// What a reader takes at most, so that a hostile ticket costs no more than an honest one.
///
/// A value above 8192 counts as 8192.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes. Default 1024.
    pub text_bytes_max: usize,
    /// The largest document, inflated, in bytes. Default 1024.
    pub document_bytes_max: usize,
}

impl Limits {
    /// The most that any setting allows. For a client, which reads the tickets of its own user.
    pub const HARD: Limits = Limits { text_bytes_max: BYTES_HARD_MAX, document_bytes_max: BYTES_HARD_MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Limits { text_bytes_max: 1024, document_bytes_max: 1024 }
    }
}

/// The memory that reading a ticket needs, allocated once and used again: about 50 KiB.
///
/// One for each thread that checks tickets is enough; a decoded ticket borrows it until it is done with.
pub struct Scratch {
    limits: Limits,
    inflate: Inflate,
    /// The zlib stream; later the bytes of the userbuf, which are never more than three quarters of the document.
    bytes: Box<[u8]>,
    /// The document, and one byte more, by which a too large one is known.
    document: Box<[u8]>,
}

impl Scratch {
    /// Memory for tickets within `limits`.
    pub fn new(limits: Limits) -> Scratch {
        let limits = Limits {
            text_bytes_max: limits.text_bytes_max.min(BYTES_HARD_MAX),
            document_bytes_max: limits.document_bytes_max.min(BYTES_HARD_MAX),
        };
        let longest = limits.text_bytes_max.max(limits.document_bytes_max);
        Scratch {
            limits,
            inflate: Inflate::new(true, WINDOW_BITS),
            bytes: vec![0; longest.div_ceil(4) * 3].into(),
            document: vec![0; limits.document_bytes_max + 1].into(),
        }
    }
}

/// Shows the limits alone: the buffers still hold the last ticket.
impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Reads the document out of a ticket's text. Answers it and the part of `scratch` that is free from now on.
pub(super) fn decode<'s>(
    text: &str,
    scratch: &'s mut Scratch,
) -> Result<(&'s mut [u8], &'s mut [u8]), Refusal> {
    let Scratch { limits, inflate, bytes, document } = scratch;
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    if text.len() > limits.text_bytes_max {
        return Err(Refusal::TextTooLong { bytes: text.len(), bytes_max: limits.text_bytes_max });
    }
    let length = TICKET_BASE64.decode_slice(text, bytes).map_err(refuse_text)?;
    inflate.reset(true);
    let end = inflate_blocks(inflate, &bytes[..length], document);
    let (taken, made) = (inflate.total_in() as usize, inflate.total_out() as usize);
    match end {
        _ if made > limits.document_bytes_max => {
            Err(Refusal::DocumentTooLong { bytes_max: limits.document_bytes_max })
        }
        Ok(Status::StreamEnd) if taken == length => Ok((&mut document[..made], bytes)),
        Ok(Status::StreamEnd | Status::Ok | Status::BufError) | Err(_) => Err(Refusal::Compression),
    }
}

/// Inflates a stream of at most [`BLOCKS_MAX`] blocks. One that has more ends as if it were cut off.
fn inflate_blocks(inflate: &mut Inflate, stream: &[u8], document: &mut [u8]) -> Result<Status, InflateError> {
    // Behind the two bytes of the zlib header, the lowest bit says that the first block is the last one.
    if stream.get(2).is_some_and(|head| head & 1 == 1) {
        return inflate.decompress(stream, document, InflateFlush::Finish);
    }
    // It stops behind the header and behind each block, and then there is the checksum.
    for _ in 0..BLOCKS_MAX + 2 {
        let (taken, made) = (inflate.total_in() as usize, inflate.total_out() as usize);
        let status = inflate.decompress(&stream[taken..], &mut document[made..], InflateFlush::Block)?;
        if status != Status::Ok {
            return Ok(status);
        }
    }
    Ok(Status::BufError)
}

/// Writes `document` as a ticket's text.
///
/// It goes into one stored block, as the vendor's Go library does: a document of 180 bytes, a third of which is a
/// hash, hardly compresses, and a stored block needs no compressor and reads fastest.
pub(super) fn encode(document: &[u8]) -> String {
    let length = u16::try_from(document.len()).expect("the signer keeps a document below 64 KiB");
    let mut stream = Vec::with_capacity(document.len() + 11);
    // Deflate with a window of 2^15, fastest level; then the only block, stored.
    stream.extend_from_slice(&[0x78, 0x01, 0x01]);
    stream.extend_from_slice(&length.to_le_bytes());
    stream.extend_from_slice(&(!length).to_le_bytes());
    stream.extend_from_slice(document);
    stream.extend_from_slice(&zlib_rs::adler32::adler32(1, document).to_be_bytes());
    encode_base64(&TICKET_BASE64, &stream)
}

/// Standard base64, as used inside a document.
pub(super) fn encode_standard(bytes: &[u8]) -> String {
    encode_base64(&STANDARD, bytes)
}

/// Reads standard base64 into `out`; `None` if it is not the one form that these bytes have, or does not fit.
pub(super) fn decode_standard(text: &[u8], out: &mut [u8]) -> Option<usize> {
    STANDARD.decode_slice(text, out).ok()
}

fn encode_base64(engine: &GeneralPurpose, bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    let length = engine.encode_slice(bytes, &mut text).expect("four characters for each three bytes");
    text.truncate(length);
    String::from_utf8(text).expect("both alphabets are ASCII")
}

fn refuse_text(error: DecodeSliceError) -> Refusal {
    match error {
        DecodeSliceError::DecodeError(DecodeError::InvalidByte(at, _)) => Refusal::Alphabet { at },
        DecodeSliceError::DecodeError(
            DecodeError::InvalidLength(_)
            | DecodeError::InvalidLastSymbol { .. }
            | DecodeError::InvalidPadding,
        )
        | DecodeSliceError::OutputSliceTooSmall => Refusal::Padding,
    }
}

const fn alphabet() -> Alphabet {
    let padding = Symbol::new(b'_').expect("printable ASCII");
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-";
    match Alphabet::new_with_padding(letters, padding) {
        Ok(alphabet) => alphabet,
        Err(_) => panic!("64 different characters, none of them the padding"),
    }
}

//! What a client sends: any text is a frame or refused, and a frame is the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tessera_core::wire::{ClientFrame, Login};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(frame) = tessera_fuzz::bounded(|| ClientFrame::parse(text)) {
        assert_eq!(ClientFrame::parse(&frame.to_text()).as_ref(), Ok(&frame));
        if let ClientFrame::Login(login) = frame {
            assert_eq!(Login::from_authorization(&login.to_authorization()), Ok(*login));
        }
    }
    if let Ok(login) = tessera_fuzz::bounded(|| Login::from_authorization(text)) {
        assert_eq!(Login::from_authorization(&login.to_authorization()), Ok(login));
    }
});

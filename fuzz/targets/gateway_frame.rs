//! What a gateway sends: any text is a frame or refused, and a frame is the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tessera_core::wire::GatewayFrame;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(frame) = tessera_fuzz::bounded(|| GatewayFrame::parse(text)) {
        assert_eq!(GatewayFrame::parse(&frame.to_text()).as_ref(), Ok(&frame));
    }
});

//! UniFFI's own generator as a program: `generate --library <library> --language <language> --out-dir <folder>`.
//!
//! It decides nothing: names and options are in `uniffi.toml`, and `cargo xtask` knows the arguments.

fn main() {
    uniffi::uniffi_bindgen_main()
}

//! The generator as a program: `<library> <folder for TypeScript> <folder for C++>`.
//!
//! It decides nothing: names and options are in `uniffi.toml`, and `cargo xtask` knows the arguments.

use anyhow::Context;
use camino::Utf8PathBuf;
use ubrn_bindgen::{BindingsArgs, OutputArgs, SourceArgs, SwitchArgs};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).map(Utf8PathBuf::from);
    let mut next = || arguments.next().context("<library> <folder for TypeScript> <folder for C++>");
    let source = SourceArgs::library(&next()?);
    let output = OutputArgs::new(&next()?, &next()?, true);
    BindingsArgs::new(SwitchArgs::default(), source, output).run(None)?;
    Ok(())
}

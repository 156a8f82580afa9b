//! `tessera/tim.h`: cbindgen makes it of the C binding's Rust files, the generated ones among them.

use std::path::Path;

use crate::spec::Spec;
use crate::write::Output;

/// The files that have something for the header, in its order.
const SOURCES: [&str; 8] = [
    "generated/abi.rs",
    "generated/enums.rs",
    "last_error.rs",
    "tim.rs",
    "generated/outside.rs",
    "client.rs",
    "listener.rs",
    "tessera.rs",
];

/// The header. It reads the generated files, so they have to be written before.
pub(crate) fn output(root: &Path, spec: &Spec) -> Result<Output, String> {
    let binding = root.join("bindings/c");
    let mut config = cbindgen::Config::from_file(binding.join("cbindgen.toml"))?;
    // cbindgen leaves texts out.
    config.after_includes = Some(config.after_includes.unwrap_or_default() + &keys(spec));
    let new = cbindgen::Builder::new().with_config(config);
    let builder = SOURCES.iter().fold(new, |builder, file| builder.with_src(binding.join("src").join(file)));
    let bindings = builder.generate().map_err(|error| format!("cbindgen: {error}"))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| format!("cbindgen: {error}"))?;
    Ok(Output { path: "bindings/c/include/tessera/tim.h", text: text.trim_start().to_owned() })
}

fn keys(spec: &Spec) -> String {
    let rows = spec.c_api.keys.rows.iter();
    let keys = rows.map(|row| format!("// {}\n#define {} {:?}\n", row.doc, row.name, row.text));
    format!("\n{}", keys.collect::<String>())
}

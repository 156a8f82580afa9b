//! Generated files on disk: which of them differ, and writing them. It does not know what is in them.

use std::fs;
use std::path::Path;

/// One generated file.
pub(crate) struct Output {
    /// Path below the repository's root.
    pub(crate) path: &'static str,
    /// The whole text.
    pub(crate) text: String,
}

/// The outputs whose file is missing or has another text.
pub(crate) fn drifting<'a>(root: &Path, outputs: &'a [Output]) -> Vec<&'a Output> {
    outputs.iter().filter(|output| !is_current(&root.join(output.path), &output.text)).collect()
}

/// Writes the given outputs, with their folders.
pub(crate) fn write(root: &Path, outputs: &[&Output]) -> Result<(), String> {
    for output in outputs {
        let path = root.join(output.path);
        let written = match path.parent() {
            Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(&path, &output.text)),
            None => fs::write(&path, &output.text),
        };
        written.map_err(|error| format!("{}: {error}", output.path))?;
    }
    Ok(())
}

fn is_current(path: &Path, text: &str) -> bool {
    // A checkout with CRLF line ends is not a drift.
    fs::read_to_string(path).is_ok_and(|found| found.replace("\r\n", "\n") == text)
}

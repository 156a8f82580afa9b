//! The notices of the crates that are linked into a package: their names, licences and licence texts, which each
//! published package carries.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::{cargo, root};
use crate::files;

/// How cargo is asked to print a crate: name, version, and its licence.
const FORMAT: &str = "{p}\t{l}";
const LICENCE_FILES: [&str; 4] = ["license", "licence", "copying", "notice"];

/// A crate of others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    licence: String,
}

/// Puts what a published package must carry into a folder: our licences, and the notices of what `package` links.
pub(crate) fn place(folder: &Path, package: &str) -> Result<(), String> {
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        files::copy(&root().join(licence), &folder.join(licence))?;
    }
    files::write(&folder.join("THIRD-PARTY-NOTICES.md"), &of(package)?)
}

/// The notices of everything that `package` links, as Markdown.
pub(crate) fn of(package: &str) -> Result<String, String> {
    let mut tree = cargo(&["tree", "--edges", "normal", "--prefix", "none", "--format", FORMAT])?;
    let output =
        tree.args(["--package", package]).output().map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let crates = crates_of(&String::from_utf8_lossy(&output.stdout));
    let sources = sources()?;
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in &crates {
        let label = format!("{} {}", found.name, found.version);
        for text in licence_texts(&sources, found)? {
            texts.entry(text).or_default().push(label.clone());
        }
    }
    Ok(page(&crates, &texts))
}

/// The crates of others in the output of `cargo tree`; those of this repository have their folder behind the version.
fn crates_of(tree: &str) -> Vec<Crate> {
    let mut crates: Vec<Crate> = tree
        .lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('\t')?;
            let mut words = package.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            let is_ours = words
                .any(|word| word.starts_with("(/") || word.starts_with(&format!("({}", root().display())));
            let licence = licence.trim_end_matches(" (*)");
            (!is_ours).then(|| Crate { name: name.into(), version: version.into(), licence: licence.into() })
        })
        .collect();
    crates.sort();
    crates.dedup();
    crates
}

/// The folders in which cargo keeps the sources of registries.
fn sources() -> Result<Vec<PathBuf>, String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let folder = home.ok_or("no CARGO_HOME and no HOME")?.join("registry/src");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
}

fn licence_texts(sources: &[PathBuf], found: &Crate) -> Result<Vec<String>, String> {
    let name = format!("{}-{}", found.name, found.version);
    let folder = sources.iter().map(|source| source.join(&name)).find(|folder| folder.is_dir());
    let folder = folder.ok_or_else(|| format!("the sources of {name} are not in cargo's folder"))?;
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.is_file() && is_licence(file));
    files.sort();
    // What is no text is no licence text.
    Ok(files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .map(|text| text.trim().to_owned())
        .collect())
}

fn is_licence(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    LICENCE_FILES.iter().any(|known| name.starts_with(known))
}

fn page(crates: &[Crate], texts: &BTreeMap<String, Vec<String>>) -> String {
    let rows: Vec<String> = crates
        .iter()
        .map(|found| format!("| {} | {} | {} |", found.name, found.version, found.licence))
        .collect();
    let mut sections: Vec<String> = texts
        .iter()
        .map(|(text, users)| format!("## {}\n\n```text\n{text}\n```", users.join(", ")))
        .collect();
    sections.sort();
    format!(
        "# Third-party notices\n\nThese crates are part of the native code of this package.\n\n| Crate | Version | \
         Licence |\n|---|---|---|\n{}\n\n{}\n",
        rows.join("\n"),
        sections.join("\n\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_others_are_listed_once_and_ours_are_not() {
        let tree = "tessera-node v0.1.0 (/src/bindings/node)\tMIT OR Apache-2.0\n\
                    tokio v1.54.1\tMIT\n\
                    serde_derive v1.0.228 (proc-macro)\tMIT OR Apache-2.0\n\
                    tokio v1.54.1\tMIT (*)\n";
        let found: Vec<(String, String)> =
            crates_of(tree).into_iter().map(|found| (found.name, found.licence)).collect();
        let expected = [("serde_derive", "MIT OR Apache-2.0"), ("tokio", "MIT")];
        assert_eq!(found, expected.map(|(name, licence)| (name.to_owned(), licence.to_owned())));
    }

    #[test]
    fn a_text_that_several_crates_share_stands_once() {
        let found = |name: &str| Crate { name: name.into(), version: "1.0.0".into(), licence: "MIT".into() };
        let users = vec!["a 1.0.0".to_owned(), "b 1.0.0".to_owned()];
        let page = page(&[found("a"), found("b")], &BTreeMap::from([("the text".to_owned(), users)]));
        assert!(page.contains("| a | 1.0.0 | MIT |") && page.contains("## a 1.0.0, b 1.0.0\n"));
        assert_eq!(page.matches("the text").count(), 1);
    }
}

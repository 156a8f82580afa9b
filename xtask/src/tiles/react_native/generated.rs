//! The code that `uniffi-bindgen-react-native` generates from `bindings/uniffi`: TypeScript, and C++ for JSI.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{built, cache_dir, cargo, root, run};
use crate::files::{copy, copy_all, create, write};
use crate::tools::npm_source;
use crate::uniffi;

/// The npm package of the generator, which has its sources and what generated code needs to run.
const GENERATOR: (&str, &str) = ("uniffi-bindgen-react-native", "0.31.0-5");
const BINDGEN: &str = "bindings/react-native/bindgen";
/// What generated code imports, and what it imports here: the folder beside it.
const RUNTIME: (&str, &str) = ("\"@ubjs/core\"", "\"./runtime/index\"");

/// Where the generated code lies.
pub(crate) struct Generated {
    /// TypeScript, and the JavaScript that it needs to run.
    pub(crate) typescript: PathBuf,
    /// C++, and the headers that it needs.
    pub(crate) cpp: PathBuf,
}

/// Generates it anew.
pub(crate) fn generate() -> Result<Generated, String> {
    let generator = generator()?;
    let folder = cache_dir()?.join("react-native");
    build_bindgen(&generator, &folder)?;
    let library = uniffi::library_with_metadata()?;
    let generated = Generated {
        typescript: folder.join("src/react-native/generated"),
        cpp: folder.join("cpp/generated"),
    };
    for old in [&generated.typescript, &generated.cpp] {
        let _ = fs::remove_dir_all(old);
        create(old)?;
    }
    let mut bindgen = Command::new(built("tessera-react-native-bindgen")?);
    // It asks cargo for the crate's folder, where `uniffi.toml` is.
    bindgen.current_dir(root()).arg(library).arg(&generated.typescript).arg(&generated.cpp);
    run(&mut bindgen)?;
    for name in ["tessera.ts", "tessera-ffi.ts"] {
        edit(&generated.typescript.join(name), |text| Ok(text.replace(RUNTIME.0, RUNTIME.1)))?;
    }
    edit(&generated.cpp.join("tessera.cpp"), |text| guarded(&text))?;
    copy_all(&generator.join("typescript/dist/cjs"), &generated.typescript.join("runtime"))?;
    copy(&generator.join("LICENSE"), &generated.typescript.join("runtime/LICENSE"))?;
    copy_all(&generator.join("cpp/includes"), &generated.cpp)?;
    copy(&generator.join("LICENSE"), &generated.cpp.join("LICENSE"))?;
    Ok(generated)
}

/// The generator's sources, with a correction: without its WebAssembly part, which nobody here needs and which takes
/// minutes to build, they do not compile.
fn generator() -> Result<PathBuf, String> {
    npm_source(GENERATOR.0, GENERATOR.1, Some(&root().join(BINDGEN).join("generator.patch")))
}

/// Builds our program around the generator. It lies beside the generator's sources, to which its manifest points.
fn build_bindgen(generator: &Path, folder: &Path) -> Result<(), String> {
    let link = folder.join("generator");
    create(folder)?;
    if fs::read_link(&link).ok().as_deref() != Some(generator) {
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(generator, &link)
            .map_err(|error| format!("{}: {error}", link.display()))?;
    }
    copy_all(&root().join(BINDGEN), &folder.join("bindgen"))?;
    let mut build = cargo(&["build", "--quiet", "--locked", "--manifest-path"])?;
    run(build.arg(folder.join("bindgen/Cargo.toml")))
}

/// The C++ with a lock around the function through which Rust's threads reach JavaScript. It is a global that the end of
/// a runtime clears while such a thread may be calling it, which the generator leaves unguarded.
fn guarded(text: &str) -> Result<String, String> {
    let space = "namespace uniffi::tessera::cb::rustfuturecontinuationcallback {";
    let (before, after) =
        text.split_once(space).ok_or_else(|| format!("the generated C++ has no {space:?}"))?;
    let mut guarded = after.to_owned();
    let lock = "std::lock_guard<std::mutex> guard(rsMutex);";
    let edits = [
        (
            " using namespace facebook;",
            " using namespace facebook;\n    static std::mutex rsMutex;".to_owned(),
        ),
        (" if (rsLambda == nullptr) {", format!(" {lock}\n        if (rsLambda == nullptr) {{")),
        (" if (rsLambda != nullptr) {", format!(" {lock}\n        if (rsLambda != nullptr) {{")),
        ("static void cleanup() {", format!("static void cleanup() {{\n        {lock}")),
    ];
    for (found, replaced) in edits {
        if !guarded.contains(found) {
            return Err(format!("the generated C++ has no {found:?}"));
        }
        guarded = guarded.replacen(found, &replaced, 1);
    }
    Ok(format!("{before}{space}{guarded}"))
}

fn edit(path: &Path, change: impl FnOnce(String) -> Result<String, String>) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    write(path, &change(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_goes_where_the_global_is_read_and_cleared() {
        let space = "namespace uniffi::tessera::cb::rustfuturecontinuationcallback {";
        let body = " using namespace facebook;\n a() { if (rsLambda == nullptr) {} }\n b() { if (rsLambda != nullptr) {} }\n\
                    static void cleanup() { rsLambda = nullptr; }";
        let text = format!("before\n{space}\n{body}\nafter");
        let guarded = guarded(&text).unwrap();
        assert_eq!(guarded.matches("lock_guard").count(), 3);
        assert_eq!(guarded.matches("static std::mutex rsMutex;").count(), 1);
        assert!(super::guarded(&text.replace("cleanup", "clear")).is_err());
        assert!(super::guarded(body).is_err());
    }
}

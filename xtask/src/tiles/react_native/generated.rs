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
    edit(&generated.cpp.join("tessera.cpp"), |text| with_futures(&text))?;
    edit(&generated.cpp.join("tessera.hpp"), |text| with_member(&text))?;
    copy_all(&generator.join("typescript/dist/cjs"), &generated.typescript.join("runtime"))?;
    copy(&generator.join("LICENSE"), &generated.typescript.join("runtime/LICENSE"))?;
    copy_all(&generator.join("cpp/includes"), &generated.cpp)?;
    copy(&generator.join("LICENSE"), &generated.cpp.join("LICENSE"))?;
    Ok(generated)
}

/// The generator's sources, with two corrections: without its WebAssembly part, which nobody here needs and which takes
/// minutes to build, they do not compile; and generated code would never free a text that JavaScript gives, such as a
/// ticket.
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

/// The C++ with Rust's futures in the hands of `futures.h`. The generator keeps the one callback through which they
/// reach JavaScript in a global of the process: with two runtimes at once, as in a reload, that is the wrong one's or
/// nobody's. And it frees no future that a runtime leaves behind.
fn with_futures(text: &str) -> Result<String, String> {
    const CALLBACK: &str =
        "uniffi::tessera::Bridging<UniffiRustFutureContinuationCallback>::fromJs(rt, callInvoker, args[1])";
    let space = "uniffi::tessera::cb::rustfuturecontinuationcallback";
    let text = cut(text, &format!("namespace {space} {{"), &format!("}} // namespace {space}\n"))?;
    let text = cut(&text, "template <> struct Bridging<UniffiRustFutureContinuationCallback> {", "\n};\n")?;
    let text = replaced(&text, &format!("{space}::cleanup();\n"), "")?;
    let text =
        replaced(&text, "callInvoker(invoker), props()", "callInvoker(invoker), futures(invoker), props()")?;
    let mut lines = Vec::new();
    for line in text.lines() {
        let call = line.trim_start().split_once('(').filter(|(name, _)| name.contains("_rust_future_"));
        lines.push(match call {
            Some((poll, rest)) if poll.contains("_poll_") && rest.contains(CALLBACK) => {
                let free = poll.replace("_poll_", "_free_");
                format!("futures.poll(rt, {poll}, {free}, {}", rest.replace(CALLBACK, "args[1]"))
            }
            Some((free, rest)) if free.contains("_free_") && rest.contains("args[0]") => {
                format!("futures.free({free}, {rest}")
            }
            _ => line.to_owned(),
        });
    }
    let count = |call: &str| lines.iter().filter(|line| line.starts_with(call)).count();
    match (count("futures.poll("), count("futures.free(")) {
        (polls, frees) if polls > 0 && polls == frees => Ok(lines.join("\n") + "\n"),
        (polls, frees) => Err(format!("the generated C++ has {polls} polls of futures and {frees} ends")),
    }
}

/// The class that the C++ declares, with its futures.
fn with_member(text: &str) -> Result<String, String> {
    let member = "std::shared_ptr<uniffi_runtime::UniffiCallInvoker> callInvoker;\n";
    let text = replaced(text, member, &format!("{member}    tessera::Futures futures;\n"))?;
    replaced(
        &text,
        "#include \"UniffiCallInvoker.h\"\n",
        "#include \"UniffiCallInvoker.h\"\n#include \"futures.h\"\n",
    )
}

/// Without what lies between two texts, and without these.
fn cut(text: &str, from: &str, to: &str) -> Result<String, String> {
    let (before, rest) = parts(text, from)?;
    let (_, after) = parts(rest, to)?;
    Ok(format!("{before}{after}"))
}

fn replaced(text: &str, found: &str, by: &str) -> Result<String, String> {
    let (before, after) = parts(text, found)?;
    Ok(format!("{before}{by}{after}"))
}

fn parts<'a>(text: &'a str, at: &str) -> Result<(&'a str, &'a str), String> {
    text.split_once(at).ok_or_else(|| format!("the generated C++ has no {at:?}"))
}

fn edit(path: &Path, change: impl FnOnce(String) -> Result<String, String>) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    write(path, &change(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn futures_are_polled_and_freed_by_their_runtime() {
        let space = "uniffi::tessera::cb::rustfuturecontinuationcallback";
        let handle = "uniffi_jsi::Bridging</*handle*/ uint64_t>::fromJs(rt, callInvoker";
        let text = format!(
            "namespace {space} {{\n  static std::function<void()> rsLambda;\n}} // namespace {space}\n\
             template <> struct Bridging<UniffiRustFutureContinuationCallback> {{\n  {space}::make();\n}};\n\
             N::N() : callInvoker(invoker), props() {{}}\nN::~N() {{\n{space}::cleanup();\n}}\n  \
             ffi_x_rust_future_poll_u8({handle}, args[0]), uniffi::tessera::Bridging<\
             UniffiRustFutureContinuationCallback>::fromJs(rt, callInvoker, args[1]), {handle}, args[2])\n  );\n  \
             ffi_x_rust_future_free_u8({handle}, args[0])\n  );\n"
        );
        let edited = with_futures(&text).unwrap();
        assert!(!edited.contains(space) && !edited.contains("Callback"), "{edited}");
        assert!(edited.contains("callInvoker(invoker), futures(invoker), props()"));
        let poll = "futures.poll(rt, ffi_x_rust_future_poll_u8, ffi_x_rust_future_free_u8, ";
        assert!(
            edited.contains(&format!("{poll}{handle}, args[0]), args[1], {handle}, args[2])\n")),
            "{edited}"
        );
        assert!(edited.contains(&format!("futures.free(ffi_x_rust_future_free_u8, {handle}, args[0])\n")));
        assert!(with_futures(&text.replace("cleanup", "clear")).is_err());
        assert!(with_futures(&text.replace("_free_", "_end_")).is_err());
    }
}

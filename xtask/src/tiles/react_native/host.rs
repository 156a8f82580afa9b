//! The host for Linux: JavaScriptCore behind JSI, compiled with the generated C++.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::generated::Generated;
use crate::cargo::{cache_dir, root, run};
use crate::files::{create, write};
use crate::libraries::{self, Profile};
use crate::tools::npm_source;

/// React Native, for JSI's sources and the interface of `CallInvoker`.
const REACT_NATIVE: (&str, &str) = ("react-native", "0.81.4");
/// JSI over JavaScriptCore, as React Native has had it.
const JAVASCRIPT_CORE: (&str, &str) = ("@react-native-community/javascriptcore", "0.2.0");
const HOST: &str = "bindings/react-native/host";
const CPP: &str = "bindings/react-native/cpp";

/// Builds the host and returns it. What has not changed is not compiled again.
pub(crate) fn build(generated: &Generated, profile: Profile) -> Result<PathBuf, String> {
    let folder = cache_dir()?.join("react-native/host").join(profile.name());
    create(&folder)?;
    let common = npm_source(REACT_NATIVE.0, REACT_NATIVE.1, None)?.join("ReactCommon");
    let patch = root().join(HOST).join("JSCRuntime.patch");
    let core = npm_source(JAVASCRIPT_CORE.0, JAVASCRIPT_CORE.1, Some(&patch))?.join("common");
    let prelude =
        fs::read_to_string(root().join(HOST).join("prelude.js")).map_err(|error| error.to_string())?;
    write(&folder.join("prelude.inc"), &format!("R\"PRELUDE({prelude})PRELUDE\"\n"))?;
    let host = root().join(HOST);
    let cpp = root().join(CPP);
    let includes = [
        common.join("jsi"),
        common.join("callinvoker"),
        core.clone(),
        generated.cpp.clone(),
        cpp.clone(),
        folder.clone(),
    ];
    let sources = [
        common.join("jsi/jsi/jsi.cpp"),
        core.join("JSCRuntime.cpp"),
        generated.cpp.join("tessera.cpp"),
        cpp.join("install.cpp"),
        host.join("main.cpp"),
    ];
    let ours = text_of(&[&host, &cpp, &generated.cpp])?;
    let mut objects = Vec::new();
    for source in &sources {
        let is_ours = !source.starts_with(&common) && !source.starts_with(&core);
        objects.push(compile(source, &includes, &folder, if is_ours { &ours } else { "" })?);
    }
    let library = libraries::build(profile)?;
    let program = folder.join("tessera-react-native-host");
    let mut link = Command::new("g++");
    link.arg("-o").arg(&program).args(objects).arg("-L").arg(&library).arg("-ltessera_uniffi");
    link.arg(format!("-Wl,-rpath,{}", library.display())).args(pkg_config("--libs")?).arg("-pthread");
    run(&mut link)?;
    Ok(program)
}

/// Compiles a file, unless its object is of the same sources.
fn compile(source: &Path, includes: &[PathBuf], folder: &Path, inputs: &str) -> Result<PathBuf, String> {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let object = folder.join(format!("{stem}.o"));
    let stamp = folder.join(format!("{stem}.inputs"));
    let own = fs::read_to_string(source).map_err(|error| format!("{}: {error}", source.display()))?;
    let inputs = format!("{own}{inputs}");
    if object.exists() && fs::read_to_string(&stamp).ok().as_ref() == Some(&inputs) {
        return Ok(object);
    }
    let mut compile = Command::new("g++");
    compile.args(["-std=c++20", "-O2", "-pthread", "-c"]).arg(source).arg("-o").arg(&object);
    compile.args(includes.iter().flat_map(|include| ["-isystem".as_ref(), include.as_os_str()]));
    run(compile.args(pkg_config("--cflags")?))?;
    write(&stamp, &inputs)?;
    Ok(object)
}

/// Everything that is in these folders.
fn text_of(folders: &[&PathBuf]) -> Result<String, String> {
    let mut text = String::new();
    for folder in folders {
        let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            text += &fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(text)
}

fn pkg_config(flags: &str) -> Result<Vec<String>, String> {
    let output = Command::new("pkg-config").args([flags, "javascriptcoregtk-4.1"]).output();
    let output = output.map_err(|error| format!("pkg-config: {error}"))?;
    if !output.status.success() {
        return Err("pkg-config does not know javascriptcoregtk-4.1".to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect())
}

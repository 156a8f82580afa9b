//! `cargo xtask doctor`: which tools are here, and which suites need the others.

use crate::{Command, cargo, tools};

pub(crate) const COMMAND: Command = Command {
    name: "doctor",
    arguments: "",
    about: "say which tools are here and what each is for",
    run: |_| {
        for (program, purpose) in TOOLS {
            let found = tools::version(program).unwrap_or_else(|| "not found".to_owned());
            println!("{program:<12} {found:<44} {purpose}");
        }
        println!("cache        {}", cargo::cache_dir()?.display());
        Ok(())
    },
};

const TOOLS: &[(&str, &str)] = &[
    ("rustc", "everything"),
    ("rustfmt", "codegen, and the stage `format`"),
    ("cargo-clippy", "the stage `lint`"),
    ("python3", "the stages `python`, `conformance-python` and `interop`: 3.10 or newer, with venv"),
    ("node", "the stages `node` and `conformance-node`; `interop`: the npm ticket package"),
    ("npm", "the same: installs packages into the cache folder"),
    ("javac", "the stages of Kotlin and Java; so far a JDK 17 is tested"),
    ("mvn", "the same: builds, and gets packages into the cache folder"),
    ("cargo-ndk", "the libraries of `package kotlin` for Android"),
    ("gcc", "the stages `c` and `conformance-c`"),
    ("g++", "the stages `cpp` and `conformance-cpp`, and a sample of `c`"),
    ("valgrind", "the stages `c-tools` and `cpp-tools`"),
    ("cmake", "the same"),
    ("mcs", "Mono: the stages `csharp` and `conformance-csharp`"),
    ("swift", "the stage `swift`; without it Debian 13's is set up in the cache folder, on request"),
    ("debootstrap", "that set-up"),
    ("cargo-deny", "the stage `deny` of --full"),
];

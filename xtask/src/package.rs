//! `cargo xtask package <what>`: fills `dist` with what users of a language install.

use crate::{Command, tiles};

pub(crate) const COMMAND: Command = Command {
    name: "package",
    arguments: "<what>",
    about: "build what is published for a language into `dist`",
    run: |arguments| {
        let names: Vec<&str> = PACKAGES.iter().map(|(name, _)| *name).collect();
        let usage = || format!("name one of {}", names.join(", "));
        let [name] = arguments else { return Err(usage()) };
        let (_, fill) = PACKAGES.iter().find(|(known, _)| known == name).ok_or_else(usage)?;
        fill()
    },
};

/// A package: its name, and what fills its folder in `dist`.
type Package = (&'static str, fn() -> Result<(), String>);

const PACKAGES: &[Package] = &[
    ("kotlin", tiles::kotlin::package::fill),
    ("swift", tiles::swift::fill_package),
    ("node", tiles::node::package),
    ("python", tiles::python::package),
    ("c", tiles::c::package),
    ("cpp", tiles::cpp::package),
    ("csharp", tiles::csharp::package),
];

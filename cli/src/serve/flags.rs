//! Flags of `tessera serve`, one for each row of the table of configuration keys.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use tessera_gateway::config::keys::{KEYS, KeyKind, KeyRow, Scope};

/// What was given by flag: the name of a key, and its value.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyFlags(pub(crate) Vec<(String, String)>);

fn rows() -> impl Iterator<Item = &'static KeyRow> {
    KEYS.iter().filter(|row| row.scope != Scope::Entry)
}

fn argument(row: &'static KeyRow) -> Arg {
    let default = row.default.filter(|default| !default.is_empty());
    let default = default.map_or(String::new(), |default| format!(" [default: {default}]"));
    let values =
        if row.values.is_empty() { String::new() } else { format!(" [one of: {}]", row.values.join(", ")) };
    let help = format!("{}{values}{default} [env: {}]", row.doc, row.env);
    let argument = Arg::new(row.name).long(row.flag).help(help);
    match row.kind {
        KeyKind::Bool => {
            argument.value_name("BOOL").num_args(0..=1).require_equals(true).default_missing_value("true")
        }
        KeyKind::Address => argument.value_name("IP:PORT"),
        KeyKind::Path | KeyKind::Paths => argument.value_name("FILE"),
        KeyKind::Choice | KeyKind::Policy => argument.value_name("NAME"),
        KeyKind::Networks => argument.value_name("CIDR,…"),
        KeyKind::Number => argument.value_name("NUMBER"),
        KeyKind::Secret | KeyKind::Secrets | KeyKind::Text => argument.value_name("TEXT"),
    }
}

impl Args for KeyFlags {
    fn augment_args(command: Command) -> Command {
        rows().fold(command, |command, row| command.arg(argument(row)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        KeyFlags::augment_args(command)
    }
}

impl FromArgMatches for KeyFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = KeyFlags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let given = rows().filter(|row| matches.value_source(row.name) == Some(ValueSource::CommandLine));
        self.0.extend(given.filter_map(|row| {
            matches.get_one::<String>(row.name).map(|value| (row.name.to_owned(), value.clone()))
        }));
        Ok(())
    }
}

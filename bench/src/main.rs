//! `tessera-bench`: the project's bench table (`docs/benchmarks.md`), and the small servers that its rows are held
//! against.
//!
//! Every server that is measured is a process of its own: the gateway is the `tessera` binary, the anchors are
//! subcommands of this one. For Linux, whose `/proc` tells CPU time and memory. No rule of the product is in it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod anchor;
mod gateway;
mod process;
mod relay;
mod rows;
mod setup;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::setup::{Counts, Setup};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
#[command(name = "tessera-bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures rows and shows the table.
    Table(Table),
    /// Runs one of the servers that rows are held against, until standard input ends.
    Anchor(anchor::Anchor),
    /// Fills a registry and says what that took, in a process that has nothing else in its memory.
    Registry(rows::registry::Fill),
}

#[derive(clap::Args)]
struct Table {
    /// Groups of rows; all unless given.
    #[arg(value_parser = rows::names())]
    rows: Vec<String>,
    /// None of the own groups.
    #[arg(long, conflicts_with = "rows")]
    no_own: bool,
    /// Rows that a program of another language has measured: a line of JSON for each.
    #[arg(long, value_name = "GROUP=FILE", value_parser = group_and_file)]
    rows_of: Vec<(String, PathBuf)>,
    /// The `tessera` binary; the one beside this one unless given.
    #[arg(long, value_name = "FILE")]
    tessera: Option<PathBuf>,
    /// A Python that has the vendor's ticket package.
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// The folder `node_modules` that has the vendor's ticket package.
    #[arg(long, value_name = "DIR")]
    node_modules: Option<PathBuf>,
    /// Where the numbers go as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where stores of the gateways under test lie while it runs; the system's folder for temporary files unless given.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    counts: Counts,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Table(table) => table.run(),
        Command::Anchor(anchor) => anchor.run(),
        Command::Registry(fill) => fill.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tessera-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Table {
    fn run(self) -> Outcome {
        let me = std::env::current_exe()?;
        let setup = Setup::new(
            self.tessera.unwrap_or_else(|| me.with_file_name("tessera")),
            me,
            self.folder.as_deref(),
            self.counts,
            self.python,
            self.node_modules,
        )?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let mut done = Vec::new();
        for (name, measure) in rows::GROUPS {
            if self.no_own || !self.rows.is_empty() && !self.rows.iter().any(|row| row == name) {
                continue;
            }
            eprintln!("measuring {name} ...");
            let measured = runtime.block_on(measure(&setup)).map_err(|error| format!("{name}: {error}"))?;
            done.extend(measured.into_iter().map(|row| row.of(name)));
        }
        for (group, file) in &self.rows_of {
            let text =
                std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                done.push(table::Row::read(line)?.of(group));
            }
        }
        println!("{}", table::show(&done));
        if let Some(path) = self.json {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&path, table::json(&done, &setup.counts)?)?;
            println!("the same as JSON: {}", path.display());
        }
        Ok(())
    }
}

fn group_and_file(text: &str) -> Result<(String, PathBuf), String> {
    let (group, file) = text.split_once('=').ok_or("a group, `=`, and a file")?;
    Ok((group.to_owned(), file.into()))
}

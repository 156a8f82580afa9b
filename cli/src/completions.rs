//! `tessera completions`: a script that completes arguments in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::output::{Outcome, line};

/// Prints a completion script, for example `tessera completions bash > ~/.local/share/bash-completion/completions/tessera`.
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run<C: CommandFactory>(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut C::command(), "tessera", &mut script);
        line(String::from_utf8_lossy(&script).trim_end());
        Ok(())
    }
}

//! `completions`: what a shell needs to complete this command's words.
use clap::CommandFactory;
use clap_complete::Shell;

use super::console::Console;
use super::{Cli, Done};

/// Print the completions of a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  remotemedia completions bash > ~/.local/share/bash-completion/completions/remotemedia
  remotemedia completions zsh > ~/.zfunc/_remotemedia
  remotemedia completions fish > ~/.config/fish/completions/remotemedia.fish")]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Done {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "remotemedia", &mut text);
    console.raw(&text)
}

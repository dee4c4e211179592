//! The command `remotemedia`: one file per command, and what they share.
mod bench;
mod completions;
mod consent;
mod console;
mod events;
mod failure;
mod files;
mod hosts;
mod inputs;
mod inspect;
mod interrupt;
mod keygen;
mod keys;
mod models;
mod new;
mod nodes;
mod options;
mod own;
mod pack;
mod pipeline;
mod place;
mod progress;
mod report;
mod run;
mod sign;
mod table;
mod templates;
mod unpack;
mod validate;
mod verify;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use console::Console;
use failure::Failure;

/// Run, check and package pipelines of media and ML nodes.
///
/// A pipeline is a JSON manifest, or a package (.rmpkg) that brings everything it needs. It gives here what it gives
/// in a page.
#[derive(Parser)]
#[command(name = "remotemedia", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 all went well, 1 a pipeline or package is wrong or failed, 2 the command line is wrong, 130 interrupted.
Colors: none where NO_COLOR is set or the output is no terminal.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Validate(validate::Args),
    Inspect(inspect::Args),
    Pack(pack::Args),
    Unpack(unpack::Args),
    Keygen(keygen::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Nodes(nodes::Args),
    New(new::Args),
    Bench(bench::Args),
    Completions(completions::Args),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let mut console = Console::new();
    let done = match command {
        Command::Run(args) => run::run(args, &mut console),
        Command::Validate(args) => validate::run(args, &mut console),
        Command::Inspect(args) => inspect::run(args, &mut console),
        Command::Pack(args) => pack::run(args, &mut console),
        Command::Unpack(args) => unpack::run(args, &mut console),
        Command::Keygen(args) => keygen::run(args, &mut console),
        Command::Sign(args) => sign::run(args, &mut console),
        Command::Verify(args) => verify::run(args, &mut console),
        Command::Nodes(args) => nodes::run(args, &mut console),
        Command::New(args) => new::run(args, &mut console),
        Command::Bench(args) => bench::run(args, &mut console),
        Command::Completions(args) => completions::run(&args, &mut console),
    };
    match done.and_then(|()| console.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.end(&mut console),
    }
}

/// What every command returns.
type Done = Result<(), Failure>;

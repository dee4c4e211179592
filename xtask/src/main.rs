//! The project's commands. `cargo xtask help` lists them.

mod arguments;
mod bench;
mod book;
mod bundle;
mod capture;
mod check;
mod demo;
mod install;
mod notices;
mod offline;
mod package;
mod packages;
mod project;
mod recordings;
mod server;
mod stamp;
mod test;
mod wasi;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use arguments::Arguments;

const HELP: &str = "\
Commands (run at the project's root):
  cargo xtask demo [--port 8080] [--no-open] [--no-isolation]   build and serve the demo on 127.0.0.1
  cargo xtask build [--release] [--example]                     dist/remotemedia, dist/site and the WASI command; with
                                                                --example also the front end in Rust, for its test
  cargo xtask test [--engine chromium,firefox,webkit]           every test
  cargo xtask bench [NAME] [--json] [--readme] [--peer]         benchmarks in a real browser
  cargo xtask capture                                           film the site for the README
  cargo xtask shots [VIEW]                                      a picture of every view in target/shots
  cargo xtask check                                             format, lints, docs, licenses, advisories
What they need and do not find, they install, or say how to.";

fn main() -> ExitCode {
    match run(Arguments::from_env()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Arguments) -> Result<ExitCode> {
    match arguments.command().as_deref() {
        Some("demo") => {
            let options = demo::Options {
                port: arguments.value("--port")?.map(|port| port.parse()).transpose()?,
                open: !arguments.flag("--no-open"),
                isolated: !arguments.flag("--no-isolation"),
            };
            arguments.finish()?;
            demo::run(&options)
        }
        Some("build") => {
            let (release, example) = (arguments.flag("--release"), arguments.flag("--example"));
            arguments.finish()?;
            bundle::build(release)?;
            wasi::build(release)?;
            if example {
                wasm::yew_example()?;
            }
            bundle::print_sizes(release)?;
            Ok(ExitCode::SUCCESS)
        }
        Some("test") => {
            let engines = arguments.value("--engine")?;
            arguments.finish()?;
            test::test_all(&test::engines(engines.as_deref())?)
        }
        Some("bench") => {
            let output = match (arguments.flag("--readme"), arguments.flag("--json")) {
                (true, _) => bench::Output::Readme,
                (false, true) => bench::Output::Json,
                (false, false) => bench::Output::Text,
            };
            let peers = arguments.flag("--peer");
            let name = arguments.positional();
            arguments.finish()?;
            bench::bench(name.as_deref(), output, peers)
        }
        Some("capture") => {
            arguments.finish()?;
            capture::film()?;
            Ok(ExitCode::SUCCESS)
        }
        Some("shots") => {
            let only = arguments.positional();
            arguments.finish()?;
            capture::shots(only)?;
            Ok(ExitCode::SUCCESS)
        }
        Some("check") => {
            arguments.finish()?;
            check::check_all()
        }
        Some("help" | "--help" | "-h") | None => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => anyhow::bail!("there is no command `{other}`\n{HELP}"),
    }
}

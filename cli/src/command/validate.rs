//! `validate`: everything that is wrong, with its place.
use std::path::PathBuf;

use protocol::{Problem, Severity, Value};

use super::console::Console;
use super::failure::Failure;
use super::options::PipelineArgs;
use super::pipeline::Pipeline;
use super::{Done, hosts, options, report, words};

/// Say everything that is wrong with a pipeline
///
/// Every problem is told with its line and column. Warnings stop nothing.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// More of them
    #[arg(value_name = "PIPELINE")]
    more: Vec<PathBuf>,
    /// One JSON object for each pipeline: { file, problems }
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    let Args { mut pipeline, more, .. } = args;
    options::checked_params(pipeline.params.as_deref())?;
    let mut is_wrong = false;
    let first = std::mem::take(&mut pipeline.pipeline);
    for path in [first].into_iter().chain(more) {
        pipeline.pipeline = path;
        is_wrong |= !check(&pipeline, console)?;
    }
    if is_wrong { Err(Failure::Told) } else { Ok(()) }
}

/// Whether it is right; tells what is not.
fn check(args: &PipelineArgs, console: &mut Console) -> Result<bool, Failure> {
    let name = args.pipeline.display().to_string();
    let mut pipeline = match Pipeline::open(&args.pipeline) {
        Ok(pipeline) => pipeline,
        // A package that is refused has problems as a manifest has.
        Err(Failure::Rejected(_, rejection)) => {
            tell(console, &name, None, &rejection.problems)?;
            return Ok(false);
        }
        Err(other) => return Err(other),
    };
    let (mut executor, missing) = hosts::for_checking(args, &mut pipeline)?;
    let mut problems = executor.validate(pipeline.document.manifest(), args.params.as_deref());
    if let Some(opened) = &pipeline.package {
        problems = match opened.package.judge(problems) {
            Ok(problems) => problems,
            Err(rejection) => rejection.problems,
        };
    }
    tell(console, &name, Some(&pipeline.document), &problems)?;
    if let Some(missing) = missing.filter(|_| !console.json) {
        console.tell(&missing);
    }
    Ok(problems.iter().all(|it| it.severity == Severity::Warning))
}

fn tell(
    console: &mut Console,
    name: &str,
    document: Option<&report::Document>,
    problems: &[Problem],
) -> Done {
    if console.json {
        let problems = problems.iter().map(|it| report::problem_value(it, document)).collect();
        let object = [("file", Value::Text(name.into())), ("problems", Value::List(problems))];
        return console.say_json(&Value::map(object));
    }
    report::problems(console, document, problems);
    match problems {
        [] => console.say(&format!("{}: no problems", words::line(name))),
        _ => {
            console.tell(&report::summary(name, problems));
            Ok(())
        }
    }
}

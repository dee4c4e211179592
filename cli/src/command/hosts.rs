//! An executor with everything that a pipeline on this machine can use: models, Python, plugins.
use std::path::{Path, PathBuf};

use protocol::{Code, NodeKind};

use super::console::Console;
use super::failure::Failure;
use super::models::{self, Places};
use super::options::PipelineArgs;
use super::pipeline::Pipeline;
use super::{consent, own};
use crate::Executor;

/// An executor for `pipeline`, with the code it brings if that may run.
pub(crate) fn executor(
    args: &PipelineArgs,
    pipeline: &mut Pipeline,
    console: &mut Console,
) -> Result<Executor, Failure> {
    let trusted = args.trusted.read()?;
    if let Some(opened) = &mut pipeline.package {
        consent::ask(opened, &trusted, args.trust, console)?;
    }
    prepared(args, pipeline, true)
}

/// An executor that knows as many kinds as can be known without running code that nobody trusts; and if that is not
/// all, words that say so.
pub(crate) fn for_checking(
    args: &PipelineArgs,
    pipeline: &mut Pipeline,
) -> Result<(Executor, Option<String>), Failure> {
    let trusted = args.trusted.read()?;
    let asks = pipeline.package.as_ref().map_or(Vec::new(), consent::needed);
    let is_trusted =
        args.trust || pipeline.package.as_ref().is_some_and(|it| consent::is_trusted(it, &trusted));
    let executor = prepared(args, pipeline, is_trusted)?;
    let missing = (!asks.is_empty() && !is_trusted).then(|| {
        format!("note: the nodes that it brings itself ({}) were not read: see --trust", asks.join(", "))
    });
    Ok((executor, missing))
}

fn prepared(args: &PipelineArgs, pipeline: &mut Pipeline, with_own: bool) -> Result<Executor, Failure> {
    let mut executor = Executor::new();
    let places =
        Places { folder: args.models.clone().or_else(models::usual_folder), beside: pipeline.folder() };
    let brought = pipeline.package.as_mut().map(|it| it.models()).transpose()?.unwrap_or_default();
    executor.find_models(move |name| match models::of_package(&brought, name) {
        Some(files) => Ok(files),
        None => places.find(name),
    });
    let mut code = own::Code::of_files(&args.sources)?;
    if let Some(opened) = pipeline.package.as_mut().filter(|_| with_own) {
        code.add_package(opened)?;
    }
    code.teach(&mut executor, &args.python)?;
    Ok(executor)
}

/// The kinds there are, and those of `sources`.
pub(crate) fn all_kinds(python: &Path, sources: &[PathBuf]) -> Result<Vec<NodeKind>, Failure> {
    let mut executor = Executor::new();
    let own = own::Code::of_files(sources)?.teach(&mut executor, python)?;
    let mut kinds: Vec<NodeKind> = executor.kinds().to_vec();
    kinds.retain(|kind| own.iter().all(|it| it.name != kind.name));
    kinds.extend(own);
    if kinds.is_empty() {
        return Err(Failure::new(Code::StartFailed, "no nodes are built in"));
    }
    Ok(kinds)
}

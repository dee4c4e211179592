//! `run`: items in, results out.
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use protocol::{Code, Fault, RunEvent, RunOptions, Value};

use super::console::Console;
use super::failure::Failure;
use super::options::{self, PipelineArgs};
use super::pipeline::Pipeline;
use super::progress::Progress;
use super::{Done, events, hosts, inputs, interrupt};
use crate::{Cancel, Executor, Inputs, json};

/// Run a pipeline
///
/// Results go to stdout, one JSON value a line, as soon as they are there; everything else goes to stderr. Without
/// items every source is called once with null.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  remotemedia run double.json -i 1 -i 2.5
  remotemedia run subtitles.rmpkg --text talks/ > talks.srt
  printf '%s\\n' 1 2 3 | remotemedia run double.json --inputs -")]
pub(crate) struct Args {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    inputs: inputs::Args,
    /// Write results to a file instead
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the text of results (texts, transcripts, subtitles) instead of JSON
    #[arg(long, conflicts_with = "json")]
    text: bool,
    /// One JSON object a line: every event as it happens, the result last
    #[arg(long)]
    json: bool,
    /// No progress, and of the log only warnings and errors
    #[arg(short, long)]
    quiet: bool,
    /// End the run after so long
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    timeout: Option<f64>,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    options::checked_params(args.pipeline.params.as_deref())?;
    let options = options::run_options(args.timeout)?;
    let mut pipeline = Pipeline::open(&args.pipeline.pipeline)?;
    let mut executor = hosts::executor(&args.pipeline, &mut pipeline, console)?;
    let cancel = executor.cancel();
    interrupt::watch(cancel.clone());
    let absent = absent(&args, &mut pipeline)?;
    let inputs = args.inputs.gather(absent)?;
    let sink = Sink::open(&args, &pipeline)?;
    let course = Course { params: args.pipeline.params.as_deref(), options, cancel };
    course.follow(&mut executor, &pipeline, inputs, sink, console, args.quiet)
}

/// What is taken for items where the command line names none.
fn absent(args: &Args, pipeline: &mut Pipeline) -> Result<Option<Vec<Value>>, Failure> {
    if !args.inputs.example {
        return Ok(pipeline.input_data.take());
    }
    match &mut pipeline.package {
        Some(opened) => opened.example_inputs().map(Some),
        None => Err(options::needs_package("--example")),
    }
}

/// How one run is done.
struct Course<'a> {
    params: Option<&'a str>,
    options: RunOptions,
    cancel: Cancel,
}

impl Course<'_> {
    fn follow(
        self,
        executor: &mut Executor,
        pipeline: &Pipeline,
        inputs: Inputs,
        mut sink: Sink,
        console: &mut Console,
        quiet: bool,
    ) -> Done {
        let mut progress = Progress::new(console, quiet);
        let mut broken = None;
        let options = RunOptions { collect: !sink.at_once || console.json, ..self.options };
        let mut hear = |event: &RunEvent| {
            let done = match event {
                RunEvent::Output { .. } => progress.aside(|| sink.event(console, event)),
                _ => sink.event(console, event),
            };
            if let (Err(failure), None) = (done, &broken) {
                // Nobody takes the results: what is left need not be worked out.
                self.cancel.cancel();
                broken = Some(failure);
            }
            progress.event(console, event);
        };
        let ended = executor.run(pipeline.document.manifest(), self.params, inputs, options, &mut hear);
        progress.end();
        match (broken, ended) {
            (Some(failure), _) => Err(failure),
            (None, Ok((outputs, report))) => {
                sink.end(console, &outputs)?;
                if console.json { console.say_json(&events::finished(&outputs, &report)) } else { Ok(()) }
            }
            (None, Err(fault)) => Err(self.failed(fault, pipeline, console)),
        }
    }

    fn failed(&self, fault: Fault, pipeline: &Pipeline, console: &mut Console) -> Failure {
        if fault.code != Code::Cancelled || !self.cancel.is_asked() {
            return Failure::from(fault).about(&pipeline.document);
        }
        if console.json {
            super::report::failed(console, &fault, None);
        } else {
            console.tell("interrupted");
        }
        Failure::Interrupted
    }
}

/// Where results go.
struct Sink {
    file: Option<(PathBuf, BufWriter<File>)>,
    text: bool,
    /// Whether results are written as they come: with one sink that is their order.
    at_once: bool,
}

impl Sink {
    fn open(args: &Args, pipeline: &Pipeline) -> Result<Self, Failure> {
        let create = |path: &PathBuf| {
            let file = File::create(path).map_err(|error| Failure::of_file(path, &error))?;
            Ok::<_, Failure>((path.clone(), BufWriter::new(file)))
        };
        let file = args.output.as_ref().map(create).transpose()?;
        Ok(Sink { file, text: args.text, at_once: pipeline.sinks() == 1 })
    }

    fn event(&mut self, console: &mut Console, event: &RunEvent) -> Done {
        if console.json {
            events::values_of(event).iter().try_for_each(|it| console.say_json(it))?;
            console.flush()?;
        }
        let RunEvent::Output { values, .. } = event else { return Ok(()) };
        if !self.at_once {
            return Ok(());
        }
        let values = values.unpack().map_err(|error| Failure::new(Code::NodeFailed, error.to_string()))?;
        values.iter().try_for_each(|it| self.write(console, it))?;
        if self.file.is_none() { console.flush() } else { Ok(()) }
    }

    fn end(&mut self, console: &mut Console, outputs: &[Value]) -> Done {
        if !self.at_once {
            outputs.iter().try_for_each(|it| self.write(console, it))?;
        }
        match &mut self.file {
            Some((path, file)) => file.flush().map_err(|error| Failure::of_file(path, &error)),
            None => Ok(()),
        }
    }

    fn write(&mut self, console: &mut Console, value: &Value) -> Done {
        let unreadable = |error: protocol::ReadError| Failure::new(Code::LoadFailed, error.to_string());
        let text = text_of(value).filter(|_| self.text).map(|it| it.trim_end_matches('\n').to_owned());
        let is_text = text.is_some();
        let line = match text {
            Some(text) => text,
            None => json::written(value).map_err(unreadable)?,
        };
        match &mut self.file {
            Some((path, file)) => writeln!(file, "{line}").map_err(|error| Failure::of_file(path, &error)),
            // With --json stdout has the events, which have the results.
            None if console.json => Ok(()),
            None if is_text => console.say_text(&line),
            None => console.say_line_of_json(&line),
        }
    }
}

/// The text that a result is or has.
fn text_of(value: &Value) -> Option<&str> {
    value.as_text().or_else(|| value.get("text")?.as_text())
}

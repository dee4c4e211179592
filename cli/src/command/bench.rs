//! `bench`: how long a pipeline takes, measured here.
use std::time::Instant;

use protocol::{NodeMetrics, RunOptions, Value};

use super::console::Console;
use super::failure::Failure;
use super::options::{self, PipelineArgs};
use super::pipeline::Pipeline;
use super::{Done, hosts, inputs, interrupt, table, words};
use crate::Executor;

/// Measure a pipeline: run it several times, and tell items a second and the time each node takes for one
///
/// The first run is not counted: it loads models and starts what has to be started.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    inputs: inputs::Args,
    /// How many runs are counted
    #[arg(short = 'n', long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// One run.
struct Lap {
    ms: f64,
    nodes: Vec<(String, NodeMetrics)>,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    options::checked_params(args.pipeline.params.as_deref())?;
    let mut pipeline = Pipeline::open(&args.pipeline.pipeline)?;
    let mut executor = hosts::executor(&args.pipeline, &mut pipeline, console)?;
    interrupt::watch(executor.cancel());
    let absent = match &mut pipeline.package {
        Some(opened) if args.inputs.example => Some(opened.example_inputs()?),
        _ => pipeline.input_data.take(),
    };
    let mut laps = Vec::new();
    for _ in 0..=args.times {
        laps.push(lap(&args, &mut executor, &pipeline, absent.clone())?);
    }
    laps.remove(0);
    let mut times: Vec<f64> = laps.iter().map(|it| it.ms).collect();
    times.sort_by(f64::total_cmp);
    if args.json { tell_json(console, &times, &laps) } else { tell(console, &times, &laps) }
}

fn lap(
    args: &Args,
    executor: &mut Executor,
    pipeline: &Pipeline,
    absent: Option<Vec<Value>>,
) -> Result<Lap, Failure> {
    let inputs = args.inputs.gather(absent)?;
    let options = RunOptions { collect: false, events: false, ..options::run_options(None)? };
    let begun = Instant::now();
    let (_, report) = executor
        .run(pipeline.document.manifest(), args.pipeline.params.as_deref(), inputs, options, &mut |_| {})
        .map_err(|fault| match executor.cancel().is_asked() {
            true => Failure::Interrupted,
            false => Failure::from(fault).about(&pipeline.document),
        })?;
    Ok(Lap { ms: begun.elapsed().as_secs_f64() * 1000.0, nodes: report.metrics.nodes })
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// The median over all runs of one figure of the node at `at`.
fn of_node(laps: &[Lap], at: usize, figure: impl Fn(&NodeMetrics) -> f64) -> f64 {
    let mut figures: Vec<f64> =
        laps.iter().filter_map(|lap| lap.nodes.get(at)).map(|(_, it)| figure(it)).collect();
    figures.sort_by(f64::total_cmp);
    if figures.is_empty() { 0.0 } else { median(&figures) }
}

/// Items that the busiest node took in one run: so many went through the pipeline.
fn items(laps: &[Lap]) -> u64 {
    let counts = laps.first().into_iter().flat_map(|lap| &lap.nodes).map(|(_, it)| it.items);
    counts.max().unwrap_or(0)
}

fn tell(console: &mut Console, times: &[f64], laps: &[Lap]) -> Done {
    let (fastest, middle, slowest) = (times[0], median(times), times[times.len() - 1]);
    let runs = words::count(times.len(), "run");
    let counted = words::count(usize::try_from(items(laps)).unwrap_or(usize::MAX), "item");
    console
        .say(&format!("{runs} of {counted}: median {middle:.3} ms, from {fastest:.3} to {slowest:.3} ms"))?;
    console.say(&format!("{:.0} items/s\n", items(laps) as f64 / middle * 1000.0))?;
    let head = ["node", "items", "busy ms", "p50 µs", "p95 µs"].map(str::to_owned).to_vec();
    let row = |(at, (id, it)): (usize, &(String, NodeMetrics))| {
        let figure = |figure: fn(&NodeMetrics) -> f64| format!("{:.3}", of_node(laps, at, figure));
        let [busy, p50, p95] = [figure(|it| it.busy_ms), figure(|it| it.p50_us), figure(|it| it.p95_us)];
        vec![words::line(id), it.items.to_string(), busy, p50, p95]
    };
    let rows = laps.first().into_iter().flat_map(|lap| lap.nodes.iter().enumerate()).map(row);
    let rows: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
    table::lines(&rows, usize::MAX).iter().try_for_each(|line| console.say(line))
}

fn tell_json(console: &mut Console, times: &[f64], laps: &[Lap]) -> Done {
    let node = |(at, (id, it)): (usize, &(String, NodeMetrics))| {
        let figure = |figure: fn(&NodeMetrics) -> f64| Value::number(of_node(laps, at, figure));
        let facts = [
            ("items", Value::uint(it.items)),
            ("busyMs", figure(|it| it.busy_ms)),
            ("p50Us", figure(|it| it.p50_us)),
            ("p95Us", figure(|it| it.p95_us)),
        ];
        (id.clone(), Value::map(facts))
    };
    let nodes = laps.first().into_iter().flat_map(|lap| lap.nodes.iter().enumerate()).map(node);
    console.say_json(&Value::map([
        ("runs", Value::uint(times.len() as u64)),
        ("items", Value::uint(items(laps))),
        ("medianMs", Value::number(median(times))),
        ("minMs", Value::number(times[0])),
        ("maxMs", Value::number(times[times.len() - 1])),
        ("itemsPerSecond", Value::number(items(laps) as f64 / median(times) * 1000.0)),
        ("nodes", Value::map(nodes)),
    ]))
}

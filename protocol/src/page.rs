//! Page ↔ runtime worker.
use serde::{Deserialize, Serialize};

use crate::{Fault, HostId, ModelFiles, NodeKind, Packed, Problem, RunId, Unit};

/// Which kind of worker a host lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKind {
    /// Heavy Rust nodes.
    Compute,
    /// Python nodes.
    Python,
    /// Nodes of this plugin of the run's package, counted from 0.
    Plugin(u32),
}

/// Where the inputs of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InputMode {
    /// No inputs: every source is called once with null.
    Absent,
    /// [`ToRuntime::Push`]es until [`ToRuntime::End`].
    Stream,
}

/// What a run may use up. All are checked while working, not against what a header claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Items waiting on one edge before its sender pauses; as many again may be at the node behind it.
    pub queue_items: u32,
    /// Bytes waiting on one edge before its sender pauses; as many again may be at the node behind it.
    pub queue_bytes: u64,
    /// Bytes of one item, its parts joined.
    pub item_bytes: u64,
    /// Bytes that all queues of a run may hold, where the order of results makes them grow.
    pub run_bytes: u64,
    /// Bytes of collected results.
    pub output_bytes: u64,
    /// Nodes of a manifest.
    pub nodes: u32,
    /// Log events of a run.
    pub logs: u32,
    /// Milliseconds after which a plugin that does not come back from a turn is ended.
    pub plugin_turn_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            queue_items: 8192,
            queue_bytes: 4 << 20,
            item_bytes: 1 << 30,
            run_bytes: 1 << 30,
            output_bytes: 2 << 30,
            nodes: 10_000,
            logs: 10_000,
            plugin_turn_ms: 10_000,
        }
    }
}

/// How a run is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOptions {
    /// Fail with `TimedOut` after this long, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// Whether results are kept and sent with [`FromRuntime::Finished`].
    pub collect: bool,
    /// Whether somebody listens for events.
    pub events: bool,
    /// Whether those tell what waits on the connections.
    pub edges: bool,
    /// Where inputs come from.
    pub inputs: InputMode,
    /// What the run may use up.
    pub limits: Limits,
}

/// What the page asks of the runtime worker.
///
/// Variants are numbered by their order: add at the end, never reorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToRuntime {
    /// Find every defect. Answered by [`FromRuntime::Problems`].
    Validate {
        /// Chosen by the page; comes back in the answer.
        request: u32,
        /// The manifest, JSON text.
        manifest: String,
        /// `{ nodeId: params }`, JSON text.
        params: Option<String>,
        /// Kinds of a package, for this manifest alone; they count before all others of their names.
        kinds: Vec<NodeKind>,
    },
    /// Plan and start a pipeline. Answered by [`FromRuntime::Finished`] or [`FromRuntime::Failed`], once, at its end.
    Start {
        /// Chosen by the page, unique for the life of the worker.
        run: RunId,
        /// The manifest, JSON text.
        manifest: String,
        /// `{ nodeId: params }`, JSON text, merged over the manifest's.
        params: Option<String>,
        /// How.
        options: RunOptions,
        /// Kinds of a package, for this run alone; they count before all others of their names.
        kinds: Vec<NodeKind>,
    },
    /// Input items, or with `open` parts of one. Only within [`FromRuntime::Demand`].
    Push {
        /// The run.
        run: RunId,
        /// In order.
        items: Packed,
        /// Whether the last of `items` is audio that goes on with the next push.
        open: bool,
    },
    /// No more inputs.
    End {
        /// The run.
        run: RunId,
    },
    /// The page has taken so many `output` events. At first [`Limits::queue_items`] of them, or
    /// [`Limits::queue_bytes`], may be unread. Only with `events`.
    Credit {
        /// The run.
        run: RunId,
        /// How many.
        outputs: u32,
    },
    /// Drop everything the run still holds. Answered by [`FromRuntime::Failed`] with `Cancelled`, once nothing of
    /// it works any more, unless the run had ended. Idempotent.
    Cancel {
        /// Any run, known or not.
        run: RunId,
    },
    /// A worker for a run; the port to it comes with this message. Answers [`FromRuntime::Lease`] for one of its kinds.
    Attach {
        /// The run it was leased for.
        run: RunId,
        /// Chosen by the page, never reused.
        host: HostId,
        /// What it is.
        kind: HostKind,
        /// Milliseconds its start-up took: 0 for one that was ready.
        start_ms: u32,
    },
    /// A leased worker died, or none could be had (then `host` is none of the attached).
    HostLost {
        /// The run it was leased for.
        run: RunId,
        /// What it was.
        kind: HostKind,
        /// Which.
        host: HostId,
        /// Why: `WorkerCrashed`, `StartFailed`, `ProtocolMismatch`, `LoadFailed`, `OutOfMemory`.
        fault: Fault,
    },
    /// The user's own node kinds, all of them; replaces what was sent before.
    Kinds {
        /// Python kinds beside the built-in ones.
        kinds: Vec<NodeKind>,
    },
    /// A source's download or start-up got further; passed to the run as a `load` event.
    Loading {
        /// The run that waits for it.
        run: RunId,
        /// What kind of thing.
        what: LoadKind,
        /// Its name.
        name: String,
        /// Bytes so far.
        loaded: u64,
        /// Of so many, if known.
        total: Option<u64>,
    },
    /// Answers [`FromRuntime::NeedModel`].
    Model {
        /// The run that waits for it.
        run: RunId,
        /// As the run named it.
        model: String,
        /// Its files, or why there are none: `ModelRejected`, `LoadFailed`, `StorageFull`, `InvalidInput`.
        result: Result<ModelFiles, Fault>,
    },
}

/// What the runtime worker tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromRuntime {
    /// First of all, once.
    Ready {
        /// The built-in kinds.
        kinds: Vec<NodeKind>,
        /// Milliseconds from the worker's first line to here.
        start_ms: u32,
    },
    /// Answers [`ToRuntime::Validate`].
    Problems {
        /// Of the question.
        request: u32,
        /// None means the manifest is right.
        problems: Vec<Problem>,
    },
    /// A run needs workers of its own: asked once, for all of them, after its [`FromRuntime::NeedModel`]s. Answered for
    /// each by [`ToRuntime::Attach`] or [`ToRuntime::HostLost`]. A run waits until its models are there and all of its
    /// workers can be had together, then gets each as soon as it is up; runs wait in order.
    Lease {
        /// The run.
        run: RunId,
        /// One of each kind; not empty.
        kinds: Vec<HostKind>,
    },
    /// The run has left this worker, which answered its `Close`: it may be reset and leased again. With a lease that
    /// was not yet answered, `host` is none and the lease is off.
    Release {
        /// The run.
        run: RunId,
        /// What kind.
        kind: HostKind,
        /// Which, if it was attached.
        host: Option<HostId>,
    },
    /// Interrupt what runs in this worker now (Python's `KeyboardInterrupt`), if that can be done.
    Interrupt {
        /// Which.
        host: HostId,
    },
    /// This worker did not let go of its run in time: terminate it. The run needs no answer.
    Kill {
        /// Which.
        host: HostId,
    },
    /// The run may be sent so many more items.
    Demand {
        /// The run.
        run: RunId,
        /// Items (or parts).
        items: u32,
    },
    /// Events in order, in batches; only with [`RunOptions::events`].
    Events {
        /// The run.
        run: RunId,
        /// What happened.
        events: Vec<RunEvent>,
    },
    /// The run ended well. The last word about it.
    Finished {
        /// The run.
        run: RunId,
        /// Facts and figures.
        report: RunReport,
        /// Collected results: sinks in manifest order, each sink's values in item order.
        outputs: Packed,
    },
    /// The run ended badly. The last word about it.
    Failed {
        /// The run.
        run: RunId,
        /// Why.
        fault: Fault,
    },
    /// The worker itself is broken and must be replaced.
    Fatal {
        /// The run whose node broke it, if it was a node.
        run: Option<RunId>,
        /// What happened; names that node.
        fault: Fault,
    },
    /// A run needs a model; once for each of its names. Answered by [`ToRuntime::Model`], after any number of
    /// [`ToRuntime::Loading`]. A run that ends needs it no more.
    NeedModel {
        /// The run.
        run: RunId,
        /// As the manifest names it: a name, a URL.
        model: String,
    },
}

/// What is being loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each name says all there is")]
pub enum LoadKind {
    Wasm,
    Python,
    Model,
    Package,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each name says all there is")]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// What happens during a run, as users see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RunEvent {
    /// Work begins.
    Started {
        /// Node ids, in topological order, ties in manifest order.
        order: Vec<String>,
    },
    /// Something is fetched.
    Load {
        /// What kind of thing.
        what: LoadKind,
        /// Its name.
        name: String,
        /// Bytes so far.
        loaded: u64,
        /// Of so many, if known.
        total: Option<u64>,
    },
    /// A node got further.
    Progress {
        /// Its id.
        node: String,
        /// So much is done.
        done: f64,
        /// Of so much, if known.
        total: Option<f64>,
        /// Counted in this.
        unit: Unit,
        /// Never falls; 1 only when the node is done; none without a total.
        fraction: Option<f64>,
        /// Milliseconds left at the pace so far.
        eta_ms: Option<f64>,
    },
    /// A result that may still change.
    Partial {
        /// The node's id.
        node: String,
        /// One value.
        value: Packed,
    },
    /// A result of a sink.
    Output {
        /// The sink's id.
        node: String,
        /// One or more values, each an `output` event of its own to users.
        values: Packed,
    },
    /// Words for the user.
    Log {
        /// The node's id.
        node: Option<String>,
        /// How loud.
        level: LogLevel,
        /// What was said.
        message: String,
    },
    /// More or less waits on a connection; only with [`RunOptions::edges`].
    Edge {
        /// Id of the node that gives.
        from: String,
        /// Id of the node that takes.
        to: String,
        /// Items (or parts) given and not yet worked on to their end.
        items: u64,
        /// Their bytes.
        bytes: u64,
    },
}

/// What a finished run reports beside its outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Shape of the pipeline.
    pub graph: GraphInfo,
    /// Figures.
    pub metrics: RunMetrics,
}

/// The original's `graph_info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphInfo {
    /// Number of nodes.
    pub node_count: u32,
    /// Nodes without inputs.
    pub source_count: u32,
    /// Nodes without outputs.
    pub sink_count: u32,
    /// Node ids in topological order.
    pub execution_order: Vec<String>,
}

/// Figures of a run, all measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunMetrics {
    /// Milliseconds from start to end.
    pub total_ms: f64,
    /// Milliseconds from start until every node was open.
    pub start_ms: f64,
    /// Milliseconds a Python worker's start-up took; 0 if it was ready.
    pub python_ms: f64,
    /// Milliseconds that compute and plugin workers, which start side by side, took at most; 0 if they were ready.
    pub wasm_ms: f64,
    /// Milliseconds models took to load.
    pub models_ms: f64,
    /// Per node id, in manifest order.
    pub nodes: Vec<(String, NodeMetrics)>,
    /// Most bytes that all queues and results held at once.
    pub peak_bytes: u64,
}

/// Figures of one node, all measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeMetrics {
    /// Input items taken (parts of one item count once).
    pub items: u64,
    /// Milliseconds spent working.
    pub busy_ms: f64,
    /// Milliseconds its inputs spent waiting, summed.
    pub wait_ms: f64,
    /// Bytes in.
    pub bytes_in: u64,
    /// Bytes out.
    pub bytes_out: u64,
    /// Median microseconds per item.
    pub p50_us: f64,
    /// 95th percentile of microseconds per item.
    pub p95_us: f64,
}

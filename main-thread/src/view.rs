//! Data as JavaScript sees it. The TypeScript types in `js/generated` are made from these.
use protocol::{
    Code, GraphInfo, Limits, LoadKind, LogLevel, NodeKind, NodeMetrics, Problem, RunMetrics, RunReport,
    Severity, Unit,
};
use serde::{Serialize, Serializer};

macro_rules! view {
    ($(#[$meta:meta])* $case:literal $name:ident $body:tt) => {
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        $(#[$meta])*
        #[serde(rename_all = $case)]
        pub struct $name $body
    };
}

view! {
    /// One kind of node.
    #[cfg_attr(test, ts(rename = "NodeInfo"))]
    "camelCase" NodeView {
        /// The manifest's `node_type`.
        #[serde(rename = "type")]
        pub name: String,
        /// Other accepted `node_type`s.
        pub aliases: Vec<String>,
        /// What it is written in.
        #[cfg_attr(test, ts(type = "\"rust\" | \"python\""))]
        pub language: protocol::Language,
        /// What it does, in a sentence or two.
        pub description: String,
        /// JSON Schema of its parameters.
        #[cfg_attr(test, ts(type = "JsonSchema"))]
        pub params: String,
        /// What it takes: any of `any`, `number`, `text`, `json`, `audio`, `tensor`, `bytes`.
        pub inputs: Vec<String>,
        /// What it gives, in the same words.
        pub outputs: Vec<String>,
    }
}

view! {
    /// One defect of a manifest.
    #[cfg_attr(test, ts(rename = "Problem"))]
    "camelCase" ProblemView {
        /// `InvalidManifest`, `UnknownNode` or `LimitExceeded`.
        #[cfg_attr(test, ts(type = "ErrorCode"))]
        pub code: Code,
        /// Only an error stops the pipeline.
        #[cfg_attr(test, ts(type = "\"error\" | \"warning\""))]
        pub severity: Severity,
        /// Id of the node it is about, if it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub node: Option<String>,
        /// Where in the manifest: a JSON Pointer, `""` for the whole.
        pub path: String,
        /// What was found and what was expected.
        pub message: String,
    }
}

view! {
    /// Shape of a pipeline.
    #[cfg_attr(test, ts(rename = "GraphInfo"))]
    "snake_case" GraphView {
        /// Number of nodes.
        pub node_count: u32,
        /// Nodes without inputs.
        pub source_count: u32,
        /// Nodes without outputs.
        pub sink_count: u32,
        /// Node ids in topological order.
        pub execution_order: Vec<String>,
    }
}

view! {
    /// Milliseconds spent loading; 0 for what was there already.
    #[cfg_attr(test, ts(rename = "LoadTimes"))]
    "camelCase" LoadView {
        /// A compute worker's start-up.
        pub wasm: f64,
        /// A Python worker's start-up.
        pub python: f64,
        /// Models.
        pub models: f64,
    }
}

view! {
    /// Figures of one node, all measured.
    #[cfg_attr(test, ts(rename = "NodeMetrics"))]
    "camelCase" NodeMetricsView {
        /// Input items taken (parts of one item count once).
        #[cfg_attr(test, ts(type = "number"))]
        pub items: u64,
        /// Milliseconds spent working.
        pub busy_ms: f64,
        /// Milliseconds its inputs spent waiting, summed.
        pub wait_ms: f64,
        /// Bytes in.
        #[cfg_attr(test, ts(type = "number"))]
        pub bytes_in: u64,
        /// Bytes out.
        #[cfg_attr(test, ts(type = "number"))]
        pub bytes_out: u64,
        /// Median microseconds per item.
        pub p50_us: f64,
        /// 95th percentile of microseconds per item.
        pub p95_us: f64,
    }
}

view! {
    /// Figures of a run, all measured.
    #[cfg_attr(test, ts(rename = "Metrics"))]
    "camelCase" MetricsView {
        /// Milliseconds from start to end.
        pub total_ms: f64,
        /// Milliseconds from start until every node was open.
        pub start_ms: f64,
        /// What loading took.
        pub load_ms: LoadView,
        /// Per node id.
        #[cfg_attr(test, ts(type = "Record<string, NodeMetrics>"))]
        pub nodes: NodesView,
        /// Most bytes that all queues and results held at once.
        #[cfg_attr(test, ts(type = "number"))]
        pub peak_bytes: u64,
    }
}

/// Figures of the nodes, by id.
#[derive(Debug, Clone, PartialEq)]
pub struct NodesView(pub Vec<(String, NodeMetricsView)>);

impl Serialize for NodesView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, node)| (id, node)))
    }
}

view! {
    /// What a finished run reports beside its outputs.
    #[cfg_attr(test, ts(rename = "Report"))]
    "snake_case" ReportView {
        /// Shape of the pipeline.
        pub graph_info: GraphView,
        /// Figures.
        pub metrics: MetricsView,
    }
}

/// What a run may use up; what is left out keeps its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields, rename = "Limits"))]
#[serde(rename_all = "camelCase")]
pub struct LimitsView {
    /// Items waiting on one edge before its sender pauses.
    pub queue_items: Option<u32>,
    /// Bytes waiting on one edge before its sender pauses.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub queue_bytes: Option<u64>,
    /// Bytes of one item, its parts joined.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub item_bytes: Option<u64>,
    /// Bytes that all queues of a run may hold.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub run_bytes: Option<u64>,
    /// Bytes of collected results.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub output_bytes: Option<u64>,
    /// Nodes of a manifest.
    pub nodes: Option<u32>,
    /// Log events of a run.
    pub logs: Option<u32>,
    /// Milliseconds after which a plugin that does not come back from a turn is ended.
    pub plugin_turn_ms: Option<u32>,
}

impl LimitsView {
    /// What they are called in JavaScript.
    pub const NAMES: [&str; 8] =
        ["queueItems", "queueBytes", "itemBytes", "runBytes", "outputBytes", "nodes", "logs", "pluginTurnMs"];
    /// These limits, the default where none is given.
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            queue_items: self.queue_items.unwrap_or(usual.queue_items),
            queue_bytes: self.queue_bytes.unwrap_or(usual.queue_bytes),
            item_bytes: self.item_bytes.unwrap_or(usual.item_bytes),
            run_bytes: self.run_bytes.unwrap_or(usual.run_bytes),
            output_bytes: self.output_bytes.unwrap_or(usual.output_bytes),
            nodes: self.nodes.unwrap_or(usual.nodes),
            logs: self.logs.unwrap_or(usual.logs),
            plugin_turn_ms: self.plugin_turn_ms.unwrap_or(usual.plugin_turn_ms),
        }
    }
}

/// What happens during a run. Where values belong to it they lie beside, at the position `bulk`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(missing_docs, reason = "as in protocol::RunEvent")]
pub enum EventView {
    /// Work begins.
    Started {
        /// Node ids, in topological order.
        order: Vec<String>,
    },
    /// Something is fetched.
    Load {
        /// What kind of thing.
        #[cfg_attr(test, ts(type = "\"wasm\" | \"python\" | \"model\" | \"package\""))]
        what: LoadKind,
        /// Its name.
        name: String,
        /// Bytes so far.
        #[cfg_attr(test, ts(type = "number"))]
        loaded: u64,
        /// Of so many; null if unknown.
        #[cfg_attr(test, ts(type = "number | null"))]
        total: Option<u64>,
    },
    /// A node got further.
    #[serde(rename_all = "camelCase")]
    Progress {
        /// Its id.
        node: String,
        /// So much is done.
        done: f64,
        /// Of so much; null if unknown.
        total: Option<f64>,
        /// Counted in this.
        #[cfg_attr(test, ts(type = "\"items\" | \"seconds\" | \"bytes\" | \"tokens\""))]
        unit: Unit,
        /// Never falls; null without a total.
        fraction: Option<f64>,
        /// Milliseconds left at the pace so far; null if unknown.
        eta_ms: Option<f64>,
    },
    /// A result that may still change.
    Partial { node: String, bulk: usize },
    /// Results of a sink.
    Output { node: String, bulk: usize },
    /// Words for the user.
    Log {
        /// The node's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        node: Option<String>,
        /// How loud.
        #[cfg_attr(test, ts(type = "\"debug\" | \"info\" | \"warn\" | \"error\""))]
        level: LogLevel,
        /// What was said.
        message: String,
    },
    /// More or less waits on a connection; only with the run's `edgeEvents`.
    Edge {
        /// Id of the node that gives.
        from: String,
        /// Id of the node that takes.
        to: String,
        /// Items (or parts of large ones) given and not yet worked on to their end.
        #[cfg_attr(test, ts(type = "number"))]
        items: u64,
        /// Their bytes.
        #[cfg_attr(test, ts(type = "number"))]
        bytes: u64,
    },
}

impl From<NodeKind> for NodeView {
    fn from(it: NodeKind) -> Self {
        NodeView {
            name: it.name,
            aliases: it.aliases,
            language: it.language,
            description: it.description,
            params: it.params,
            inputs: it.inputs,
            outputs: it.outputs,
        }
    }
}

impl From<Problem> for ProblemView {
    fn from(it: Problem) -> Self {
        ProblemView {
            code: it.code,
            severity: it.severity,
            node: it.node,
            path: it.path,
            message: it.message,
        }
    }
}

impl From<GraphInfo> for GraphView {
    fn from(it: GraphInfo) -> Self {
        GraphView {
            node_count: it.node_count,
            source_count: it.source_count,
            sink_count: it.sink_count,
            execution_order: it.execution_order,
        }
    }
}

impl From<NodeMetrics> for NodeMetricsView {
    fn from(it: NodeMetrics) -> Self {
        NodeMetricsView {
            items: it.items,
            busy_ms: it.busy_ms,
            wait_ms: it.wait_ms,
            bytes_in: it.bytes_in,
            bytes_out: it.bytes_out,
            p50_us: it.p50_us,
            p95_us: it.p95_us,
        }
    }
}

impl From<RunMetrics> for MetricsView {
    fn from(it: RunMetrics) -> Self {
        MetricsView {
            total_ms: it.total_ms,
            start_ms: it.start_ms,
            load_ms: LoadView { wasm: it.wasm_ms, python: it.python_ms, models: it.models_ms },
            nodes: NodesView(it.nodes.into_iter().map(|(id, node)| (id, node.into())).collect()),
            peak_bytes: it.peak_bytes,
        }
    }
}

impl From<RunReport> for ReportView {
    fn from(it: RunReport) -> Self {
        ReportView { graph_info: it.graph.into(), metrics: it.metrics.into() }
    }
}

// Generated from Rust by `UPDATE_GENERATED=1 cargo test -p main-thread`. Do not edit.

/** A JSON Schema. */
export type JsonSchema = { [word: string]: unknown };

/** The closed list of error codes. */
export type ErrorCode = "InvalidManifest" | "UnknownNode" | "InvalidInput" | "NodeFailed" | "Cancelled" | "TimedOut" | "LimitExceeded" | "WorkerCrashed" | "StartFailed" | "ProtocolMismatch" | "LoadFailed" | "PackageRejected" | "ModelRejected" | "StorageFull" | "OutOfMemory" | "NotSupported" | "Closed";

/** Type of one element of a tensor, named as numpy does. */
export type Dtype = "bool" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" | "float32" | "float64";

/**
 * One kind of node.
 */
export type NodeInfo = { 
/**
 * The manifest's `node_type`.
 */
type: string, 
/**
 * Other accepted `node_type`s.
 */
aliases: Array<string>, 
/**
 * What it is written in.
 */
language: "rust" | "python", 
/**
 * What it does, in a sentence or two.
 */
description: string, 
/**
 * JSON Schema of its parameters.
 */
params: JsonSchema, 
/**
 * What it takes: any of `any`, `number`, `text`, `json`, `audio`, `tensor`, `bytes`.
 */
inputs: Array<string>, 
/**
 * What it gives, in the same words.
 */
outputs: Array<string>, };

/**
 * One defect of a manifest.
 */
export type Problem = { 
/**
 * `InvalidManifest`, `UnknownNode` or `LimitExceeded`.
 */
code: ErrorCode, 
/**
 * Only an error stops the pipeline.
 */
severity: "error" | "warning", 
/**
 * Id of the node it is about, if it is about one.
 */
node?: string, 
/**
 * Where in the manifest: a JSON Pointer, `""` for the whole.
 */
path: string, 
/**
 * What was found and what was expected.
 */
message: string, };

/**
 * Shape of a pipeline.
 */
export type GraphInfo = { 
/**
 * Number of nodes.
 */
node_count: number, 
/**
 * Nodes without inputs.
 */
source_count: number, 
/**
 * Nodes without outputs.
 */
sink_count: number, 
/**
 * Node ids in topological order.
 */
execution_order: Array<string>, };

/**
 * Milliseconds spent loading; 0 for what was there already.
 */
export type LoadTimes = { 
/**
 * A compute worker's start-up.
 */
wasm: number, 
/**
 * A Python worker's start-up.
 */
python: number, 
/**
 * Models.
 */
models: number, };

/**
 * Figures of one node, all measured.
 */
export type NodeMetrics = { 
/**
 * Input items taken (parts of one item count once).
 */
items: number, 
/**
 * Milliseconds spent working.
 */
busyMs: number, 
/**
 * Milliseconds its inputs spent waiting, summed.
 */
waitMs: number, 
/**
 * Bytes in.
 */
bytesIn: number, 
/**
 * Bytes out.
 */
bytesOut: number, 
/**
 * Median microseconds per item.
 */
p50Us: number, 
/**
 * 95th percentile of microseconds per item.
 */
p95Us: number, };

/**
 * Figures of a run, all measured.
 */
export type Metrics = { 
/**
 * Milliseconds from start to end.
 */
totalMs: number, 
/**
 * Milliseconds from start until every node was open.
 */
startMs: number, 
/**
 * What loading took.
 */
loadMs: LoadTimes, 
/**
 * Per node id.
 */
nodes: Record<string, NodeMetrics>, 
/**
 * Most bytes that all queues and results held at once.
 */
peakBytes: number, };

/**
 * What a run may use up; what is left out keeps its default.
 */
export type Limits = { 
/**
 * Items waiting on one edge before its sender pauses.
 */
queueItems?: number, 
/**
 * Bytes waiting on one edge before its sender pauses.
 */
queueBytes?: number, 
/**
 * Bytes of one item, its parts joined.
 */
itemBytes?: number, 
/**
 * Bytes that all queues of a run may hold.
 */
runBytes?: number, 
/**
 * Bytes of collected results.
 */
outputBytes?: number, 
/**
 * Nodes of a manifest.
 */
nodes?: number, 
/**
 * Log events of a run.
 */
logs?: number, 
/**
 * Milliseconds after which a plugin that does not come back from a turn is ended.
 */
pluginTurnMs?: number, };

/**
 * What a finished run reports beside its outputs.
 */
export type Report = { 
/**
 * Shape of the pipeline.
 */
graph_info: GraphInfo, 
/**
 * Figures.
 */
metrics: Metrics, };

/**
 * What happens during a run. Where values belong to it they lie beside, at the position `bulk`.
 */
export type EventView = { "type": "started", 
/**
 * Node ids, in topological order.
 */
order: Array<string>, } | { "type": "load", 
/**
 * What kind of thing.
 */
what: "wasm" | "python" | "model" | "package", 
/**
 * Its name.
 */
name: string, 
/**
 * Bytes so far.
 */
loaded: number, 
/**
 * Of so many; null if unknown.
 */
total: number | null, } | { "type": "progress", 
/**
 * Its id.
 */
node: string, 
/**
 * So much is done.
 */
done: number, 
/**
 * Of so much; null if unknown.
 */
total: number | null, 
/**
 * Counted in this.
 */
unit: "items" | "seconds" | "bytes" | "tokens", 
/**
 * Never falls; null without a total.
 */
fraction: number | null, 
/**
 * Milliseconds left at the pace so far; null if unknown.
 */
etaMs: number | null, } | { "type": "partial", node: string, bulk: number, } | { "type": "output", node: string, bulk: number, } | { "type": "log", 
/**
 * The node's id.
 */
node?: string, 
/**
 * How loud.
 */
level: "debug" | "info" | "warn" | "error", 
/**
 * What was said.
 */
message: string, } | { "type": "edge", 
/**
 * Id of the node that gives.
 */
from: string, 
/**
 * Id of the node that takes.
 */
to: string, 
/**
 * Items (or parts of large ones) given and not yet worked on to their end.
 */
items: number, 
/**
 * Their bytes.
 */
bytes: number, };

/**
 * A fault as JavaScript sees it.
 */
export type FaultView = { code: ErrorCode, node?: string, stage?: string, message: string, problems: Array<Problem>, traceback?: string, 
/**
 * JSON text.
 */
details?: string, };

/**
 * What a worker is for.
 */
export type Role = "runtime" | "compute" | "python" | "plugin";

/**
 * One plugin of a package, which a worker is made for.
 */
export type PluginPlace = { 
/**
 * Which package.
 */
package: number, 
/**
 * Which of its plugins, from 0.
 */
plugin: number, };

/**
 * How the coordinator is to work.
 */
export type Options = { 
/**
 * Compute workers at most; at least 1.
 */
computeWorkers: number, 
/**
 * Python workers that serve runs at most, not counting the spare; at least 1.
 */
pythonWorkers: number, 
/**
 * Runs that have workers for plugins at once, at most; at least 1. Each has all of its own.
 */
pluginRuns: number, 
/**
 * A Rust worker that says nothing for this long while it starts has failed to, in milliseconds.
 */
startTimeoutMs: number, 
/**
 * The same for a Python worker, and for one that learns the user's nodes.
 */
pythonTimeoutMs: number, 
/**
 * Milliseconds after Python was first needed until a spare worker is started.
 */
spareAfterMs: number, 
/**
 * A runtime worker that is silent for this long after a cancel is replaced, in milliseconds.
 */
cancelTimeoutMs: number, };

/**
 * One [`Action`]. Numbers called `…bulk` are positions in the list beside the text.
 */
export type Step = { "do": "spawn", worker: number, role: Role, plugin: PluginPlace | null, } | { "do": "post", worker: number, bulk: number, } | { "do": "link", worker: number, bulk: number, runtime: number, runtimeBulk: number, } | { "do": "interrupt", worker: number, } | { "do": "terminate", worker: number, } | { "do": "loadModel", run: number, model: string, } | { "do": "dropModels", run: number, } | { "do": "dropPackage", package: number, } | { "do": "wake", atMs: number | null, } | { "do": "ready", kinds: Array<NodeInfo>, } | { "do": "startFailed", fault: FaultView, } | { "do": "kinds", kinds: Array<NodeInfo>, } | { "do": "problems", request: number, problems: Array<Problem>, } | { "do": "registered", request: number, kinds: Array<NodeInfo>, } | { "do": "refused", request: number, fault: FaultView, } | { "do": "demand", run: number, items: number, } | { "do": "events", run: number, events: Array<EventView>, } | { "do": "finished", run: number, report: Report, bulk: number, } | { "do": "failed", run: number, fault: FaultView, } | { "do": "closed" };

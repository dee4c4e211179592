//! What can happen to the coordinator, and what it asks for.
use protocol::{
    Code, Fault, Frame, ModelFiles, NodeKind, PackageFile, Packed, Problem, RunEvent, RunId, RunOptions,
    RunReport, ToRuntime, ToWorker,
};
use serde::{Deserialize, Serialize};

/// One worker; a replacement is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId(pub u32);

/// One package; chosen by the user, never twice alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PackageId(pub u32);

/// The code of a package.
#[derive(Debug, Clone, Default)]
pub struct PackageCode {
    /// What is in its folder `python/`.
    pub modules: Vec<PackageFile>,
    /// What is in its folder `wheels/`.
    pub wheels: Vec<PackageFile>,
    /// Names of its plugins, for people. Their modules stay with whoever makes workers.
    pub plugins: Vec<String>,
}

/// One plugin of a package, which a worker is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "PluginPlace"))]
pub struct PluginPlace {
    /// Which package.
    #[cfg_attr(test, ts(type = "number"))]
    pub package: PackageId,
    /// Which of its plugins, from 0.
    pub plugin: u32,
}

/// What a worker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Engine and light Rust nodes; there is one.
    Runtime,
    /// Heavy Rust nodes.
    Compute,
    /// Python nodes.
    Python,
    /// The nodes of one plugin, for one run.
    Plugin,
}

/// How the coordinator is to work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Compute workers at most; at least 1.
    pub compute_workers: u32,
    /// Python workers that serve runs at most, not counting the spare; at least 1.
    pub python_workers: u32,
    /// Runs that have workers for plugins at once, at most; at least 1. Each has all of its own.
    pub plugin_runs: u32,
    /// A Rust worker that says nothing for this long while it starts has failed to, in milliseconds.
    pub start_timeout_ms: f64,
    /// The same for a Python worker, and for one that learns the user's nodes.
    pub python_timeout_ms: f64,
    /// Milliseconds after Python was first needed until a spare worker is started.
    pub spare_after_ms: f64,
    /// A runtime worker that is silent for this long after a cancel is replaced, in milliseconds.
    pub cancel_timeout_ms: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            compute_workers: 1,
            python_workers: 1,
            plugin_runs: 8,
            start_timeout_ms: 30_000.0,
            python_timeout_ms: 120_000.0,
            spare_after_ms: 1_500.0,
            cancel_timeout_ms: 2_000.0,
        }
    }
}

/// Everything that can happen. Requests and runs are numbered by the sender, never twice alike.
#[derive(Debug, Clone)]
pub enum Event {
    /// Start the runtime worker. Answered by [`Notice::Ready`] or [`Notice::StartFailed`].
    Start,
    /// A worker said something.
    Message {
        /// Which, dead ones included.
        worker: WorkerId,
        /// What.
        frame: Frame,
    },
    /// A worker broke: an uncaught error, a script or module that did not load, a message nobody can read.
    Broke {
        /// Which, dead ones included.
        worker: WorkerId,
        /// What kind of failure, where the page knows; else it follows from what the worker was doing.
        code: Option<Code>,
        /// What the browser said.
        message: String,
    },
    /// Run a pipeline. Answered by [`Notice::Finished`] or [`Notice::Failed`], once.
    Run {
        /// The run.
        run: RunId,
        /// The manifest, JSON text.
        manifest: String,
        /// `{ nodeId: params }`, JSON text.
        params: Option<String>,
        /// How.
        options: RunOptions,
        /// The package it is of, if it is of one: installed, and not closed.
        package: Option<PackageId>,
    },
    /// Input items of a run, within [`Notice::Demand`].
    Push {
        /// The run.
        run: RunId,
        /// The items.
        items: Packed,
        /// Whether the last of them goes on with the next push.
        open: bool,
    },
    /// A run gets no more inputs.
    End {
        /// The run.
        run: RunId,
    },
    /// So many more outputs of a run have been taken.
    Credit {
        /// The run.
        run: RunId,
        /// How many.
        outputs: u32,
    },
    /// Stop a run.
    Cancel {
        /// Any run, known or not.
        run: RunId,
    },
    /// Find every defect of a manifest. Answered by [`Notice::Problems`] or [`Notice::Refused`].
    Validate {
        /// Comes back in the answer.
        request: u32,
        /// The manifest, JSON text.
        manifest: String,
        /// `{ nodeId: params }`, JSON text.
        params: Option<String>,
        /// The package it is of.
        package: Option<PackageId>,
    },
    /// Learn the user's Python nodes. Answered by [`Notice::Registered`] or [`Notice::Refused`].
    Register {
        /// Comes back in the answer.
        request: u32,
        /// Python source.
        source: String,
        /// Packages it needs.
        packages: Vec<String>,
    },
    /// Make the code of a package ready for its runs. Answered by [`Notice::Registered`] or [`Notice::Refused`].
    Install {
        /// Comes back in the answer.
        request: u32,
        /// How the package is called from now on.
        package: PackageId,
        /// What it brings.
        code: PackageCode,
    },
    /// No run of this package will be started any more; those under way go on.
    ClosePackage {
        /// Any package, known or not.
        package: PackageId,
    },
    /// A model that was asked for by [`Action::LoadModel`] got further.
    ModelLoading {
        /// The run.
        run: RunId,
        /// As it was asked for.
        model: String,
        /// Bytes so far.
        loaded: u64,
        /// Of so many, if known.
        total: Option<u64>,
    },
    /// Answers [`Action::LoadModel`].
    Model {
        /// The run.
        run: RunId,
        /// As it was asked for.
        model: String,
        /// Its files, or why there are none.
        result: Result<ModelFiles, Fault>,
    },
    /// The time asked for by [`Action::Wake`] has come.
    Tick,
    /// End everything. Answered by [`Notice::Closed`].
    Close,
}

/// What is to be done, in order.
#[derive(Debug)]
pub enum Action {
    /// Make a worker.
    Spawn {
        /// How it is called from now on.
        worker: WorkerId,
        /// What it is for.
        role: Role,
        /// Which plugin; only for [`Role::Plugin`].
        plugin: Option<PluginPlace>,
    },
    /// Post to the runtime worker.
    Tell {
        /// Which.
        worker: WorkerId,
        /// What.
        message: ToRuntime,
    },
    /// Post to a worker other than the runtime's.
    TellHost {
        /// Which.
        worker: WorkerId,
        /// What.
        message: ToWorker,
    },
    /// Make a message channel; post one end to each side with its message.
    Link {
        /// A worker other than the runtime's.
        worker: WorkerId,
        /// For it.
        connect: ToWorker,
        /// The runtime worker.
        runtime: WorkerId,
        /// For it.
        attach: ToRuntime,
    },
    /// Raise `KeyboardInterrupt` in a Python worker, where the page can.
    Interrupt {
        /// Which.
        worker: WorkerId,
    },
    /// End a worker at once; nothing more is heard of it.
    Terminate {
        /// Which.
        worker: WorkerId,
    },
    /// Get a model. Answered by [`Event::Model`], after any number of [`Event::ModelLoading`].
    LoadModel {
        /// The run that needs it.
        run: RunId,
        /// A name or URL; each once in a run.
        model: String,
    },
    /// No worker is made for plugins of this package any more.
    DropPackage {
        /// Which.
        package: PackageId,
    },
    /// This run needs no models any more; nobody waits for the answers.
    DropModels {
        /// Which.
        run: RunId,
    },
    /// Send [`Event::Tick`] at this time, or not at all; replaces what was asked before.
    Wake {
        /// On the clock that events come with, in milliseconds.
        at_ms: Option<f64>,
    },
    /// Tell the user.
    Notify(Notice),
}

/// What the user hears of.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The runtime is up. Once.
    Ready {
        /// Every kind of node there is.
        kinds: Vec<NodeKind>,
    },
    /// The runtime did not come up. Everything is closed.
    StartFailed {
        /// Why.
        fault: Fault,
    },
    /// The kinds of nodes have changed.
    Kinds {
        /// Every kind of node there is.
        kinds: Vec<NodeKind>,
    },
    /// Answers [`Event::Validate`].
    Problems {
        /// Of the question.
        request: u32,
        /// Every defect.
        problems: Vec<Problem>,
    },
    /// Answers [`Event::Register`] and [`Event::Install`].
    Registered {
        /// Of the question.
        request: u32,
        /// The kinds that are new.
        kinds: Vec<NodeKind>,
    },
    /// Answers [`Event::Validate`], [`Event::Register`] and [`Event::Install`] where they failed.
    Refused {
        /// Of the question.
        request: u32,
        /// Why.
        fault: Fault,
    },
    /// A run may be sent so many more items.
    Demand {
        /// The run.
        run: RunId,
        /// How many.
        items: u32,
    },
    /// Events of a run, in order.
    Events {
        /// The run.
        run: RunId,
        /// What happened.
        events: Vec<RunEvent>,
    },
    /// A run ended well.
    Finished {
        /// The run.
        run: RunId,
        /// Facts and figures.
        report: RunReport,
        /// Collected results.
        outputs: Packed,
    },
    /// A run ended badly.
    Failed {
        /// The run.
        run: RunId,
        /// Why.
        fault: Fault,
    },
    /// Everything has ended.
    Closed,
}

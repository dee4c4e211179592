//! A page without a browser: the local executor, with CPython for Python nodes, and every message between its parts
//! encoded and decoded as it is in a page.
use std::collections::HashMap;

use cli::{Executor, Inputs, Lease, Wires};
use protocol::{
    Code, Fault, HostKind, InputMode, Message, ModelFiles, NodeKind, RunEvent, RunOptions, RunReport, Value,
};
use tempfile::TempDir;

pub use cli::options;

#[cfg(doctest)]
mod book;
mod python;

/// `message` as it comes out at the other end.
fn across<M: Message>(message: M) -> M {
    let frame = protocol::encode(&message).expect("a message that can be encoded");
    protocol::decode(&frame).expect("the message that was encoded")
}

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The result, or why there is none.
    pub result: Result<(Vec<Value>, RunReport), Fault>,
    /// Everything told meanwhile.
    pub events: Vec<RunEvent>,
}

impl Outcome {
    /// The outputs.
    ///
    /// # Panics
    /// If the run failed.
    #[track_caller]
    pub fn outputs(self) -> Vec<Value> {
        match self.result {
            Ok((outputs, _)) => outputs,
            Err(fault) => panic!("the run failed: {fault:?}"),
        }
    }
    /// The fault.
    ///
    /// # Panics
    /// If the run did not fail.
    #[track_caller]
    pub fn fault(self) -> Fault {
        match self.result {
            Ok((outputs, _)) => panic!("the run gave {outputs:?}"),
            Err(fault) => fault,
        }
    }
}

/// A page.
pub struct Page {
    executor: Executor,
    sources: Vec<String>,
    /// Where the sources lie if they are read by the system's Python.
    folder: Option<TempDir>,
    /// Models at hand, by name.
    pub models: HashMap<String, ModelFiles>,
}

impl Default for Page {
    fn default() -> Self {
        let mut executor = Executor::new();
        executor.wire(Wires { to_runtime: across, from_runtime: across, to_host: across, from_host: across });
        let mut page = Page { executor, sources: Vec::new(), folder: None, models: HashMap::new() };
        page.teach();
        page
    }
}

impl Page {
    /// One whose Python nodes run as the command line has them: in a process of their own, over node ABI v1.
    ///
    /// # Panics
    /// If there is no room for temporary files.
    pub fn of_processes() -> Self {
        let folder = tempfile::tempdir().expect("room for temporary files");
        let mut page = Page { folder: Some(folder), ..Page::default() };
        page.teach();
        page
    }

    /// Runs a manifest over `inputs`; none means that every source is called once with null.
    pub fn run(&mut self, manifest: &str, inputs: Option<&[Value]>) -> Outcome {
        let mode = if inputs.is_some() { InputMode::Stream } else { InputMode::Absent };
        self.run_with(manifest, inputs.unwrap_or_default(), RunOptions { inputs: mode, ..options() })
    }

    /// The same, as `options` say.
    pub fn run_with(&mut self, manifest: &str, inputs: &[Value], options: RunOptions) -> Outcome {
        let models = self.models.clone();
        let missing = |name: &str| Fault::new(Code::LoadFailed, format!("no model `{name}`"));
        self.executor.find_models(move |name| models.get(name).cloned().ok_or_else(|| missing(name)));
        let inputs = match options.inputs {
            InputMode::Stream => Inputs::from_values(inputs.iter().cloned()),
            InputMode::Absent => Inputs::absent(),
        };
        let mut events = Vec::new();
        let mut on_event = |event: &RunEvent| events.push(event.clone());
        let result = self.executor.run(manifest, None, inputs, options, &mut on_event);
        Outcome { result, events }
    }

    /// Every defect of a manifest.
    pub fn validate(&mut self, manifest: &str) -> Vec<protocol::Problem> {
        self.executor.validate(manifest, None)
    }

    /// Learns the nodes of a Python source.
    ///
    /// # Panics
    /// If it is refused.
    pub fn register(&mut self, source: &str) {
        self.sources.push(source.into());
        let kinds = match &self.folder {
            None => taught(&self.sources).1,
            Some(folder) => {
                let path = folder.path().join(format!("source_{}.py", self.sources.len()));
                std::fs::write(path, source).expect("room for a source");
                process(folder).kinds().expect("nodes")
            }
        };
        self.executor.learn(kinds);
        self.teach();
    }

    /// From now on, interpreters know every source.
    fn teach(&mut self) {
        if let Some(folder) = &self.folder {
            return process(folder).serve(&mut self.executor);
        }
        let sources = self.sources.clone();
        let make = move |Lease { host, run, .. }| {
            let (mut python, _) = taught(&sources);
            python.connect(host, run);
            Ok(Box::new(python) as Box<dyn cli::Host>)
        };
        self.executor.host_with(HostKind::Python, Box::new(make));
    }
}

/// The system's Python, with the modules of `folder`.
fn process(folder: &TempDir) -> cli::python::Python {
    let options = cli::python::Options { paths: vec![folder.path().into()], ..Default::default() };
    cli::python::Python::new(options).expect("room for temporary files")
}

/// An interpreter that knows `sources`, and the kinds of them all.
fn taught(sources: &[String]) -> (python::Python, Vec<NodeKind>) {
    let mut python = python::Python::start();
    let kinds = sources.iter().flat_map(|source| python.register(source)).collect();
    (python, kinds)
}

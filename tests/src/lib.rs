//! A page without a browser: the runtime worker, a compute worker and CPython for Python nodes, with every message
//! between them encoded and decoded as it is in a page.
use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;
use std::time::Instant;

use nodes::NodeHost;
use protocol::{
    Code, Fault, FromHost, FromRuntime, HostId, HostKind, InputMode, Limits, Message, ModelFiles, NodeKind,
    Packed, RunEvent, RunId, RunOptions, RunReport, ToHost, ToRuntime, Value,
};
use runtime_worker::{Action, Event, Runtime};

#[cfg(doctest)]
mod book;
mod python;

fn now_us() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as f64 / 1000.0
}

/// `message` as it comes out at the other end.
fn across<M: Message>(message: &M) -> M {
    let frame = protocol::encode(message).expect("a message that can be encoded");
    protocol::decode(&frame).expect("the message that was encoded")
}

enum Host {
    Compute(Box<NodeHost>),
    Python(Box<python::Python>),
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
    runtime: Runtime,
    hosts: HashMap<HostId, Host>,
    said: VecDeque<FromRuntime>,
    sources: Vec<String>,
    /// Models at hand, by name.
    pub models: HashMap<String, ModelFiles>,
    next: u32,
}

impl Default for Page {
    fn default() -> Self {
        Page {
            runtime: Runtime::new(now_us),
            hosts: HashMap::new(),
            said: VecDeque::new(),
            sources: Vec::new(),
            models: HashMap::new(),
            next: 0,
        }
    }
}

/// How runs are done unless a test says otherwise.
pub fn options() -> RunOptions {
    let limits = Limits::default();
    RunOptions {
        timeout_ms: None,
        collect: true,
        events: true,
        edges: false,
        inputs: InputMode::Stream,
        limits,
    }
}

impl Page {
    /// Runs a manifest over `inputs`; none means that every source is called once with null.
    pub fn run(&mut self, manifest: &str, inputs: Option<&[Value]>) -> Outcome {
        let mode = if inputs.is_some() { InputMode::Stream } else { InputMode::Absent };
        self.run_with(manifest, inputs.unwrap_or_default(), RunOptions { inputs: mode, ..options() })
    }

    /// The same, as `options` say.
    pub fn run_with(&mut self, manifest: &str, inputs: &[Value], options: RunOptions) -> Outcome {
        self.next += 1;
        let run = RunId(self.next);
        let ends = options.inputs == InputMode::Stream;
        self.tell(ToRuntime::Start { run, manifest: manifest.into(), params: None, options, kinds: vec![] });
        let mut left: VecDeque<Value> = inputs.iter().cloned().collect();
        let (mut events, mut demand, mut ended) = (Vec::new(), 0, !ends);
        loop {
            while let Some(message) = self.said.pop_front() {
                match message {
                    FromRuntime::Demand { run: of, items } if of == run => demand += items as usize,
                    FromRuntime::Lease { run, kind } => self.lease(run, kind),
                    FromRuntime::NeedModel { run, model } => {
                        let missing = || Fault::new(Code::LoadFailed, format!("no model `{model}`"));
                        let result = self.models.get(&model).cloned().ok_or_else(missing);
                        self.tell(ToRuntime::Model { run, model, result });
                    }
                    FromRuntime::Release { host: Some(host), .. } | FromRuntime::Kill { host } => {
                        self.hosts.remove(&host);
                    }
                    FromRuntime::Events { run: of, events: more } if of == run => {
                        let outputs = more.iter().filter_map(|event| match event {
                            RunEvent::Output { values, .. } => Some(values.count),
                            _ => None,
                        });
                        let outputs = outputs.sum();
                        events.extend(more);
                        if outputs > 0 {
                            self.tell(ToRuntime::Credit { run, outputs });
                        }
                    }
                    FromRuntime::Finished { run: of, report, outputs } if of == run => {
                        return Outcome { result: Ok((outputs.unpack().expect("values"), report)), events };
                    }
                    FromRuntime::Failed { run: of, fault } if of == run => {
                        return Outcome { result: Err(fault), events };
                    }
                    _ => {}
                }
            }
            if !left.is_empty() && demand > 0 {
                let some: Vec<_> = left.drain(..left.len().min(demand)).collect();
                demand -= some.len();
                let items = Packed::pack(&some).expect("values that can be packed");
                self.tell(ToRuntime::Push { run, items, open: false });
            } else if left.is_empty() && !ended {
                ended = true;
                self.tell(ToRuntime::End { run });
            } else {
                self.work();
            }
        }
    }

    /// Every defect of a manifest.
    pub fn validate(&mut self, manifest: &str) -> Vec<protocol::Problem> {
        self.tell(ToRuntime::Validate { request: 1, manifest: manifest.into(), params: None, kinds: vec![] });
        match self.said.pop_back() {
            Some(FromRuntime::Problems { problems, .. }) => problems,
            other => panic!("{other:?} is no answer"),
        }
    }

    /// Learns the nodes of a Python source.
    ///
    /// # Panics
    /// If it is refused.
    pub fn register(&mut self, source: &str) {
        self.sources.push(source.into());
        let kinds = self.taught().1;
        self.tell(ToRuntime::Kinds { kinds });
    }

    /// An interpreter that knows every source, and the kinds of them all.
    fn taught(&self) -> (python::Python, Vec<NodeKind>) {
        let mut python = python::Python::start();
        let kinds = self.sources.iter().flat_map(|source| python.register(source)).collect();
        (python, kinds)
    }

    fn lease(&mut self, run: RunId, kind: HostKind) {
        self.next += 1;
        let host = HostId(self.next);
        let made = match kind {
            HostKind::Compute => Host::Compute(Box::new(NodeHost::new(now_us))),
            HostKind::Python => {
                let (mut python, _) = self.taught();
                python.connect(host, run);
                Host::Python(Box::new(python))
            }
            HostKind::Plugin(_) => panic!("this page has no packages"),
        };
        self.hosts.insert(host, made);
        self.tell(ToRuntime::Attach { run, host, kind, start_ms: 0 });
    }

    fn tell(&mut self, message: ToRuntime) {
        let actions = self.runtime.handle(now_us() / 1000.0, Event::Page(across(&message)));
        self.act(actions);
    }

    /// Everybody who can do something does a little.
    fn work(&mut self) {
        if self.runtime.has_work() {
            let actions = self.runtime.step(now_us() / 1000.0, 8000.0);
            self.act(actions);
        }
        let hosts: Vec<_> = self.hosts.keys().copied().collect();
        for host in hosts {
            let said = match self.hosts.get_mut(&host) {
                Some(Host::Compute(it)) if it.has_work() => it.step(8000.0),
                Some(Host::Python(it)) => it.step(),
                Some(Host::Compute(_)) | None => Vec::new(),
            };
            self.hear(host, said);
        }
    }

    fn hear(&mut self, host: HostId, said: Vec<FromHost>) {
        for message in said {
            let actions = self.runtime.handle(now_us() / 1000.0, Event::Host(host, across(&message)));
            self.act(actions);
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Page(message) => self.said.push_back(across(&message)),
                Action::Host(host, message) => {
                    let message: ToHost = across(&message);
                    let said = match self.hosts.get_mut(&host) {
                        Some(Host::Compute(it)) => it.handle(message),
                        Some(Host::Python(it)) => it.handle(message),
                        None => Vec::new(),
                    };
                    self.hear(host, said);
                }
            }
        }
    }
}

//! What a front end gives to a run, and what it gets.
use std::rc::Rc;

use protocol::{
    DecodeError, Fault, InputMode, Limits, LoadKind, LogLevel, Packed, RunEvent, RunOptions, RunReport, Unit,
    Value,
};

/// A pipeline that is to be run, and how.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) manifest: String,
    pub(crate) params: Option<String>,
    pub(crate) inputs: Inputs,
    pub(crate) options: RunOptions,
}

/// Where the inputs of a run come from.
#[derive(Debug, Clone)]
pub(crate) enum Inputs {
    /// Every source is called once with null.
    Absent,
    /// These, and no more.
    Values(Vec<Value>),
    /// Whatever is pushed.
    Pushed,
}

impl Request {
    /// To run `manifest`, JSON text, without inputs: every source is called once with null.
    pub fn new(manifest: impl Into<String>) -> Self {
        let options = RunOptions {
            timeout_ms: None,
            collect: true,
            events: true,
            edges: false,
            inputs: InputMode::Absent,
            limits: Limits::default(),
        };
        Request { manifest: manifest.into(), params: None, inputs: Inputs::Absent, options }
    }
    /// With these inputs and no more.
    pub fn inputs(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.options.inputs = InputMode::Stream;
        self.inputs = Inputs::Values(values.into_iter().collect());
        self
    }
    /// With what comes through [`super::Handle::push`], until [`super::Handle::end`].
    pub fn pushed(mut self) -> Self {
        self.options.inputs = InputMode::Stream;
        self.inputs = Inputs::Pushed;
        self
    }
    /// With `{ nodeId: params }`, JSON text, merged over the manifest's parameters.
    pub fn params(mut self, params: impl Into<String>) -> Self {
        self.params = Some(params.into());
        self
    }
    /// To fail with `TimedOut` after so many milliseconds.
    pub fn timeout_ms(mut self, ms: u32) -> Self {
        self.options.timeout_ms = Some(ms);
        self
    }
    /// Within these limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }
    /// Without keeping the outputs for [`Outcome`]: each is told as [`Update::Output`] and then forgotten.
    pub fn uncollected(mut self) -> Self {
        self.options.collect = false;
        self
    }
    /// With [`Update::Edge`]s.
    pub fn edges(mut self) -> Self {
        self.options.edges = true;
        self
    }
}

/// What happens during a run. The last one is [`Update::Finished`] or [`Update::Failed`], exactly once.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of protocol::RunEvent")]
pub enum Update {
    /// Work begins.
    Started { order: Vec<String> },
    /// Something is fetched.
    Load { what: LoadKind, name: String, loaded: u64, total: Option<u64> },
    /// A node got further.
    Progress {
        node: String,
        done: f64,
        total: Option<f64>,
        unit: Unit,
        fraction: Option<f64>,
        eta_ms: Option<f64>,
    },
    /// A result that may still change.
    Partial { node: String, value: Value },
    /// A result of a sink.
    Output { node: String, value: Value },
    /// Words for the user.
    Log { node: Option<String>, level: LogLevel, message: String },
    /// More or less waits on a connection; only with [`Request::edges`].
    Edge { from: String, to: String, items: u64, bytes: u64 },
    /// The run ended well.
    Finished(Rc<Outcome>),
    /// The run ended badly, or was cancelled.
    Failed(Fault),
}

/// What a run gives in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Sinks in manifest order, each sink's values in item order; empty after [`Request::uncollected`].
    pub outputs: Vec<Value>,
    /// Facts and figures.
    pub report: RunReport,
}

/// `event` as front ends see it: each value by itself, and about how many bytes it took.
///
/// # Errors
/// A value is not one.
pub(crate) fn updates(event: RunEvent) -> Result<Vec<(Update, u64)>, DecodeError> {
    let plain = match event {
        RunEvent::Started { order } => Update::Started { order },
        RunEvent::Load { what, name, loaded, total } => Update::Load { what, name, loaded, total },
        RunEvent::Progress { node, done, total, unit, fraction, eta_ms } => {
            Update::Progress { node, done, total, unit, fraction, eta_ms }
        }
        RunEvent::Log { node, level, message } => Update::Log { node, level, message },
        RunEvent::Edge { from, to, items, bytes } => Update::Edge { from, to, items, bytes },
        RunEvent::Partial { node, value } => {
            return each(&value, |value| Update::Partial { node: node.clone(), value });
        }
        RunEvent::Output { node, values } => {
            return each(&values, |value| Update::Output { node: node.clone(), value });
        }
    };
    Ok(vec![(plain, 0)])
}

fn each(packed: &Packed, update: impl Fn(Value) -> Update) -> Result<Vec<(Update, u64)>, DecodeError> {
    let sized = |value: Value| {
        let weight = value.weight();
        (update(value), weight)
    };
    Ok(packed.unpack()?.into_iter().map(sized).collect())
}

impl Update {
    /// Whether this is news of the same thing as `older`, which nobody needs any more then.
    pub(crate) fn replaces(&self, older: &Update) -> bool {
        match (self, older) {
            (Update::Progress { node, .. }, Update::Progress { node: of, .. }) => node == of,
            (Update::Load { what, name, .. }, Update::Load { what: kind, name: of, .. }) => {
                what == kind && name == of
            }
            (Update::Edge { from, to, .. }, Update::Edge { from: start, to: end, .. }) => {
                from == start && to == end
            }
            (Update::Partial { node, value }, Update::Partial { node: of, value: old }) => {
                // A final one is no longer provisional: nothing may replace it.
                node == of && value.get("id") == old.get("id") && old.get("final") != Some(&Value::Bool(true))
            }
            _ => false,
        }
    }
}

//! What the tests of nodes share: a host that does everything at once, and tables in JSON.
use protocol::{FromHost, NodeIdx, Part, RunId, ToHost, Value, WorkItem, WorkOutput};

use crate::NodeHost;

const RUN: RunId = RunId(1);
const NODE: NodeIdx = NodeIdx(0);

/// Gives `items` (a JSON list) to a node and expects these outputs, flush included.
#[track_caller]
pub(crate) fn check(kind: &str, params: &str, items: &str, expected: &str) {
    let outputs = run(kind, params, Value::from_json(items).unwrap().items().unwrap()).unwrap();
    assert_eq!(Value::List(outputs).to_json(), Value::from_json(expected).unwrap().to_json());
}

/// Gives `items` (a JSON list) to a node and expects it to fail.
#[track_caller]
pub(crate) fn check_error(kind: &str, params: &str, items: &str, expected: &str) {
    assert_eq!(run(kind, params, Value::from_json(items).unwrap().items().unwrap()), Err(expected.into()));
}

/// Gives one item to a node and expects it to fail.
#[track_caller]
pub(crate) fn check_error_of(kind: &str, params: &str, item: Value, expected: &str) {
    assert_eq!(run(kind, params, vec![item]), Err(expected.into()));
}

/// The outputs for whole items, flush included; or why it failed.
pub(crate) fn run(kind: &str, params: &str, items: Vec<Value>) -> Result<Vec<Value>, String> {
    let said = said(kind, params, items.into_iter().map(|item| vec![item]).collect());
    if let Some(fault) = said.iter().find_map(fault) {
        return Err(fault);
    }
    Ok(outputs(said).into_iter().map(|output| output.value).collect())
}

/// The outputs for items that come in parts.
#[track_caller]
pub(crate) fn run_parts(kind: &str, params: &str, items: Vec<Vec<Value>>) -> Vec<WorkOutput> {
    let said = said(kind, params, items);
    assert_eq!(said.iter().find_map(fault), None);
    outputs(said)
}

fn fault(said: &FromHost) -> Option<String> {
    if let FromHost::Failed { fault, .. } = said { Some(fault.message.clone()) } else { None }
}

fn outputs(said: Vec<FromHost>) -> Vec<WorkOutput> {
    let worked = said.into_iter().filter_map(|said| match said {
        FromHost::Worked { outputs, .. } => Some(outputs),
        FromHost::Opened { .. }
        | FromHost::Flushed { .. }
        | FromHost::Progress { .. }
        | FromHost::Partial { .. }
        | FromHost::Log { .. }
        | FromHost::Load { .. }
        | FromHost::Failed { .. }
        | FromHost::Closed { .. } => None,
    });
    worked.flatten().collect()
}

/// Everything the host says from opening the node to its last flush.
pub(crate) fn said(kind: &str, params: &str, items: Vec<Vec<Value>>) -> Vec<FromHost> {
    let mut host = NodeHost::new(|| 0.0);
    let (id, params) = ("it".into(), Value::from_json(params).unwrap());
    let mut said = host.handle(ToHost::Open { run: RUN, node: NODE, id, kind: kind.into(), params });
    host.handle(ToHost::Credit { run: RUN, node: NODE, outputs: u32::MAX, bytes: 1 << 62 });
    for parts in items {
        let last = parts.len() - 1;
        let part = |index| Part { index: index as u32, last: index == last };
        let items = parts.into_iter().enumerate().map(|(index, value)| WorkItem { value, part: part(index) });
        host.handle(ToHost::Process { run: RUN, node: NODE, items: items.collect() });
        while host.has_work() {
            said.extend(host.step(1.0));
        }
    }
    host.handle(ToHost::Flush { run: RUN, node: NODE });
    while host.has_work() {
        said.extend(host.step(1.0));
    }
    said
}

/// Rate, channels, interleaved samples.
#[cfg(feature = "media")]
pub(crate) type Sound<'a> = (u32, u16, &'a [f32]);

/// Gives one recording to a node and expects this one.
#[cfg(feature = "media")]
#[track_caller]
pub(crate) fn check_audio(kind: &str, params: &str, (rate, channels, samples): Sound, expected: Sound) {
    use protocol::{Audio, Buffer};
    let audio = Audio { sample_rate: rate, channels, samples: Buffer::from_f32(samples.to_vec()) };
    let mut given: Vec<f32> = Vec::new();
    for output in run_parts(kind, params, vec![vec![Value::Audio(audio)]]) {
        let Value::Audio(audio) = output.value else { panic!("{:?}", output.value) };
        assert_eq!((audio.sample_rate, audio.channels), (expected.0, expected.1));
        given.extend(audio.samples.f32s().unwrap().iter());
    }
    assert_eq!(given, expected.2);
}

//! A host of `Whisper` nodes, and a model of random weights for them: what it hears means nothing, but is always the
//! same.
use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use nodes::NodeHost;
use protocol::{
    Buffer, ByteSource, Code, FromHost, ModelFile, ModelFiles, NodeIdx, Part, ReadError, RunId, ToHost,
    Value, WorkItem,
};
use whisper::weights::testing::{Kind, hugging_face};
use whisper::weights::{Checkpoint, Dims};

const NODE: NodeIdx = NodeIdx(0);

thread_local!(static NOW: Cell<f64> = const { Cell::new(0.0) });

/// Every look at this clock takes a millisecond, so that every step of the host is one turn.
fn clock() -> f64 {
    NOW.set(NOW.get() + 1000.0);
    NOW.get()
}

/// The files of a small model.
pub(crate) fn files(seed: u64) -> ModelFiles {
    let dims = Dims {
        n_mels: 80,
        n_audio_ctx: 1500,
        n_audio_state: 16,
        n_audio_head: 2,
        n_audio_layer: 1,
        n_vocab: 1800,
        n_text_ctx: 64,
        n_text_state: 16,
        n_text_head: 2,
        n_text_layer: 2,
    };
    let checkpoint = Checkpoint::random(dims, seed).unwrap();
    let files = hugging_face(&checkpoint, Kind::F32, 1).unwrap();
    let file = |(name, bytes)| ModelFile { name, data: Buffer::from_bytes(bytes) };
    ModelFiles { files: files.into_iter().map(file).collect(), note: None }
}

/// Bytes that count how many of them were read.
pub(crate) struct Counted {
    pub(crate) bytes: Box<dyn ByteSource>,
    pub(crate) read: Rc<Cell<u64>>,
}

impl ByteSource for Counted {
    fn size(&self) -> u64 {
        self.bytes.size()
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let count = self.bytes.read_at(offset, out)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What one node said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) transcripts: Vec<Value>,
    pub(crate) partials: Vec<Value>,
    pub(crate) progress: Vec<(f64, Option<f64>)>,
    pub(crate) logs: Vec<String>,
    pub(crate) failure: Option<(Code, String)>,
    /// Turns taken.
    pub(crate) turns: usize,
}

/// A host with a `Whisper` node for each run.
pub(crate) struct Bench {
    host: NodeHost,
    pub(crate) said: BTreeMap<u32, Said>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Bench { host: NodeHost::new(clock), said: BTreeMap::new() }
    }

    /// A node of the run, with the parameters (JSON) and the model.
    pub(crate) fn open(&mut self, run: u32, params: &str, model: Value) {
        let Value::Map(mut entries) = Value::from_json(params).unwrap() else { panic!("{params}") };
        entries.push(("model".into(), model));
        let params = Value::Map(entries);
        self.said.insert(run, Said::default());
        let said = self.host.handle(ToHost::Open {
            run: RunId(run),
            node: NODE,
            id: "it".into(),
            kind: "Whisper".into(),
            params,
        });
        self.hear(said);
        self.host.handle(ToHost::Credit { run: RunId(run), node: NODE, outputs: 1000, bytes: 1 << 40 });
    }

    /// One item, in parts.
    pub(crate) fn give(&mut self, run: u32, parts: Vec<Value>) {
        let last = parts.len() - 1;
        let item =
            |(index, value)| WorkItem { value, part: Part { index: index as u32, last: index == last } };
        let items = parts.into_iter().enumerate().map(item).collect();
        self.host.handle(ToHost::Process { run: RunId(run), node: NODE, items });
    }

    /// One turn of one node; false if nobody has anything to do.
    pub(crate) fn step(&mut self) -> bool {
        let said = self.host.step(0.0);
        self.hear(said);
        self.host.has_work()
    }

    pub(crate) fn finish(&mut self) {
        while self.step() {}
    }

    pub(crate) fn close(&mut self, run: u32) {
        let said = self.host.handle(ToHost::Close { run: RunId(run) });
        assert_eq!(said, [FromHost::Closed { run: RunId(run) }]);
    }

    pub(crate) fn of(&self, run: u32) -> &Said {
        &self.said[&run]
    }

    fn hear(&mut self, said: Vec<FromHost>) {
        for message in said {
            match message {
                FromHost::Worked { run, outputs, .. } => {
                    let said = self.said.get_mut(&run.0).unwrap();
                    said.turns += 1;
                    for output in outputs {
                        assert_eq!(output.part, Part::WHOLE);
                        said.transcripts.push(output.value);
                    }
                }
                FromHost::Partial { run, value, .. } => {
                    self.said.get_mut(&run.0).unwrap().partials.push(value)
                }
                FromHost::Progress { run, done, total, .. } => {
                    self.said.get_mut(&run.0).unwrap().progress.push((done, total));
                }
                FromHost::Log { run, message, .. } => self.said.get_mut(&run.0).unwrap().logs.push(message),
                FromHost::Failed { run, fault, .. } => {
                    self.said.get_mut(&run.0).unwrap().failure = Some((fault.code, fault.message));
                }
                FromHost::Opened { .. }
                | FromHost::Flushed { .. }
                | FromHost::Load { .. }
                | FromHost::Closed { .. } => {}
            }
        }
    }
}

//! What the tests of audio nodes share: one node, run to its end.
#![allow(dead_code, reason = "each test crate uses some of it")]
use nodes::NodeHost;
use protocol::{
    Audio, Buffer, Code, FromHost, LogLevel, NodeIdx, Part, RunId, ToHost, Value, WorkItem, WorkOutput,
};

const RUN: RunId = RunId(1);
const NODE: NodeIdx = NodeIdx(0);

/// What a node said.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) outputs: Vec<WorkOutput>,
    pub(crate) warnings: Vec<String>,
    pub(crate) progress: Vec<(f64, Option<f64>)>,
    pub(crate) failure: Option<(Code, String)>,
}

/// One recording, joined from its parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sound {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    pub(crate) samples: Vec<f32>,
}

impl Sound {
    pub(crate) fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.channels)
    }
    pub(crate) fn channel(&self, channel: usize) -> Vec<f32> {
        self.samples.iter().skip(channel).step_by(self.channels.into()).copied().collect()
    }
    pub(crate) fn value(&self) -> Value {
        let samples = Buffer::from_f32(self.samples.clone());
        Value::Audio(Audio { sample_rate: self.rate, channels: self.channels, samples })
    }
    /// Cut into parts of so many frames.
    pub(crate) fn parts(&self, frames: usize) -> Vec<Value> {
        let parts = self.samples.chunks(frames * usize::from(self.channels));
        parts.map(|samples| Sound { samples: samples.to_vec(), ..*self }.value()).collect()
    }
}

impl Heard {
    /// The recordings given: each item's parts joined, in order, numbered as they should be.
    #[track_caller]
    pub(crate) fn sounds(&self) -> Vec<Sound> {
        assert_eq!(self.failure, None);
        let mut sounds: Vec<Sound> = Vec::new();
        let mut next = 0;
        for output in &self.outputs {
            let Value::Audio(audio) = &output.value else { panic!("{:?}", output.value) };
            assert_eq!(output.part.index, next);
            if next == 0 {
                sounds.push(Sound { rate: audio.sample_rate, channels: audio.channels, samples: Vec::new() });
            }
            let sound = sounds.last_mut().unwrap();
            assert_eq!((sound.rate, sound.channels), (audio.sample_rate, audio.channels));
            sound.samples.extend(audio.samples.f32s().unwrap().iter());
            next = if output.part.last { 0 } else { next + 1 };
        }
        assert_eq!(next, 0, "the last part is missing");
        sounds
    }
}

/// Gives items in parts to a node, takes what it says in many small steps, and flushes it.
pub(crate) fn run(kind: &str, params: &str, items: Vec<Vec<Value>>) -> Heard {
    let mut heard = Heard::default();
    watch(kind, params, items, 1 << 20, |said| heard.hear(said));
    heard
}

/// As [`run`], passing on whatever is said, until the node has given about so many outputs for each item.
pub(crate) fn watch(
    kind: &str,
    params: &str,
    items: Vec<Vec<Value>>,
    outputs: u32,
    mut hear: impl FnMut(FromHost),
) {
    let mut host = NodeHost::new(|| 0.0);
    let (id, params) = ("it".into(), Value::from_json(params).unwrap());
    host.handle(ToHost::Open { run: RUN, node: NODE, id, kind: kind.into(), params })
        .into_iter()
        .for_each(&mut hear);
    let mut work = |host: &mut NodeHost| {
        host.handle(ToHost::Credit { run: RUN, node: NODE, outputs, bytes: 1 << 40 });
        while host.has_work() {
            // One turn a step: with a clock that stands still, time is over at once.
            host.step(0.0).into_iter().for_each(&mut hear);
        }
    };
    for parts in items {
        let last = parts.len() - 1;
        let item =
            |(index, value)| WorkItem { value, part: Part { index: index as u32, last: index == last } };
        host.handle(ToHost::Process {
            run: RUN,
            node: NODE,
            items: parts.into_iter().enumerate().map(item).collect(),
        });
        work(&mut host);
    }
    host.handle(ToHost::Flush { run: RUN, node: NODE });
    work(&mut host);
}

impl Heard {
    fn hear(&mut self, said: FromHost) {
        match said {
            FromHost::Worked { outputs, .. } => self.outputs.extend(outputs),
            FromHost::Progress { done, total, .. } => self.progress.push((done, total)),
            FromHost::Log { level: LogLevel::Warn, message, .. } => self.warnings.push(message),
            FromHost::Failed { fault, .. } => self.failure = Some((fault.code, fault.message)),
            FromHost::Opened { .. }
            | FromHost::Flushed { .. }
            | FromHost::Partial { .. }
            | FromHost::Log { .. }
            | FromHost::Load { .. }
            | FromHost::Closed { .. } => {}
        }
    }
}

/// How much louder (in decibels) a signal is than what differs from a tone of this frequency (in hertz), of
/// whatever amplitude and phase. The first and last `edge` samples are left out.
pub(crate) fn purity(samples: &[f32], rate: u32, frequency: f64, edge: usize) -> f64 {
    let samples = &samples[edge..samples.len() - edge];
    let angle = |i: usize| std::f64::consts::TAU * frequency * i as f64 / f64::from(rate);
    let (mut ss, mut sc, mut cc, mut ys, mut yc, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, y) in samples.iter().enumerate() {
        let ((s, c), y) = (angle(i).sin_cos(), f64::from(*y));
        (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
        (ys, yc, yy) = (ys + y * s, yc + y * c, yy + y * y);
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((ys * cc - yc * sc) / det, (yc * ss - ys * sc) / det);
    let noise = (yy - a * ys - b * yc).max(1e-20);
    10.0 * (yy / noise).log10()
}

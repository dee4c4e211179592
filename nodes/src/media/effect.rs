//! Nodes that take sound in parts of any size and give sound, or a value about it, in turns of bounded length.
use protocol::{Audio, LogLevel, Unit, Value, WorkItem};

use crate::media::forms::part_of;
use crate::media::sound::{Format, Pcm};
use crate::node::{Node, NodeError, Outbox, Turn};

/// What an effect makes of one recording. Its result must not depend on how the recording is cut into pieces.
pub(crate) trait Effect {
    /// A recording begins.
    fn begin(&mut self, format: Format) -> Result<(), NodeError>;
    /// Takes samples (whole frames) and appends to `given` what can be given already.
    fn feed(&mut self, samples: &[f32], given: &mut Vec<f32>) -> Result<(), NodeError>;
    /// The recording has ended: appends the rest to `given`, or gives a value instead of sound.
    fn end(&mut self, given: &mut Vec<f32>) -> Result<Option<Value>, NodeError>;
    /// What it gives since `begin`.
    fn format(&self) -> Format;
    /// Whether, since `begin`, what it gives is what it takes.
    fn is_identity(&self) -> bool {
        false
    }
    /// Words for the user about the recording that has just begun.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// The node of an effect.
pub(crate) struct Effects<E> {
    effect: E,
    /// The recording that has begun and not ended.
    recording: Option<Format>,
    /// The part being worked on, and whether it is the last.
    part: Option<(Pcm, bool)>,
    samples: Vec<f32>,
    /// Seconds of sound taken so far, over all recordings.
    seconds: f64,
}

/// Frames and samples of one turn, taken or given: a few milliseconds of work.
const TURN_FRAMES: usize = 1 << 15;
const TURN_SAMPLES: usize = 1 << 17;

/// How many frames of sound to take in a turn.
pub(crate) fn turn_frames(from: Format, to: Format) -> usize {
    let growth = (to.rate / from.rate).max(1) as usize;
    let frames = TURN_FRAMES.min(TURN_SAMPLES / usize::from(from.channels.max(to.channels)));
    (frames / growth).max(1)
}

impl<E: Effect> Effects<E> {
    pub(crate) fn new(effect: E) -> Self {
        Effects { effect, recording: None, part: None, samples: Vec::new(), seconds: 0.0 }
    }

    /// Takes samples of a recording and gives what comes of them.
    pub(crate) fn take(
        &mut self,
        format: Format,
        samples: &[f32],
        last: bool,
        out: &mut Outbox,
    ) -> Result<(), NodeError> {
        self.enter(format, out)?;
        let mut given = Vec::new();
        self.effect.feed(samples, &mut given)?;
        let value = if last { self.end(&mut given)? } else { None };
        match value {
            Some(value) => out.emit_part(value, true),
            None if last || !given.is_empty() => out.emit_part(self.effect.format().value(given), last),
            None => {}
        }
        self.seconds += format.seconds(samples.len() as u64 / u64::from(format.channels));
        out.progress(self.seconds, None, Unit::Seconds);
        Ok(())
    }

    fn enter(&mut self, format: Format, out: &mut Outbox) -> Result<(), NodeError> {
        match self.recording {
            Some(known) => known.goes_on_as(format),
            None => {
                self.effect.begin(format)?;
                self.recording = Some(format);
                if let Some(remark) = self.effect.remark() {
                    out.log(LogLevel::Warn, remark);
                }
                Ok(())
            }
        }
    }

    fn end(&mut self, given: &mut Vec<f32>) -> Result<Option<Value>, NodeError> {
        self.recording = None;
        self.effect.end(given)
    }

    fn pass(&mut self, audio: Audio, last: bool, out: &mut Outbox) {
        out.emit_part(Value::Audio(audio), last);
        if last {
            self.recording = None;
        }
    }
}

impl<E: Effect> Node for Effects<E> {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        let (format, audio) = part_of(input.value, self.recording)?;
        self.enter(format, out)?;
        if self.effect.is_identity() {
            self.pass(audio, input.part.last, out);
            return Ok(Turn::Done);
        }
        self.part = Some((Pcm::new(audio), input.part.last));
        self.resume(out)
    }

    fn resume(&mut self, out: &mut Outbox) -> Result<Turn, NodeError> {
        let (Some((mut pcm, last)), Some(format)) = (self.part.take(), self.recording) else {
            return Ok(Turn::Done);
        };
        let mut samples = std::mem::take(&mut self.samples);
        pcm.read(turn_frames(format, self.effect.format()), &mut samples)?;
        let done = pcm.is_done();
        self.take(format, &samples, last && done, out)?;
        self.samples = samples;
        if done {
            return Ok(Turn::Done);
        }
        self.part = Some((pcm, last));
        Ok(Turn::More)
    }
}

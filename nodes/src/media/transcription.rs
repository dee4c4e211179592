//! The node that transcribes: sound in parts of any format to one transcript for each recording, in turns.
mod asked;
mod told;

use std::rc::Rc;

use protocol::{ModelFiles, Unit, Value, WorkItem};
use whisper::model::Model;
use whisper::transcribe::{Options, Step, Transcriber};
use whisper::{Pace, SAMPLE_RATE};

use crate::media::converter::Converter;
use crate::media::effect::{Effect as _, turn_frames};
use crate::media::forms::part_of;
use crate::media::model::{Loaded, Loader};
use crate::media::resampler::Quality;
use crate::media::sound::{Format, Pcm};
use crate::node::{Node, NodeError, Outbox, Turn};

/// What a model hears.
const HEARD: Format = Format { rate: SAMPLE_RATE, channels: 1 };

pub(crate) struct Transcription {
    name: String,
    files: ModelFiles,
    options: Options,
    loader: Option<Rc<Loader>>,
    /// Of the recording that has begun and not ended.
    format: Option<Format>,
    recording: Option<Recording>,
    /// The part being worked on, and whether it is the last.
    part: Option<(Pcm, bool)>,
    samples: Vec<f32>,
    /// Seconds of the recordings before this one.
    before: f64,
}

/// A recording being transcribed.
struct Recording {
    format: Format,
    converter: Converter,
    transcriber: Transcriber<Model>,
    /// Frames of `format` taken in, and samples given to the transcriber.
    taken: u64,
    given: u64,
    /// All of it was given.
    whole: bool,
}

impl Transcription {
    /// # Errors
    /// Without the files of a model.
    pub(crate) fn open(params: &Value) -> Result<Self, NodeError> {
        let model = params.get("model").unwrap_or(&Value::Null);
        let files = ModelFiles::from_value(model)
            .ok_or_else(|| format!("`model` is {}; expected the files of a model", model.type_name()))?;
        let name = model.get("name").and_then(Value::as_text).unwrap_or_default().into();
        Ok(Transcription {
            name,
            files,
            options: asked::options(params),
            loader: None,
            format: None,
            recording: None,
            part: None,
            samples: Vec::new(),
            before: 0.0,
        })
    }

    /// The model, once it is loaded.
    fn loaded(&mut self) -> Result<Option<Rc<Loaded>>, NodeError> {
        match &self.loader {
            Some(loader) => loader.turn(),
            None => {
                self.loader = Some(Loader::of(&self.name, &self.files)?);
                Ok(None)
            }
        }
    }

    fn begin(&mut self, format: Format, out: &mut Outbox) -> Result<Option<Recording>, NodeError> {
        let Some(loaded) = self.loaded()? else { return Ok(None) };
        let transcriber = Transcriber::new(loaded.model.clone(), loaded.log_mel(), self.options.clone())
            .map_err(|why| format!("model `{}`: {why}", self.name))?;
        let mut converter = Converter::new(Some(HEARD.rate), Some(HEARD.channels), Quality::Medium);
        converter.begin(format)?;
        let recording = Recording { format, converter, transcriber, taken: 0, given: 0, whole: false };
        out.progress(self.before, self.total(&recording), Unit::Seconds);
        Ok(Some(recording))
    }

    /// Works at a recording for one turn; done with the part if the recording is over or needs another one.
    fn work(&mut self, recording: &mut Recording, out: &mut Outbox) -> Result<Turn, NodeError> {
        let step = recording.transcriber.step(Pace::TURN);
        let total = self.total(recording);
        for event in told::condensed(recording.transcriber.take_events()) {
            told::tell(event, self.before, total, out);
        }
        match step {
            Step::More => Ok(Turn::More),
            Step::NeedsAudio => match self.part.take() {
                Some((pcm, last)) => {
                    self.part = self.feed(recording, pcm, last)?;
                    Ok(Turn::More)
                }
                None => Ok(Turn::Done),
            },
            Step::Done => {
                out.emit(told::transcript(recording.transcriber.take_transcript()));
                self.before += HEARD.seconds(recording.given);
                self.format = None;
                Ok(Turn::Done)
            }
        }
    }

    /// Gives the transcriber as much of a part as a turn may take, and what is left of it.
    fn feed(
        &mut self,
        recording: &mut Recording,
        mut pcm: Pcm,
        last: bool,
    ) -> Result<Option<(Pcm, bool)>, NodeError> {
        pcm.read(turn_frames(recording.format, HEARD), &mut self.samples)?;
        let mut heard = Vec::new();
        recording.converter.feed(&self.samples, &mut heard)?;
        recording.taken += self.samples.len() as u64 / u64::from(recording.format.channels);
        let over = pcm.is_done();
        if over && last {
            recording.converter.end(&mut heard)?;
        }
        recording.given += heard.len() as u64;
        recording.transcriber.push(&heard);
        if over && last {
            recording.transcriber.end();
            recording.whole = true;
        }
        Ok((!over).then_some((pcm, last)))
    }

    /// Seconds of all recordings up to the end of this one: known once its last part is here.
    fn total(&self, recording: &Recording) -> Option<f64> {
        match &self.part {
            Some((pcm, true)) => Some(self.before + recording.format.seconds(recording.taken + pcm.left())),
            Some((_, false)) | None => recording.whole.then(|| self.before + HEARD.seconds(recording.given)),
        }
    }
}

impl Node for Transcription {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        let (format, audio) = part_of(input.value, self.format)?;
        self.format = Some(format);
        self.part = Some((Pcm::new(audio), input.part.last));
        self.resume(out)
    }

    fn resume(&mut self, out: &mut Outbox) -> Result<Turn, NodeError> {
        let Some(format) = self.format else { return Ok(Turn::Done) };
        let Some(mut recording) = self.recording.take() else {
            self.recording = self.begin(format, out)?;
            return Ok(Turn::More);
        };
        let turn = self.work(&mut recording, out)?;
        self.recording = self.format.map(|_| recording);
        Ok(turn)
    }
}

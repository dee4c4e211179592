//! Windows of a stream → segments, as openai/whisper's `transcribe()` does it.
//!
//! What differs from the reference, because a stream cannot know its end: a window is scaled by the loudest value heard
//! so far, not of the whole recording (the same for recordings of one window). A language is detected on the first window
//! that is decoded, padded as it is. Segments are kept apart and inside the recording whatever the model says, and those without text are
//! left out. With [`Options::vad`] long silences are not heard at all.
#![allow(async_fn_in_trait, reason = "driven by `Pace`, in one thread")]
mod align;
mod cut;
mod doubt;
mod fallback;
mod hearing;
mod options;
mod partials;
mod run;
mod silence;
#[cfg(test)]
mod tests;
mod words;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::Pace;
use crate::audio::LogMel;
use crate::decoding::TokenModel;
use crate::tokens::Vocabulary;
use crate::weights::Dims;
use hearing::Hearing;

pub use crate::decoding::Task;
pub use options::{Options, Timestamps};

/// The model as transcription sees it.
pub trait SpeechModel {
    /// What the encoder made of a window.
    type Heard;
    /// A decoder that has heard it.
    type Decoder<'a>: TokenModel
    where
        Self: 'a;
    /// What its work is paid with: whoever drives a transcription refuels this one, and pays with it too.
    fn pace(&self) -> &Pace;
    /// Sizes.
    fn dims(&self) -> &Dims;
    /// The tokens it knows.
    fn vocabulary(&self) -> &Vocabulary;
    /// Hears one window of 30 s: log-mel, `[n_mels, 3000]`, row-major.
    async fn encode(&self, mel: &[f32]) -> Self::Heard;
    /// A decoder without any tokens yet.
    fn decoder<'a>(&'a self, heard: &'a Self::Heard) -> Self::Decoder<'a>;
    /// For word timestamps: feeds `tokens` in one go and gives, for each pair of the model's alignment heads, the raw
    /// cross-attention scores before the softmax, `[heads, tokens, n_audio_ctx]`, and the logits after each token,
    /// `[tokens, n_vocab]`.
    async fn align(&self, heard: &Self::Heard, tokens: &[u32]) -> (Vec<f32>, Vec<f32>);
}

/// A word and when it was said, in seconds of the recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// With the space before it, and the punctuation that belongs to it.
    pub word: String,
    pub start: f64,
    pub end: f64,
    /// Mean probability of its tokens.
    pub probability: f64,
}

/// A piece of the transcript. Segments follow each other without overlap; times are seconds of the recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its place in the transcript, from 0.
    pub id: u32,
    /// The first frame (10 ms) of the window it was heard in.
    pub seek: usize,
    pub start: f64,
    pub end: f64,
    /// With the space before it, as the reference has it.
    pub text: String,
    /// Its tokens, timestamps included.
    pub tokens: Vec<u32>,
    /// Temperature at which its window was decoded.
    pub temperature: f32,
    /// Log-probability per token of its window.
    pub avg_logprob: f32,
    /// How much its window's text can be compressed: a loop of words can be, much.
    pub compression_ratio: f32,
    /// Probability that nobody speaks in its window.
    pub no_speech_prob: f32,
    /// With [`Timestamps::Word`].
    pub words: Option<Vec<Word>>,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transcript {
    /// The texts of all segments, one after the other.
    pub text: String,
    /// The language's code; none if it was to be detected and nothing was heard.
    pub language: Option<String>,
    pub segments: Vec<Segment>,
    /// Seconds received.
    pub audio_duration: f64,
}

/// What happens on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The language was detected.
    Language { code: String, probability: f32 },
    /// Seconds of the recording that are decided. Never falls; the last is the duration.
    Progress { done: f64 },
    /// All of a segment so far; may still change. An empty text takes it back.
    Partial { id: u32, start: f64, end: f64, text: String },
    /// A segment that stays; each id once, in order.
    Segment(Segment),
    /// Something that whoever reads the transcript should know.
    Warning(String),
}

/// How far [`Transcriber::step`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    /// Nothing more to do before [`Transcriber::push`] or [`Transcriber::end`].
    NeedsAudio,
    /// The transcript is whole.
    Done,
}

/// Transcribes one recording, in turns. Dropping it stops the work at once.
pub struct Transcriber<M> {
    model: Rc<M>,
    shared: Rc<Shared>,
    /// None once it is done.
    task: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// What the driver and the task have in common; neither keeps it borrowed.
struct Shared {
    hearing: RefCell<Hearing>,
    events: RefCell<Vec<Event>>,
    transcript: RefCell<Transcript>,
    /// The task waits for audio.
    starving: Cell<bool>,
}

impl<M: SpeechModel + 'static> Transcriber<M> {
    /// `log_mel` has the model's number of mels.
    ///
    /// # Errors
    /// An option that the model or the rules do not allow, in words that say what is allowed.
    pub fn new(model: Rc<M>, log_mel: LogMel, options: Options) -> Result<Self, String> {
        options.check()?;
        let language = options.language_token(model.vocabulary())?;
        let shared = Rc::new(Shared {
            hearing: RefCell::new(Hearing::new(log_mel)),
            events: RefCell::default(),
            transcript: RefCell::default(),
            starving: Cell::new(false),
        });
        let task = Box::pin(run::run(model.clone(), options, language, shared.clone()));
        Ok(Transcriber { model, shared, task: Some(task) })
    }

    /// Takes in samples, 16 kHz mono, nominally within ±1; however few or many, the result is the same. Memory stays
    /// bounded if the next are pushed after [`Step::NeedsAudio`].
    pub fn push(&mut self, samples: &[f32]) {
        self.shared.hearing.borrow_mut().push(samples);
    }

    /// No more samples come.
    pub fn end(&mut self) {
        self.shared.hearing.borrow_mut().end();
    }

    /// Works until `fuel` is used up (see [`Pace`]), more audio is needed, or all is done.
    pub fn step(&mut self, fuel: i64) -> Step {
        let Some(task) = &mut self.task else { return Step::Done };
        self.shared.starving.set(false);
        if self.model.pace().turn(task.as_mut(), fuel).is_ready() {
            self.task = None;
            return Step::Done;
        }
        if self.shared.starving.get() { Step::NeedsAudio } else { Step::More }
    }

    /// What happened since it was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.shared.events.take()
    }

    /// As [`Transcriber::transcript`], but given away instead of copied: of three hours that is megabytes.
    pub fn take_transcript(&mut self) -> Transcript {
        let audio_duration = self.shared.hearing.borrow().duration();
        Transcript { audio_duration, ..self.shared.transcript.take() }
    }

    /// What is decided so far: all of it once [`Step::Done`] was given.
    pub fn transcript(&self) -> Transcript {
        let audio_duration = self.shared.hearing.borrow().duration();
        Transcript { audio_duration, ..self.shared.transcript.borrow().clone() }
    }
}

impl Shared {
    fn tell(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }
}

/// A segment before it is final.
#[derive(Debug, Clone, PartialEq)]
struct Draft {
    start: f64,
    end: f64,
    tokens: Vec<u32>,
    text: String,
    words: Option<Vec<Word>>,
}

impl Draft {
    /// Says something, and for some time.
    fn is_spoken(&self) -> bool {
        self.start != self.end && !self.text.trim().is_empty()
    }
}

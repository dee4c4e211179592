//! Transcription with a model that says what it is told to.
mod babbler;
mod golden;
mod long;
mod rules;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::*;
use crate::decoding::testing::{Scripted, logits, next_of, parted, tokens, vocabulary_of};

/// What the model is asked: the ordinal of the window and of the decoder that hears it, prompt and text so far.
pub(super) struct Asked<'a> {
    pub(super) window: usize,
    pub(super) attempt: usize,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) prompt: &'a [u32],
    pub(super) said: &'a [u32],
}

/// Tokens and their logits; all others are unlikely.
type Script = dyn Fn(&Asked<'_>) -> Vec<(u32, f32)>;

/// Attention to a window, of that many tokens: `[heads, tokens, 1500]`.
type Attention = dyn Fn(usize, usize) -> Vec<f32>;

/// A model that follows a script.
pub(super) struct Fake {
    pace: Pace,
    dims: Dims,
    vocabulary: Vocabulary,
    script: Box<Script>,
    /// Else token `n` is said at position `10 n`, for ten positions.
    pub(super) attention: Option<Box<Attention>>,
    /// Windows heard, and decoders made for each.
    pub(super) windows: Cell<usize>,
    pub(super) decoders: RefCell<Vec<usize>>,
    /// Prompts, one a decoder; those of language detection are `sot` alone.
    pub(super) prompts: RefCell<Vec<Vec<u32>>>,
    /// Silence at the window's end: columns that are zero throughout.
    pub(super) padding: RefCell<Vec<usize>>,
}

pub(super) struct FakeHeard(usize);

impl Fake {
    pub(super) fn new(
        languages: usize,
        script: impl Fn(&Asked<'_>) -> Vec<(u32, f32)> + 'static,
    ) -> Rc<Self> {
        let vocabulary = vocabulary_of(languages);
        let dims = Dims {
            n_mels: 4,
            n_audio_ctx: 1500,
            n_audio_state: 1,
            n_audio_head: 1,
            n_audio_layer: 1,
            n_vocab: vocabulary.len as usize,
            n_text_ctx: 448,
            n_text_state: 1,
            n_text_head: 1,
            n_text_layer: 1,
        };
        Rc::new(Fake {
            pace: Pace::default(),
            dims,
            vocabulary,
            script: Box::new(script),
            attention: None,
            windows: Cell::new(0),
            decoders: RefCell::default(),
            prompts: RefCell::default(),
            padding: RefCell::default(),
        })
    }

    /// Says one text per window (`<0.00> one<1.00>`), and that all of it is certain.
    pub(super) fn says(texts: &[&str]) -> Rc<Self> {
        let texts: Vec<String> = texts.iter().map(|it| (*it).to_owned()).collect();
        Fake::new(0, move |asked| {
            let text = texts.get(asked.window).map_or("", String::as_str);
            vec![(next_of(asked.vocabulary, &tokens(asked.vocabulary, text), asked.said), 9.0)]
        })
    }
}

impl SpeechModel for Fake {
    type Heard = FakeHeard;
    type Decoder<'a> = Scripted<'a, Box<dyn Fn(&[u32]) -> Vec<f32> + 'a>>;

    fn pace(&self) -> &Pace {
        &self.pace
    }

    fn dims(&self) -> &Dims {
        &self.dims
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    async fn encode(&self, mel: &[f32]) -> FakeHeard {
        self.pace.spend(1_000_000).await;
        assert_eq!(mel.len(), 4 * 3000);
        let zeros = (0..3000).rev().take_while(|at| (0..4).all(|band| mel[band * 3000 + at] == 0.0));
        self.padding.borrow_mut().push(zeros.count());
        let window = self.windows.replace(self.windows.get() + 1);
        self.decoders.borrow_mut().push(0);
        FakeHeard(window)
    }

    fn decoder<'a>(&'a self, heard: &'a FakeHeard) -> Self::Decoder<'a> {
        let attempt = self.decoders.borrow()[heard.0];
        self.decoders.borrow_mut()[heard.0] += 1;
        let place = self.prompts.borrow().len();
        self.prompts.borrow_mut().push(Vec::new());
        let script = move |all: &[u32]| {
            let (prompt, said) = parted(&self.vocabulary, all);
            self.prompts.borrow_mut()[place] = prompt.to_vec();
            let asked = Asked { window: heard.0, attempt, vocabulary: &self.vocabulary, prompt, said };
            logits(&self.vocabulary, &(self.script)(&asked))
        };
        Scripted::new(&self.vocabulary, Box::new(script))
    }

    async fn align(&self, heard: &FakeHeard, tokens: &[u32]) -> (Vec<f32>, Vec<f32>) {
        let steady = |n: usize| (0..1500).map(move |at| if at / 10 == n { 8.0 } else { 0.0 });
        let scores = match &self.attention {
            Some(attention) => attention(heard.0, tokens.len()),
            None => (0..tokens.len()).flat_map(steady).collect(),
        };
        let logits = |end: usize| {
            let (prompt, said) = parted(&self.vocabulary, &tokens[..=end]);
            let asked = Asked { window: heard.0, attempt: 0, vocabulary: &self.vocabulary, prompt, said };
            logits(&self.vocabulary, &(self.script)(&asked))
        };
        (scores, (0..tokens.len()).flat_map(logits).collect())
    }
}

/// What came of a recording.
pub(super) struct Told {
    pub(super) transcript: Transcript,
    pub(super) events: Vec<Event>,
}

/// Transcribes `seconds` of something, pushed in pieces of `piece` samples.
pub(super) fn transcribed(fake: &Rc<Fake>, seconds: f64, piece: usize, options: Options) -> Told {
    let samples = vec![0.25; (seconds * 16_000.0).round() as usize];
    told(fake, &samples, piece, options)
}

pub(super) fn told(fake: &Rc<Fake>, samples: &[f32], piece: usize, options: Options) -> Told {
    let mut transcriber = Transcriber::new(fake.clone(), LogMel::new(4, None), options).unwrap();
    let mut pieces = samples.chunks(piece.max(1));
    let mut events = Vec::new();
    loop {
        match transcriber.step(Pace::TURN) {
            Step::More => {}
            Step::NeedsAudio => match pieces.next() {
                Some(piece) => transcriber.push(piece),
                None => transcriber.end(),
            },
            Step::Done => break,
        }
        events.extend(transcriber.take_events());
    }
    events.extend(transcriber.take_events());
    Told { transcript: transcriber.transcript(), events }
}

/// The reference's behaviour.
pub(super) fn plain() -> Options {
    Options { vad: false, ..Options::default() }
}

impl Told {
    /// `start end text` of all segments.
    pub(super) fn segments(&self) -> Vec<String> {
        let line = |it: &Segment| format!("{} {}{}", it.start, it.end, it.text);
        self.transcript.segments.iter().map(line).collect()
    }

    pub(super) fn progress(&self) -> Vec<f64> {
        let done = |it: &Event| if let Event::Progress { done } = it { Some(*done) } else { None };
        self.events.iter().filter_map(done).collect()
    }
}

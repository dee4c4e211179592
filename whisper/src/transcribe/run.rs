//! The way through a recording, window by window.
use std::rc::Rc;

use super::align::align;
use super::cut::{Cut, FRAMES_PER_SECOND, N_FRAMES, Piece, Window};
use super::doubt::{Doubt, end_of};
use super::fallback::{Asked, Attempt};
use super::hearing::TAIL;
use super::partials::Partials;
use super::words::attach;
use super::{Draft, Event, Options, Segment, Shared, SpeechModel, Timestamps, Word};
use crate::decoding::{Task, detect_language, start};

/// Text that was found at a higher temperature than this is no context for what follows.
const STEADY: f32 = 0.5;

struct Run<M> {
    model: Rc<M>,
    shared: Rc<Shared>,
    asked: Asked,
    partials: Partials,
    /// Code of the language, once known.
    language: Option<String>,
    /// The next window's first frame.
    seek: usize,
    /// Tokens that the next window is told.
    previous: Vec<u32>,
    /// Where the last segment ended, and the last word, in seconds.
    last_end: f64,
    last_speech: f64,
    /// Seconds that were told to be done.
    done: Option<f64>,
}

/// Transcribes what `shared` hears until it ends.
pub(crate) async fn run<M: SpeechModel>(
    model: Rc<M>,
    options: Options,
    language: Option<u32>,
    shared: Rc<Shared>,
) {
    let mut run = Run::new(model, options, language, shared);
    while let Some((window, more)) = run.listen().await {
        run.transcribe(window, more).await;
    }
    let duration = run.shared.hearing.borrow().duration();
    run.progress(duration);
}

impl<M: SpeechModel> Run<M> {
    fn new(model: Rc<M>, options: Options, language: Option<u32>, shared: Rc<Shared>) -> Self {
        let vocabulary = model.vocabulary();
        let english = vocabulary.languages.is_empty().then_some("en");
        let code = language.and_then(|it| vocabulary.language_of(it)).or(english).map(str::to_owned);
        let prompt = options.initial_prompt.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let previous = prompt.map_or_else(Vec::new, |it| vocabulary.encode(&format!(" {it}")));
        let asked = Asked {
            options,
            language,
            suppressed: vocabulary.suppressed(),
            suppressed_at_begin: vocabulary.suppressed_at_begin(),
        };
        let partials = Partials::new(shared.clone());
        shared.transcript.borrow_mut().language.clone_from(&code);
        if asked.options.timestamps == Timestamps::Word && asked.options.task == Task::Translate {
            let warning = "words of a translation are placed roughly: they are not the words that are heard";
            shared.tell(Event::Warning(warning.to_owned()));
        }
        let (last_end, last_speech, done) = (0.0, 0.0, None);
        Run { model, shared, asked, partials, language: code, seek: 0, previous, last_end, last_speech, done }
    }

    /// Waits for the next window, and tells whether more audio follows it; none at the end.
    async fn listen(&mut self) -> Option<(Window, bool)> {
        loop {
            self.gather(self.seek + N_FRAMES + TAIL).await;
            let content = self.shared.hearing.borrow().content();
            let size = content.map_or(N_FRAMES, |it| it.saturating_sub(self.seek).min(N_FRAMES));
            if size == 0 {
                return None;
            }
            let more = content.is_none_or(|it| it > self.seek + size);
            let next = match self.asked.options.vad {
                true => self.shared.hearing.borrow().levels.skip(self.seek, size, more),
                false => self.seek,
            };
            if next == self.seek {
                return Some((self.window(size, more), more));
            }
            self.go_on(next);
        }
    }

    fn window(&self, size: usize, more: bool) -> Window {
        let options = &self.asked.options;
        let cut = options.vad && more && options.timestamps == Timestamps::None;
        let size = if cut { self.shared.hearing.borrow().levels.cut(self.seek, size) } else { size };
        Window {
            seek: self.seek,
            size,
            stride: N_FRAMES / self.model.dims().n_audio_ctx.max(1),
            timestamp_begin: self.model.vocabulary().timestamp_begin,
        }
    }

    /// Makes the frames before `target`, as far as the recording has them; waits for samples.
    async fn gather(&self, target: usize) {
        loop {
            let (ready, made) = {
                let mut hearing = self.shared.hearing.borrow_mut();
                let makeable = hearing.makeable().min(target);
                (hearing.content().is_some() || makeable == target, hearing.make(makeable))
            };
            if made > 0 {
                self.model.pace().spend(made).await;
            } else if ready {
                return;
            } else {
                self.shared.starving.set(true);
                self.model.pace().rest().await;
            }
        }
    }

    async fn transcribe(&mut self, window: Window, more: bool) {
        let model = self.model.clone();
        let mel = self.shared.hearing.borrow().window(window.seek, window.size, N_FRAMES);
        let heard = model.encode(&mel).await;
        if self.language.is_none() {
            self.detect(&heard).await;
        }
        let bounds = (self.last_end, self.limit(window, more));
        let attempt =
            self.asked.decode(&*model, &heard, window, &self.previous, &mut self.partials, bounds).await;
        if self.asked.is_silence(&attempt) {
            self.partials.settle(0);
            self.go_on(window.end());
            return;
        }
        let cut = window.cut(&attempt.decoded.tokens);
        let draft = |piece: Piece| {
            let tokens = attempt.decoded.tokens[piece.tokens].to_vec();
            let text = model.vocabulary().decode(&tokens);
            let (start, end) = (seconds(piece.start), seconds(piece.end));
            Draft { start, end, tokens, text, words: None }
        };
        let mut drafts: Vec<Draft> = cut.pieces.iter().cloned().map(draft).collect();
        let next = match self.asked.options.timestamps {
            Timestamps::Word => self.time_words(&heard, window, &mut drafts, &cut, more).await,
            Timestamps::None | Timestamps::Segment => cut.next,
        };
        self.give(drafts, window, &attempt, bounds.1);
        self.go_on(if next > window.seek { next } else { window.end() });
    }

    async fn detect(&mut self, heard: &M::Heard) {
        let Some((code, probability)) = detect_language(&mut self.model.decoder(heard)).await else { return };
        self.asked.language = self.model.vocabulary().language_token(&code);
        self.language = Some(code.clone());
        self.shared.transcript.borrow_mut().language = Some(code.clone());
        self.shared.tell(Event::Language { code, probability });
    }

    /// Gives words to a window's segments; gives the frame where the next window begins: where the last word ends.
    async fn time_words(
        &mut self,
        heard: &M::Heard,
        window: Window,
        drafts: &mut Vec<Draft>,
        cut: &Cut,
        more: bool,
    ) -> usize {
        let (vocabulary, options) = (self.model.vocabulary(), &self.asked.options);
        let tokens = drafts.iter().flat_map(|it| &it.tokens).copied();
        let text: Vec<u32> = tokens.filter(|it| *it < vocabulary.eot).collect();
        let start = start(vocabulary, self.asked.language, options.task);
        let positions = window.size / window.stride;
        let timings = align(&*self.model, heard, &start, &text, self.language.as_deref(), positions).await;
        attach(drafts, timings, seconds(window.seek), self.last_speech, vocabulary.eot);
        let end = end_of(drafts).filter(|it| !cut.ends_quietly && *it > seconds(window.seek));
        let mut next = end.map_or(cut.next, |it| (it * FRAMES_PER_SECOND).round_ties_even() as usize);
        if let Some(threshold) = options.hallucination_silence_threshold {
            let content = self.shared.hearing.borrow().content().filter(|_| !more);
            let doubt = Doubt { threshold: threshold.into(), last_speech: self.last_speech, content };
            next = doubt.cast(drafts, window, next, cut.ends_quietly);
        }
        self.last_speech = end_of(drafts).unwrap_or(self.last_speech);
        next
    }

    /// Makes a window's segments final.
    fn give(&mut self, drafts: Vec<Draft>, window: Window, attempt: &Attempt, limit: f64) {
        let mut count = 0;
        for draft in drafts.into_iter().filter(Draft::is_spoken) {
            let segment = self.placed(draft, window, attempt, limit);
            self.previous.extend_from_slice(&segment.tokens);
            let mut transcript = self.shared.transcript.borrow_mut();
            transcript.text.push_str(&segment.text);
            transcript.segments.push(segment.clone());
            self.shared.tell(Event::Segment(segment));
            count += 1;
        }
        self.partials.settle(count);
        let kept = (self.model.dims().n_text_ctx / 2).min(self.previous.len());
        self.previous.drain(..self.previous.len() - kept);
        if !self.asked.options.condition_on_previous_text || attempt.temperature > STEADY {
            self.previous.clear();
        }
    }

    /// The next segment: after those before it, and before `limit`.
    fn placed(&mut self, draft: Draft, window: Window, attempt: &Attempt, limit: f64) -> Segment {
        let start = draft.start.max(self.last_end).min(limit);
        let end = draft.end.min(limit).max(start);
        let mut after = self.last_end;
        let mut place = |word: Word| {
            let start = word.start.max(after).min(limit);
            after = word.end.min(limit).max(start);
            Word { start, end: after, ..word }
        };
        let words = draft.words.map(|words| words.into_iter().map(&mut place).collect());
        self.last_end = end.max(after);
        Segment {
            id: u32::try_from(self.shared.transcript.borrow().segments.len()).unwrap_or(u32::MAX),
            seek: window.seek,
            start,
            end,
            text: draft.text,
            tokens: draft.tokens,
            temperature: attempt.temperature,
            avg_logprob: attempt.decoded.avg_logprob,
            compression_ratio: attempt.compression_ratio,
            no_speech_prob: attempt.decoded.no_speech_prob,
            words,
        }
    }

    /// The latest time that a window's segments may have.
    fn limit(&self, window: Window, more: bool) -> f64 {
        let ends = seconds(window.end());
        if more { ends } else { self.shared.hearing.borrow().duration().max(ends) }
    }

    /// The next window begins at frame `next`; all before it is decided.
    fn go_on(&mut self, next: usize) {
        self.seek = next;
        let mut hearing = self.shared.hearing.borrow_mut();
        hearing.forget(next);
        let done = hearing.content().map_or(next, |content| next.min(content));
        drop(hearing);
        self.progress(seconds(done));
    }

    fn progress(&mut self, done: f64) {
        if self.done.is_none_or(|it| done > it) {
            self.done = Some(done);
            self.shared.tell(Event::Progress { done });
        }
    }
}

fn seconds(frame: usize) -> f64 {
    frame as f64 / FRAMES_PER_SECOND
}

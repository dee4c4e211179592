//! Words that nobody said: the reference's `hallucination_silence_threshold`.
use super::Draft;
use super::cut::{FRAMES_PER_SECOND, Window};
use super::words::{APPENDED, PREPENDED};

/// Seconds of silence that make a strange segment beside them a hallucination, and what is around a window.
pub(crate) struct Doubt {
    pub(crate) threshold: f64,
    /// Where the last word before the window ended, in seconds.
    pub(crate) last_speech: f64,
    /// Frames of the recording, where the window is its last.
    pub(crate) content: Option<usize>,
}

/// Words of a segment that are looked at.
const LOOKED_AT: usize = 8;
/// A segment closer than this to the window's begin or end, in seconds, is beside silence.
const CLOSE: f64 = 2.0;

/// Where the last word of some segments ends, in seconds; the last segment if none has words.
pub(crate) fn end_of(drafts: &[Draft]) -> Option<f64> {
    let word = drafts.iter().rev().find_map(|it| it.words.as_ref()?.last());
    word.map(|it| it.end).or(drafts.last().map(|it| it.end))
}

impl Doubt {
    /// Takes away segments that nobody said, and gives the frame where the next window begins.
    pub(crate) fn cast(
        &self,
        drafts: &mut Vec<Draft>,
        window: Window,
        next: usize,
        ends_quietly: bool,
    ) -> usize {
        let offset = window.seek as f64 / FRAMES_PER_SECOND;
        let ends = end_of(drafts).filter(|it| !ends_quietly && *it > offset);
        let next = match ends {
            Some(end) if window.full_end() - end <= self.threshold => window.end(),
            Some(_) | None => next,
        };
        if let Some(gap) = self.leading_silence(drafts, offset) {
            drafts.clear();
            return window.seek + frames(gap);
        }
        let mut before = self.last_speech;
        for at in 0..drafts.len() {
            let (start, end) = (drafts[at].start, drafts[at].end);
            if !has_words(&drafts[at]) {
                continue;
            }
            if is_strange(&drafts[at])
                && self.silence_before(start, before, offset)
                && self.silence_after(end, &drafts[at + 1..], window)
            {
                drafts.truncate(at);
                let ends = self.content.filter(|it| *it as f64 / FRAMES_PER_SECOND - end < self.threshold);
                return ends.unwrap_or_else(|| frames((offset + 1.0).max(start)));
            }
            before = end;
        }
        next
    }

    /// Seconds of silence that a window begins with, if what follows is strange.
    fn leading_silence(&self, drafts: &[Draft], offset: f64) -> Option<f64> {
        let first = drafts.iter().find(|it| has_words(it)).filter(|it| is_strange(it))?;
        Some(first.start - offset).filter(|gap| *gap > self.threshold)
    }

    fn silence_before(&self, start: f64, before: f64, offset: f64) -> bool {
        start - before > self.threshold || start < self.threshold || start - offset < CLOSE
    }

    fn silence_after(&self, end: f64, following: &[Draft], window: Window) -> bool {
        let next = following.iter().find(|it| has_words(it));
        let first_word = next.and_then(|it| it.words.as_ref()?.first());
        let next_start = first_word.map_or(window.end() as f64 / FRAMES_PER_SECOND, |it| it.start);
        next_start - end > self.threshold || next.is_some_and(is_strange) || window.full_end() - end < CLOSE
    }
}

fn frames(seconds: f64) -> usize {
    (seconds * FRAMES_PER_SECOND).round_ties_even() as usize
}

fn has_words(draft: &Draft) -> bool {
    draft.words.as_ref().is_some_and(|it| !it.is_empty())
}

/// Whether the words are unlikely, or much too short or too long.
fn is_strange(draft: &Draft) -> bool {
    let is_punctuation = |word: &str| [PREPENDED, APPENDED].concat().contains(word);
    let words = draft.words.iter().flatten().filter(|it| !is_punctuation(&it.word)).take(LOOKED_AT);
    let scores: Vec<f64> = words.map(|it| strangeness(it.end - it.start, it.probability)).collect();
    let score: f64 = scores.iter().sum();
    score >= 3.0 || score + 0.01 >= scores.len() as f64
}

fn strangeness(seconds: f64, probability: f64) -> f64 {
    let unlikely = if probability < 0.15 { 1.0 } else { 0.0 };
    unlikely + (0.133 - seconds).max(0.0) * 15.0 + (seconds - 2.0).max(0.0)
}

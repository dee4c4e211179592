//! Words of a window → words of its segments: punctuation joined, lengths made plausible, as openai/whisper's
//! `timing.py` does it.
use super::align::Timing;
use super::{Draft, Word};

/// Punctuation that belongs to the word after it, and to the word before it.
pub(crate) const PREPENDED: &str = "\"'“¿([{-";
pub(crate) const APPENDED: &str = "\"'.。,，!！?？:：”)]}、";
/// What ends a sentence.
const SENTENCE_ENDS: &str = ".。!！?？";
/// No word is taken to last longer than this as a rule, in seconds.
const LONGEST_MEDIAN: f64 = 0.7;

/// Gives each of a window's segments its words. `offset`: the window's begin; `last_speech`: where the last word before
/// it ended; both in seconds. Segments then begin and end with their words.
pub(crate) fn attach(
    segments: &mut [Draft],
    mut timings: Vec<Timing>,
    offset: f64,
    mut last_speech: f64,
    eot: u32,
) {
    let usual = Usual::of(&timings);
    usual.shorten_at_sentence_ends(&mut timings);
    join_punctuation(&mut timings);
    let mut left = timings.into_iter();
    for segment in segments {
        let count = segment.tokens.iter().filter(|it| **it < eot).count();
        let mut words = words_of(&mut left, count, offset);
        if !words.is_empty() {
            usual.shorten_after_pause(&mut words, last_speech);
            usual.fit(segment, &mut words);
            last_speech = segment.end;
        }
        segment.words = Some(words);
    }
}

/// Takes words until they have `count` tokens.
fn words_of(timings: &mut impl Iterator<Item = Timing>, count: usize, offset: f64) -> Vec<Word> {
    let (mut words, mut taken) = (Vec::new(), 0);
    while taken < count {
        let Some(Timing { word, tokens, start, end, probability }) = timings.next() else { break };
        taken += tokens.len();
        if !word.is_empty() {
            let (start, end) = (hundredths(offset + start), hundredths(offset + end));
            words.push(Word { word, start, end, probability });
        }
    }
    words
}

fn hundredths(seconds: f64) -> f64 {
    (seconds * 100.0).round_ties_even() / 100.0
}

/// How long words are in a window, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Usual {
    median: f64,
    longest: f64,
    /// Whether any word has a length.
    known: bool,
}

impl Usual {
    fn of(timings: &[Timing]) -> Self {
        let mut lengths: Vec<f64> =
            timings.iter().map(|it| it.end - it.start).filter(|it| *it != 0.0).collect();
        lengths.sort_unstable_by(f64::total_cmp);
        let middle = match lengths.as_slice() {
            [] => 0.0,
            all if all.len() % 2 == 1 => all[all.len() / 2],
            all => (all[all.len() / 2 - 1] + all[all.len() / 2]) / 2.0,
        };
        let median = middle.min(LONGEST_MEDIAN);
        Usual { median, longest: median * 2.0, known: !lengths.is_empty() }
    }

    /// Words that last long at the end of a sentence have the pause after it in them.
    fn shorten_at_sentence_ends(self, timings: &mut [Timing]) {
        if !self.known {
            return;
        }
        for at in 1..timings.len() {
            let [before, it] = &mut timings[at - 1..=at] else { continue };
            if it.end - it.start <= self.longest {
                continue;
            }
            if SENTENCE_ENDS.contains(&it.word) {
                it.end = it.start + self.longest;
            } else if SENTENCE_ENDS.contains(&before.word) {
                it.start = it.end - self.longest;
            }
        }
    }

    /// The first two words after a pause may have the pause in them.
    fn shorten_after_pause(self, words: &mut [Word], last_speech: f64) {
        let (first, second) = match words {
            [] => return,
            [first] => (first, None),
            [first, second, ..] => (first, Some(second)),
        };
        let both = second.as_ref().is_some_and(|it| it.end - first.start > self.longest * 2.0);
        let long = first.end - first.start > self.longest || both;
        if first.end - last_speech <= self.median * 4.0 || !long {
            return;
        }
        if let Some(second) = second.filter(|it| it.end - it.start > self.longest) {
            let boundary = (second.end / 2.0).max(second.end - self.longest);
            (first.end, second.start) = (boundary, boundary);
        }
        first.start = (first.end - self.longest).max(0.0);
    }

    /// Makes a segment and its words begin and end together; where the outer words are too long, the segment knows better.
    fn fit(self, segment: &mut Draft, words: &mut [Word]) {
        if let Some(first) = words.first_mut() {
            if segment.start < first.end && segment.start - 0.5 > first.start {
                first.start = (first.end - self.median).min(segment.start).max(0.0);
            } else {
                segment.start = first.start;
            }
        }
        if let Some(last) = words.last_mut() {
            if segment.end > last.start && segment.end + 0.5 < last.end {
                last.end = (last.start + self.median).max(segment.end);
            } else {
                segment.end = last.end;
            }
        }
    }
}

/// Joins punctuation to the word it belongs to; what was joined is left empty.
fn join_punctuation(timings: &mut [Timing]) {
    let mut following = timings.len().saturating_sub(1);
    for at in (0..following).rev() {
        let opens = timings[at].word.starts_with(' ') && PREPENDED.contains(timings[at].word.trim());
        if opens {
            let word = std::mem::take(&mut timings[at].word) + &timings[following].word;
            timings[following].word = word;
            let tokens = std::mem::take(&mut timings[at].tokens);
            timings[following].tokens.splice(0..0, tokens);
        } else {
            following = at;
        }
    }
    let mut previous = 0;
    for at in 1..timings.len() {
        if !timings[previous].word.ends_with(' ') && APPENDED.contains(&timings[at].word) {
            let word = std::mem::take(&mut timings[at].word);
            let tokens = std::mem::take(&mut timings[at].tokens);
            timings[previous].word.push_str(&word);
            timings[previous].tokens.extend(tokens);
        } else {
            previous = at;
        }
    }
}

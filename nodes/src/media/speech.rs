//! Where somebody speaks, judged by loudness against the background: frame by frame, without looking ahead further
//! than a pause has to last.
use std::collections::VecDeque;

use protocol::Value;

use crate::media::effect::Effect;
use crate::media::sound::Format;
use crate::node::NodeError;

/// Milliseconds that are judged at once.
const FRAME_MS: u64 = 30;
/// The background is the loudness that one in five of so many last frames (3 s) falls below,
const MEMORY: usize = 100;
/// but within these bounds, in decibels below full scale: a recording may begin, and go on, with speech.
const QUIETEST: f64 = -65.0;
const LOUDEST: f64 = -35.0;
/// So many decibels above the background are speech for certain.
const CERTAIN: f64 = 20.0;

/// What counts as speech.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// 0 (everything) to 1 (20 decibels above the background).
    pub(crate) threshold: f64,
    /// Root mean square from which on a frame is speech, whatever the background.
    pub(crate) fixed: Option<f64>,
    /// Shorter speech is none.
    pub(crate) min_speech_ms: u64,
    /// Shorter pauses are none.
    pub(crate) min_silence_ms: u64,
    /// Kept before and after speech.
    pub(crate) pad_ms: u64,
}

/// Tells where speech is, or keeps nothing else.
pub(crate) struct Speech {
    rules: Rules,
    /// Give the speech itself, not where it is.
    filter: bool,
    format: Format,
    loudness: Loudness,
    spans: Spans,
    /// With `filter`: samples not yet given or dropped.
    held: Vec<f32>,
    /// Where they begin, in frames of the recording.
    held_from: u64,
    /// The first span that may still be given.
    current: usize,
}

impl Speech {
    pub(crate) fn new(rules: Rules, filter: bool) -> Self {
        let format = Format { rate: 1, channels: 1 };
        Speech {
            rules,
            filter,
            format,
            loudness: Loudness::new(1),
            spans: Spans::new(rules, 1),
            held: Vec::new(),
            held_from: 0,
            current: 0,
        }
    }

    fn judge(&mut self) {
        let speech = self.loudness.is_speech(self.rules);
        self.spans.advance(self.loudness.position, speech);
    }

    /// Gives the speech before `until`, and drops all else before it.
    fn settle(&mut self, until: u64, given: &mut Vec<f32>) {
        let channels = usize::from(self.format.channels);
        let sample = |position: u64| (position - self.held_from) as usize * channels;
        while let Some((from, to)) = self.spans.kept.get(self.current) {
            let (first, end) = ((*from).max(self.held_from), (*to).min(until));
            if first < end {
                given.extend_from_slice(&self.held[sample(first)..sample(end)]);
            }
            // The last span may still grow.
            if *to >= until || self.current + 1 == self.spans.kept.len() {
                break;
            }
            self.current += 1;
        }
        let done = sample(until);
        self.held.drain(..done);
        self.held_from = until;
    }

    fn report(&self) -> Value {
        let rate = f64::from(self.format.rate);
        let seconds = |position: u64| Value::number(position as f64 / rate);
        let segment =
            |(from, to): &(u64, u64)| Value::map([("start", seconds(*from)), ("end", seconds(*to))]);
        let kept: u64 = self.spans.kept.iter().map(|(from, to)| to - from).sum();
        let ratio = kept as f64 / self.loudness.position.max(1) as f64;
        let segments = self.spans.kept.iter().map(segment).collect();
        Value::map([("segments", Value::List(segments)), ("speech_ratio", Value::number(ratio))])
    }
}

impl Effect for Speech {
    fn begin(&mut self, format: Format) -> Result<(), NodeError> {
        let frame = (u64::from(format.rate) * FRAME_MS / 1000).max(1);
        *self = Speech {
            format,
            loudness: Loudness::new(frame),
            spans: Spans::new(self.rules, format.rate.into()),
            ..Speech::new(self.rules, self.filter)
        };
        Ok(())
    }

    fn feed(&mut self, samples: &[f32], given: &mut Vec<f32>) -> Result<(), NodeError> {
        if self.filter {
            self.held.extend_from_slice(samples);
        }
        for sample in samples.chunks_exact(self.format.channels.into()) {
            if self.loudness.take(sample) {
                self.judge();
            }
        }
        if self.filter {
            self.settle(self.spans.settled(), given);
        }
        Ok(())
    }

    fn end(&mut self, given: &mut Vec<f32>) -> Result<Option<Value>, NodeError> {
        if self.loudness.count > 0 {
            self.judge();
        }
        if !self.filter {
            return Ok(Some(self.report()));
        }
        self.settle(self.loudness.position, given);
        Ok(None)
    }

    fn format(&self) -> Format {
        self.format
    }
}

/// How loud the frames are, the current one and those before it.
struct Loudness {
    /// Samples of a full frame.
    frame: u64,
    /// Sum of squares of the current one, and its samples so far.
    sum: f64,
    count: u64,
    /// Decibels of the last frames, oldest first, and the same sorted.
    recent: VecDeque<f64>,
    sorted: Vec<f64>,
    /// Samples taken in all.
    position: u64,
}

impl Loudness {
    fn new(frame: u64) -> Self {
        Loudness { frame, sum: 0.0, count: 0, recent: VecDeque::new(), sorted: Vec::new(), position: 0 }
    }

    /// Takes one sample of each channel, and says whether the frame is full.
    fn take(&mut self, sample: &[f32]) -> bool {
        let mean = f64::from(sample.iter().sum::<f32>()) / sample.len() as f64;
        self.sum += mean * mean;
        self.count += 1;
        self.position += 1;
        self.count == self.frame
    }

    /// Judges the current frame, and begins the next.
    fn is_speech(&mut self, rules: Rules) -> bool {
        let power = self.sum / self.count as f64;
        (self.sum, self.count) = (0.0, 0);
        let decibels = 10.0 * (power + 1e-10).log10();
        self.remember(decibels);
        match rules.fixed {
            Some(rms) => power.sqrt() >= rms,
            None => ((decibels - self.background()) / CERTAIN).clamp(0.0, 1.0) >= rules.threshold,
        }
    }

    fn remember(&mut self, decibels: f64) {
        if self.recent.len() == MEMORY
            && let Some(oldest) = self.recent.pop_front()
        {
            let at = self.sorted.partition_point(|it| *it < oldest);
            self.sorted.remove(at);
        }
        self.recent.push_back(decibels);
        let at = self.sorted.partition_point(|it| *it < decibels);
        self.sorted.insert(at, decibels);
    }

    fn background(&self) -> f64 {
        self.sorted[self.sorted.len() / 5].clamp(QUIETEST, LOUDEST)
    }
}

/// Judged frames joined to spans. Positions are in samples of one channel.
struct Spans {
    min_speech: u64,
    min_silence: u64,
    pad: u64,
    /// Speech that goes on, or has paused for less than `min_silence`: from where until where.
    open: Option<(u64, u64)>,
    /// Where the padding of the last speech ends.
    tail: u64,
    now: u64,
    /// Padded, in order, apart from each other. The last may still grow.
    kept: Vec<(u64, u64)>,
}

impl Spans {
    fn new(rules: Rules, rate: u64) -> Self {
        let samples = |ms: u64| ms * rate / 1000;
        Spans {
            min_speech: samples(rules.min_speech_ms),
            min_silence: samples(rules.min_silence_ms),
            pad: samples(rules.pad_ms),
            open: None,
            tail: 0,
            now: 0,
            kept: Vec::new(),
        }
    }

    /// Takes the judgment on what lies between the last position and `now`.
    fn advance(&mut self, now: u64, speech: bool) {
        let before = std::mem::replace(&mut self.now, now);
        if speech {
            let start = self.open.map_or(before, |(start, _)| start);
            self.open = Some((start, now));
        }
        if let Some((start, end)) = self.open.filter(|(start, end)| end - start >= self.min_speech) {
            self.tail = end + self.pad;
            self.keep(start.saturating_sub(self.pad));
        }
        if let Some(last) = self.kept.last_mut() {
            last.1 = last.1.max(self.tail.min(now));
        }
        if self.open.is_some_and(|(_, end)| !speech && now - end >= self.min_silence) {
            self.open = None;
        }
    }

    /// Begins a span, unless the last one reaches so far.
    fn keep(&mut self, from: u64) {
        if self.kept.last().is_none_or(|last| last.1 < from) {
            self.kept.push((from, from));
        }
    }

    /// Up to here nothing changes any more.
    fn settled(&self) -> u64 {
        let undecided = self.open.map_or(self.now, |(start, _)| start).saturating_sub(self.pad);
        undecided.max(self.kept.last().map_or(0, |last| last.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules =
        Rules { threshold: 0.5, fixed: None, min_speech_ms: 250, min_silence_ms: 100, pad_ms: 30 };

    /// One letter is 10 ms at a rate of 1000: `x` is speech.
    #[track_caller]
    fn check(judged: &str, rules: Rules, expected: &[(u64, u64)]) {
        let mut spans = Spans::new(rules, 1000);
        let mut settled = 0;
        for (at, letter) in judged.bytes().enumerate() {
            spans.advance((at as u64 + 1) * 10, letter == b'x');
            assert!(spans.settled() >= settled && spans.settled() <= spans.now, "at {at}");
            settled = spans.settled();
        }
        assert_eq!(spans.kept, expected);
    }

    #[test]
    fn speech_is_padded_and_short_speech_is_none() {
        let rules = Rules { min_speech_ms: 30, min_silence_ms: 20, pad_ms: 10, ..RULES };
        check("....xxxx....", rules, &[(30, 90)]);
        check("....xx......", rules, &[]);
        check("xxx", rules, &[(0, 30)]);
        check("....xxx", rules, &[(30, 70)]);
        check("", rules, &[]);
    }

    #[test]
    fn short_pauses_are_none_and_paddings_that_meet_are_one() {
        let rules = Rules { min_speech_ms: 30, min_silence_ms: 20, pad_ms: 10, ..RULES };
        check("..xxx.xxx..", rules, &[(10, 100)]);
        check("..xx.x.....", rules, &[(10, 70)]);
        check("..xxx..xxx..", rules, &[(10, 110)]);
        check("..xxx...xxx..", rules, &[(10, 60), (70, 120)]);
        check("..xxx.....xxx", Rules { pad_ms: 50, ..rules }, &[(0, 130)]);
    }

    fn tone(seconds: f64, level: f32) -> Vec<f32> {
        let sample = |i: usize| level * (i as f32 * 0.3).sin();
        (0..(seconds * 8000.0) as usize).map(sample).collect()
    }

    fn run(filter: bool, samples: &[f32], chunk: usize) -> (Vec<f32>, Option<Value>) {
        let mut speech = Speech::new(RULES, filter);
        let mut given = Vec::new();
        speech.begin(Format { rate: 8000, channels: 1 }).unwrap();
        samples.chunks(chunk).for_each(|chunk| speech.feed(chunk, &mut given).unwrap());
        let value = speech.end(&mut given).unwrap();
        (given, value)
    }

    #[test]
    fn a_tone_between_silences_is_found_and_kept_in_any_chunking() {
        let recording = [tone(1.0, 0.001), tone(1.0, 0.3), tone(1.0, 0.001)].concat();
        let (_, report) = run(false, &recording, 1000);
        let report = report.unwrap();
        assert_eq!(report.to_json(), r#"{"segments":[{"start":0.96,"end":2.04}],"speech_ratio":0.36}"#);
        let (kept, nothing) = run(true, &recording, 1000);
        assert_eq!((kept.as_slice(), nothing), (&recording[7680..16320], None));
        for chunk in [1, 7, 240, 99_999] {
            assert_eq!(run(false, &recording, chunk).1, Some(report.clone()));
            assert_eq!(run(true, &recording, chunk).0, kept);
        }
    }

    #[test]
    fn what_is_held_back_does_not_grow_with_the_recording() {
        let mut speech = Speech::new(RULES, true);
        speech.begin(Format { rate: 8000, channels: 1 }).unwrap();
        for level in [0.3, 0.001, 0.3, 0.001] {
            for _ in 0..60 {
                speech.feed(&tone(1.0, level), &mut Vec::new()).unwrap();
                assert!(speech.held.len() <= 8000, "{}", speech.held.len());
            }
        }
    }

    #[test]
    fn silence_and_nothing_hold_no_speech() {
        assert_eq!(run(false, &[0.0; 9000], 100).1.unwrap().to_json(), r#"{"segments":[],"speech_ratio":0}"#);
        assert_eq!(run(false, &[], 100).1.unwrap().to_json(), r#"{"segments":[],"speech_ratio":0}"#);
        assert!(run(true, &[0.0; 9000], 100).0.is_empty());
    }
}

//! What is shown when: segments as they are, or their words in lines of bounded length.
use super::milliseconds;
use super::python::{is_space, strip};
use crate::transcript::{Segment, Word};

/// How lines are broken. Without times of words nothing of it can be done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Letters of a line at most.
    pub(crate) line_width: Option<usize>,
    /// Lines of a cue at most.
    pub(crate) line_count: Option<usize>,
    /// Words of a cue at most.
    pub(crate) words: Option<usize>,
    /// One cue for each word, which is underlined in it.
    pub(crate) highlight: bool,
}

impl Layout {
    /// Whether cues end where segments do: else they are filled as far as lines of such a width go.
    pub(super) fn keeps_segments(&self) -> bool {
        self.line_count.is_none() || self.line_width.is_none()
    }
}

/// One text on the screen, from when to when, in milliseconds.
#[derive(Debug, PartialEq)]
pub(crate) struct Cue {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) text: String,
}

/// Lines that nobody bounds have so many letters or words.
const UNBOUNDED: usize = 1000;
/// A pause of so many seconds ends a cue that could go on.
const LONG_PAUSE: f64 = 3.0;

pub(crate) fn cues(segments: &[Segment], layout: &Layout) -> Vec<Cue> {
    let words: Option<Vec<&[Word]>> = segments.iter().map(|it| it.words.as_deref()).collect();
    match words {
        Some(words) => {
            let blocks = Blocks::new(layout).fill(&words, segments.first().map_or(0.0, |it| it.start));
            let cues = blocks.iter().filter(|block| !block.is_empty());
            cues.flat_map(|block| if layout.highlight { each(block) } else { vec![whole(block)] }).collect()
        }
        None => segments.iter().map(plain).collect(),
    }
}

fn plain(segment: &Segment) -> Cue {
    let text = strip(&segment.text).replace("-->", "->");
    Cue { start: milliseconds(segment.start), end: milliseconds(segment.end), text }
}

fn whole(block: &[Word]) -> Cue {
    let (start, end) = (block.first().map_or(0.0, |it| it.start), block.last().map_or(0.0, |it| it.end));
    let text = block.iter().map(|word| word.text.as_str()).collect();
    Cue { start: milliseconds(start), end: milliseconds(end), text }
}

/// A cue for each word, and one without underlining for each pause between two.
fn each(block: &[Word]) -> Vec<Cue> {
    let all = whole(block);
    let mut cues = Vec::new();
    let mut last = all.start;
    for (at, word) in block.iter().enumerate() {
        let (start, end) = (milliseconds(word.start), milliseconds(word.end));
        if last != start {
            cues.push(Cue { start: last, end: start, text: all.text.clone() });
        }
        let mark =
            |(i, word): (usize, &Word)| if i == at { underlined(&word.text) } else { word.text.clone() };
        cues.push(Cue { start, end, text: block.iter().enumerate().map(mark).collect() });
        last = end;
    }
    cues
}

/// White space before a word stays outside. A word of several lines is left as it is.
fn underlined(word: &str) -> String {
    let rest = word.trim_start_matches(is_space);
    let (space, (rest, after)) =
        (&word[..word.len() - rest.len()], rest.strip_suffix('\n').map_or((rest, ""), |it| (it, "\n")));
    if rest.contains('\n') { word.into() } else { format!("{space}<u>{rest}</u>{after}") }
}

/// Words of cues; a line break is part of the word after it.
struct Blocks<'a> {
    layout: &'a Layout,
    done: Vec<Vec<Word>>,
    block: Vec<Word>,
    /// Letters of the line at work, and which line of the block it is.
    line_len: usize,
    line: usize,
    /// When the last word began.
    last: f64,
}

impl<'a> Blocks<'a> {
    fn new(layout: &'a Layout) -> Self {
        Blocks { layout, done: Vec::new(), block: Vec::new(), line_len: 0, line: 1, last: 0.0 }
    }

    fn fill(mut self, segments: &[&[Word]], start: f64) -> Vec<Vec<Word>> {
        self.last = segments.iter().find_map(|words| words.first()).map_or(start, |word| word.start);
        for words in segments {
            for some in words.chunks(self.layout.words.unwrap_or(UNBOUNDED)) {
                some.iter().enumerate().for_each(|(at, word)| self.take(word, at == 0));
            }
        }
        self.done.push(self.block);
        self.done
    }

    /// `first` is for the first word of a segment, or of as many as a cue may have.
    fn take(&mut self, word: &Word, first: bool) {
        let keeps = self.layout.keeps_segments();
        let pause = !keeps && word.start - self.last > LONG_PAUSE;
        let cut = first && keeps && !self.block.is_empty();
        let letters = word.text.chars().count();
        let fits = self.line_len + letters <= self.layout.line_width.unwrap_or(UNBOUNDED);
        let mut word = word.clone();
        self.last = word.start;
        if self.line_len > 0 && fits && !pause && !cut {
            self.line_len += letters;
        } else {
            word.text = self.break_before(strip(&word.text), pause, cut);
        }
        self.block.push(word);
    }

    /// The text of a word that begins a line, or a block.
    fn break_before(&mut self, word: &str, pause: bool, cut: bool) -> String {
        let full = self.layout.line_count.is_some_and(|most| pause || self.line >= most);
        let broken = self.line_len > 0;
        self.line_len = word.chars().count();
        if cut || full && !self.block.is_empty() {
            self.done.push(std::mem::take(&mut self.block));
            self.line = 1;
        } else if broken {
            self.line += 1;
            return format!("\n{word}");
        }
        word.into()
    }
}

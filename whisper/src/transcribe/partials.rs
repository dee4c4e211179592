//! Text while it is decoded.
use std::rc::Rc;

use super::cut::{FRAMES_PER_SECOND, Window};
use super::{Event, Shared};
use crate::tokens::Vocabulary;

/// Tells what a window's segments are so far: only what has changed.
pub(crate) struct Partials {
    shared: Rc<Shared>,
    /// Id of the window's first segment.
    first: u32,
    /// Start, end and text of those that were told.
    told: Vec<(f64, f64, String)>,
}

impl Partials {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Partials { shared, first: 0, told: Vec::new() }
    }

    /// Tells what `tokens` say so far. Times are within `from..=to`, in seconds.
    pub(crate) fn tell(
        &mut self,
        vocabulary: &Vocabulary,
        window: Window,
        tokens: &[u32],
        (from, to): (f64, f64),
    ) {
        let within = |frame: usize| (frame as f64 / FRAMES_PER_SECOND).max(from).min(to);
        let mut at = 0;
        for piece in window.cut_so_far(tokens) {
            let text = vocabulary.decode(&tokens[piece.tokens]);
            // A character that is not whole yet.
            let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
            if !text.trim().is_empty() {
                self.put(at, within(piece.start), within(piece.end), text);
                at += 1;
            }
        }
        self.take_back(at);
    }

    /// The window is decided: its first `count` segments are final, and what was told beyond them does not hold.
    pub(crate) fn settle(&mut self, count: usize) {
        self.take_back(count);
        self.told.clear();
        self.first += u32::try_from(count).unwrap_or(u32::MAX);
    }

    fn put(&mut self, at: usize, start: f64, end: f64, text: &str) {
        let new = (start, end, text.to_owned());
        match self.told.get_mut(at) {
            Some(told) if *told == new => return,
            Some(told) => *told = new,
            None => self.told.push(new),
        }
        self.say(at, start, end, text);
    }

    fn take_back(&mut self, from: usize) {
        for at in from..self.told.len() {
            let (start, end, _) = self.told[at];
            self.say(at, start, end, "");
        }
        self.told.truncate(from);
    }

    fn say(&self, at: usize, start: f64, end: f64, text: &str) {
        let id = self.first + u32::try_from(at).unwrap_or(u32::MAX);
        self.shared.tell(Event::Partial { id, start, end, text: text.to_owned() });
    }
}

//! The tokens of a window → its segments, and where the next window begins.
use std::ops::Range;

/// Mel frames a second.
pub(crate) const FRAMES_PER_SECOND: f64 = 100.0;

/// Frames of a window: 30 s.
pub(crate) const N_FRAMES: usize = 3000;

/// A window, in frames of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Its first frame.
    pub(crate) seek: usize,
    /// Frames with audio in them.
    pub(crate) size: usize,
    /// Frames between two timestamps.
    pub(crate) stride: usize,
    /// Id of the timestamp 0.00.
    pub(crate) timestamp_begin: u32,
}

/// A piece of a window's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) tokens: Range<usize>,
    /// Frames of the recording.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What follows from a window's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) pieces: Vec<Piece>,
    /// The first frame of the next window.
    pub(crate) next: usize,
    /// Whether the tokens end with one timestamp after text: nothing is said after it.
    pub(crate) ends_quietly: bool,
}

impl Window {
    pub(crate) fn end(&self) -> usize {
        self.seek + self.size
    }

    /// Where it would end if all of it had audio, in seconds.
    pub(crate) fn full_end(&self) -> f64 {
        (self.seek + N_FRAMES) as f64 / FRAMES_PER_SECOND
    }

    /// Cuts where two timestamps meet. What comes after the last pair is left to the next window, which begins there; a
    /// window without pairs is one piece.
    pub(crate) fn cut(&self, tokens: &[u32]) -> Cut {
        let ends_quietly = match tokens {
            [.., text, stamp] => !self.is_stamp(*text) && self.is_stamp(*stamp),
            [_] | [] => false,
        };
        let mut cuts = self.meetings(tokens);
        if cuts.is_empty() {
            let stamp = tokens.iter().rev().find(|it| self.is_stamp(**it));
            let end =
                stamp.filter(|it| **it != self.timestamp_begin).map_or(self.end(), |it| self.frame(*it));
            let pieces = vec![Piece { tokens: 0..tokens.len(), start: self.seek, end }];
            return Cut { pieces, next: self.end(), ends_quietly };
        }
        if ends_quietly {
            cuts.push(tokens.len());
        }
        let froms = std::iter::once(0).chain(cuts.iter().copied());
        let pieces: Vec<_> = froms.zip(&cuts).map(|(from, to)| self.piece(tokens, from..*to)).collect();
        let last = pieces.last().map_or(self.end(), |it| it.end);
        Cut { pieces, next: if ends_quietly { self.end() } else { last }, ends_quietly }
    }

    /// The pieces so far while tokens still come; the last may be open, and then ends with the window.
    pub(crate) fn cut_so_far(&self, tokens: &[u32]) -> Vec<Piece> {
        let cuts = self.meetings(tokens);
        let froms = std::iter::once(0).chain(cuts.iter().copied());
        let tos = cuts.iter().copied().chain([tokens.len()]);
        froms.zip(tos).filter(|(from, to)| from < to).map(|(from, to)| self.piece(tokens, from..to)).collect()
    }

    /// Where a timestamp follows a timestamp.
    fn meetings(&self, tokens: &[u32]) -> Vec<usize> {
        let meet = |pair: &[u32]| pair.iter().all(|it| self.is_stamp(*it));
        (1..).zip(tokens.windows(2)).filter(|(_, pair)| meet(pair)).map(|(at, _)| at).collect()
    }

    fn piece(&self, tokens: &[u32], range: Range<usize>) -> Piece {
        let frame = |token: Option<&u32>| token.filter(|it| self.is_stamp(**it)).map(|it| self.frame(*it));
        let piece = &tokens[range.clone()];
        let start = frame(piece.first()).unwrap_or(self.seek);
        let end = frame(piece.last()).filter(|_| piece.len() > 1);
        Piece { tokens: range, start, end: end.unwrap_or_else(|| self.end().max(start)) }
    }

    fn is_stamp(&self, token: u32) -> bool {
        token >= self.timestamp_begin
    }

    fn frame(&self, stamp: u32) -> usize {
        self.seek + (stamp - self.timestamp_begin) as usize * self.stride
    }
}

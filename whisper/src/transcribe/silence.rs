//! Where nobody speaks: an energy gate whose floor adapts. It is used for long silences only, where the model would hear
//! voices that are not there; whether a short one is a pause is the model's business.
use std::collections::VecDeque;

/// Frames of a block, over which the level is averaged: 0.1 s.
const BLOCK: usize = 10;
/// Silence that is worth skipping, in frames.
const LONG: usize = 200;
/// Frames kept before speech begins.
const LEAD: usize = 50;
/// Blocks before the window that the floor is taken from, too: a minute.
const MEMORY: usize = 600;
/// Levels are log10 of power. Below this is silence however quiet the rest: half a bit of 16.
const INAUDIBLE: f32 = -8.0;
/// Below the loudest block by this is silence.
const RANGE: f32 = 5.0;
/// Speech is above the floor by this.
const MARGIN: f32 = 0.3;
/// Where the loudest block is above the floor by less than this there is nothing to tell speech from.
const CONTRAST: f32 = 1.0;

/// Levels of the blocks of a recording.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    /// Mean log-mel of each block from `first` on.
    blocks: VecDeque<f32>,
    first: usize,
    /// Sum and count of the frames of the block that is not whole yet.
    sum: f32,
    count: usize,
    loudest: Option<f32>,
}

impl Levels {
    /// Takes in the next frame.
    pub(crate) fn add(&mut self, frame: &[f32]) {
        self.sum += frame.iter().sum::<f32>() / frame.len().max(1) as f32;
        self.count += 1;
        if self.count == BLOCK {
            let level = self.sum / BLOCK as f32;
            self.blocks.push_back(level);
            self.loudest = Some(self.loudest.map_or(level, |it| it.max(level)));
            (self.sum, self.count) = (0.0, 0);
        }
    }

    /// Where to go on with a window at `seek` of `size` frames: where it is, after a long silence, or past all of it
    /// if all is silent. `more`: whether more audio follows the window.
    pub(crate) fn skip(&self, seek: usize, size: usize, more: bool) -> usize {
        let limit = self.limit();
        let mut blocks = (seek / BLOCK..(seek + size).div_ceil(BLOCK)).filter(|it| self.level(*it) > limit);
        let end = seek + size;
        match blocks.next().map(|block| block * BLOCK) {
            None if !more => end,
            None => end - LEAD.min(size / 2),
            Some(voice) if voice >= seek + LONG => voice - LEAD,
            Some(_) => seek,
        }
    }

    /// The quietest place in the last third of a window: where to cut if nothing else tells.
    pub(crate) fn cut(&self, seek: usize, size: usize) -> usize {
        let blocks = ((seek + size * 2 / 3) / BLOCK + 1..(seek + size) / BLOCK - 1).map(|block| {
            let around = self.level(block - 1) + self.level(block) + self.level(block + 1);
            (block, around)
        });
        let quietest = blocks.min_by(|a, b| a.1.total_cmp(&b.1));
        quietest.map_or(size, |(block, _)| block * BLOCK + BLOCK / 2 - seek)
    }

    pub(crate) fn forget(&mut self, seek: usize) {
        let keep_from = (seek / BLOCK).saturating_sub(MEMORY);
        while self.first < keep_from && self.blocks.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// Blocks that are louder are speech.
    fn limit(&self) -> f32 {
        let floor = self.blocks.iter().copied().fold(f32::INFINITY, f32::min);
        let loudest = self.loudest.unwrap_or(INAUDIBLE);
        let above_floor = if loudest - floor > CONTRAST { floor + MARGIN } else { f32::NEG_INFINITY };
        above_floor.max(loudest - RANGE).max(INAUDIBLE)
    }

    /// A block that is not whole is silent.
    fn level(&self, block: usize) -> f32 {
        block.checked_sub(self.first).and_then(|at| self.blocks.get(at).copied()).unwrap_or(f32::NEG_INFINITY)
    }
}

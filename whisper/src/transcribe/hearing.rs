//! Samples as they come → frames, as far as they are needed and no longer than they are needed.
use super::silence::Levels;
use crate::audio::{self, FRAME, HOP, LogMel};

/// Samples on each side of a frame's centre.
const REACH: usize = FRAME / 2;
/// Frames after the end of the audio that its last samples reach into.
pub(crate) const TAIL: usize = 2;
/// Frames that are made at a time, so that turns stay short.
const BATCH: usize = 100;
/// Multiplications and additions for one frame and one mel band, roughly: transform and filters.
const COST: usize = 250;

/// What was heard and is still needed.
pub(crate) struct Hearing {
    log_mel: LogMel,
    n_mels: usize,
    /// Samples; those before `used` are done with. Frame `next` begins at `used`.
    samples: Vec<f32>,
    used: usize,
    /// Whether the recording's beginning was mirrored, as the reference pads it.
    opened: bool,
    received: u64,
    ended: bool,
    /// Log-mel of frames `first..next`, `[frames, n_mels]`.
    frames: Vec<f32>,
    first: usize,
    next: usize,
    /// The largest value of frames `0..next`.
    max: f32,
    pub(crate) levels: Levels,
}

impl Hearing {
    pub(crate) fn new(log_mel: LogMel) -> Self {
        Hearing {
            n_mels: log_mel.n_mels(),
            log_mel,
            samples: Vec::new(),
            used: 0,
            opened: false,
            received: 0,
            ended: false,
            frames: Vec::new(),
            first: 0,
            next: 0,
            max: f32::NEG_INFINITY,
            levels: Levels::default(),
        }
    }

    /// Takes samples in; after the end they are not heard.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        if !self.ended {
            self.samples.extend_from_slice(samples);
            self.received += samples.len() as u64;
        }
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Seconds received.
    pub(crate) fn duration(&self) -> f64 {
        self.received as f64 / f64::from(crate::SAMPLE_RATE)
    }

    /// Frames of the whole recording, once it has ended.
    pub(crate) fn content(&self) -> Option<usize> {
        self.ended.then_some(self.received as usize / HOP)
    }

    /// Frames that can be made of what is there; at the end those that hear any of it.
    pub(crate) fn makeable(&self) -> usize {
        let received = self.received as usize;
        match self.content() {
            Some(content) => content + TAIL,
            None if received <= REACH => 0,
            None => (received - REACH) / HOP + 1,
        }
    }

    /// Makes some of the frames before `target`, which must be possible, and gives what it cost; 0 if all are made.
    pub(crate) fn make(&mut self, target: usize) -> usize {
        let count = target.saturating_sub(self.next).min(BATCH);
        if count == 0 {
            return 0;
        }
        self.open();
        let needed = self.used + (count - 1) * HOP + 2 * REACH;
        if self.samples.len() < needed {
            self.samples.resize(needed, 0.0);
        }
        let before = self.frames.len();
        self.log_mel.frames(&self.samples[self.used..needed], count, &mut self.frames);
        for frame in self.frames[before..].chunks_exact(self.n_mels) {
            self.max = frame.iter().copied().fold(self.max, f32::max);
            self.levels.add(frame);
        }
        self.next += count;
        self.used += count * HOP;
        self.drop_used();
        count * self.n_mels * COST
    }

    /// The window of `size` frames from `seek` on, as the model hears it: `[n_mels, n_frames]`. What is missing is
    /// zero, as in the reference, which cuts the window out of the scaled log-mel.
    ///
    /// The scale is that of the loudest value so far, where the reference knows the whole recording; they are the
    /// same for recordings of one window.
    pub(crate) fn window(&self, seek: usize, size: usize, n_frames: usize) -> Vec<f32> {
        let from = (seek - self.first) * self.n_mels;
        let frames = &self.frames[from..from + size * self.n_mels];
        let mut window = audio::normalised(frames, self.n_mels, n_frames, self.max);
        window.chunks_exact_mut(n_frames).for_each(|band| band[size..].fill(0.0));
        window
    }

    /// Lets go of frames before `seek`.
    pub(crate) fn forget(&mut self, seek: usize) {
        let gone = seek.min(self.next).saturating_sub(self.first);
        self.frames.drain(..gone * self.n_mels);
        self.first += gone;
        self.levels.forget(seek);
    }

    /// Values held: samples and log-mel.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.samples.len() + self.frames.len()
    }

    /// Puts the mirrored beginning before the first sample.
    fn open(&mut self) {
        if !std::mem::replace(&mut self.opened, true) {
            let mirrored = (1..=REACH).rev().map(|at| self.samples.get(at).copied().unwrap_or(0.0));
            let mirrored: Vec<f32> = mirrored.collect();
            self.samples.splice(0..0, mirrored);
        }
    }

    /// Lets go of samples: not each time, so that a long recording pushed at once is not moved again and again.
    fn drop_used(&mut self) {
        if self.used * 2 > self.samples.len() {
            self.samples.drain(..self.used);
            self.used = 0;
        }
    }
}

//! Sound in memory, or beside it: its format, reading it piece by piece, mixing its channels.
use std::fmt;

use protocol::{Audio, Buffer, ReadError, Value};

use crate::node::NodeError;

/// Sample rates, in hertz: from what is no sound any more to twice what any recorder offers.
pub(crate) const MIN_RATE: u32 = 100;
pub(crate) const MAX_RATE: u32 = 768_000;
/// The most channels: 16 more than the largest immersive formats have.
pub(crate) const MAX_CHANNELS: u16 = 64;

/// How samples are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// Frames per second, [`MIN_RATE`] to [`MAX_RATE`].
    pub(crate) rate: u32,
    /// 1 to [`MAX_CHANNELS`].
    pub(crate) channels: u16,
}

impl Format {
    /// The format with these numbers, if they are within bounds.
    pub(crate) fn new(rate: u32, channels: u64) -> Result<Self, NodeError> {
        if !(MIN_RATE..=MAX_RATE).contains(&rate) {
            return Err(format!("audio of {rate} Hz; possible are {MIN_RATE} to {MAX_RATE} Hz").into());
        }
        match u16::try_from(channels) {
            Ok(channels @ 1..=MAX_CHANNELS) => Ok(Format { rate, channels }),
            _ => Err(format!("audio of {channels} channels; possible are 1 to {MAX_CHANNELS}").into()),
        }
    }

    pub(crate) fn of(audio: &Audio) -> Result<Self, NodeError> {
        Format::new(audio.sample_rate, audio.channels.into())
    }

    /// Whether a recording of this format may go on as one of `next`.
    pub(crate) fn goes_on_as(self, next: Format) -> Result<(), NodeError> {
        if self == next {
            Ok(())
        } else {
            Err(format!("a recording of {self} goes on as one of {next}").into())
        }
    }

    /// How long so many frames last.
    pub(crate) fn seconds(self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate)
    }

    /// Samples of this format as a value.
    pub(crate) fn value(self, samples: Vec<f32>) -> Value {
        Value::Audio(Audio {
            sample_rate: self.rate,
            channels: self.channels,
            samples: Buffer::from_f32(samples),
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.channels == 1 { "" } else { "s" };
        write!(f, "{} Hz with {} channel{plural}", self.rate, self.channels)
    }
}

/// Reads the samples of a value piece by piece, so that a recording which lies outside this memory stays there.
pub(crate) struct Pcm {
    samples: Buffer,
    channels: usize,
    next: u64,
    frames: u64,
    bytes: Vec<u8>,
}

impl Pcm {
    pub(crate) fn new(audio: Audio) -> Self {
        let channels = usize::from(audio.channels.max(1));
        let frames = audio.samples.size() / 4 / channels as u64;
        Pcm { samples: audio.samples, channels, next: 0, frames, bytes: Vec::new() }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left() == 0
    }

    /// Frames that are not read yet.
    pub(crate) fn left(&self) -> u64 {
        self.frames - self.next
    }

    /// Puts the next frames, `most` at most, into `samples` instead of what is there. NaN and infinities become 0.
    pub(crate) fn read(&mut self, most: usize, samples: &mut Vec<f32>) -> Result<(), NodeError> {
        samples.clear();
        let frames = (self.frames - self.next).min(most as u64);
        let from = self.next * self.channels as u64 * 4;
        let size = frames as usize * self.channels * 4;
        self.next += frames;
        if let Some(all) = self.samples.source().as_slice() {
            let from = from as usize;
            samples.extend(finite(&all[from..from + size]));
            return Ok(());
        }
        self.bytes.resize(size, 0);
        read_exactly(&self.samples, from, &mut self.bytes)?;
        samples.extend(finite(&self.bytes));
        Ok(())
    }
}

fn finite(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| {
        let sample = f32::from_le_bytes(*bytes);
        if sample.is_finite() { sample } else { 0.0 }
    })
}

fn read_exactly(samples: &Buffer, from: u64, out: &mut [u8]) -> Result<(), ReadError> {
    let mut filled = 0;
    while filled < out.len() {
        match samples.source().read_at(from + filled as u64, &mut out[filled..])? {
            0 => return Err(ReadError(format!("the samples end {} bytes early", out.len() - filled))),
            count => filled += count,
        }
    }
    Ok(())
}

/// Appends `samples` of `from` channels as `to` channels: one is the mean of all, one becomes many by copying,
/// many become fewer by leaving out the last, and more by beginning again with the first.
pub(crate) fn mix(samples: &[f32], from: u16, to: u16, mixed: &mut Vec<f32>) {
    let (from, to) = (usize::from(from), usize::from(to));
    if from == to {
        mixed.extend_from_slice(samples);
        return;
    }
    mixed.reserve(samples.len() / from * to);
    for frame in samples.chunks_exact(from) {
        if to == 1 {
            mixed.push(frame.iter().sum::<f32>() / from as f32);
        } else {
            mixed.extend(frame.iter().cycle().take(to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(samples: &[f32], from: u16, to: u16, expected: &[f32]) {
        let mut mixed = Vec::new();
        mix(samples, from, to, &mut mixed);
        assert_eq!(mixed, expected);
    }

    #[test]
    fn channels_are_mixed_by_mean_and_copied() {
        check(&[1.0, 0.0, -1.0, 0.5], 2, 1, &[0.5, -0.25]);
        check(&[1.0, 2.0], 1, 3, &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        check(&[1.0, 2.0, 3.0], 3, 2, &[1.0, 2.0]);
        check(&[1.0, 2.0], 2, 5, &[1.0, 2.0, 1.0, 2.0, 1.0]);
        check(&[1.0, 2.0], 2, 2, &[1.0, 2.0]);
    }

    #[test]
    fn samples_that_are_no_numbers_become_silence_and_half_frames_are_left_out() {
        let samples = Buffer::from_f32(vec![0.5, f32::NAN, f32::INFINITY, -0.5, 1.0]);
        let mut pcm = Pcm::new(Audio { sample_rate: 8000, channels: 2, samples });
        let mut read = Vec::new();
        pcm.read(1, &mut read).unwrap();
        assert_eq!((read.as_slice(), pcm.is_done()), (&[0.5, 0.0][..], false));
        pcm.read(9, &mut read).unwrap();
        assert_eq!((read.as_slice(), pcm.is_done()), (&[0.0, -0.5][..], true));
    }

    #[test]
    fn formats_out_of_bounds_are_refused() {
        let text = |rate, channels| Format::new(rate, channels).unwrap_err().message;
        assert_eq!(text(0, 1), "audio of 0 Hz; possible are 100 to 768000 Hz");
        assert_eq!(text(8000, 1000), "audio of 1000 channels; possible are 1 to 64");
        assert_eq!(text(8000, 0), "audio of 0 channels; possible are 1 to 64");
    }
}

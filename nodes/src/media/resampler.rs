//! Sound at another rate: any chunking, exact length, no delay.
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, Fft, FixedAsync, FixedSync, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use crate::node::NodeError;

/// How steep the filter is; the higher, the more of the band near half the lower rate is kept, at more work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    Low,
    Medium,
    High,
}

impl Quality {
    /// The one called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "low" => Some(Quality::Low),
            "medium" => Some(Quality::Medium),
            "high" => Some(Quality::High),
            _ => None,
        }
    }

    /// Frames of the filter, at the lower of the two rates.
    fn block(self) -> usize {
        match self {
            Quality::Low => 128,
            Quality::Medium => 512,
            Quality::High => 2048,
        }
    }
}

/// Rates whose common divisor is small need long transforms; from here on, interpolation is cheaper.
const LONGEST_BLOCK: u64 = 16_384;
/// Frames that are enough to make a delay whole, to a few thousandths of a frame.
const MOST_SILENCE: usize = 512;

/// Between two rates, for one recording.
pub(crate) struct Resampler {
    inner: Box<dyn rubato::Resampler<f32>>,
    channels: usize,
    rates: (u64, u64),
    /// Interleaved, less than one chunk.
    pending: Vec<f32>,
    chunk: Vec<f32>,
    /// Frames still to be dropped: the delay of the filter.
    delay: usize,
    /// Frames.
    taken: u64,
    given: u64,
}

impl Resampler {
    pub(crate) fn new(from: u32, to: u32, channels: u16, quality: Quality) -> Result<Self, NodeError> {
        let channels = usize::from(channels);
        let (silence, delay, inner) = inner(from, to, channels, quality)?;
        Ok(Resampler {
            channels,
            rates: (from.into(), to.into()),
            pending: vec![0.0; silence * channels],
            chunk: vec![0.0; inner.output_frames_max() * channels],
            delay,
            taken: 0,
            given: 0,
            inner,
        })
    }

    /// Takes whole frames and appends to `given` what can be given already.
    pub(crate) fn feed(&mut self, samples: &[f32], given: &mut Vec<f32>) -> Result<(), NodeError> {
        self.taken += (samples.len() / self.channels) as u64;
        self.pending.extend_from_slice(samples);
        let mut at = 0;
        loop {
            let next = self.inner.input_frames_next() * self.channels;
            if self.pending.len() - at < next {
                break;
            }
            self.transform(at, at + next, u64::MAX, given)?;
            at += next;
        }
        self.pending.drain(..at);
        Ok(())
    }

    /// Appends the rest: as many frames in all as were taken, times the ratio, rounded.
    pub(crate) fn end(&mut self, given: &mut Vec<f32>) -> Result<(), NodeError> {
        let (from, to) = self.rates;
        let due = (self.taken * to + from / 2) / from;
        while self.given < due {
            let next = self.inner.input_frames_next() * self.channels;
            self.pending.resize(next, 0.0);
            self.transform(0, next, due, given)?;
            self.pending.clear();
        }
        Ok(())
    }

    /// One chunk: `pending[from..to]`, of which at most `due` frames in all are given.
    fn transform(&mut self, from: usize, to: usize, due: u64, given: &mut Vec<f32>) -> Result<(), NodeError> {
        let frames = self.chunk.len() / self.channels;
        let input =
            InterleavedSlice::new(&self.pending[from..to], self.channels, (to - from) / self.channels)?;
        let mut output = InterleavedSlice::new_mut(&mut self.chunk, self.channels, frames)?;
        let (_, frames) = self.inner.process_into_buffer(&input, &mut output, None)?;
        let skipped = self.delay.min(frames);
        self.delay -= skipped;
        let fresh = ((frames - skipped) as u64).min(due - self.given);
        self.given += fresh;
        let first = skipped * self.channels;
        given.extend_from_slice(&self.chunk[first..first + fresh as usize * self.channels]);
        Ok(())
    }
}

/// Frames of silence to put first, frames of delay to drop, and what resamples.
type Inner = (usize, usize, Box<dyn rubato::Resampler<f32>>);

fn inner(from: u32, to: u32, channels: usize, quality: Quality) -> Result<Inner, NodeError> {
    let divisor = u64::from(gcd(from, to));
    let window = WindowFunction::BlackmanHarris2;
    if u64::from(from.max(to)) / divisor > LONGEST_BLOCK {
        return interpolating(from, to, channels, quality);
    }
    // The filter has as many frames as the block has on the side of the lower rate. An even number of the shortest
    // blocks puts its middle on a frame, so that the delay is whole.
    let ratio = (f64::from(from) / f64::from(to)).max(1.0);
    let shortest = (u64::from(from) / divisor) as usize;
    let block = ((quality.block() as f64 * ratio) as usize).div_ceil(2 * shortest) * 2 * shortest;
    let inner = Fft::new_custom(from as usize, to as usize, block, 1, channels, window, FixedSync::Both)?;
    Ok((0, inner.output_delay(), Box::new(inner)))
}

fn interpolating(from: u32, to: u32, channels: usize, quality: Quality) -> Result<Inner, NodeError> {
    let ratio = f64::from(to) / f64::from(from);
    let parameters = SincInterpolationParameters {
        sinc_len: ((quality.block() / 4) as f64 / ratio.min(1.0)).clamp(64.0, 2048.0) as usize / 8 * 8,
        f_cutoff: None,
        oversampling_factor: 256,
        interpolation: SincInterpolationType::Cubic,
        window: WindowFunction::BlackmanHarris2,
    };
    let chunk = (65_536.0 / ratio).clamp(1.0, 1024.0) as usize;
    let inner = Async::new_sinc(ratio, 1.0, &parameters, chunk, channels, FixedAsync::Input)?;
    // Its delay, half the filter less one frame given, is hardly ever whole: some silence first makes it so.
    let delay = |silence: usize| (parameters.sinc_len / 2 + silence) as f64 * ratio - 1.0;
    let off = |silence: &usize| (delay(*silence) - delay(*silence).round()).abs();
    let most = MOST_SILENCE.max((2.0 / ratio) as usize);
    let possible = (0..most).filter(|silence| delay(*silence) > -0.25);
    let silence = possible.min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0);
    Ok((silence, delay(silence).round() as usize, Box::new(inner)))
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

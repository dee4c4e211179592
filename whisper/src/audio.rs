//! 16 kHz mono samples → log-mel, as openai/whisper's `audio.py`: frames of 400 samples (25 ms) every 160 (10 ms),
//! periodic Hann window, power spectrum, Slaney's mel filters, log10.
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};

/// Samples of a frame.
pub const FRAME: usize = 400;
/// Samples from one frame to the next.
pub const HOP: usize = 160;
/// Frequencies of a frame, 40 Hz apart.
const BINS: usize = FRAME / 2 + 1;
/// What log10 is taken of at least: nothing is quieter.
const SILENCE: f32 = 1e-10;

/// Makes un-normalised log10 mel frames, 10 ms apart; see [`normalised`].
pub struct LogMel {
    window: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    filters: Vec<Filter>,
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    power: Vec<f32>,
}

/// A mel band: weights of the frequencies from `first` on.
struct Filter {
    first: usize,
    weights: Vec<f32>,
}

impl LogMel {
    /// `filters` as [`crate::weights::Checkpoint::mel_filters`] (`[n_mels, 201]`); Slaney's filters without.
    pub fn new(n_mels: usize, filters: Option<Vec<f32>>) -> Self {
        let filters = filters.unwrap_or_else(|| slaney_filters(n_mels));
        let fft = RealFftPlanner::new().plan_fft_forward(FRAME);
        let hann = |at: usize| 0.5 - 0.5 * (std::f64::consts::TAU * at as f64 / FRAME as f64).cos();
        LogMel {
            window: (0..FRAME).map(|at| hann(at) as f32).collect(),
            filters: filters.chunks_exact(BINS).map(Filter::of).collect(),
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; BINS],
            fft,
        }
    }

    /// Mel bands of a frame.
    pub fn n_mels(&self) -> usize {
        self.filters.len()
    }

    /// Appends `count` frames (`[count, n_mels]`, log10 of the power, at least -10) to `frames`. `samples` begins 200
    /// samples before the first frame's centre and has `(count - 1) * 160 + 400` of them or more; at the recording's
    /// borders the caller pads, by reflection at the start and by zeros at the end.
    pub fn frames(&mut self, samples: &[f32], count: usize, frames: &mut Vec<f32>) {
        frames.reserve(count * self.filters.len());
        for at in 0..count {
            let samples = &samples[at * HOP..][..FRAME];
            for ((out, x), weight) in self.frame.iter_mut().zip(samples).zip(&self.window) {
                *out = x * weight;
            }
            // The lengths are those the plan asked for, so it cannot fail.
            _ = self.fft.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
            for (power, x) in self.power.iter_mut().zip(&self.spectrum) {
                *power = x.norm_sqr();
            }
            frames.extend(self.filters.iter().map(|filter| filter.energy(&self.power).max(SILENCE).log10()));
        }
    }
}

impl Filter {
    fn of(row: &[f32]) -> Self {
        let first = row.iter().position(|x| *x != 0.0).unwrap_or(0);
        let end = row.iter().rposition(|x| *x != 0.0).map_or(first, |last| last + 1);
        Filter { first, weights: row[first..end].to_vec() }
    }

    fn energy(&self, power: &[f32]) -> f32 {
        self.weights.iter().zip(&power[self.first..]).map(|(weight, power)| weight * power).sum()
    }
}

/// Mel filters after Slaney's Auditory Toolbox, `[n_mels, 201]`, for 0 to 8000 Hz: triangles of equal area.
fn slaney_filters(n_mels: usize) -> Vec<f32> {
    const LINEAR: f64 = 200.0 / 3.0;
    const BREAK_HZ: f64 = 1000.0;
    const BREAK: f64 = BREAK_HZ / LINEAR;
    let log_step = 6.4f64.ln() / 27.0;
    let mel = |hz: f64| if hz < BREAK_HZ { hz / LINEAR } else { BREAK + (hz / BREAK_HZ).ln() / log_step };
    let hz = |mel: f64| if mel < BREAK { mel * LINEAR } else { BREAK_HZ * (log_step * (mel - BREAK)).exp() };
    let top = mel(8000.0);
    let corner = |at: usize| hz(top * at as f64 / (n_mels + 1) as f64);
    let band = |band: usize| {
        let (low, centre, high) = (corner(band), corner(band + 1), corner(band + 2));
        (0..BINS).map(move |bin| {
            let hz = bin as f64 * 40.0;
            let slope = ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0);
            (slope * 2.0 / (high - low)) as f32
        })
    };
    (0..n_mels).flat_map(band).collect()
}

/// The window a model hears: `frames` (`[frames, n_mels]`) transposed to `[n_mels, n_frames]`, what is missing as
/// silence, clamped to `max - 8` and scaled by `(x + 4) / 4`. `max` is the largest value of the recording.
pub fn normalised(frames: &[f32], n_mels: usize, n_frames: usize, max: f32) -> Vec<f32> {
    let scaled = |x: f32| (x.max(max - 8.0) + 4.0) / 4.0;
    let mut window = vec![scaled(SILENCE.log10()); n_mels * n_frames];
    for (at, frame) in frames.chunks_exact(n_mels).take(n_frames).enumerate() {
        for (band, value) in frame.iter().enumerate() {
            window[band * n_frames + at] = scaled(*value);
        }
    }
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame_of(samples: impl Fn(usize) -> f32) -> Vec<f32> {
        let samples: Vec<f32> = (0..FRAME).map(samples).collect();
        let mut frames = Vec::new();
        LogMel::new(80, None).frames(&samples, 1, &mut frames);
        frames
    }

    #[test]
    fn silence_is_as_quiet_as_can_be() {
        assert_eq!(frame_of(|_| 0.0), vec![-10.0; 80]);
    }

    #[test]
    fn a_tone_is_loudest_in_its_band() {
        for (hz, band) in [(400.0, 10), (1000.0, 26), (4000.0, 62)] {
            let frame = frame_of(|at| (std::f32::consts::TAU * hz * at as f32 / 16_000.0).sin());
            let loudest = (0..80).max_by(|a, b| frame[*a].total_cmp(&frame[*b])).unwrap();
            assert!(loudest.abs_diff(band) <= 1, "{hz} Hz is in band {loudest}");
        }
    }

    #[test]
    fn filters_are_triangles_that_overlap_by_half() {
        for n_mels in [80, 128] {
            let filters = slaney_filters(n_mels);
            assert_eq!(filters.len(), n_mels * BINS);
            assert!(filters.chunks_exact(BINS).all(|band| band.iter().any(|x| *x > 0.0)));
            // Spacing of 40 Hz and equal area: weight times bandwidth is about 1 for wide bands.
            let top = &filters[(n_mels - 1) * BINS..];
            assert!((top.iter().sum::<f32>() * 40.0 - 1.0).abs() < 0.05);
        }
    }

    #[test]
    fn files_may_bring_their_own_filters() {
        let mut filters = vec![0.0; 2 * BINS];
        filters[5] = 1.0;
        let mut mel = LogMel::new(2, Some(filters));
        assert_eq!(mel.n_mels(), 2);
        let mut frames = Vec::new();
        mel.frames(&[1.0; FRAME + HOP], 2, &mut frames);
        assert_eq!(frames.len(), 4);
        assert_eq!(frames[1], -10.0);
    }

    #[test]
    fn a_window_is_transposed_clamped_and_filled_with_silence() {
        let window = normalised(&[1.0, 0.0, -9.0, 1.0], 2, 3, 1.0);
        assert_eq!(window, [1.25, -0.75, -0.75, 1.0, 1.25, -0.75]);
    }
}

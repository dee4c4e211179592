//! 16 kHz mono samples → log-mel.

/// Turns a stream of samples into un-normalised log10 mel frames, 10 ms apart; see [`normalised`].
pub struct LogMel {
    n_mels: usize,
}

impl LogMel {
    /// `filters` as [`crate::weights::Checkpoint::mel_filters`]; Slaney's filters without.
    pub fn new(n_mels: usize, filters: Option<Vec<f32>>) -> Self {
        let _ = filters;
        LogMel { n_mels }
    }
    /// Appends frames to `frames` (`[frames, n_mels]`, log10 of power clamped to 1e-10) for samples at
    /// `first_frame * 160 ..` of the recording: `samples` begins 200 samples before the first frame's centre and has
    /// `(count - 1) * 160 + 400` samples. At the recording's borders the caller pads as `reflect` (start) and zeros.
    pub fn frames(&mut self, samples: &[f32], count: usize, frames: &mut Vec<f32>) {
        let _ = samples;
        frames.resize(frames.len() + count * self.n_mels, -10.0);
    }
}

/// The window a model hears: `frames` (`[frames, n_mels]`) transposed to `[n_mels, 3000]`, what is missing as silence
/// (log10 of 1e-10), clamped to `max - 8` and scaled by `(x + 4) / 4`. `max` is the largest value of the recording.
pub fn normalised(frames: &[f32], n_mels: usize, n_frames: usize, max: f32) -> Vec<f32> {
    let floor = max - 8.0;
    let mut window = vec![(floor.max(-10.0) + 4.0) / 4.0; n_mels * n_frames];
    for (at, frame) in frames.chunks_exact(n_mels).take(n_frames).enumerate() {
        for (mel, value) in frame.iter().enumerate() {
            window[mel * n_frames + at] = (value.max(floor) + 4.0) / 4.0;
        }
    }
    window
}

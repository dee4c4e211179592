//! Decoding a window again, at higher temperatures, until the text is good enough.
use miniz_oxide::DataFormat;
use miniz_oxide::deflate::core::{CompressionStrategy, CompressorOxide, TDEFLFlush, compress_to_output};

use super::cut::Window;
use super::partials::Partials;
use super::{Options, SpeechModel, Timestamps};
use crate::decoding::{Decoded, Request, Search, decode};

/// What all windows of a recording are decoded with.
pub(crate) struct Asked {
    pub(crate) options: Options,
    /// The language's token, once known.
    pub(crate) language: Option<u32>,
    pub(crate) suppressed: Vec<u32>,
    pub(crate) suppressed_at_begin: Vec<u32>,
}

/// A window's text, and how it came about.
pub(crate) struct Attempt {
    pub(crate) decoded: Decoded,
    pub(crate) temperature: f32,
    pub(crate) compression_ratio: f32,
}

impl Asked {
    /// Decodes a window that was `heard`; `previous` are the tokens before it, `bounds` the times it may have.
    pub(crate) async fn decode<M: SpeechModel>(
        &self,
        model: &M,
        heard: &M::Heard,
        window: Window,
        previous: &[u32],
        partials: &mut Partials,
        bounds: (f64, f64),
    ) -> Attempt {
        let mut temperatures = self.options.temperatures.iter().copied();
        let mut temperature = temperatures.next().unwrap_or_default();
        loop {
            let request = self.request(model, window, previous, temperature);
            let mut decoder = model.decoder(heard);
            let mut partial = |tokens: &[u32]| partials.tell(model.vocabulary(), window, tokens, bounds);
            let decoded = decode(model.pace(), &mut decoder, &request, &mut partial).await;
            let text = model.vocabulary().decode(&decoded.tokens);
            let attempt = Attempt { decoded, temperature, compression_ratio: compression_ratio(text.trim()) };
            match temperatures.next().filter(|_| self.is_poor(&attempt)) {
                Some(next) => temperature = next,
                None => return attempt,
            }
        }
    }

    /// Whether nobody speaks in a window, by its text.
    pub(crate) fn is_silence(&self, attempt: &Attempt) -> bool {
        let Some(threshold) = self.options.no_speech_threshold else { return false };
        let likely = self.options.logprob_threshold.is_some_and(|it| attempt.decoded.avg_logprob > it);
        attempt.decoded.no_speech_prob > threshold && !likely
    }

    /// Whether it is worth trying again: the text is a loop or unlikely, and it is not just that nobody speaks.
    fn is_poor(&self, attempt: &Attempt) -> bool {
        let options = &self.options;
        let above = |value: f32, threshold: Option<f32>| threshold.is_some_and(|it| value > it);
        let unlikely = options.logprob_threshold.is_some_and(|it| attempt.decoded.avg_logprob < it);
        let silent = above(attempt.decoded.no_speech_prob, options.no_speech_threshold);
        let loops = above(attempt.compression_ratio, options.compression_ratio_threshold);
        (loops || unlikely) && !(silent && unlikely)
    }

    fn request<'a, M: SpeechModel>(
        &'a self,
        model: &M,
        window: Window,
        previous: &'a [u32],
        temperature: f32,
    ) -> Request<'a> {
        let options = &self.options;
        let per_second = model.dims().n_audio_ctx as f32 / 30.0;
        let initial = options.max_initial_timestamp.filter(|it| *it > 0.0);
        Request {
            language: self.language,
            task: options.task,
            timestamps: options.timestamps != Timestamps::None,
            previous,
            suppressed: &self.suppressed,
            suppressed_at_begin: &self.suppressed_at_begin,
            max_initial_timestamp: initial.map(|it| (it * per_second).round_ties_even() as u32),
            search: search(options, window, temperature),
            length_penalty: options.length_penalty,
        }
    }
}

fn search(options: &Options, window: Window, temperature: f32) -> Search {
    if temperature > 0.0 {
        // Each window and temperature draws anew, whatever came before it.
        let seed = options.seed ^ (window.seek as u64) << 32 ^ u64::from(temperature.to_bits());
        Search::Sample { temperature, best_of: options.best_of, seed }
    } else if options.beam_size > 1 {
        Search::Beam { size: options.beam_size, patience: options.patience.unwrap_or(1.0) }
    } else {
        Search::Greedy
    }
}

/// Bytes of `text` per byte of it compressed by zlib.
fn compression_ratio(text: &str) -> f32 {
    // zlib takes the fixed codes where they are shorter than its own; this compressor takes them if told to.
    let strategies = [CompressionStrategy::Default, CompressionStrategy::Fixed];
    let [own, fixed] = strategies.map(|it| compressed(text.as_bytes(), it));
    text.len() as f32 / own.min(fixed) as f32
}

/// Bytes that are left of `bytes`.
fn compressed(bytes: &[u8], strategy: CompressionStrategy) -> usize {
    // Level and window of zlib, unless told otherwise.
    let mut compressor = CompressorOxide::with_params(DataFormat::Zlib, 6, strategy, 15);
    let mut size = 0;
    let mut count = |piece: &[u8]| {
        size += piece.len();
        true
    };
    compress_to_output(&mut compressor, bytes, TDEFLFlush::Finish, &mut count);
    size
}

#[cfg(test)]
mod tests {
    use super::compression_ratio;

    /// `zlib`: the length that zlib 1.3 compresses to.
    #[track_caller]
    fn check(text: &str, zlib: usize) {
        let (found, expected) = (compression_ratio(text), text.len() as f32 / zlib as f32);
        assert!((found - expected).abs() <= expected * 0.01, "{text:?}: {found}; expected {expected}");
    }

    #[test]
    fn texts_are_compressed_as_much_as_by_zlib() {
        check("", 8);
        check("Yes.", 12);
        check("Two, two, two.", 16);
        check("Set the timer for six hundred and forty three minutes.", 59);
        check("The party is after Wednesday the first of May. It is five o'clock today.", 75);
        let long = "The weather is cold and sunny today. The dinner is before Saturday the tenth of July. Four one \
                    one seven one five three. The quiet fox slept behind the old table.";
        check(long, 124);
        check("Ünïcödé 北京", 27);
    }

    #[test]
    fn loops_are_compressed_as_much_as_by_zlib() {
        check(["Stop."; 10].join(" ").as_str(), 17);
        check(["no"; 30].join(" ").as_str(), 14);
        check(&"ab".repeat(120), 13);
    }
}

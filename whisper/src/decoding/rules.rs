//! Which tokens may come next.
use super::Request;
use super::logits::{forbid, log_sum_exp};
use crate::tokens::Vocabulary;

/// The filters of the reference: suppressed tokens, and timestamps.
pub(crate) struct Rules {
    pub(crate) eot: u32,
    suppressed: Vec<u32>,
    suppressed_at_begin: Vec<u32>,
    timestamps: Option<Timestamps>,
}

/// How timestamps are placed: in pairs, never back in time, text between them.
struct Timestamps {
    eot: usize,
    no_timestamps: u32,
    begin: u32,
    /// Latest first timestamp, counted from `begin`.
    max_initial: Option<u32>,
}

impl Rules {
    pub(crate) fn new(vocabulary: &Vocabulary, request: &Request<'_>) -> Self {
        let timestamps = Timestamps {
            eot: vocabulary.eot as usize,
            no_timestamps: vocabulary.no_timestamps,
            begin: vocabulary.timestamp_begin,
            max_initial: request.max_initial_timestamp,
        };
        Rules {
            eot: vocabulary.eot,
            suppressed: request.suppressed.to_vec(),
            suppressed_at_begin: request.suppressed_at_begin.to_vec(),
            timestamps: request.timestamps.then_some(timestamps),
        }
    }

    /// Takes out of `logits` what may not follow `sampled`, the tokens after the prompt.
    pub(crate) fn apply(&self, logits: &mut [f32], sampled: &[u32]) {
        let at_begin = self.suppressed_at_begin.iter().filter(|_| sampled.is_empty());
        for token in at_begin.chain(&self.suppressed) {
            forbid(from_to(logits, *token as usize, *token as usize + 1));
        }
        if let Some(timestamps) = &self.timestamps {
            timestamps.apply(logits, sampled);
        }
    }
}

impl Timestamps {
    fn apply(&self, logits: &mut [f32], sampled: &[u32]) {
        let begin = self.begin as usize;
        forbid(from_to(logits, self.no_timestamps as usize, self.no_timestamps as usize + 1));
        self.pair(logits, sampled);
        if sampled.is_empty() {
            forbid(from_to(logits, 0, begin));
            if let Some(max) = self.max_initial {
                forbid(from_to(logits, begin + max as usize + 1, usize::MAX));
            }
        }
        // Timestamps together likelier than any text: one of them it is. Both sides share the softmax's divisor.
        let text = from_to(logits, 0, begin).iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if log_sum_exp(from_to(logits, begin, usize::MAX)) > f64::from(text) {
            forbid(from_to(logits, 0, begin));
        }
    }

    /// Timestamps come in pairs, except before the end of text, and do not fall; each segment has a length.
    fn pair(&self, logits: &mut [f32], sampled: &[u32]) {
        let is_timestamp = |token: &u32| *token >= self.begin;
        let mut back = sampled.iter().rev();
        let last = back.next().is_some_and(is_timestamp);
        let before_last = back.next().is_none_or(is_timestamp);
        if last && before_last {
            forbid(from_to(logits, self.begin as usize, usize::MAX));
        } else if last {
            forbid(from_to(logits, 0, self.eot));
        }
        if let Some(newest) = sampled.iter().copied().rfind(is_timestamp) {
            let opens = last && !before_last;
            let first_allowed = newest as usize + usize::from(!opens);
            forbid(from_to(logits, self.begin as usize, first_allowed));
        }
    }
}

/// `logits[from..to]`, as far as it is there.
fn from_to(logits: &mut [f32], from: usize, to: usize) -> &mut [f32] {
    let to = to.min(logits.len());
    &mut logits[from.min(to)..to]
}

//! A model that says anything the rules let it. `tests/reference/rules.py` has the same one, for the reference.
use super::*;

/// The fake's answers are functions of this, and of where it is asked.
pub(super) struct Babbler {
    pub(super) seed: u64,
}

/// A number that looks like chance, of other numbers.
fn mix(seed: u64, keys: &[u64]) -> u64 {
    keys.iter().fold(seed, |sum, it| (sum ^ it).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
}

impl Babbler {
    pub(super) fn model(seed: u64, languages: usize) -> Rc<Fake> {
        let hear = Babbler { seed };
        let model = Fake::new(languages, move |asked| Babbler { seed }.next(asked));
        let mut model = Rc::into_inner(model).unwrap();
        model.attention = Some(Box::new(move |window, count| hear.attention(window, count)));
        Rc::new(model)
    }

    fn next(&self, asked: &super::Asked<'_>) -> Vec<(u32, f32)> {
        let known = asked.vocabulary;
        let draw = |n: u64| {
            mix(self.seed, &[asked.window as u64, asked.said.len() as u64, asked.prompt.len() as u64, n])
        };
        let height = |number: u64, most: u64| (number % (most * 100_003)) as f32 / 100_003.0;
        let spoken = asked.said.iter().filter(|it| **it < known.eot).count() as u64;
        let text = (0..6).map(|n| {
            // The same wherever the timestamps are, so that words are as likely when they are aligned.
            let number = mix(self.seed, &[asked.window as u64, spoken, n]);
            let (any, words) = (u64::from(known.eot) - 32, u64::from(known.eot) - 256);
            let token =
                if number.is_multiple_of(4) { 32 + number / 4 % any } else { 256 + number / 4 % words };
            (token as u32, height(number / 1024, 10))
        });
        let latest = asked.said.iter().rfind(|it| **it >= known.timestamp_begin);
        let latest = latest.copied().unwrap_or(known.timestamp_begin);
        let stamp = |n: u64| (latest + (draw(n) % 150) as u32).min(known.len - 1);
        let stamps = (20..26).filter(|_| !asked.prompt.contains(&known.no_timestamps));
        let stamps = stamps.map(|n| (stamp(n), height(draw(10 + n), 9)));
        let other = [(known.eot, height(draw(40), 10)), (known.no_speech, height(draw(41), 12))];
        text.chain(stamps).chain(other).collect()
    }

    /// Attention that goes forward, roughly, of three heads: `[3, count, 1500]`.
    fn attention(&self, window: usize, count: usize) -> Vec<f32> {
        let step = (mix(self.seed, &[window as u64]) % 30 + 5) as i64;
        let mut scores = Vec::with_capacity(3 * count * 1500);
        for head in 1..4 {
            for token in 0..count {
                let start = mix(self.seed, &[window as u64, head, token as u64]);
                scores.extend((0..1500u64).map(|at| {
                    let noise = (((at * 2_654_435_761) ^ start) >> 16) % 1000;
                    let near = (at as i64 - token as i64 * step).abs() < step;
                    noise as f32 / 250.0 + if near { 4.0 } else { 0.0 }
                }));
            }
        }
        scores
    }
}

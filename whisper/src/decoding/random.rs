//! Numbers for sampling: the same seed gives the same text, on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014): a counter through a mixer. It passes BigCrush, and any seed is a good one.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// Streams of one seed are independent.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Random(mixed(seed) ^ mixed(stream.wrapping_add(STEP)))
    }

    /// Uniform in [0, 1), 53 bits of it.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(STEP);
        (mixed(self.0) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A token drawn by `softmax(logits / temperature)`; none if there is no choice.
    pub(crate) fn draw(&mut self, logits: &[f32], temperature: f32) -> Option<u32> {
        let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if max == f32::NEG_INFINITY {
            return None;
        }
        let weight = |logit: f32| f64::from(((logit - max) / temperature).exp());
        let sum: f64 = logits.iter().map(|it| weight(*it)).sum();
        let mut left = self.unit() * sum;
        let mut last = None;
        for (token, weight) in (0..).zip(logits.iter().map(|it| weight(*it))) {
            if weight > 0.0 {
                last = Some(token);
                left -= weight;
                if left < 0.0 {
                    break;
                }
            }
        }
        last
    }
}

/// 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Changes half of the bits, whichever bit of `z` changes.
pub(crate) fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_likely() {
        let logits = [0.0, f32::NEG_INFINITY, 3f32.ln(), f32::NEG_INFINITY];
        let mut random = Random::new(1, 2);
        let mut counts = [0; 4];
        (0..40_000).for_each(|_| counts[random.draw(&logits, 1.0).unwrap() as usize] += 1);
        assert_eq!((counts[1], counts[3]), (0, 0));
        assert!((9_700..10_300).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn a_low_temperature_draws_the_likeliest() {
        let mut random = Random::new(7, 0);
        assert!((0..1000).all(|_| random.draw(&[1.0, 2.0, 1.5], 0.01) == Some(1)));
        assert_eq!(random.draw(&[f32::NEG_INFINITY; 3], 1.0), None);
    }

    #[test]
    fn seeds_and_streams_differ_and_repeat() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            (0..4).map(|_| random.unit()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 1), draw(1, 1));
        let all = [draw(1, 1), draw(1, 2), draw(2, 1), draw(0, 0)];
        assert!((0..4).all(|a| (0..a).all(|b| all[a] != all[b])));
    }
}

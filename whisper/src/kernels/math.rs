//! What is done number by number. Written without branches, so that the compiler makes vectors of it.

/// e^x for x ≤ 88, within 2 units of the last place; 0 from about -87 down.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two pieces: the first has few enough bits that its multiples are exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding it rounds to an integer, whose bits are then the lowest of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    // `f32::max` is a call in wasm, and ends vectors.
    let x = if x > -87.3 { x } else { -87.3 };
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 5e-1;
    let p = p * r * r + r + 1.0;
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    p * scale
}

/// Becomes `e^(x - max)` number by number, and gives the sum of them: divide by it for the softmax. What is impossible
/// becomes 1e-38.
pub fn softmax_unscaled(row: &mut [f32]) -> f32 {
    let max = max(row);
    let (chunks, rest) = row.as_chunks_mut::<8>();
    let mut lanes = [0.0f32; 8];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *x = exp(*x - max);
            *lane += *x;
        }
    }
    rest.iter_mut().for_each(|x| *x = exp(*x - max));
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

fn max(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<8>();
    let mut lanes = [f32::NEG_INFINITY; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane = if *x > *lane { *x } else { *lane });
    }
    lanes.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, f32::max)
}

fn sum(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<8>();
    let mut lanes = [0.0f32; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += x);
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// The exact GELU, x/2 (1 + erf(x/√2)), number by number. erf after Abramowitz & Stegun 7.1.26, within 2e-7.
pub fn gelu(values: &mut [f32]) {
    for value in values {
        let x = *value;
        let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + 0.327_591_1 * z);
        let p = 1.061_405_4;
        let p = p * t - 1.453_152;
        let p = p * t + 1.421_413_8;
        let p = p * t - 0.284_496_74;
        let p = p * t + 0.254_829_6;
        let tail = p * t * exp(-z * z);
        // 1 + erf(z) is 2 - tail, 1 + erf(-z) is tail.
        *value = 0.5 * x * if x < 0.0 { tail } else { 2.0 - tail };
    }
}

/// Normalises `row` to mean 0 and variance 1 (epsilon 1e-5), times `weight`, plus `bias`, into `out`.
pub fn layer_norm(row: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    let count = row.len() as f32;
    let mean = sum(row) / count;
    for (out, x) in out.iter_mut().zip(row) {
        *out = x - mean;
    }
    let (chunks, rest) = out.as_chunks::<8>();
    let mut lanes = [0.0f32; 8];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += x * x);
    }
    let squares = lanes.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>();
    let scale = 1.0 / (squares / count + 1e-5).sqrt();
    for ((out, weight), bias) in out.iter_mut().zip(weight).zip(bias) {
        *out = *out * scale * weight + bias;
    }
}

/// Adds `other` to `values`, number by number.
pub fn add(values: &mut [f32], other: &[f32]) {
    values.iter_mut().zip(other).for_each(|(value, other)| *value += other);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_the_last_places() {
        for step in -8700..=8800 {
            let x = step as f32 / 100.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 3e-7, "e^{x}: {} for {expected}", exp(x));
        }
    }

    #[test]
    fn gelu_follows_its_definition() {
        // x, x Φ(x) to ten places.
        let table = [
            (-6.0, -5.919e-9),
            (-3.0, -0.004_049_694),
            (-1.0, -0.158_655_254),
            (-0.5, -0.154_268_77),
            (0.0, 0.0),
            (0.1, 0.053_982_784),
            (1.0, 0.841_344_746),
            (3.0, 2.995_950_306),
            (20.0, 20.0),
        ];
        for (x, expected) in table {
            let mut value = [x as f32];
            gelu(&mut value);
            assert!((f64::from(value[0]) - expected).abs() < 1e-6, "gelu({x}) is {}", value[0]);
        }
    }

    #[test]
    fn softmax_sums_up_and_takes_what_is_impossible_for_nothing() {
        let mut row = vec![1000.0, 1001.0, f32::NEG_INFINITY, 900.0];
        let total = softmax_unscaled(&mut row);
        let share: Vec<f32> = row.iter().map(|x| x / total).collect();
        assert!((share[1] - 0.731_058_6).abs() < 1e-6, "{share:?}");
        assert!(share[2..].iter().all(|x| *x < 1e-37), "{share:?}");
    }

    #[test]
    fn layer_norm_has_mean_and_variance_of_its_weights() {
        let row: Vec<f32> = (0..19).map(|i| (i * i) as f32).collect();
        let mut out = vec![0.0; 19];
        layer_norm(&row, &[1.0; 19], &[0.5; 19], &mut out);
        let mean: f32 = out.iter().sum::<f32>() / 19.0;
        let variance: f32 = out.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / 19.0;
        assert!((mean - 0.5).abs() < 1e-5 && (variance - 1.0).abs() < 1e-4, "{mean} {variance}");
    }
}

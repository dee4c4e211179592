//! Arithmetic on the logits of one position.

/// Takes tokens out of the choice.
pub(crate) fn forbid(logits: &mut [f32]) {
    logits.fill(f32::NEG_INFINITY);
}

/// The likeliest token, the first of several; none if there is no choice left.
pub(crate) fn likeliest(logits: &[f32]) -> Option<u32> {
    let mut best = (None, f32::NEG_INFINITY);
    for (at, value) in logits.iter().enumerate() {
        if *value > best.1 {
            best = (u32::try_from(at).ok(), *value);
        }
    }
    best.0
}

/// The `count` likeliest tokens, likeliest first; less where there is less choice.
pub(crate) fn likeliest_few(logits: &[f32], count: usize) -> Vec<u32> {
    let mut few: Vec<(f32, u32)> = Vec::with_capacity(count + 1);
    for (token, value) in (0..).zip(logits.iter().copied()) {
        let worst = if few.len() < count { f32::NEG_INFINITY } else { few.last().map_or(value, |it| it.0) };
        if value > worst {
            few.insert(few.partition_point(|it| it.0 >= value), (value, token));
            few.truncate(count);
        }
    }
    few.into_iter().map(|it| it.1).collect()
}

/// Natural logarithm of the sum of exponentials.
pub(crate) fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if max == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let sum: f64 = logits.iter().map(|it| f64::from((it - max).exp())).sum();
    f64::from(max) + sum.ln()
}

/// The probability of `token`; 0 if there is no such token.
pub(crate) fn softmax_at(logits: &[f32], token: u32) -> f32 {
    let Some(logit) = logits.get(token as usize) else { return 0.0 };
    (f64::from(*logit) - log_sum_exp(logits)).exp() as f32
}

//! Layers that are a matrix, worked through in pieces that are paid for one by one.
use crate::Pace;
use crate::kernels::{Packed, multiply};

/// `x · wᵀ + b`
#[derive(Debug, Clone, Default)]
pub(super) struct Linear {
    pub(super) weight: Packed,
    /// None is zeros.
    pub(super) bias: Option<Vec<f32>>,
}

/// Multiplications that are done at once: a few milliseconds on the slowest machines.
const PIECE: usize = 8_000_000;
/// From so many rows on the matrix is used often enough that reading it no longer counts.
const MANY_ROWS: usize = 16;
/// What a number costs that has to come from memory.
const READ_COST: usize = 8;

impl Linear {
    /// For `rows` rows of `a`, `a_stride` apart, `out` becomes `[rows, outputs]`.
    pub(super) async fn apply(&self, pace: &Pace, a: (&[f32], usize), rows: usize, out: &mut Vec<f32>) {
        out.clear();
        out.resize(rows * self.weight.outputs(), 0.0);
        let stride = self.weight.outputs();
        apply(pace, a, &self.weight, self.bias.as_deref(), rows, (out, stride)).await;
    }
}

/// As [`multiply`] for all panels, paid for.
pub(super) async fn apply(
    pace: &Pace,
    (a, a_stride): (&[f32], usize),
    w: &Packed,
    bias: Option<&[f32]>,
    rows: usize,
    (out, out_stride): (&mut [f32], usize),
) {
    if rows >= MANY_ROWS {
        let row_cost = (w.inputs() * w.outputs()).max(1);
        // Whole blocks of rows: the kernel is fastest with them.
        let step = (PIECE / row_cost / MANY_ROWS).max(1) * MANY_ROWS;
        for first in (0..rows).step_by(step) {
            let count = step.min(rows - first);
            let (a, out) = (&a[first * a_stride..], &mut out[first * out_stride..]);
            multiply((a, a_stride), w, 0..w.panels(), (out, out_stride), count, bias);
            pace.spend(count * row_cost).await;
        }
    } else {
        let panel_cost = (12 * w.inputs() * rows.max(READ_COST)).max(1);
        let step = (PIECE / panel_cost).max(1);
        for first in (0..w.panels()).step_by(step) {
            let panels = first..(first + step).min(w.panels());
            let cost = panels.len() * panel_cost;
            multiply((a, a_stride), w, panels, (out, out_stride), rows, bias);
            pace.spend(cost).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let (inputs, outputs, rows) = (400, 700, 70);
        let mut weight = Packed::zeros(outputs, inputs);
        let number = |at: usize| ((at * 37 % 101) as f32 - 50.0) / 50.0;
        for output in 0..outputs {
            let row: Vec<f32> = (0..inputs).map(|k| number(output * 7 + k)).collect();
            weight.set_output(output, &row);
        }
        let a: Vec<f32> = (0..rows * inputs).map(number).collect();
        let linear = Linear { weight, bias: Some((0..outputs).map(number).collect()) };
        for rows in [1, 3, rows] {
            let mut whole = vec![0.0; rows * outputs];
            let bias = linear.bias.as_deref();
            multiply(
                (&a, inputs),
                &linear.weight,
                0..linear.weight.panels(),
                (&mut whole, outputs),
                rows,
                bias,
            );
            let mut out = Vec::new();
            let pace = Pace::default();
            pace.finish(linear.apply(&pace, (&a, inputs), rows, &mut out));
            assert_eq!(out, whole);
        }
    }
}

//! Matrix multiplication with one side laid out in advance.
use super::simd::F32x4;

/// Columns of a panel: with 4 rows they fill the 16 vector registers that an engine has at least.
const COLUMNS: usize = 12;
const LANES: usize = 4;
const VECTORS: usize = COLUMNS / LANES;
/// Rows of `a` that are worked on at once.
const ROWS: usize = 4;

/// A matrix `w` of `[outputs, inputs]`, as `nn.Linear` keeps it, in panels of 12 outputs: for each input the 12
/// numbers that belong together lie together. What is missing in the last panel is zero.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    panels: Vec<f32>,
    outputs: usize,
    inputs: usize,
}

impl Packed {
    /// Zeros.
    pub fn zeros(outputs: usize, inputs: usize) -> Self {
        let mut packed = Packed::default();
        packed.reset(outputs, inputs);
        packed
    }

    /// Becomes zeros of this size, in the memory it has.
    pub fn reset(&mut self, outputs: usize, inputs: usize) {
        (self.outputs, self.inputs) = (outputs, inputs);
        self.panels.clear();
        self.panels.resize(outputs.div_ceil(COLUMNS) * COLUMNS * inputs, 0.0);
    }

    /// Rows of `w`.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of `w`.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many panels there are.
    pub fn panels(&self) -> usize {
        self.outputs.div_ceil(COLUMNS)
    }

    /// Sets row `output` of `w`.
    pub fn set_output(&mut self, output: usize, row: &[f32]) {
        let (panel, column) = (output / COLUMNS, output % COLUMNS);
        let size = COLUMNS * self.inputs;
        let panel = &mut self.panels[panel * size..][..size];
        for (at, x) in panel.chunks_exact_mut(COLUMNS).zip(row) {
            at[column] = *x;
        }
    }

    /// Sets column `input` of `w`: one number for each output.
    pub fn set_input(&mut self, input: usize, column: &[f32]) {
        let size = COLUMNS * self.inputs;
        for (panel, values) in self.panels.chunks_exact_mut(size).zip(column.chunks(COLUMNS)) {
            panel[input * COLUMNS..][..values.len()].copy_from_slice(values);
        }
    }

    /// Row `output` of `w`, appended to `row`.
    pub fn output(&self, output: usize, row: &mut Vec<f32>) {
        let (panel, column) = (output / COLUMNS, output % COLUMNS);
        let size = COLUMNS * self.inputs;
        row.extend(self.panels[panel * size..][..size].iter().skip(column).step_by(COLUMNS));
    }
}

/// `out[row] = a[row] · wᵀ` for all rows of `out` and for the outputs of `panels`.
///
/// Row `i` of `a` is `a[i * a_stride ..][.. inputs]`, so rows may overlap, as those of a convolution do; row `i` of
/// `out` is `out[i * out_stride ..][.. outputs]`.
pub fn multiply(
    (a, a_stride): (&[f32], usize),
    w: &Packed,
    panels: std::ops::Range<usize>,
    (out, out_stride): (&mut [f32], usize),
    rows: usize,
    bias: Option<&[f32]>,
) {
    let size = COLUMNS * w.inputs;
    for at in panels {
        let panel = &w.panels[at * size..][..size];
        let first = at * COLUMNS;
        let columns = COLUMNS.min(w.outputs - first);
        let begin = bias.map_or([0.0; COLUMNS], |bias| {
            let mut begin = [0.0; COLUMNS];
            begin[..columns].copy_from_slice(&bias[first..][..columns]);
            begin
        });
        let mut row = 0;
        while row + ROWS <= rows {
            let sums =
                four_rows(std::array::from_fn(|i| &a[(row + i) * a_stride..][..w.inputs]), panel, &begin);
            for (i, sums) in sums.iter().enumerate() {
                out[(row + i) * out_stride + first..][..columns].copy_from_slice(&sums[..columns]);
            }
            row += ROWS;
        }
        for row in row..rows {
            let sums = one_row(&a[row * a_stride..][..w.inputs], panel, &begin);
            out[row * out_stride + first..][..columns].copy_from_slice(&sums[..columns]);
        }
    }
}

#[inline(always)]
fn vectors(values: &[f32; COLUMNS]) -> [F32x4; VECTORS] {
    let (chunks, _) = values.as_chunks::<LANES>();
    std::array::from_fn(|i| F32x4::load(&chunks[i]))
}

#[inline(always)]
fn numbers(vectors: [F32x4; VECTORS]) -> [f32; COLUMNS] {
    let mut values = [0.0; COLUMNS];
    for (to, from) in values.chunks_exact_mut(LANES).zip(vectors) {
        to.copy_from_slice(&from.to_array());
    }
    values
}

/// Inputs between two looks at the end of the loop.
const UNROLLED: usize = 4;

#[inline(never)]
fn four_rows(a: [&[f32]; ROWS], panel: &[f32], begin: &[f32; COLUMNS]) -> [[f32; COLUMNS]; ROWS] {
    let mut sums = [vectors(begin); ROWS];
    let (panel, _) = panel.as_chunks::<COLUMNS>();
    let (blocks, panel) = panel.as_chunks::<UNROLLED>();
    let [(a0, r0), (a1, r1), (a2, r2), (a3, r3)] = a.map(|row| row.as_chunks::<UNROLLED>());
    for ((((b, x0), x1), x2), x3) in blocks.iter().zip(a0).zip(a1).zip(a2).zip(a3) {
        for at in 0..UNROLLED {
            step(&mut sums, &b[at], [x0[at], x1[at], x2[at], x3[at]]);
        }
    }
    for ((((b, x0), x1), x2), x3) in panel.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
        step(&mut sums, b, [*x0, *x1, *x2, *x3]);
    }
    sums.map(numbers)
}

/// One input of each row, times its 12 numbers of the panel.
#[inline(always)]
fn step(sums: &mut [[F32x4; VECTORS]; ROWS], b: &[f32; COLUMNS], x: [f32; ROWS]) {
    let b = vectors(b);
    for (sum, x) in sums.iter_mut().zip(x) {
        let x = F32x4::splat(x);
        for (sum, b) in sum.iter_mut().zip(b) {
            *sum = sum.plus(x, b);
        }
    }
}

/// Two sums for each output, so that one addition need not wait for the other.
#[inline(never)]
fn one_row(a: &[f32], panel: &[f32], begin: &[f32; COLUMNS]) -> [f32; COLUMNS] {
    let mut even = vectors(begin);
    let mut odd = vectors(&[0.0; COLUMNS]);
    let (pairs, rest) = panel.as_chunks::<{ 2 * COLUMNS }>();
    let (numbers_of_pairs, last) = a.as_chunks::<2>();
    for (b, [x, y]) in pairs.iter().zip(numbers_of_pairs) {
        let (b, _) = b.as_chunks::<COLUMNS>();
        let (x, y) = (F32x4::splat(*x), F32x4::splat(*y));
        for (i, (first, second)) in vectors(&b[0]).into_iter().zip(vectors(&b[1])).enumerate() {
            even[i] = even[i].plus(x, first);
            odd[i] = odd[i].plus(y, second);
        }
    }
    if let ([x], (tail, _)) = (last, rest.as_chunks::<COLUMNS>()) {
        for (sum, b) in even.iter_mut().zip(vectors(&tail[0])) {
            *sum = sum.plus(F32x4::splat(*x), b);
        }
    }
    let odd = numbers(odd);
    let mut sums = numbers(even);
    sums.iter_mut().zip(odd).for_each(|(sum, odd)| *sum += odd);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count).map(next).collect()
    }

    fn packed(w: &[f32], outputs: usize, inputs: usize) -> Packed {
        let mut packed = Packed::zeros(outputs, inputs);
        w.chunks_exact(inputs).enumerate().for_each(|(at, row)| packed.set_output(at, row));
        packed
    }

    #[track_caller]
    fn check(rows: usize, inputs: usize, outputs: usize, a_stride: usize) {
        let a = noise(rows * a_stride + inputs, 1);
        let w = noise(outputs * inputs, 2);
        let bias = noise(outputs, 3);
        let mut out = vec![9.0; rows * outputs];
        let packed = packed(&w, outputs, inputs);
        multiply((&a, a_stride), &packed, 0..packed.panels(), (&mut out, outputs), rows, Some(&bias));
        for row in 0..rows {
            for output in 0..outputs {
                let products =
                    (0..inputs).map(|k| f64::from(a[row * a_stride + k]) * f64::from(w[output * inputs + k]));
                let expected = products.sum::<f64>() + f64::from(bias[output]);
                let found = f64::from(out[row * outputs + output]);
                assert!((found - expected).abs() < 1e-5, "[{row}, {output}]: {found} for {expected}");
            }
        }
    }

    #[test]
    fn products_are_those_of_the_naive_loop() {
        check(1, 1, 1, 1);
        check(1, 7, 12, 7);
        check(4, 64, 24, 64);
        check(5, 65, 30, 65);
        check(9, 33, 13, 33);
    }

    #[test]
    fn rows_may_overlap_as_those_of_a_convolution() {
        check(7, 9, 14, 3);
    }

    #[test]
    fn only_the_asked_panels_are_written() {
        let w = packed(&noise(36 * 4, 5), 36, 4);
        let mut out = vec![7.0; 36];
        multiply((&noise(4, 6), 4), &w, 1..2, (&mut out, 36), 1, None);
        assert!(out[..12].iter().chain(&out[24..]).all(|x| *x == 7.0));
        assert!(out[12..24].iter().all(|x| *x != 7.0));
    }

    #[test]
    fn a_matrix_can_be_set_by_rows_or_columns_and_read_back() {
        let w = noise(14 * 5, 4);
        let by_rows = packed(&w, 14, 5);
        let mut by_columns = Packed::zeros(14, 5);
        for k in 0..5 {
            let column: Vec<f32> = w.iter().skip(k).step_by(5).copied().collect();
            by_columns.set_input(k, &column);
        }
        assert_eq!(by_rows.panels, by_columns.panels);
        let mut row = Vec::new();
        by_rows.output(13, &mut row);
        assert_eq!(row, w[65..]);
    }
}

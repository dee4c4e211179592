//! How numbers are stored, and how they become f32. Loops are written so that compilers make vectors of them.

/// A way to store numbers. The `Q` kinds are ggml's: blocks of 32 with a scale `d`, some with a minimum `m`; small
/// numbers lie as nibbles, element `i` in the low and `i + 16` in the high one of byte `i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    F32,
    F16,
    Bf16,
    /// `d * (q - 8)`: d, nibbles.
    Q4_0,
    /// `d * q + m`: d, m, nibbles.
    Q4_1,
    /// `d * (q - 16)`: d, fifth bits, nibbles.
    Q5_0,
    /// `d * q + m`: d, m, fifth bits, nibbles.
    Q5_1,
    /// `d * q`: d, bytes.
    Q8_0,
}

/// Elements of a block.
pub(super) const BLOCK: usize = 32;

impl Kind {
    /// All, with ggml's numbers for them and the names in Hugging Face's files, where they have one.
    pub const ALL: [(Kind, u32, &'static str); 8] = [
        (Kind::F32, 0, "F32"),
        (Kind::F16, 1, "F16"),
        (Kind::Bf16, 30, "BF16"),
        (Kind::Q4_0, 2, ""),
        (Kind::Q4_1, 3, ""),
        (Kind::Q5_0, 6, ""),
        (Kind::Q5_1, 7, ""),
        (Kind::Q8_0, 8, ""),
    ];

    /// Elements that are stored together, and the bytes they take.
    pub(super) fn block(self) -> (usize, usize) {
        match self {
            Kind::F32 => (1, 4),
            Kind::F16 | Kind::Bf16 => (1, 2),
            Kind::Q4_0 => (BLOCK, 18),
            Kind::Q4_1 => (BLOCK, 20),
            Kind::Q5_0 => (BLOCK, 22),
            Kind::Q5_1 => (BLOCK, 24),
            Kind::Q8_0 => (BLOCK, 34),
        }
    }

    pub(super) fn is_quantised(self) -> bool {
        self.block().0 > 1
    }

    /// Turns whole blocks into as many numbers as `out` has.
    pub(super) fn decode(self, bytes: &[u8], out: &mut [f32]) {
        match self {
            Kind::F32 => each(bytes, out, f32::from_le_bytes),
            Kind::F16 => each(bytes, out, |it| half(u16::from_le_bytes(it))),
            Kind::Bf16 => each(bytes, out, |it| f32::from_bits(u32::from(u16::from_le_bytes(it)) << 16)),
            Kind::Q4_0 => {
                blocks::<18>(bytes, out, |block, out| nibbles(block, 2, 0, (at(block, 0), -8.0), out))
            }
            Kind::Q4_1 => blocks::<20>(bytes, out, |block, out| scaled(block, 4, 0, out)),
            Kind::Q5_0 => {
                let fifth = |block: &[u8; 22]| bits(block, 2);
                blocks::<22>(bytes, out, |block, out| {
                    nibbles(block, 6, fifth(block), (at(block, 0), -16.0), out);
                });
            }
            Kind::Q5_1 => blocks::<24>(bytes, out, |block, out| scaled(block, 8, bits(block, 4), out)),
            Kind::Q8_0 => blocks::<34>(bytes, out, |block, out| {
                let d = at(block, 0);
                out.iter_mut().zip(&block[2..]).for_each(|(out, q)| *out = d * f32::from(q.cast_signed()));
            }),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut [f32], one: impl Fn([u8; N]) -> f32) {
    out.iter_mut().zip(bytes.as_chunks::<N>().0).for_each(|(out, it)| *out = one(*it));
}

fn blocks<const N: usize>(bytes: &[u8], out: &mut [f32], one: impl Fn(&[u8; N], &mut [f32; BLOCK])) {
    let places = out.as_chunks_mut::<BLOCK>().0;
    places.iter_mut().zip(bytes.as_chunks::<N>().0).for_each(|(out, block)| one(block, out));
}

/// The half-precision number at `from`.
fn at<const N: usize>(block: &[u8; N], from: usize) -> f32 {
    half(u16::from_le_bytes([block[from], block[from + 1]]))
}

/// The fifth bits of a block's elements, at `from`.
fn bits<const N: usize>(block: &[u8; N], from: usize) -> u32 {
    u32::from_le_bytes([block[from], block[from + 1], block[from + 2], block[from + 3]])
}

/// `d * (q + shift)`, with nibbles at `from`.
fn nibbles<const N: usize>(
    block: &[u8; N],
    from: usize,
    fifth: u32,
    (d, shift): (f32, f32),
    out: &mut [f32; BLOCK],
) {
    let (low, high) = out.split_at_mut(BLOCK / 2);
    for (i, byte) in block[from..].iter().enumerate() {
        let (fifth_low, fifth_high) = ((fifth >> i) & 1, (fifth >> (i + 16)) & 1);
        let (q_low, q_high) = (u32::from(byte & 15) | fifth_low << 4, u32::from(byte >> 4) | fifth_high << 4);
        low[i] = d * (q_low as f32 + shift);
        high[i] = d * (q_high as f32 + shift);
    }
}

/// `d * q + m`.
fn scaled<const N: usize>(block: &[u8; N], from: usize, fifth: u32, out: &mut [f32; BLOCK]) {
    let m = at(block, 2);
    nibbles(block, from, fifth, (at(block, 0), 0.0), out);
    out.iter_mut().for_each(|it| *it += m);
}

/// A half-precision number, without branches: its bits, moved to where f32 has them, are the number times 2^-112, also
/// where it is subnormal.
#[inline]
pub(super) fn half(bits: u16) -> f32 {
    const TWO_TO_112: f32 = f32::from_bits((112 + 127) << 23);
    let rest = (u32::from(bits) & 0x7fff) << 13;
    let finite = (f32::from_bits(rest) * TWO_TO_112).to_bits();
    let magnitude = if rest >= 0x0f80_0000 { rest | 0x7f80_0000 } else { finite };
    f32::from_bits(magnitude | (u32::from(bits) & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `d` is 0.5, `m` is -1 (both as halves); small number `i` of a block is `small(i)`.
    #[track_caller]
    fn check(kind: Kind, head: &[u8], small: fn(usize) -> u8, expected: fn(f32) -> f32) {
        let body: Vec<u8> = match kind {
            Kind::Q8_0 => (0..32).map(small).collect(),
            _ => (0..16).map(|i| small(i) & 15 | small(i + 16) << 4).collect(),
        };
        let bytes = [head, &body].concat();
        assert_eq!(bytes.len(), kind.block().1);
        let mut out = [0.0; 64];
        kind.decode(&[bytes.clone(), bytes].concat(), &mut out);
        for (i, found) in out.iter().enumerate() {
            assert_eq!(*found, expected(f32::from(small(i % 32))), "{kind:?}, element {i}");
        }
    }

    #[test]
    fn blocks_are_read_as_ggml_writes_them() {
        check(Kind::Q4_0, &[0, 0x38], |i| (i % 16) as u8, |q| (q - 8.0) / 2.0);
        check(Kind::Q4_1, &[0, 0x38, 0, 0xbc], |i| (i / 2) as u8, |q| q / 2.0 - 1.0);
        // Elements 0 to 15 have their number, those from 16 on theirs with the fifth bit.
        check(Kind::Q5_0, &[0, 0x38, 0, 0, 0xff, 0xff], |i| i as u8, |q| (q - 16.0) / 2.0);
        check(Kind::Q5_1, &[0, 0x38, 0, 0xbc, 0, 0, 0xff, 0xff], |i| i as u8, |q| q / 2.0 - 1.0);
        // Every other fifth bit.
        let odd = |i: usize| (i as u8 & 1) << 4 | 3;
        check(Kind::Q5_0, &[0, 0x38, 0xaa, 0xaa, 0xaa, 0xaa], odd, |q| (q - 16.0) / 2.0);
        check(Kind::Q8_0, &[0, 0xb8], |i| i as u8 * 8, |q| -f32::from(q as u8 as i8) / 2.0);
    }

    #[test]
    fn halves_are_exact_at_every_border() {
        let cases = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x0001, 2.0_f32.powi(-24)),
            (0x83ff, -1023.0 * 2.0_f32.powi(-24)),
            (0x0400, 2.0_f32.powi(-14)),
            (0x3c00, 1.0),
            (0x3555, 0.333_251_95),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, expected) in cases {
            assert_eq!(half(bits).to_bits(), f32::to_bits(expected), "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn brain_floats_are_the_upper_half_of_f32() {
        let mut out = [0.0; 2];
        Kind::Bf16.decode(&[0x80, 0x3f, 0x49, 0xc0], &mut out);
        assert_eq!(out, [1.0, -3.140_625]);
    }
}

//! Numbers → bytes, as ggml's reference quantises.
use super::Kind;
use crate::weights::kind::BLOCK;

/// Appends `values` as `kind`; whole blocks where it is quantised.
pub fn encode(kind: Kind, values: &[f32], out: &mut Vec<u8>) {
    match kind {
        Kind::F32 => values.iter().for_each(|it| out.extend_from_slice(&it.to_le_bytes())),
        Kind::F16 => values.iter().for_each(|it| out.extend_from_slice(&to_half(*it).to_le_bytes())),
        Kind::Bf16 => values.iter().for_each(|it| out.extend_from_slice(&to_bf16(*it).to_le_bytes())),
        _ => values.as_chunks::<BLOCK>().0.iter().for_each(|block| quantise(kind, block, out)),
    }
}

fn quantise(kind: Kind, values: &[f32; BLOCK], out: &mut Vec<u8>) {
    match kind {
        Kind::Q4_0 => around_zero(values, 8, out),
        Kind::Q5_0 => around_zero(values, 16, out),
        Kind::Q4_1 => from_least(values, 15, out),
        Kind::Q5_1 => from_least(values, 31, out),
        Kind::Q8_0 => {
            let d = values.iter().fold(0.0_f32, |most, it| most.max(it.abs())) / 127.0;
            out.extend_from_slice(&to_half(d).to_le_bytes());
            out.extend(values.iter().map(|it| (it * inverse(d)).round() as i8 as u8));
        }
        Kind::F32 | Kind::F16 | Kind::Bf16 => {}
    }
}

/// The value furthest from zero becomes the least small number.
fn around_zero(values: &[f32; BLOCK], middle: u8, out: &mut Vec<u8>) {
    let furthest = values.iter().fold(0.0_f32, |most, it| if it.abs() > most.abs() { *it } else { most });
    let d = -furthest / f32::from(middle);
    let small = |it: &f32| ((it * inverse(d) + f32::from(middle) + 0.5) as u8).min(2 * middle - 1);
    out.extend_from_slice(&to_half(d).to_le_bytes());
    pack(&values.each_ref().map(small), middle > 8, out);
}

/// The least value becomes 0, the largest `most`.
fn from_least(values: &[f32; BLOCK], most: u8, out: &mut Vec<u8>) {
    let (least, largest) =
        values.iter().fold((f32::MAX, f32::MIN), |(least, most), it| (least.min(*it), most.max(*it)));
    let d = (largest - least) / f32::from(most);
    let small = |it: &f32| (((it - least) * inverse(d) + 0.5) as u8).min(most);
    out.extend_from_slice(&to_half(d).to_le_bytes());
    out.extend_from_slice(&to_half(least).to_le_bytes());
    pack(&values.each_ref().map(small), most > 15, out);
}

fn inverse(d: f32) -> f32 {
    if d == 0.0 { 0.0 } else { 1.0 / d }
}

/// Appends fifth bits, where there are any, and nibbles.
fn pack(small: &[u8; BLOCK], fifth: bool, out: &mut Vec<u8>) {
    if fifth {
        let bits = small.iter().rev().fold(0_u32, |bits, it| bits << 1 | u32::from(it >> 4));
        out.extend_from_slice(&bits.to_le_bytes());
    }
    let (low, high) = small.split_at(BLOCK / 2);
    out.extend(low.iter().zip(high).map(|(low, high)| low & 15 | (high & 15) << 4));
}

/// The nearest half-precision number, the even one of two.
fn to_half(value: f32) -> u16 {
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    let bits = value.to_bits() & 0x7fff_ffff;
    let magnitude = match bits {
        0x7f80_0001.. => 0x7e00,
        0x4780_0000.. => 0x7c00,
        // Below 2^-14 steps are 2^-24 wide, as they are above 0.5 in f32.
        0..0x3880_0000 => (f32::from_bits(bits) + 0.5).to_bits() - 0.5_f32.to_bits(),
        _ => (bits + 0xfff + ((bits >> 13) & 1) - (112 << 23)) >> 13,
    };
    sign | magnitude as u16
}

fn to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

//! Binary floats of 64 bits (IEEE 754), by their bits.

use num_bigint::BigUint;
use num_integer::Integer;

/// Bits of a mantissa that are written: the first one is not.
const WRITTEN: u32 = 52;
/// What a written exponent is more than the exponent.
const BIAS: i64 = 1023;
/// The exponent of the smallest subnormal.
const SMALLEST: i64 = -1074;
/// Bits that a quotient has below the smallest subnormal: one to round by, and one for whatever lies below that.
const BELOW: u32 = 2;

/// The magnitude as a mantissa and a power of two.
pub(crate) fn parts(value: f64) -> (u64, i64) {
    let bits = value.abs().to_bits();
    let written = bits & ((1 << WRITTEN) - 1);
    match (bits >> WRITTEN).cast_signed() {
        0 => (written, SMALLEST),
        exponent => (written | 1 << WRITTEN, SMALLEST + exponent - 1),
    }
}

/// The float nearest to a quotient; of two that are as near, the even one. Beyond the largest it is infinite.
///
/// The quotient is computed to 63 bits, the last of which also stands for all that follow ("rounding to odd"): it can then be
/// rounded to fewer as if it were exact. Subnormals end at the same place, whatever their size, so theirs is cut there.
pub(crate) fn nearest(numerator: &BigUint, denominator: &BigUint) -> f64 {
    if numerator.bits() == 0 {
        return 0.0;
    }
    // The quotient lies between 2^(size - 1) and 2^(size + 1).
    let size = numerator.bits().cast_signed() - denominator.bits().cast_signed();
    if size > BIAS + 2 {
        return f64::INFINITY;
    }
    if size < SMALLEST - 1 {
        return 0.0;
    }
    let lowest = SMALLEST - i64::from(BELOW);
    let scale = (63 - size).min(-lowest);
    let quotient = odd_quotient(numerator, denominator, scale);
    // Only one that was cut has so few bits.
    if quotient >> (WRITTEN + BELOW) == 0 {
        return subnormal(quotient);
    }
    // Both halves are powers that a float holds, though their product may not be. Only the second can leave the range.
    let half = scale / 2;
    quotient as f64 * power(-half) * power(half - scale)
}

/// `numerator * 2^scale / denominator`, whose last bit is set as well where something remains.
fn odd_quotient(numerator: &BigUint, denominator: &BigUint, scale: i64) -> u64 {
    let by = scale.unsigned_abs();
    let (quotient, rest) = if scale < 0 {
        numerator.div_rem(&(denominator << by))
    } else {
        (numerator << by).div_rem(denominator)
    };
    let quotient = quotient.iter_u64_digits().next().unwrap_or(0);
    quotient | u64::from(rest.bits() > 0)
}

/// What is too small for a written exponent, of units of its last bit to round by. Rounded up to the first bit that is not
/// written it is the smallest normal float, by the same bits.
fn subnormal(quotient: u64) -> f64 {
    let is_odd = quotient >> BELOW & 1;
    f64::from_bits((quotient + (1 << (BELOW - 1)) - 1 + is_odd) >> BELOW)
}

/// A power of two within the normal range.
fn power(exponent: i64) -> f64 {
    f64::from_bits((exponent + BIAS).cast_unsigned() << WRITTEN)
}

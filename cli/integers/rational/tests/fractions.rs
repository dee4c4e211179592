//! Fractions to floats and back, as RustPython has them done: what CPython gives, they give.
mod support;

use std::cmp::Ordering;

use malachite_base::num::basic::floats::PrimitiveFloat as _;
use malachite_base::num::conversion::traits::RoundingInto as _;
use malachite_base::rounding_modes::RoundingMode;
use malachite_bigint::BigInt;
use malachite_q::Rational;
use proptest::prelude::*;
use support::{Numbers, python};

fn power(exponent: u32) -> BigInt {
    BigInt::from(1) << exponent
}

fn ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

fn divided(numerator: &BigInt, denominator: &BigInt) -> (f64, Ordering) {
    Rational::from_integers_ref(numerator, denominator).rounding_into(RoundingMode::Nearest)
}

#[track_caller]
fn check(numerator: &BigInt, denominator: &BigInt, expected: f64) {
    let order = match expected {
        f64::INFINITY => Ordering::Greater,
        f64::NEG_INFINITY => Ordering::Less,
        _ => Ordering::Equal,
    };
    let (value, told) = divided(numerator, denominator);
    assert_eq!(value.to_bits(), expected.to_bits(), "{value:e} instead of {expected:e}");
    assert_eq!(told, order);
}

#[test]
fn small_integers_divide_as_floats_do() {
    let cases = [(1, 3, 1.0 / 3.0), (-1, 3, -1.0 / 3.0), (1, -3, -1.0 / 3.0), (-6, -3, 2.0), (7, 1, 7.0)];
    for (numerator, denominator, expected) in cases {
        check(&numerator.into(), &denominator.into(), expected);
    }
}

#[test]
fn zero_has_the_sign_of_its_denominator() {
    check(&0.into(), &5.into(), 0.0);
    check(&0.into(), &(-5).into(), -0.0);
}

#[test]
fn halves_go_to_the_even_one() {
    check(&(power(53) + 1), &1.into(), 9_007_199_254_740_992.0);
    check(&(power(53) + 3), &1.into(), 9_007_199_254_740_996.0);
    check(&((power(54) + 2) * ten(30) + 1), &(ten(30) * 2), 9_007_199_254_740_994.0);
    check(&((power(54) + 2) * ten(30)), &(ten(30) * 2), 9_007_199_254_740_992.0);
    check(&((power(54) + 2) * ten(30) - 1), &(ten(30) * 2), 9_007_199_254_740_992.0);
}

#[test]
fn subnormals_are_rounded_once() {
    check(&1.into(), &power(1074), 5e-324);
    check(&1.into(), &power(1075), 0.0);
    check(&(-1).into(), &power(1075), -0.0);
    check(&(power(200) + 1), &power(1275), 5e-324);
    check(&3.into(), &power(1075), 1e-323);
    check(&5.into(), &power(1075), 1e-323);
    check(&(power(53) - 1), &power(1075), f64::MIN_POSITIVE);
    check(&((power(53) - 1) * ten(30) - 1), &(power(1075) * ten(30)), f64::MIN_POSITIVE.next_down());
    check(&1.into(), &ten(400), 0.0);
    check(&ten(80), &(ten(400) * 3), 3.333e-321);
}

#[test]
fn what_rounds_beyond_the_largest_float_is_infinite() {
    let half_beyond = power(1024) - power(970);
    check(&half_beyond, &1.into(), f64::INFINITY);
    check(&-&half_beyond, &1.into(), f64::NEG_INFINITY);
    check(&(&half_beyond * 3 - 1), &3.into(), f64::MAX);
    check(&(1 - half_beyond * 3), &3.into(), f64::MIN);
    check(&ten(400), &1.into(), f64::INFINITY);
    check(&ten(400), &-ten(10), f64::NEG_INFINITY);
}

#[test]
fn large_integers_have_small_quotients() {
    check(&ten(100_000), &ten(99_990), 1e10);
    check(&-ten(99_990), &ten(100_000), -1e-10);
}

#[test]
#[should_panic(expected = "a fraction of zero parts")]
fn nothing_is_divided_by_zero() {
    let _ = divided(&1.into(), &0.into());
}

/// Fractions whose quotients lie at places of every kind: most are of chance, the others exactly between two floats or beside.
fn fractions() -> Vec<(BigInt, BigInt)> {
    let mut numbers = Numbers::new();
    let sizes = [(0, 2300), (960, 80), (1000, 30), (2050, 110)].repeat(500).into_iter();
    let fraction = sizes.map(|(least, more)| {
        // Up to 2300 bits apart, from a quotient far below the smallest float to one far above the largest.
        let apart = (least + numbers.below(more)).cast_signed() - 1150;
        let bits = 1 + numbers.below(300);
        let denominator = numbers.integer(bits + apart.min(0).unsigned_abs());
        if numbers.below(3) > 0 {
            return (numbers.integer(bits + apart.max(0).unsigned_abs()), denominator);
        }
        let between = numbers.integer(54) | BigInt::from(1);
        let near = BigInt::from(numbers.below(3)) - 1;
        let scaled = (between * &denominator) << apart.max(0).unsigned_abs();
        (scaled + near, denominator << numbers.below(1100))
    });
    fraction.collect()
}

const DIVIDE: &str = r"
import struct, sys
for line in sys.stdin:
    numerator, denominator = (int(it, 16) for it in line.split())
    try:
        print(struct.pack('>d', numerator / denominator).hex())
    except OverflowError:
        print('overflow')
";

#[test]
fn quotients_are_what_cpython_gives() {
    let fractions = fractions();
    let lines: Vec<_> = fractions.iter().map(|(numerator, by)| format!("{numerator:x} {by:x}")).collect();
    let expected = python(DIVIDE, &lines);
    assert_eq!(expected.len(), fractions.len());
    for ((numerator, denominator), expected) in fractions.iter().zip(expected) {
        let (value, _) = divided(numerator, denominator);
        let said = if value.is_finite() { format!("{:016x}", value.to_bits()) } else { "overflow".into() };
        assert_eq!(said, expected, "{numerator:#x} / {denominator:#x}");
    }
}

#[test]
fn floats_are_taken_apart() {
    let cases = [
        (0.0, 0.into(), 1.into()),
        (-0.0, 0.into(), 1.into()),
        (1.0, 1.into(), 1.into()),
        (-0.75, 3.into(), 4.into()),
        (0.1, BigInt::from(3_602_879_701_896_397_i64), power(55)),
        (1e23, BigInt::from(99_999_999_999_999_991_611_392_i128), 1.into()),
        (5e-324, 1.into(), power(1074)),
        (f64::MIN_POSITIVE, 1.into(), power(1022)),
        (f64::MAX, power(1024) - power(971), 1.into()),
    ];
    for (value, numerator, denominator) in cases {
        let parts = Rational::try_from(value).unwrap().into_numerator_and_denominator();
        assert_eq!((parts.0.into(), parts.1.into()), (numerator, denominator), "{value:e}");
    }
}

#[test]
fn no_number_is_no_fraction() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(Rational::try_from(value).is_err(), "{value}");
    }
}

#[test]
fn zero_below_zero_is_told_from_zero() {
    let negative = [-0.0, 0.0, -1.0, f64::NAN, -5e-324].map(|it: f64| it.is_negative_zero());
    assert_eq!(negative, [true, false, false, false, false]);
}

proptest! {
    #[test]
    fn a_float_is_its_own_fraction(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let fraction = Rational::try_from(value).unwrap();
        let (back, order) = fraction.clone().rounding_into(RoundingMode::Nearest);
        prop_assert_eq!((back.to_bits(), order), (bits, Ordering::Equal));
        let (numerator, denominator) = fraction.into_numerator_and_denominator();
        prop_assert!(denominator.trailing_zeros() == Some(denominator.bits() - 1));
        prop_assert!(denominator.bits() == 1 || numerator.bit(0));
    }

    #[test]
    fn quotients_of_what_floats_hold_are_theirs(numerator in -(1_i64 << 53)..1 << 53, denominator in 1_i64..1 << 53) {
        let (value, _) = divided(&numerator.into(), &denominator.into());
        prop_assert_eq!(value, numerator as f64 / denominator as f64);
    }
}

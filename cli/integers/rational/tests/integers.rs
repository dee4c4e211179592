//! Integers as RustPython uses them: what CPython gives, they give.
mod support;

use std::collections::HashSet;

use malachite_bigint::{BigInt, BigUint, Sign, ToBigInt as _};
use num_integer::Integer as _;
use num_traits::{Num as _, Pow, Signed as _, ToPrimitive as _};
use support::{Numbers, python};

/// What is computed of two integers, the second not zero, and a small one: the same list in Python and here.
const COMPUTE: &str = r"
import math, struct, sys
getattr(sys, 'set_int_max_str_digits', id)(0)

def float_of(a):
    try:
        return struct.pack('>d', float(a)).hex()
    except OverflowError:
        return 'overflow'

def signed(a):
    return a.to_bytes((a if a >= 0 else ~a).bit_length() // 8 + 1, 'big', signed=True).hex()

def toward_zero(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)

for line in sys.stdin:
    a, b, k = (int(it, 16) for it in line.split())
    whole = [a + b, a - b, a * b, a // b, a % b, toward_zero(a, b), a - b * toward_zero(a, b), a & b, a | b, a ^ b, ~a,
        a << k, a >> k, a ** (k % 9), pow(a, k, b), math.gcd(a, b), math.isqrt(abs(a)), a % (2 ** 61 - 1),
        a % (2 ** 32), a % (2 ** 64)]
    told = [str(a), f'{a:b}', f'{a:o}', signed(a), float_of(a), a.bit_length(), (a > b) - (a < b),
        (a & -a).bit_length(), int(-2 ** 63 <= a < 2 ** 63), int(0 <= a < 2 ** 64)]
    print(*(f'{it:x}' for it in whole), *told)
";

fn computed(a: &BigInt, b: &BigInt, k: u32) -> Vec<String> {
    let low = |it: &BigInt, bits: u32| it.mod_floor(&(BigInt::from(1) << bits));
    let (floor, rest) = a.div_mod_floor(b);
    assert_eq!((&floor, &rest), (&a.div_floor(b), &a.mod_floor(b)));
    let whole = [
        a + b,
        a - b,
        a * b,
        floor,
        rest,
        a / b,
        a % b,
        a & b,
        a | b,
        a ^ b,
        !a,
        a << k as usize,
        a >> k as usize,
        Pow::pow(a, u64::from(k % 9)),
        a.modpow(&k.into(), b),
        a.gcd(b),
        a.abs().sqrt(),
        a.mod_floor(&BigInt::from((1_u64 << 61) - 1)),
        low(a, 32),
        low(a, 64),
    ];
    let float = a.to_f64().filter(|it| it.is_finite());
    let told = [
        a.to_string(),
        format!("{a:b}"),
        a.to_str_radix(8),
        a.to_signed_bytes_be().iter().map(|it| format!("{it:02x}")).collect(),
        float.map_or("overflow".into(), |it| format!("{:016x}", it.to_bits())),
        a.bits().to_string(),
        (a.cmp(b) as i8).to_string(),
        a.trailing_zeros().map_or(0, |it| it + 1).to_string(),
        u8::from(i64::try_from(a).is_ok()).to_string(),
        u8::from(u64::try_from(a).is_ok()).to_string(),
    ];
    whole.iter().map(|it| format!("{it:x}")).chain(told).collect()
}

/// At the ends of words, and of sizes up to those where multiplying and dividing go other ways.
fn operands() -> Vec<(BigInt, BigInt, u32)> {
    let mut numbers = Numbers::new();
    let ends = [0, 1, 31, 32, 63, 64, 128, 1023, 1024].map(|bits| BigInt::from(1) << bits);
    let beside = |it: &BigInt| [it - 1, it.clone(), it + 1];
    let mut edges: Vec<_> = ends.iter().flat_map(beside).collect();
    edges.extend(edges.clone().into_iter().map(|it| -it));
    let mut operands = Vec::new();
    for a in &edges {
        for b in edges.iter().filter(|it| it.sign() != Sign::NoSign) {
            operands.push((a.clone(), b.clone(), numbers.below(140) as u32));
        }
    }
    for most in [70, 300, 3000].repeat(150).into_iter().chain([40_000; 4]) {
        let [a, b] = [(); 2].map(|()| 1 + numbers.below(most)).map(|bits| numbers.integer(bits));
        operands.push((a, b, numbers.below(most) as u32));
    }
    operands
}

#[test]
fn arithmetic_is_what_cpython_gives() {
    let operands = operands();
    let lines: Vec<_> = operands.iter().map(|(a, b, k)| format!("{a:x} {b:x} {k:x}")).collect();
    let expected = python(COMPUTE, &lines);
    assert_eq!(expected.len(), operands.len());
    for ((a, b, k), expected) in operands.iter().zip(expected) {
        let expected: Vec<_> = expected.split(' ').collect();
        let computed = computed(a, b, *k);
        assert_eq!(computed.len(), expected.len());
        let wrong = computed.iter().zip(expected).position(|(said, expected)| said != expected);
        assert_eq!(wrong, None, "place of what differs, of {a:#x}, {b:#x}, {k}");
    }
}

#[test]
fn an_integer_is_one_however_it_came_about() {
    for (a, b, _) in operands() {
        let bytes = a.to_signed_bytes_le();
        let (sign, magnitude) = a.to_bytes_le();
        let digits = a.magnitude().iter_u64_digits().flat_map(u64::to_le_bytes).collect::<Vec<_>>();
        let ways = [
            &a + &b - &b,
            BigInt::from_signed_bytes_le(&bytes),
            BigInt::from_bytes_le(sign, &magnitude),
            BigInt::from_bytes_le(sign, &digits),
            BigInt::from_str_radix(&a.to_str_radix(36), 36).unwrap(),
            a.to_string().parse().unwrap(),
            a.clone(),
        ];
        let ways: HashSet<_> = ways.into_iter().collect();
        assert_eq!(ways.len(), 1, "{a:#x}");
    }
}

#[test]
fn the_extended_gcd_names_factors() {
    for (a, b, _) in operands() {
        let found = a.extended_gcd(&b);
        assert_eq!(found.gcd.abs(), a.gcd(&b));
        assert_eq!(&a * &found.x + &b * &found.y, found.gcd, "{a:#x} {b:#x}");
    }
}

#[test]
fn floats_lose_what_follows_the_point() {
    let whole = |value: f64| value.to_bigint();
    for (value, expected) in
        [(1.9, 1), (-1.9, -1), (-0.0, 0), (0.5, 0), (9_007_199_254_740_993.0, 1_i64 << 53)]
    {
        assert_eq!(whole(value), Some(expected.into()), "{value}");
    }
    assert_eq!(whole(f64::MAX), Some((BigInt::from(1) << 1024) - (BigInt::from(1) << 971)));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(whole(value), None, "{value}");
    }
}

#[test]
fn digits_are_read_as_literals_have_them() {
    let cases = [("1_000", 10, Some(1000)), ("ff", 16, Some(255)), ("Zz", 36, Some(1295)), ("12", 2, None)];
    for (text, radix, expected) in cases {
        let read = BigUint::parse_bytes(text.as_bytes(), radix);
        assert_eq!(read, expected.map(|it: u32| it.into()), "{text} in base {radix}");
    }
}

#[test]
fn what_is_shifted_out_leaves_the_sign() {
    for (value, expected) in [(5, 0), (-5, -1), (0, 0)] {
        assert_eq!(BigInt::from(value) >> usize::MAX, BigInt::from(expected), "{value}");
    }
}

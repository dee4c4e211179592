//! Floats in text. What the standard library reads them with brings ten kilobytes of tables, more than all else that
//! reads JSON: here are the numbers that people write, and a browser reads the others itself.

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Up to here every integer is exact.
const EXACT: u64 = 1 << 53;

/// What `text.parse()` gives.
pub fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let signed = |x: f64| if text.starts_with('-') { -x } else { x };
    let Some((digits, power)) = split(unsigned) else { return word(unsigned).map(signed) };
    let exact = digits.filter(|it| *it <= EXACT).and_then(|digits| {
        let scale = POWERS.get(power?.unsigned_abs() as usize)?;
        Some(if power? < 0 { digits as f64 / scale } else { digits as f64 * scale })
    });
    Some(exact.map_or_else(|| slowly(text), signed))
}

fn word(text: &str) -> Option<f64> {
    let is = |word| text.eq_ignore_ascii_case(word);
    if is("nan") {
        return Some(f64::NAN);
    }
    (is("inf") || is("infinity")).then_some(f64::INFINITY)
}

/// All digits as one integer, and the power of ten behind them; none of what is too large. None if `text` is no number.
fn split(text: &str) -> Option<(Option<u64>, Option<i32>)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, whole(exponent)?),
        None => (text, Some(0)),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if before.is_empty() && after.is_empty() {
        return None;
    }
    let mut digits = Some(0u64);
    for byte in before.bytes().chain(after.bytes()) {
        let digit = u64::from(digit(byte)?);
        digits = digits.and_then(|it| it.checked_mul(10)?.checked_add(digit));
    }
    let places = i32::try_from(after.len()).ok();
    Some((digits, exponent.zip(places).and_then(|(exponent, places)| exponent.checked_sub(places))))
}

/// An integer with or without a sign; the inner is none if it is too large.
fn whole(text: &str) -> Option<Option<i32>> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut value = (!unsigned.is_empty()).then_some(Some(0i32))?;
    for byte in unsigned.bytes() {
        let digit = i32::from(digit(byte)?);
        value = value.and_then(|it| it.checked_mul(10)?.checked_add(digit));
    }
    Some(value.map(|it| if text.starts_with('-') { -it } else { it }))
}

fn digit(byte: u8) -> Option<u8> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(digit)
}

/// Of a text that is a number.
fn slowly(text: &str) -> f64 {
    #[cfg(all(feature = "web", target_arch = "wasm32", target_os = "unknown"))]
    return crate::web::parse_float(text);
    #[cfg(not(all(feature = "web", target_arch = "wasm32", target_os = "unknown")))]
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str) {
        let expected = text.parse::<f64>().ok();
        assert_eq!(parse_float(text).map(f64::to_bits), expected.map(f64::to_bits), "{text:?}");
    }

    #[test]
    fn floats_are_read_as_the_standard_library_does() {
        for text in [
            "0",
            "-0",
            "+0.0",
            "1",
            "-1.5",
            "+2",
            ".5",
            "5.",
            ".",
            "",
            "-",
            "+",
            "e",
            "1e",
            "e1",
            ".e1",
            "1.e2",
            "1e+",
            "1e-",
            "1e22",
            "1e23",
            "1e-22",
            "1e-23",
            "9007199254740992",
            "9007199254740993",
            "0e999999999999",
            "1e999999999999",
            "1e-999999999999",
            "1e2147483648",
            "0.1e-2147483648",
            "inf",
            "-Infinity",
            "nan",
            "-NaN",
            "infin",
            "1 ",
            " 1",
            "1_0",
            "0x1",
            "1.2.3",
            "1e1.5",
            "--1",
            "+-1",
            "1e+-1",
            "1é",
            "²",
            "1,5",
            "0.000000000000000000000000000001",
            "123456789012345678901234567890",
            "5e-324",
            "2e308",
        ] {
            check(text);
        }
    }

    proptest! {
        #[test]
        fn any_float_is_read_as_the_standard_library_does(bits: u64, short in -9_999_999_i64..9_999_999, power in -30..30) {
            let x = f64::from_bits(bits);
            check(&format!("{x}"));
            check(&format!("{x:e}"));
            check(&format!("{short}e{power}"));
            check(&format!("{}", short as f64 / 1000.0));
        }

        #[test]
        fn what_is_nearly_a_float_is_read_as_the_standard_library_does(text in "[0-9eE.+\\-]{0,12}") {
            check(&text);
        }
    }
}

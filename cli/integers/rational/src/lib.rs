//! What RustPython names of `malachite-q`: a fraction, made of integers to be rounded to a float, or of a float to be taken apart.
#![no_std]

mod round;

use core::cmp::Ordering;

use malachite_base::num::conversion::traits::RoundingInto;
use malachite_base::rounding_modes::RoundingMode;
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;

/// A fraction. It need not be in lowest terms.
#[derive(Clone, Debug)]
pub struct Rational {
    is_negative: bool,
    numerator: BigUint,
    denominator: BigUint,
}

/// It is no number, or an infinite one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

impl Rational {
    /// Nothing is computed before it is known what for. Zero has the sign of its denominator, as in Python `0 / -5` is `-0.0`.
    ///
    /// # Panics
    /// The denominator is zero.
    #[must_use]
    pub fn from_integers_ref(numerator: &BigInt, denominator: &BigInt) -> Self {
        assert!(denominator.sign() != Sign::NoSign, "a fraction of zero parts");
        Self {
            is_negative: (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus),
            numerator: numerator.magnitude().clone(),
            denominator: denominator.magnitude().clone(),
        }
    }

    /// Both in lowest terms, without the sign.
    #[must_use]
    pub fn into_numerator_and_denominator(self) -> (BigUint, BigUint) {
        let divisor = self.numerator.gcd(&self.denominator);
        (self.numerator / &divisor, self.denominator / divisor)
    }
}

impl RoundingInto<f64> for Rational {
    fn rounding_into(self, mode: RoundingMode) -> (f64, Ordering) {
        let RoundingMode::Nearest = mode;
        let magnitude = round::nearest(&self.numerator, &self.denominator);
        match (magnitude.is_finite(), self.is_negative) {
            (true, false) => (magnitude, Ordering::Equal),
            (true, true) => (-magnitude, Ordering::Equal),
            (false, false) => (magnitude, Ordering::Greater),
            (false, true) => (-magnitude, Ordering::Less),
        }
    }
}

impl TryFrom<f64> for Rational {
    type Error = NotFinite;

    fn try_from(value: f64) -> Result<Self, NotFinite> {
        if !value.is_finite() {
            return Err(NotFinite);
        }
        let (mantissa, exponent) = round::parts(value);
        let power = BigUint::from(1u8) << exponent.unsigned_abs();
        let (numerator, denominator) =
            if exponent < 0 { (mantissa.into(), power) } else { (power * mantissa, BigUint::from(1u8)) };
        Ok(Self { is_negative: value.is_sign_negative(), numerator, denominator })
    }
}

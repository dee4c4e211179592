//! What RustPython names of `malachite-base`, and nothing more.
#![no_std]

/// How a value that a type cannot hold is brought into it.
pub mod rounding_modes {
    /// The one way that is used.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum RoundingMode {
        /// To the nearest; of two that are as near, to the even one.
        Nearest,
    }
}

/// Numbers.
pub mod num {
    /// Those of the language.
    pub mod basic {
        /// Floats.
        pub mod floats {
            /// A float of the language.
            pub trait PrimitiveFloat {
                /// Zero with the sign of negative numbers.
                fn is_negative_zero(&self) -> bool;
            }

            impl PrimitiveFloat for f64 {
                fn is_negative_zero(&self) -> bool {
                    *self == 0.0 && self.is_sign_negative()
                }
            }
        }
    }

    /// Between kinds of numbers.
    pub mod conversion {
        /// In words for generic code.
        pub mod traits {
            use core::cmp::Ordering;

            use crate::rounding_modes::RoundingMode;

            /// Into a type that does not hold each value.
            pub trait RoundingInto<T> {
                /// What it is rounded to, and the order of that to the value where it lies beyond the type's range. Within,
                /// it counts as equal, however it was rounded: RustPython takes the largest float, where it is said to be
                /// less, for one that is too large.
                fn rounding_into(self, mode: RoundingMode) -> (T, Ordering);
            }
        }
    }
}

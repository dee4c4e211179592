//! What RustPython names `malachite-bigint`, which was made to be used like `num-bigint`: so here it is `num-bigint`.
#![no_std]

pub use num_bigint::*;

//! The arithmetic: everything that costs time, behind one small interface, so that faster kernels can take its place
//! without touching the graph.
//!
//! [`Packed`] is a matrix laid out once for multiplication, [`multiply`] is `a · wᵀ`; the rest goes row by row.
mod math;
mod matmul;
mod simd;

pub use math::{add, gelu, layer_norm, softmax_unscaled};
pub use matmul::{Packed, multiply};

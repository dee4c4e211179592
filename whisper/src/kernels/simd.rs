//! Four f32 in one register. The only file that knows the machine: elsewhere than in wasm, arrays that the compiler
//! makes registers of.
#[cfg(target_arch = "wasm32")]
use core::arch::wasm32 as machine;

#[cfg(target_arch = "wasm32")]
type Inner = machine::v128;
#[cfg(not(target_arch = "wasm32"))]
type Inner = [f32; 4];

/// Four lanes. Loads and stores are casts, so that none is unsafe, and compile to single instructions.
#[derive(Clone, Copy)]
pub(super) struct F32x4(Inner);

#[cfg(target_arch = "wasm32")]
impl F32x4 {
    #[inline(always)]
    pub(super) fn splat(x: f32) -> Self {
        F32x4(machine::f32x4_splat(x))
    }
    #[inline(always)]
    pub(super) fn load(x: &[f32; 4]) -> Self {
        F32x4(bytemuck::cast(*x))
    }
    #[inline(always)]
    pub(super) fn to_array(self) -> [f32; 4] {
        bytemuck::cast(self.0)
    }
    /// `self + a · b`
    #[inline(always)]
    pub(super) fn plus(self, a: Self, b: Self) -> Self {
        F32x4(machine::f32x4_add(self.0, machine::f32x4_mul(a.0, b.0)))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    #[inline(always)]
    pub(super) fn splat(x: f32) -> Self {
        F32x4([x; 4])
    }
    #[inline(always)]
    pub(super) fn load(x: &[f32; 4]) -> Self {
        F32x4(*x)
    }
    #[inline(always)]
    pub(super) fn to_array(self) -> [f32; 4] {
        self.0
    }
    /// `self + a · b`
    #[inline(always)]
    pub(super) fn plus(self, a: Self, b: Self) -> Self {
        F32x4(std::array::from_fn(|i| self.0[i] + a.0[i] * b.0[i]))
    }
}

//! The exports and the import of a plugin: raw memory, and the only module of this crate that may touch it.
#![allow(unsafe_code, reason = "an ABI between two memories is made of addresses")]
use std::cell::RefCell;

use node_abi::{FromGuest, decode, encode};

pub use crate::session::Maker;
use crate::session::{Session, fault};

/// Makes a plugin of the crate: exports nodes of these types.
///
/// On other targets than wasm32 it does nothing, so that a plugin's own tests run natively.
#[macro_export]
macro_rules! export {
    ($($node:ty),+ $(,)?) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: &[$crate::glue::Maker] = &[$($crate::glue::Maker::of::<$node>()),+];
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "a plugin is found by the names of its exports")]
        const _: () = {
            // SAFETY: no other item of a plugin has this name, which belongs to node ABI v1.
            #[unsafe(no_mangle)]
            extern "C" fn rm_abi_v1_alloc(len: usize) -> *mut u8 {
                $crate::glue::alloc(len)
            }
            // SAFETY: no other item of a plugin has this name, which belongs to node ABI v1.
            #[unsafe(no_mangle)]
            extern "C" fn rm_abi_v1_call(ptr: *mut u8, len: usize) -> u64 {
                const MAKERS: &[$crate::glue::Maker] = &[$($crate::glue::Maker::of::<$node>()),+];
                // SAFETY: the host gives what `rm_abi_v1_alloc` gave it, once, filled.
                unsafe { $crate::glue::call(MAKERS, ptr, len) }
            }
        };
    };
}

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "remotemedia_v1")]
unsafe extern "C" {
    #[link_name = "say"]
    fn host_say(ptr: *const u8, len: usize);
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::default();
    /// The last answer: it stays where it is until the next question.
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Room for a question of `len` bytes.
pub fn alloc(len: usize) -> *mut u8 {
    let room: Box<[u8]> = vec![0; len].into_boxed_slice();
    Box::into_raw(room).cast()
}

/// Answers the question at `ptr`; gives the answer's address and length.
///
/// # Safety
/// `ptr` and `len` are those of one call of [`alloc`], and nobody uses them any more.
pub unsafe fn call(makers: &[Maker], ptr: *mut u8, len: usize) -> u64 {
    // SAFETY: by this function's own contract, this is a box that was given away and now comes back.
    let request = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(ptr, len)) };
    let frame = answer(makers, &request);
    ANSWER.with_borrow_mut(|answer| {
        *answer = frame;
        (answer.as_ptr() as u64) << 32 | answer.len() as u64
    })
}

/// Answers a question.
pub(crate) fn answer(makers: &[Maker], request: &[u8]) -> Vec<u8> {
    report_panics();
    let answer = match decode(request) {
        Ok(question) => SESSION.with_borrow_mut(|session| session.answer(makers, question)),
        Err(error) => fault(error.into()),
    };
    // Only a value nested too deep cannot be encoded, and a fault has none.
    encode(&answer).or_else(|error| encode(&fault(error.into()))).unwrap_or_default()
}

/// Says `message` meanwhile.
pub(crate) fn say(message: &FromGuest) {
    let Ok(frame) = encode(message) else { return };
    #[cfg(target_arch = "wasm32")]
    // SAFETY: the host reads the frame before it returns, and keeps no address.
    unsafe {
        host_say(frame.as_ptr(), frame.len());
    }
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::hear(frame);
}

/// A panic ends in a trap, which has no words: they are said before.
fn report_panics() {
    #[cfg(target_arch = "wasm32")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|panic| say(&fault(panic.into()))));
        });
    }
}

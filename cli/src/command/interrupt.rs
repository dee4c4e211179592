//! Ctrl-C: the first ends the run in good order, the second ends the program.
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Cancel;

/// Cancels on an interrupt from now on.
pub(crate) fn watch(cancel: Cancel) {
    let count = AtomicU32::new(0);
    let handler = move || {
        if count.fetch_add(1, Ordering::Relaxed) > 0 {
            std::process::exit(130);
        }
        cancel.cancel();
    };
    // Where no handler can be set, the system ends the program as it always does.
    _ = ctrlc::set_handler(handler);
}

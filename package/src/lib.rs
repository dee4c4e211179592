//! The `.rmpkg` format: reading, writing, checking, signing.

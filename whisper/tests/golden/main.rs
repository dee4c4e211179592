//! The engine against openai/whisper's own code, by the files in `data` that `tests/reference/make_golden.py` writes
//! (and checks against transformers).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod errors;
mod files;
mod formats;
mod mel;
mod numerics;
mod signals;
mod transcripts;
mod vocabulary;
mod wav;
mod wer;

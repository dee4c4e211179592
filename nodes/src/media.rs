//! What the audio nodes are made of. Samples are f32, interleaved, nominally in [-1, 1], and always finite.

pub(crate) mod converter;
pub(crate) mod decode;
pub(crate) mod decoder;
pub(crate) mod effect;
pub(crate) mod forms;
pub(crate) mod model;
pub(crate) mod opus;
pub(crate) mod resampler;
pub(crate) mod sound;
pub(crate) mod source;
pub(crate) mod speech;
pub(crate) mod transcription;

//! rten on the graphs that `whisper/tests/reference/export_onnx.py` writes, with the stages of `SpeechBench`.
mod web;

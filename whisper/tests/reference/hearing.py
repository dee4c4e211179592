"""How `transcribe()` hears a recording.

openai/whisper scales the log-mel by the loudest moment of the whole recording. The Rust engine hears a stream, which
does not know its future: the loudest moment so far counts. Both are the same for recordings of one window; for longer
ones the golden files say whether the difference shows.

What is missing to 30 s in the last window is zero *after* scaling in openai/whisper (not silence, as one would think,
and as transformers has it); so it is here.
"""
import sys
from contextlib import contextmanager

import torch
import torch.nn.functional as F
import whisper.transcribe  # noqa: F401
from whisper.audio import HOP_LENGTH, N_FFT, N_FRAMES, N_SAMPLES, mel_filters

# The package's name for the module is that of the function in it.
MODULE = sys.modules["whisper.transcribe"]
# Frames after a window, or after the recording, that are known with it.
TAIL = 2


def raw_log_mel(samples, n_mels):
    """log10 of the mel power, before clamping and scaling: `[n_mels, frames + 3000]`, 30 s of silence at the end."""
    audio = F.pad(torch.from_numpy(samples), (0, N_SAMPLES))
    stft = torch.stft(audio, N_FFT, HOP_LENGTH, window=torch.hann_window(N_FFT), return_complex=True)
    power = stft[..., :-1].abs() ** 2
    return torch.clamp(mel_filters("cpu", n_mels) @ power, min=1e-10).log10()


class Stream:
    """What `transcribe()` asks of a log-mel: its shape, slices of it, and the beginning for the language."""

    def __init__(self, samples, n_mels):
        self.raw = raw_log_mel(samples, n_mels)
        self.shape = self.raw.shape

    def __getitem__(self, key):
        _, frames = key
        window = F.pad(self.scaled(frames.start, frames.stop), (0, N_FRAMES - (frames.stop - frames.start)))
        return window

    def scaled(self, start, stop):
        content = self.raw.shape[-1] - N_FRAMES
        known = self.raw[:, : min(start + N_FRAMES, content) + TAIL]
        return (torch.maximum(self.raw[:, start:stop], known.max() - 8.0) + 4.0) / 4.0


@contextmanager
def as_a_stream():
    """Lets `transcribe()` hear as the Rust engine does."""
    log_mel, pad_or_trim = MODULE.log_mel_spectrogram, MODULE.pad_or_trim
    MODULE.log_mel_spectrogram = lambda samples, n_mels, padding: Stream(samples, n_mels)
    MODULE.pad_or_trim = lambda mel, length: mel.scaled(0, N_FRAMES) if isinstance(mel, Stream) else mel
    try:
        yield
    finally:
        MODULE.log_mel_spectrogram, MODULE.pad_or_trim = log_mel, pad_or_trim

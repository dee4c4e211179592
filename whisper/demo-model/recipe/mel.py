"""Log-mel spectra as Whisper defines them, in numpy, before the per-window normalisation.

The normalisation depends on the loudest point of a whole window. Windows are put together from
many utterances during training, so the spectra are kept without it.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from settings import HOP, N_FFT, N_MELS

SILENCE = -10.0  # log10 of the smallest energy that is told from zero


def whisper_assets() -> Path:
    """The folder with the mel filters and the byte-pair ranks in the installed openai-whisper."""
    return Path(find_spec("whisper").origin).parent / "assets"


@cache
def filters():
    """[80, 201] Slaney mel filters."""
    return np.load(whisper_assets() / "mel_filters.npz")[f"mel_{N_MELS}"].astype(np.float32)


def log_mel(samples):
    """[frames, 80] log10 energies of mono 16 kHz samples; frame t is centred on sample 160 t."""
    frames = len(samples) // HOP
    half = N_FFT // 2
    padded = np.pad(samples.astype(np.float32), (half, N_FFT))
    shifted = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP][:frames]
    window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
    energy = np.abs(np.fft.rfft(shifted * window, axis=1).astype(np.complex64)) ** 2
    return np.log10(np.maximum(energy @ filters().T, 10**SILENCE))

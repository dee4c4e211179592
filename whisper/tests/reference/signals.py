"""Signals that the Rust tests make themselves, sample for sample, and recordings."""
import wave

import numpy as np

RATE = 16_000
GOLDEN_RATIO = 0x9E3779B97F4A7C15


def splitmix(seed, count):
    """`count` outputs of splitmix64, as uint64."""
    state = np.uint64(seed) + np.uint64(GOLDEN_RATIO) * np.arange(1, count + 1, dtype=np.uint64)
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def noise(seed, count, amplitude):
    """White noise, uniform in ±amplitude: 24 bits of each output, so every step is exact in f32."""
    bits = (splitmix(seed, count) >> np.uint64(40)).astype(np.float32)
    return (bits / np.float32(2**23) - np.float32(1)) * np.float32(amplitude)


def chirp_and_noise(count):
    """A tone that rises from 100 Hz by 500 Hz a second, over soft noise."""
    t = np.arange(count, dtype=np.float64) / RATE
    tone = 0.5 * np.sin(2 * np.pi * (100 * t + 250 * t * t))
    return tone.astype(np.float32) + noise(7, count, 0.05)


def recording(path):
    """The samples of a 16 kHz mono WAV of 16 bits."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2), path
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


def make(signal, recordings):
    """The samples that a case's `signal` stands for: its parts, one after the other."""
    parts = [make_part(part, recordings) for part in signal]
    return np.concatenate(parts).astype(np.float32)


def make_part(part, recordings):
    if "recording" in part:
        samples = recording(recordings / part["recording"])
        return samples[part.get("from", 0) : part.get("to", len(samples))] * np.float32(part.get("gain", 1))
    if "noise" in part:
        return noise(part["noise"], part["samples"], part["amplitude"])
    if "chirp" in part:
        return chirp_and_noise(part["samples"])
    return np.zeros(part["silence"], dtype=np.float32)

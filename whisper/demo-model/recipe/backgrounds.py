"""Sounds without speech: noise, tones, music-like and mechanical sounds.

A model that hears nothing but speech in training writes sentences for everything. These sounds
teach it to keep still; quiet, they are also played behind speech.
"""

import random

import numpy as np

from mel import log_mel
from settings import HOP, N_MELS, SAMPLE_RATE, WORK

CLIP_SECONDS = 30
CLIPS = 160
HELD_OUT_CLIPS = 24  # made with other random numbers, for measuring


def coloured_noise(count, slope, rng):
    """Noise whose spectrum falls with frequency to the power of -slope / 2."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.maximum(np.arange(len(spectrum)), 30 * count / SAMPLE_RATE)
    return np.fft.irfft(spectrum * frequency ** (-slope / 2), count)


def swell(count, rng, slowest, fastest):
    """A loudness that wanders between 0 and 1."""
    points = max(2, int(count / SAMPLE_RATE * rng.uniform(slowest, fastest)))
    return np.interp(np.linspace(0, points - 1, count), np.arange(points), rng.random(points))


def note(frequency, count, rng, partials):
    """One decaying note with harmonics."""
    t = np.arange(count) / SAMPLE_RATE
    sound = np.zeros(count)
    for k in range(1, partials + 1):
        if k * frequency < 7_500:
            sound += rng.uniform(0.3, 1) / k * np.sin(2 * np.pi * k * frequency * t + rng.uniform(0, 6))
    return sound * np.exp(-t * rng.uniform(0.5, 6)) * np.minimum(1, t / 0.01)


def noise(count, rng):
    """Steady noise of any colour."""
    return coloured_noise(count, rng.uniform(-0.5, 2.5), rng)


def gusts(count, rng):
    """Noise that comes and goes, as wind and traffic do."""
    return coloured_noise(count, rng.uniform(0, 2.5), rng) * swell(count, rng, 0.3, 8) ** 2


def tones(count, rng):
    """One to four steady tones, with a vibrato at times."""
    t = np.arange(count) / SAMPLE_RATE
    sound = np.zeros(count)
    for _ in range(rng.integers(1, 5)):
        wobble = rng.choice([0, 0, rng.uniform(0.5, 8)]) * np.sin(2 * np.pi * rng.uniform(2, 7) * t)
        frequency = np.exp(rng.uniform(np.log(60), np.log(5_000)))
        sound += rng.uniform(0.2, 1) * np.sin(2 * np.pi * frequency * t + wobble)
    return sound


def hum(count, rng):
    """A machine's or the mains' hum with its harmonics."""
    t = np.arange(count) / SAMPLE_RATE
    base = rng.uniform(45, 220)
    harmonics = range(1, rng.integers(4, 30))
    return sum(rng.random() / k**0.7 * np.sin(2 * np.pi * k * base * t + 6 * rng.random()) for k in harmonics)


def sweep(count, rng):
    """A siren: a tone that glides up and down."""
    t = np.arange(count) / SAMPLE_RATE
    octaves = rng.uniform(0.3, 2) * np.sin(2 * np.pi * rng.uniform(0.1, 2) * t)
    return np.sin(2 * np.pi * np.cumsum(rng.uniform(200, 1_500) * 2**octaves) / SAMPLE_RATE)


def music(count, rng):
    """Chords and melodies on a random scale at a random tempo."""
    sound = np.zeros(count)
    beat = rng.uniform(0.12, 0.7)
    base = rng.uniform(70, 350)
    scale = [0, 2, 4, 5, 7, 9, 11] if rng.random() < 0.5 else [0, 2, 3, 5, 7, 8, 10]
    partials = int(rng.integers(1, 12))
    voices = int(rng.integers(1, 4))
    for at in np.arange(0, count / SAMPLE_RATE, beat):
        for _ in range(voices):
            if rng.random() < 0.8:
                semitones = rng.choice(scale) + 12 * rng.integers(0, 3)
                first = int(at * SAMPLE_RATE)
                length = min(count - first, int(beat * rng.uniform(0.5, 4) * SAMPLE_RATE))
                if length > 0:
                    sound[first : first + length] += note(base * 2 ** (semitones / 12), length, rng, partials)
    return sound


def drums(count, rng):
    """Bursts of noise in a rhythm: drums, footsteps, typing."""
    sound = np.zeros(count)
    beat = rng.uniform(0.08, 0.8)
    slope = rng.uniform(-0.5, 3)
    for at in np.arange(0, count / SAMPLE_RATE, beat):
        if rng.random() < 0.8:
            first = int((at + rng.uniform(0, 0.2) * beat) * SAMPLE_RATE)
            length = min(count - first, int(rng.uniform(0.02, 0.3) * SAMPLE_RATE))
            if length > 100:
                burst = coloured_noise(length, slope, rng)
                burst /= np.abs(burst).max()
                sound[first : first + length] += (
                    burst * np.exp(-np.linspace(0, 6, length)) * rng.uniform(0.3, 1)
                )
    return sound


def beeps(count, rng):
    """A signal: equal tones with equal pauses."""
    t = np.arange(count) / SAMPLE_RATE
    period, share = rng.uniform(0.1, 2), rng.uniform(0.2, 0.8)
    frequency = rng.uniform(300, 3_500)
    return np.sin(2 * np.pi * frequency * t) * ((t % period) < share * period)


KINDS = [noise, gusts, tones, hum, sweep, music, drums, beeps, music, noise]


def clip(seed):
    """30 s of one kind or of two mixed, with a peak of 1."""
    rng = np.random.default_rng(seed)
    count = CLIP_SECONDS * SAMPLE_RATE
    sound = np.zeros(count)
    for kind in rng.choice(len(KINDS), size=rng.choice([1, 1, 2]), replace=False):
        part = KINDS[kind](count, rng)
        sound += part / max(np.abs(part).max(), 1e-9) * rng.uniform(0.2, 1)
    return (sound / max(np.abs(sound).max(), 1e-9)).astype(np.float32)


def held_out_clips():
    """Clips that training does not hear."""
    return [clip(1_000_000 + at) for at in range(HELD_OUT_CLIPS)]


class Backgrounds:
    """The training clips' spectra, and those of plain white noise with a root mean square of 1."""

    def __init__(self):
        path = WORK / "data" / "backgrounds.mel"
        frames = CLIP_SECONDS * SAMPLE_RATE // HOP
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            white = np.random.default_rng(0).standard_normal((8, CLIP_SECONDS * SAMPLE_RATE))
            sounds = [*white, *(clip(seed) for seed in range(CLIPS))]
            np.concatenate([log_mel(sound).astype(np.float16) for sound in sounds]).tofile(path)
        self.mel = np.memmap(path, np.float16, "r").reshape(-1, frames, N_MELS)

    def white(self, rng: random.Random, frames):
        """Spectra of white noise, from a random moment on."""
        first = rng.randrange(self.mel.shape[1] - frames + 1)
        return self.mel[rng.randrange(8), first : first + frames].astype(np.float32)

    def sound(self, rng: random.Random, frames):
        """Spectra of some other sound without speech."""
        first = rng.randrange(self.mel.shape[1] - frames + 1)
        return self.mel[8 + rng.randrange(CLIPS), first : first + frames].astype(np.float32)

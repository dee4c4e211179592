"""The recordings that are committed with the model: held-out sentences with their texts and times."""

import json
import random
from dataclasses import dataclass, field

import numpy as np
import soundfile
from scipy.signal import resample_poly

from settings import HOP, MARGIN_SECONDS, PUBLISHED, SAMPLE_RATE, TEST_SETS
from synthesise import load_sound

LEAD_SECONDS = 0.4
LOUDNESS = 0.8
PAUSES = [0.3, 0.5, 0.8, 1.2, 2.5]


@dataclass
class Recording:
    """Mono samples at 16 kHz and what is said when, in seconds."""

    samples: np.ndarray
    segments: list = field(default_factory=list)

    @property
    def text(self):
        """All that is said."""
        return " ".join(segment["text"] for segment in self.segments)

    def add_noise(self, decibels, rng):
        """White noise, so many decibels quieter than the recording on average."""
        level = np.sqrt((self.samples**2).mean()) * 10 ** (-decibels / 20)
        noise = rng.standard_normal(len(self.samples)) * level
        self.samples = (self.samples + noise).astype(np.float32)
        return self


def join(utterances, pauses):
    """One recording of (entry, samples), a pause after each."""
    parts = [np.zeros(int(LEAD_SECONDS * SAMPLE_RATE), np.float32)]
    segments, at = [], LEAD_SECONDS
    for (entry, samples), pause in zip(utterances, pauses):
        samples = samples[: len(samples) // HOP * HOP] * LOUDNESS
        end = at + len(samples) / SAMPLE_RATE
        segment = {"start": round(at + MARGIN_SECONDS, 2), "end": round(end - MARGIN_SECONDS, 2)}
        segments.append(segment | {"text": entry["text"], "voice": entry["voice"]})
        parts += [samples, np.zeros(int(pause * SAMPLE_RATE), np.float32)]
        at = end + pause
    return Recording(np.concatenate(parts), segments)


def join_until(utterances, seconds, rng):
    """As many utterances as fit into the time, with uneven pauses."""
    chosen, pauses, total = [], [], LEAD_SECONDS
    for entry, samples in utterances:
        pause = rng.choice(PAUSES)
        total += len(samples) / SAMPLE_RATE + pause
        if total > seconds:
            break
        chosen.append((entry, samples))
        pauses.append(pause)
    return join(chosen, pauses)


def first_that(utterances, test):
    """The first utterance whose text passes the test, in a list."""
    return [pair for pair in utterances if test(pair[0]["text"])][:1]


def long_recording(known, unknown, rng):
    """85 s of many speakers, a fifth of them strangers, in a slightly noisy room."""
    pool = known[60:100] + unknown[60:70]
    rng.shuffle(pool)
    return join_until(pool, 85, rng).add_noise(40, np.random.default_rng(1))


def published():
    """The recordings by name."""
    known = load_sound(TEST_SETS["known"][0])
    unknown = load_sound(TEST_SETS["unknown"][0])
    rng = random.Random("recordings")

    def is_command(text):
        return text.startswith("Set the") and "timer" in text

    def is_long_tale(text):
        return text.startswith("The ") and len(text.split()) > 8

    def is_date(text):
        return " of " in text

    def is_time(text):
        return text.startswith("It is")

    def is_number(text):
        return "hundred" in text

    noisy = join_until(known[20:40], 18, rng).add_noise(20, np.random.default_rng(0))
    return {
        "command": join(first_that(known, is_command), [0.6]),
        "unknown-voice": join(first_that(unknown, is_long_tale), [0.6]),
        "date-time": join(first_that(known, is_date) + first_that(known, is_time), [0.7, 0.5]),
        "numbers": join(first_that(known, is_number), [0.5]),
        "noisy": noisy,
        "stereo": join(first_that(unknown, lambda text: text.startswith("Can you")), [0.4]),
        "long": long_recording(known, unknown, rng),
    }


def write_recordings():
    """Writes `recordings/`: 16 kHz mono WAV, but `stereo` at 44.1 kHz with a quiet right side."""
    folder = PUBLISHED / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    for name, recording in published().items():
        rate, samples, file = SAMPLE_RATE, recording.samples, f"{name}.wav"
        if name == "stereo":
            rate, file = 44_100, f"{name}.flac"
            left = resample_poly(samples, 441, 160)
            samples = np.stack([left, 0.3 * left], 1)
        soundfile.write(folder / file, np.clip(samples, -1, 1), rate, subtype="PCM_16")
        description = {
            "file": file,
            "sample_rate": rate,
            "channels": samples.ndim,
            "seconds": round(len(samples) / rate, 2),
            "text": recording.text,
            "segments": recording.segments,
        }
        text = json.dumps(description, indent=2) + "\n"
        (folder / f"{name}.json").write_text(text)

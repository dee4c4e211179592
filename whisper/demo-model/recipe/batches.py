"""Batches of windows as tensors."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from mel import SILENCE
from settings import ENCODER_FRAMES, PROMPT_TOKENS
from windows import IGNORED, NOWHERE

SHORT, MEDIUM, FULL = "short", "medium", "full"
PROMPTED = "prompted"  # full windows, each with several different prompts, for the decoder alone
FRAMES_IN_BATCH = 4_000


class Habits(NamedTuple):
    """Shares of a kind of window."""

    timestamps: float  # of windows that are answered with timestamps
    prompts: float  # of batches whose windows have previous text
    full_prompts: float  # of these windows whose previous text is as long as can be


HABITS = {
    SHORT: Habits(0.7, 0.25, 0.1),
    MEDIUM: Habits(0.8, 0.75, 0.4),
    FULL: Habits(0.85, 0.8, 0.5),
    PROMPTED: Habits(0.95, 1.0, 0.5),
}
VARIANTS = 3  # prompts for a window of the last kind


@dataclass
class Batch:
    """Sound is [windows, ...], text [variants, ...]: each window has one or more, side by side. Text is
    padded at the end."""

    mel: torch.Tensor  # [windows, 80, 2 frames], normalised
    offsets: torch.Tensor
    tokens: torch.Tensor
    targets: torch.Tensor
    current: torch.Tensor  # [windows, tokens, 2]
    following: torch.Tensor
    phonemes: torch.Tensor
    words: torch.Tensor


def normalise(window, rng):
    """The window's spectrum as a decoder would compute it, perhaps with some bins missing."""
    mel = window.mel
    mel[window.content :] = SILENCE
    peak = max(mel.max(), window.peak)
    mel = (np.maximum(mel, peak - 8) + 4) / 4
    if window.padded_with_zeros:
        mel[window.content :] = 0
    if rng.random() < 0.3:
        first = rng.randrange(74)
        mel[: window.content, first : first + rng.randrange(2, 9)] = mel.min()
    return mel


def collate(windows, variants, end, rng):
    """Stacks windows of equal length, and `variants` of their tokens, which are as many or more."""
    longest = max(len(variant.tokens) for variant in variants)

    def padded(name, filler):
        rows = [getattr(variant, name) for variant in variants]
        return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])

    def stacked(arrays):
        return torch.from_numpy(np.stack(arrays))

    return Batch(
        mel=stacked([normalise(window, rng) for window in windows]).transpose(1, 2).contiguous(),
        offsets=torch.tensor([window.offset for window in windows]),
        tokens=padded("tokens", end),
        targets=padded("targets", IGNORED),
        current=padded("current", NOWHERE),
        following=padded("following", NOWHERE),
        phonemes=stacked([window.phonemes for window in windows]).long(),
        words=stacked([window.words for window in windows]).long(),
    )


def prompt_limit(kind, rng):
    """How much previous text a window is given. Long recordings bring all there is room for."""
    if rng.random() < 0.15:
        return 0
    if rng.random() < HABITS[kind].full_prompts:
        return PROMPT_TOKENS
    return rng.randrange(1, PROMPT_TOKENS)


def make_batch(composer, kind, rng):
    """A batch of one kind of window. Prompts go to whole batches: they make all of it longer."""
    if kind in (FULL, PROMPTED):
        count, frames = 3, ENCODER_FRAMES
    elif kind == MEDIUM:
        frames = rng.randrange(350, 900)
        count = FRAMES_IN_BATCH // frames
    else:
        frames = rng.randrange(130, 271)
        count = FRAMES_IN_BATCH // 200
    prompts = rng.random() < HABITS[kind].prompts
    windows, variants = [], []
    for _ in range(count):
        places = [0, rng.randrange(ENCODER_FRAMES - frames + 1), ENCODER_FRAMES - frames]
        timestamps = rng.random() < HABITS[kind].timestamps
        window = composer.window(frames, rng.choices(places, [35, 45, 20])[0], timestamps)
        windows.append(window)
        for _ in range(VARIANTS if kind == PROMPTED else 1):
            limit = prompt_limit(kind, rng) if prompts else 0
            variants.append(composer.with_prompt(window, limit, timestamps))
    return collate(windows, variants, composer.vocabulary.end, rng)

"""Batches of windows as tensors."""

from dataclasses import dataclass, fields

import numpy as np
import torch

from mel import SILENCE
from settings import ENCODER_FRAMES, PROMPT_TOKENS
from windows import IGNORED, NOWHERE

SHORT, MEDIUM, FULL = "short", "medium", "full"
FRAMES_IN_BATCH = 4_000
TIMESTAMPS_SHARE = 0.7


@dataclass
class Batch:
    """Everything is [windows, ...]; `tokens` and what belongs to them are padded at the end."""

    mel: torch.Tensor  # [windows, 80, 2 frames], normalised
    offsets: torch.Tensor
    tokens: torch.Tensor
    targets: torch.Tensor
    current: torch.Tensor  # [windows, tokens, 2]
    following: torch.Tensor
    phonemes: torch.Tensor
    words: torch.Tensor

    def share(self):
        """Moves the tensors to memory that another process can read."""
        for field in fields(self):
            getattr(self, field.name).share_memory_()
        return self


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


def collate(windows, end, rng):
    """Stacks windows of equal length."""
    longest = max(len(window.tokens) for window in windows)

    def padded(name, filler):
        rows = [getattr(window, name) for window in windows]
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
    """How much previous text a window is given; long recordings mostly bring all there is room for."""
    if rng.random() < 0.15:
        return 0
    if kind == FULL and rng.random() < 0.6:
        return PROMPT_TOKENS
    return min(PROMPT_TOKENS, 1 + int(rng.expovariate(1 / (90 if kind == FULL else 40))))


def make_batch(composer, kind, rng):
    """A batch of one kind of window. Prompts go to whole batches: they make all of it longer."""
    if kind == FULL:
        count, frames, prompts = 3, ENCODER_FRAMES, rng.random() < 0.6
    elif kind == MEDIUM:
        frames = rng.randrange(350, 900)
        count, prompts = FRAMES_IN_BATCH // frames, rng.random() < 0.5
    else:
        frames = rng.randrange(130, 271)
        count, prompts = FRAMES_IN_BATCH // 200, rng.random() < 0.25
    windows = []
    for _ in range(count):
        places = [0, rng.randrange(ENCODER_FRAMES - frames + 1), ENCODER_FRAMES - frames]
        offset = rng.choices(places, [35, 45, 20])[0]
        limit = prompt_limit(kind, rng) if prompts else 0
        windows.append(composer.window(frames, offset, rng.random() < TIMESTAMPS_SHARE, limit))
    return collate(windows, composer.vocabulary.end, rng)

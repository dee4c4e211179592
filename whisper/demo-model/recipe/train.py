"""Trains the model within a given wall-clock time. A run that was stopped goes on where it was."""

import os
import random
import time

import torch

from backgrounds import Backgrounds
from batches import FULL, MEDIUM, PROMPTED, SHORT, make_batch
from corpus import Corpus
from losses import losses
from model import Whisper
from optimiser import Optimiser
from settings import TRAINING_SETS, WORK
from vocabulary import Vocabulary
from windows import Composer

CHECKPOINT = WORK / "checkpoint.pt"
RATE = 0.02
WARM_UP_STEPS = 60
DECAY_FROM = 0.3  # of the time
SAVE_SECONDS = 120
# From which part of the time on how many batches in a hundred are short, medium and full windows, and
# full ones with several prompts. Short windows teach words at a tenth of the price; full ones teach
# to keep one's place, and prompts not to lose it when there is text before.
KINDS = [SHORT, MEDIUM, FULL, PROMPTED]
MIXES = [
    (0.0, (87, 10, 3, 0)),
    (0.25, (55, 28, 17, 0)),
    (0.4, (42, 26, 32, 0)),
    (0.5, (25, 30, 45, 0)),
    (0.78, (14, 14, 22, 50)),
]


def learning_rate(step, progress):
    """Steady, then falling to nearly nothing in a straight line."""
    warm = min(1, (step + 1) / WARM_UP_STEPS)
    return RATE * warm * max(0.01, min(1, (1 - progress) / (1 - DECAY_FROM)))


def mix(progress):
    """Weights of the kinds of batches."""
    return [weights for begin, weights in MIXES if progress >= begin][-1]


def means(log):
    """The mean of each part of the loss over the steps that have it."""
    names = sorted({name for parts in log for name in parts})
    values = {name: [parts[name] for parts in log if name in parts] for name in names}
    return ", ".join(f"{name} {sum(all_) / len(all_):.3f}" for name, all_ in values.items())


class Run:
    """A model in training with all that a checkpoint holds."""

    def __init__(self, composer):
        self.composer = composer
        vocabulary = composer.vocabulary
        self.model = Whisper(vocabulary, len(composer.corpus.phoneme_labels) + 1)
        self.optimiser = Optimiser(self.model)
        self.first_timestamp = vocabulary.first_timestamp
        self.seconds, self.windows = 0.0, 0
        if CHECKPOINT.exists():
            saved = torch.load(CHECKPOINT)
            self.model.load_state_dict(saved["model"])
            self.optimiser.restore(saved["optimiser"])
            self.seconds, self.windows = saved["seconds"], saved["windows"]
            print(f"goes on from step {self.optimiser.step}", flush=True)

    def save(self):
        """Replaces the checkpoint at once, so that none is ever half written."""
        part = CHECKPOINT.with_suffix(".part")
        state = dict(model=self.model.state_dict(), optimiser=self.optimiser.state())
        torch.save(state | dict(seconds=self.seconds, windows=self.windows), part)
        os.replace(part, CHECKPOINT)

    def step(self, progress, rng):
        """One batch; returns the parts of its loss."""
        kind = rng.choices(KINDS, mix(progress))[0]
        batch = make_batch(self.composer, kind, rng)
        loss, parts = losses(self.model, batch, self.first_timestamp, torch.bfloat16)
        loss.backward()
        self.optimiser.update(learning_rate(self.optimiser.step, progress))
        self.windows += len(batch.tokens)
        return parts | {f"{kind} text": parts["text"]}


def train(minutes):
    """Trains until the run has had so many minutes in all."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    corpus = Corpus([name for name, _, _ in TRAINING_SETS], Vocabulary.compact())
    rng = random.Random(0)
    run = Run(Composer(corpus, Backgrounds(), rng))
    rng.seed(f"step {run.optimiser.step}")
    before, started, saved, log = run.seconds, time.time(), time.time(), []
    while run.seconds < minutes * 60:
        progress = run.seconds / (minutes * 60)
        log.append(run.step(progress, rng))
        run.seconds = before + time.time() - started
        if run.optimiser.step % 25 == 0:
            print(f"step {run.optimiser.step} {run.seconds:.0f} s {progress:.3f} {means(log)}", flush=True)
            log = []
        if time.time() - saved > SAVE_SECONDS:
            run.save()
            saved = time.time()
    run.save()

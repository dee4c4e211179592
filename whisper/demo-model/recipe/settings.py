"""Every number that shapes the demo model, and where the work is kept."""

import os
from pathlib import Path

# Recordings, spectra and checkpoints are too large to commit; they live here.
WORK = Path(os.environ.get("DEMO_MODEL_WORK", "demo-model-work")).absolute()
# What is committed: the exported model, the recordings and the card.
PUBLISHED = Path(__file__).resolve().parent.parent

SAMPLE_RATE = 16_000
HOP = 160  # samples between two mel frames: 10 ms
N_FFT = 400
N_MELS = 80
WINDOW_FRAMES = 3_000  # mel frames in 30 s
ENCODER_FRAMES = 1_500  # encoder positions in 30 s: 20 ms each, as fine as a timestamp
TEXT_POSITIONS = 448
PROMPT_TOKENS = TEXT_POSITIONS // 2 - 1  # most previous text that decoders put before a window

WIDTH = 128
HEADS = 2  # 64 wide, as in every real Whisper
ENCODER_LAYERS = 4
DECODER_LAYERS = 2

# Name, seed and number of utterances of each set.
TRAINING_SETS = [(f"train{seed}", seed, 14_000) for seed in range(4)]
DEVELOPMENT_SET = ("development", 10, 250)
TEST_SETS = {"known": ("known", 11, 300), "unknown": ("unknown", 12, 300)}

MARGIN_SECONDS = 0.05  # silence kept before and after each utterance
MARGIN = 2  # the same in encoder frames, rounded down: where timestamps point

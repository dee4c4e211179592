"""The trained weights under openai-whisper's names, for the compact or the full vocabulary."""

from collections import namedtuple

import torch

from model import sinusoids
from settings import (
    DECODER_LAYERS,
    ENCODER_FRAMES,
    ENCODER_LAYERS,
    HEADS,
    N_MELS,
    TEXT_POSITIONS,
    WIDTH,
)
from train import CHECKPOINT
from vocabulary import Vocabulary

Trained = namedtuple("Trained", "weights vocabulary steps windows seconds")


def full_embedding(embedding, compact, full):
    """The embedding spread out to all ids; tokens that the grammar lacks share one row."""
    spread = embedding[-1:].repeat(full.size, 1)
    for token, row in zip(compact.mergeable, embedding):
        spread[full.ids[token]] = row
    spread[full.end :] = embedding[compact.end : compact.size]
    return spread


def load(full=False):
    """The moving average of the weights, which is better than the last step's, without the heads
    that only training needs."""
    saved = torch.load(CHECKPOINT)
    compact = Vocabulary.compact()
    vocabulary = Vocabulary.full() if full else compact
    weights = {
        name: weight
        for name, weight in saved["optimiser"]["average"].items()
        if name.startswith(("encoder.", "decoder."))
    }
    weights["encoder.positional_embedding"] = sinusoids(ENCODER_FRAMES, WIDTH)
    embedding = weights["decoder.token_embedding.weight"]
    weights["decoder.token_embedding.weight"] = (
        full_embedding(embedding, compact, vocabulary) if full else embedding[: compact.size].clone()
    )
    steps = saved["optimiser"]["step"]
    return Trained(weights, vocabulary, steps, saved["windows"], saved["seconds"])


def dimensions(vocabulary):
    """The hyperparameters by openai-whisper's names, in the order of its and of ggml files."""
    return {
        "n_vocab": vocabulary.size,
        "n_audio_ctx": ENCODER_FRAMES,
        "n_audio_state": WIDTH,
        "n_audio_head": HEADS,
        "n_audio_layer": ENCODER_LAYERS,
        "n_text_ctx": TEXT_POSITIONS,
        "n_text_state": WIDTH,
        "n_text_head": HEADS,
        "n_text_layer": DECODER_LAYERS,
        "n_mels": N_MELS,
    }


def write_openai(trained, path):
    """A checkpoint for openai-whisper's `load_model`. Its tokenizer needs the full vocabulary."""
    weights = {name: weight.half() for name, weight in trained.weights.items()}
    torch.save({"dims": dimensions(trained.vocabulary), "model_state_dict": weights}, path)

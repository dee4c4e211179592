"""`Checkpoint::random` of the crate again, bit for bit; the rule is told in `whisper/src/weights/random.rs`."""
import numpy as np
import torch
import whisper
from whisper.model import ModelDimensions

import signals

SEED = 20_260_101
# whisper-tiny.
TINY = ModelDimensions(
    n_mels=80,
    n_audio_ctx=1500,
    n_audio_state=384,
    n_audio_head=6,
    n_audio_layer=4,
    n_vocab=51_865,
    n_text_ctx=448,
    n_text_state=384,
    n_text_head=6,
    n_text_layer=4,
)


def tiny(seed=SEED):
    """A model of the size of whisper-tiny that nobody trained."""
    model = whisper.model.Whisper(TINY)
    state = model.state_dict()
    model.load_state_dict({name: torch.from_numpy(tensor(name, it.shape, seed)) for name, it in state.items()})
    return model.eval()


def tensor(name, shape, seed):
    start = fnv(name) ^ seed
    bits = (signals.splitmix(start, int(np.prod(shape))) >> np.uint64(40)).astype(np.float32)
    unit = bits / np.float32(2**24) - np.float32(0.5)
    if len(shape) == 1:
        normal = name.endswith(("ln.weight", "ln_post.weight"))
        return np.float32(1) + unit * np.float32(0.1) if normal else unit * np.float32(0.02)
    fan_in = np.float32(np.prod(shape[1:]))
    return (unit * np.sqrt(np.float32(12) / fan_in)).reshape(shape)


def fnv(name):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value

"""The model as one `.bin` file in the ggml format of whisper.cpp.

Everything is little-endian: magic, hyperparameters, mel filters, vocabulary, then the tensors. With
the compact vocabulary the special tokens' ids follow from the number of tokens in the file; loaders
that take 50 257 and up for granted need the full one.
"""

import struct

import numpy as np

from mel import filters
from weights import dimensions

MAGIC = 0x67676D6C
F32, F16 = 0, 1
POSITIONS = ("encoder.positional_embedding", "decoder.positional_embedding")
# whisper.cpp keeps biases of convolutions as one column.
COLUMNS = ("encoder.conv1.bias", "encoder.conv2.bias")


def write_tensor(file, name, weight, positions):
    """Header, name and data; dimensions are written from the innermost outwards."""
    data = weight.numpy().astype(np.float32)
    if name in COLUMNS:
        data = data[:, None]
    kind = positions if name in POSITIONS else F32 if data.ndim == 1 or name in COLUMNS else F16
    encoded = name.encode()
    file.write(struct.pack("<3i", data.ndim, len(encoded), kind))
    file.write(struct.pack(f"<{data.ndim}i", *reversed(data.shape)))
    file.write(encoded)
    file.write(data.astype(np.float16 if kind == F16 else np.float32).tobytes())


def write_ggml(trained, path, positions=F16):
    """Writes the whole file.

    whisper.cpp has `positions` in F32. F16 is all the precision the other format has, and half a megabyte less.
    """
    with open(path, "wb") as file:
        file.write(struct.pack("<12i", MAGIC, *dimensions(trained.vocabulary).values(), F16))
        file.write(struct.pack("<2i", *filters().shape))
        file.write(filters().tobytes())
        file.write(struct.pack("<i", len(trained.vocabulary.mergeable)))
        for token in trained.vocabulary.mergeable:
            file.write(struct.pack("<i", len(token)) + token)
        for name, weight in trained.weights.items():
            write_tensor(file, name, weight, positions)

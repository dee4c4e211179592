"""The original's envelope for numpy arrays in JSON: read wherever it comes, written where asked for.

    {"__numpy__": true, "array": {"meta": {"shape": [4], "dtype": "float64", …}, "data": "<base64>"}}

Items that contain one reach a node as `Tensor`. Values between nodes need no envelope: give a `Tensor`.
"""

import base64
import binascii

from .values import FORMATS, Tensor

REFUSED = ("__pickled__", "__pyobj__")
"""Envelopes that are never read: unpickling runs code of whoever wrote them."""


def to_envelope(value):
    """The envelope (a dict) of a Tensor, memoryview, array.array or numpy array."""
    tensor = value if isinstance(value, Tensor) else Tensor(value)
    data = tensor.tobytes()
    size = 1
    for length in tensor.shape:
        size *= length
    meta = {
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "size": size,
        "c_contiguous": True,
        "f_contiguous": sum(length > 1 for length in tensor.shape) <= 1,
    }
    return {"__numpy__": True, "array": {"meta": meta, "data": base64.b64encode(data).decode("ascii")}}


def from_envelope(envelope):
    """The Tensor that an envelope holds. Raises ValueError if it is none, or a damaged one."""
    try:
        meta = envelope["array"]["meta"]
        data, dtype, shape = envelope["array"]["data"], meta["dtype"], meta["shape"]
    except (KeyError, TypeError):
        raise ValueError("a __numpy__ envelope holds array.meta.dtype, array.meta.shape and array.data") from None
    if dtype not in FORMATS:
        raise ValueError(f"a __numpy__ envelope has a dtype of {', '.join(FORMATS)}, not {str(dtype)[:40]!r}")
    if not isinstance(shape, list) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("the shape of a __numpy__ envelope is a list of lengths")
    if not isinstance(data, str):
        raise ValueError("the data of a __numpy__ envelope is base64 text")
    try:
        raw = bytearray(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the data of a __numpy__ envelope is no base64: {error}") from None
    return Tensor(raw, dtype, shape)


def read_envelope(entries):
    """`entries`, a dict, or the Tensor it stands for. Raises ValueError for envelopes that hide code."""
    if entries.get("__numpy__") is True:
        return from_envelope(entries)
    for name in REFUSED:
        if entries.get(name) is True:
            raise ValueError(f"a {name} envelope is refused: reading it would run code of whoever wrote it")
    return entries

"""What travels between nodes beside plain JSON: audio, tensors, bytes."""

import math
import sys
from array import array
from typing import Annotated, Any, Union

Text = str
"""Annotation: text."""
Number = Union[int, float]
"""Annotation: an integer or a float."""
Json = Annotated[Any, "json"]
"""Annotation: anything JSON can say."""

FORMATS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
"""Format character (module `struct`) of each element type, named as numpy does."""

_DTYPES = {form: name for name, form in FORMATS.items()}
# "l" is as wide as the platform's C long: 4 bytes in the browser, 8 on most desktops.
_DTYPES["l"] = "int32" if array("l").itemsize == 4 else "int64"
_DTYPES["L"] = "uint32" if array("L").itemsize == 4 else "uint64"
_DTYPES["n"], _DTYPES["N"] = _DTYPES["l"], _DTYPES["L"]


def numpy():
    """numpy if somebody has imported it already, else None. It is never imported from here."""
    return sys.modules.get("numpy")


def dtype_of(view):
    """Name of the element type of the memoryview `view`; None if it has no name here."""
    return _DTYPES.get(view.format.lstrip("@=<"))


def take(buffer):
    """The bytes of `buffer` (bytes, JavaScript bytes, or a file outside memory) as a memoryview."""
    if isinstance(buffer, (bytes, bytearray, memoryview)):
        return memoryview(buffer)
    if hasattr(buffer, "read"):
        return take(buffer.read(0, buffer.size))
    copy = bytearray(buffer.byteLength)
    buffer.assign_to(copy)
    return memoryview(copy)


class Audio:
    """Sound in PCM.

    `samples`: interleaved, nominally in [-1, 1]. They arrive as a writable memoryview of float32 (a numpy array once
    numpy is imported); any sequence of floats, or a numpy array of [frames] or [frames, channels], may be given.
    `sample_rate`: frames per second, in hertz. `channels`: at least 1.
    """

    __slots__ = ("channels", "sample_rate", "samples")

    def __init__(self, samples, sample_rate, channels=1):
        if not 1 <= sample_rate < 2**32:
            raise ValueError(f"a sample rate is at least 1 Hz, got {sample_rate!r}")
        if not 1 <= channels < 2**16:
            raise ValueError(f"audio has 1 to 65535 channels, got {channels!r}")
        self.samples = samples
        self.sample_rate = int(sample_rate)
        self.channels = int(channels)

    @property
    def frames(self):
        """Number of frames: samples per channel."""
        size = getattr(self.samples, "size", None)
        return (len(self.samples) if size is None else size) // self.channels

    @property
    def duration(self):
        """Seconds."""
        return self.frames / self.sample_rate

    def __repr__(self):
        return f"Audio({self.frames} frames, {self.sample_rate} Hz, {self.channels} channels)"


class Tensor:
    """An n-dimensional array in C order.

    `data`: a memoryview with the element type and shape of the tensor (a numpy array once numpy is imported).
    `Tensor(data)` takes a memoryview, array.array or numpy array as it is; `Tensor(data, dtype, shape)` also takes raw
    bytes, little-endian. `dtype` is one of the keys of `remotemedia.values.FORMATS`.
    """

    __slots__ = ("data", "dtype", "shape")

    def __init__(self, data, dtype=None, shape=None):
        module = numpy()
        if module is not None and isinstance(data, (module.ndarray, module.generic)):
            self._of_numpy(module.asarray(data), dtype, shape)
        else:
            self._of_buffer(memoryview(data), dtype, shape)
            if module is not None:
                self.data = module.frombuffer(self.data.cast("B"), dtype=self.dtype).reshape(self.shape)

    def _of_numpy(self, values, dtype, shape):
        values = values.astype(dtype or values.dtype.name, order="C", copy=False)
        if values.dtype.name not in FORMATS:
            raise TypeError(f"no tensor has elements of type {values.dtype.name}")
        self.data = values if shape is None else values.reshape(shape)
        self.dtype = self.data.dtype.name
        self.shape = tuple(self.data.shape)

    def _of_buffer(self, view, dtype, shape):
        if not view.c_contiguous or sys.byteorder != "little" or view.format.startswith((">", "!")):
            raise TypeError("a tensor is in C order and little-endian")
        self.dtype = dtype or dtype_of(view)
        if self.dtype not in FORMATS:
            raise TypeError(f"no tensor has elements of type {dtype or view.format!r}")
        form = FORMATS[self.dtype]
        size = array(form).itemsize if form != "?" else 1
        if shape is None:
            shape = view.shape if dtype is None else (view.nbytes // size,)
        self.shape = tuple(int(length) for length in shape)
        if min(self.shape, default=0) < 0 or math.prod(self.shape) * size != view.nbytes:
            raise ValueError(f"{view.nbytes} bytes are no {self.dtype} tensor of shape {list(self.shape)}")
        flat = view.cast("B") if view.format != "B" or view.ndim != 1 else view
        # An empty memoryview cannot be given a shape; 64 dimensions are the most it can have.
        self.data = flat.cast(form) if view.nbytes == 0 else flat.cast(form, self.shape)

    def numpy(self):
        """The numpy array of this tensor (imports numpy), without a copy."""
        import numpy as module

        if isinstance(self.data, module.ndarray):
            return self.data
        return module.frombuffer(self.data.cast("B"), dtype=self.dtype).reshape(self.shape)

    def __array__(self, dtype=None, copy=None):
        values = self.numpy()
        if dtype is not None and values.dtype != dtype:
            return values.astype(dtype)
        return values.copy() if copy else values

    def __len__(self):
        if not self.shape:
            raise TypeError("a tensor without dimensions has no length")
        return self.shape[0]

    def tobytes(self):
        """The elements in C order, little-endian."""
        return self.data.tobytes()

    def tolist(self):
        """Nested lists of Python numbers; a number if there are no dimensions."""
        if math.prod(self.shape) == 0:
            return _empty(self.shape)
        return self.data.tolist()

    def __repr__(self):
        return f"Tensor({self.dtype}, shape {list(self.shape)})"


def _empty(shape):
    return [_empty(shape[1:]) for _ in range(shape[0])] if shape[1:] else []


class Bytes:
    """Opaque bytes: an encoded file, perhaps one that still lies outside memory.

    `size`: in bytes. `mime`, `name`: if known. `data` holds everything in memory; `read` reads piecewise.
    """

    __slots__ = ("_source", "mime", "name", "size")

    def __init__(self, data, mime=None, name=None):
        self._source = data if hasattr(data, "read") else memoryview(data).cast("B")
        self.size = int(data.size) if hasattr(data, "read") else self._source.nbytes
        self.mime = mime
        self.name = name

    def read(self, offset=0, size=None):
        """At most `size` bytes from `offset` on; fewer only at the end."""
        offset = min(max(offset, 0), self.size)
        size = self.size - offset if size is None else min(max(size, 0), self.size - offset)
        if isinstance(self._source, memoryview):
            return self._source[offset : offset + size]
        return take(self._source.read(offset, size))

    @property
    def data(self):
        """All bytes, as a memoryview."""
        if not isinstance(self._source, memoryview):
            self._source = take(self._source.read(0, self.size))
        return self._source

    def __bytes__(self):
        return bytes(self.data)

    def __len__(self):
        return self.size

    def __repr__(self):
        return f"Bytes({self.size} bytes, {self.mime})"


class Piece:
    """One part of a large output item: give several, the last with `last=True`; whoever needs it whole gets it joined."""

    __slots__ = ("last", "value")

    def __init__(self, value, last=False):
        self.value = value
        self.last = bool(last)

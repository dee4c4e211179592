"""Values as the JSON of other programs: what JSON has no word for stands in an envelope.

    {"__numpy__": true, …}                                                          (a tensor; see `remotemedia.envelope`)
    {"__audio__": true, "sample_rate": 16000, "channels": 1, "samples": base64}     (float32)
    {"__bytes__": true, "mime": "audio/wav", "name": "a.wav", "data": base64}       (mime and name may be missing)
"""

from __future__ import annotations

import base64
import json
import math
import mimetypes
import os
import pathlib
from typing import Any

from .._wire import MAX_DEPTH, Unsupported, describe, integer
from ..envelope import read_envelope, to_envelope
from ..values import Audio, Bytes, Tensor, numpy
from .errors import PipelineError


def text_of(value: Any) -> str:
    """JSON text of a value, on one line. Raises PipelineError."""
    try:
        return json.dumps(written(value), allow_nan=False, separators=(",", ":"))
    except Unsupported as error:
        raise PipelineError("InvalidInput", f"this is {error}") from None
    except OSError as error:
        raise PipelineError("InvalidInput", f"a file cannot be read: {error}") from None


def value_of(text: str) -> Any:
    """The value that JSON text stands for."""
    return json.loads(text, object_hook=_opened)


def written(value: Any, depth: int = 0) -> Any:
    """`value` in words of JSON. A path is the bytes of its file."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (dict, list, tuple)):
        if depth >= MAX_DEPTH:
            raise Unsupported(f"lists and maps nested more than {MAX_DEPTH} deep, or in themselves")
        if not isinstance(value, dict):
            return [written(it, depth + 1) for it in value]
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None:
            raise Unsupported(f"a map whose key is no text but {type(wrong).__name__}")
        return {key: written(it, depth + 1) for key, it in value.items()}
    if isinstance(value, os.PathLike):
        value = file_of(value)
    module = numpy()
    if module is not None and isinstance(value, module.generic) and value.ndim == 0:
        return written(value.item(), MAX_DEPTH)
    return _enveloped(value)


def file_of(path: os.PathLike[str]) -> Bytes:
    """The bytes of a file, with its name and what its ending says of it."""
    path = pathlib.Path(path)
    return Bytes(path.read_bytes(), mimetypes.guess_type(path.name)[0], path.name)


def _enveloped(value: Any) -> dict[str, Any]:
    told, view = describe(value)
    if told["$rm"] == "tensor":
        return to_envelope(Tensor(view, told["dtype"], told["shape"]))
    data = base64.b64encode(view).decode("ascii")
    if told["$rm"] == "audio":
        return {"__audio__": True, "sample_rate": told["rate"], "channels": told["channels"], "samples": data}
    known = {key: told[key] for key in ("mime", "name") if told[key] is not None}
    return {"__bytes__": True, **known, "data": data}


def _opened(entries: dict[str, Any]) -> Any:
    if entries.get("__audio__") is True:
        samples = memoryview(_decoded(entries["samples"])).cast("f")
        module = numpy()
        samples = samples if module is None else module.frombuffer(samples, dtype="float32")
        return Audio(samples, entries["sample_rate"], entries.get("channels", 1))
    if entries.get("__bytes__") is True:
        return Bytes(_decoded(entries["data"]), entries.get("mime"), entries.get("name"))
    return read_envelope(entries)


def _decoded(data: str) -> bytearray:
    return bytearray(base64.b64decode(data, validate=True))

"""Values as JSON text and buffers, between this interpreter and the Rust glue.

A map with the key `$rm` stands for a value JSON has no word for; its bulk data is a buffer, referred to by number:

    {"$rm": "audio", "rate": 16000, "channels": 1, "buffer": 0}
    {"$rm": "tensor", "dtype": "float32", "shape": [2, 3], "buffer": 0}
    {"$rm": "bytes", "mime": "audio/wav", "name": "a.wav", "buffer": 0}     (mime and name may be null)
    {"$rm": "numbers", "buffer": 0}                                         (a list, packed as float64)

A key `$rm`, `$$rm`, … of the user's own gets one more `$` on the way, so nothing is ambiguous.
"""

import json
import math
import re
from array import array
from json import loads

from .envelope import read_envelope
from .values import FORMATS, Audio, Bytes, Tensor, dtype_of, numpy, take

MAX_DEPTH = 100
"""Lists and maps may be nested this deep."""
PACKED = 64
"""A list of at least so many numbers travels packed."""
LONG = 1 << 14
"""Longer answers are given as UTF-8."""
EXACT = 2**53
_BIG = 2**63
_PLAIN = frozenset((str, int, float, bool, type(None)))
_TEXT = frozenset((str,))
_NUMBERS = frozenset((int, float))
_OURS = re.compile(r"\$+rm\Z")
_SPECIAL = re.compile(r'\$rm"|__numpy__|__pickled__|__pyobj__')


class Unsupported(TypeError):
    """A node gave something that cannot travel."""


def _refuse(value):
    raise ValueError("not JSON as it stands")


def _make_c_encoder():
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
    make, quote = json.encoder.c_make_encoder, json.encoder.encode_basestring
    if make is None:
        return encoder.encode
    # `JSONEncoder.encode` makes one of these per call, which costs more than a small item.
    kept = make(None, _refuse, quote, None, ":", ",", False, False, False)
    return lambda value: "".join(kept(value, 0))


_to_json = _make_c_encoder()


class Encoder:
    """Writes values. `sink(view)` takes the bytes of a contiguous memoryview and gives their number.

    `given` counts about how many bytes have been written.
    """

    def __init__(self, sink):
        self._sink = sink
        self.given = 0

    def text(self, value):
        """JSON text of `value`. Raises Unsupported."""
        text = self._as_it_is(value)
        if text is None:
            text = _to_json(self._rewrite(value, 0))
        self.given += len(text) + 16
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise Unsupported(f"text with a lone surrogate (\\u{ord(error.object[error.start]):04x})") from None
        return text

    def _as_it_is(self, value):
        if isinstance(value, int) and not isinstance(value, bool):
            return str(integer(value))
        if not _is_plain(value, 0):
            return None
        try:
            text = _to_json(value)
        except ValueError:
            # Not finite.
            return None
        return None if '$rm":' in text else text

    def _rewrite(self, value, depth):
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int):
            return integer(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None
        if isinstance(value, (dict, list, tuple)):
            if depth >= MAX_DEPTH:
                raise Unsupported(f"lists and maps nested more than {MAX_DEPTH} deep, or in themselves")
            return self._map(value, depth) if isinstance(value, dict) else self._list(value, depth)
        return self._bulk(value)

    def _map(self, value, depth):
        entries = {}
        for key, it in value.items():
            if not isinstance(key, str):
                raise Unsupported(f"a map whose key is no text but {type(key).__name__}")
            entries["$" + key if _OURS.match(key) else str(key)] = self._rewrite(it, depth + 1)
        return entries

    def _list(self, value, depth):
        packed = pack_numbers(value) if len(value) >= PACKED else None
        if packed is not None:
            return {"$rm": "numbers", "buffer": self._buffer(memoryview(packed).cast("B"))}
        return [self._rewrite(it, depth + 1) for it in value]

    def _bulk(self, value):
        module = numpy()
        if module is not None and isinstance(value, module.generic) and value.ndim == 0:
            return self._rewrite(value.item(), MAX_DEPTH)
        told, view = describe(value)
        told["buffer"] = self._buffer(view)
        return told

    def _buffer(self, view):
        self.given += view.nbytes
        return self._sink(view)

    def output(self, index, value):
        """An output of the input number `index`, as `turn` takes it."""
        return f"[{index},{self.text(value)}]"

    def piece(self, index, value, part, last):
        """One part of an output."""
        return f"[{index},{self.text(value)},{part},{'true' if last else 'false'}]"

    def turn(self, done, state, outputs):
        """The answer to a turn."""
        text = f"[{done},{state},[{','.join(outputs)}]]"
        # Strings leave the interpreter letter by letter, bytes at once.
        return text.encode() if len(text) > LONG else text

    def fault(self, told):
        """The answer that something was raised, as `_errors.told` has it."""
        return json.dumps({"fault": told})

    def kinds(self, told):
        """The answer to a source."""
        return json.dumps({"kinds": told})

    def log(self, node, level, message):
        """What a node says: a line for the user."""
        return json.dumps([node, "log", level, message])

    def progress(self, node, done, total, unit):
        """What a node says: how far it is."""
        return json.dumps([node, "progress", done, total, unit])

    def partial(self, node, value):
        """What a node says: a result that may still change."""
        return f'[{node},"partial",{self.text(value)}]'


def describe(value):
    """What a value JSON has no word for is: its notation without the buffer, and a flat view of the bytes for that."""
    if isinstance(value, Audio):
        told, view = {"$rm": "audio", "rate": value.sample_rate, "channels": value.channels}, _samples(value)
    elif isinstance(value, Bytes):
        told, view = {"$rm": "bytes", "mime": value.mime, "name": value.name}, value.data
    elif isinstance(value, (bytes, bytearray)):
        told, view = {"$rm": "bytes", "mime": None, "name": None}, memoryview(value)
    else:
        if not isinstance(value, Tensor):
            value = _tensor(value)
        told, view = {"$rm": "tensor", "dtype": value.dtype, "shape": list(value.shape)}, memoryview(value.data)
        view = view if view.c_contiguous else memoryview(view.tobytes())
    # An empty view of several dimensions cannot be cast.
    return told, view.cast("B") if view.nbytes else memoryview(b"")


def _is_plain(value, depth):
    """Whether the JSON encoder alone can write `value`, but for what shows in its text: infinities and keys of ours."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if depth >= MAX_DEPTH:
        return False
    if kind is dict:
        if not _TEXT.issuperset(map(type, value)):
            return False
        items = value.values()
    elif kind is list or kind is tuple:
        items = value
        if len(value) >= PACKED and _NUMBERS.issuperset(map(type, value)):
            return False
    else:
        return False
    for it in items:
        kind = type(it)
        if kind is int:
            if not -_BIG < it < _BIG:
                return False
        elif kind not in _PLAIN and not _is_plain(it, depth + 1):
            return False
    return True


def integer(value):
    """A plain int of any int that can travel. Raises Unsupported."""
    if not -(2**63) <= value < 2**64:
        raise Unsupported(f"an integer of {value.bit_length()} bits; it must fit i64 or u64")
    return int(value)


def pack_numbers(numbers):
    """An array of float64 if `numbers` are nothing but numbers that it can hold exactly, else None."""
    if not _NUMBERS.issuperset(map(type, numbers)):
        return None
    try:
        packed = array("d", numbers)
    except OverflowError:
        return None
    # A sum is finite only if all its terms are; one that overflows costs the packing, no more.
    if not math.isfinite(sum(packed)) or min(packed) < -EXACT or max(packed) > EXACT:
        return None
    return packed


def _samples(audio):
    samples = audio.samples
    module = numpy()
    if module is not None and isinstance(samples, module.ndarray):
        flat = module.ascontiguousarray(samples, dtype="float32").reshape(-1)
    elif isinstance(samples, (list, tuple)):
        flat = array("f", samples)
    else:
        flat = memoryview(samples.data if isinstance(samples, Tensor) else samples)
        if flat.format.lstrip("@=<") != "f":
            flat = array("f", flat.tolist())
        elif not flat.c_contiguous:
            flat = array("f", flat.tobytes())
    view = memoryview(flat)
    if (view.nbytes // 4) % audio.channels:
        raise Unsupported(f"audio of {view.nbytes // 4} samples in {audio.channels} channels")
    return view


def _tensor(value):
    try:
        module = numpy()
        if module is not None and isinstance(value, module.ndarray):
            return Tensor(value)
        view = memoryview(value)
        if view.ndim == 1 and dtype_of(view) == "uint8" and not isinstance(value, array):
            return Tensor(view, "uint8", view.shape)
        return Tensor(view if view.c_contiguous else view.tobytes(), dtype_of(view), view.shape)
    except TypeError as error:
        raise Unsupported(_no_value(value, error)) from None


def _no_value(value, error):
    if "bytes-like" in str(error):
        return f"a value of type {type(value).__name__}, which no pipeline carries"
    return str(error)


def decode(text, buffers):
    """The values that `text` (str or UTF-8) stands for; `buffers[i]` is bytes, or has `byteLength` and `assign_to`
    (JavaScript bytes), or `size` and `read` (a file outside memory). Raises ValueError for an envelope that is damaged.
    """
    if not isinstance(text, str):
        text = bytes(take(text)).decode()
    if not _SPECIAL.search(text):
        return loads(text)

    def revive(entries):
        kind = entries.get("$rm")
        if kind is not None:
            return _READERS[kind](entries, buffers)
        if any(key.startswith("$$") for key in entries):
            entries = {key[1:] if key[:2] == "$$" and _OURS.match(key) else key: it for key, it in entries.items()}
        return read_envelope(entries)

    return loads(text, object_hook=revive)


def _audio(entries, buffers):
    samples = take(buffers[entries["buffer"]]).cast("f")
    module = numpy()
    if module is not None:
        samples = module.frombuffer(samples, dtype="float32")
    return Audio(samples, entries["rate"], entries["channels"])


def _read_tensor(entries, buffers):
    return Tensor(take(buffers[entries["buffer"]]), entries["dtype"], entries["shape"])


def _read_bytes(entries, buffers):
    source = buffers[entries["buffer"]]
    data = source if hasattr(source, "read") else take(source)
    return Bytes(data, entries["mime"], entries["name"])


def _read_numbers(entries, buffers):
    return read_numbers(take(buffers[entries["buffer"]]))


def read_numbers(view):
    """The list that a view of packed numbers stands for; those without a fraction are integers again."""
    numbers = view.cast(FORMATS["float64"]).tolist()
    whole = set(map(float.is_integer, numbers))
    if whole == {False}:
        return numbers
    if whole == {True} and max(numbers) <= EXACT and min(numbers) >= -EXACT:
        return list(map(int, numbers))
    return [int(x) if x.is_integer() and abs(x) <= EXACT else x for x in numbers]


_READERS = {"audio": _audio, "tensor": _read_tensor, "bytes": _read_bytes, "numbers": _read_numbers}

"""Node ABI v1: frames of bytes between this interpreter and a host. `node-abi/SPEC.md` has the bytes.

A message is its name and a dict of its fields: `decode(TO_GUEST, frame)` gives `("Open", {"node": 0, …})`. Values are Python's
own, as in `_wire`. Everything that comes in is taken for hostile: bytes that are no message raise AbiError, and nothing else.
"""

import math
import struct

from ._postcard import F64, AbiError, Form, list_of, option, put_raw, put_text, put_varint, struct_of, word_of
from ._postcard import read_bool, read_f64, read_raw, read_text, read_u16, read_u32, read_u64
from ._wire import MAX_DEPTH, PACKED, Unsupported, describe, integer, pack_numbers, read_numbers
from .envelope import read_envelope
from .values import FORMATS, Audio, Bytes, Tensor, numpy

VERSION = 1
MAX_FRAME = 1 << 30
MAX_VALUES = 1 << 24
"""Values in a message, each entry of a list or map counting: a null takes one byte there, and much more here."""
SOURCES, INTERRUPTS = "sources", "interrupts"
"""Capabilities: takes `Register`; takes an empty frame, on standard input, for an interrupt."""
STATES = ("Idle", "More", "Waiting")
LEVELS = ("Debug", "Info", "Warn", "Error")
UNITS = ("Items", "Seconds", "Bytes", "Tokens")
_DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
_SIZES = {name: struct.Struct("<" + form).size for name, form in FORMATS.items()}
_ENVELOPES = frozenset(("__numpy__", "__pickled__", "__pyobj__"))


# Values


def _read_value(data, at, depth=0):
    if depth > MAX_DEPTH:
        raise AbiError("a value nested too deep")
    kind = data[at]
    if kind >= len(_READERS):
        raise AbiError(f"no kind of value has the number {kind}")
    return _READERS[kind](data, at + 1, depth)


def _read_int(data, at, depth):
    value, at = read_u64(data, at)
    return (value >> 1) ^ -(value & 1), at


_seen = 0
"""Values of the message that is being read."""


def _count(data, at):
    """How many entries there are to be."""
    global _seen
    count, at = read_u64(data, at)
    if count > len(data) - at:
        raise AbiError(f"{count} entries announced, {len(data) - at} bytes there")
    _seen += count
    if _seen > MAX_VALUES:
        raise AbiError(f"more than {MAX_VALUES} values")
    return count, at


def _read_items(data, at, depth):
    count, at = _count(data, at)
    items = []
    for _ in range(count):
        item, at = _read_value(data, at, depth + 1)
        items.append(item)
    return items, at


def _read_map(data, at, depth):
    count, at = _count(data, at)
    entries = {}
    for _ in range(count):
        key, at = read_text(data, at)
        entries[key], at = _read_value(data, at, depth + 1)
    return (entries if _ENVELOPES.isdisjoint(entries) else read_envelope(entries)), at


def _read_bulk(data, at, size=1):
    raw, at = read_raw(data, at)
    if len(raw) % size:
        raise AbiError(f"{len(raw)} bytes are no whole number of elements of {size}")
    # A copy of its own: writable, aligned, and not holding the frame.
    return memoryview(bytearray(raw)), at


def _read_packed(data, at, depth):
    raw, at = _read_bulk(data, at, 8)
    return read_numbers(raw), at


def _read_audio(data, at, depth):
    rate, at = read_u32(data, at)
    channels, at = read_u16(data, at)
    raw, at = _read_bulk(data, at, 4 * max(channels, 1))
    samples, module = raw.cast("f"), numpy()
    return Audio(samples if module is None else module.frombuffer(samples, dtype="float32"), rate, channels), at


def _read_tensor(data, at, depth):
    dtype, at = _DTYPE.read(data, at)
    shape, at = _SHAPE.read(data, at)
    raw, at = _read_bulk(data, at)
    if math.prod(shape) * _SIZES[dtype] != len(raw):
        raise AbiError(f"{len(raw)} bytes are no {dtype} tensor of shape {shape}")
    return Tensor(raw, dtype, shape), at


def _read_bytes(data, at, depth):
    mime, at = _OPTIONAL_TEXT.read(data, at)
    name, at = _OPTIONAL_TEXT.read(data, at)
    raw, at = _read_bulk(data, at)
    return Bytes(raw, mime, name), at


_READERS = (
    lambda data, at, depth: (None, at),
    lambda data, at, depth: read_bool(data, at),
    _read_int,
    lambda data, at, depth: read_u64(data, at),
    lambda data, at, depth: read_f64(data, at),
    lambda data, at, depth: read_text(data, at),
    _read_items,
    _read_packed,
    _read_map,
    _read_audio,
    _read_tensor,
    _read_bytes,
)
_NULL, _BOOL, _INT, _UINT, _FLOAT, _TEXT, _ITEMS, _PACKED, _MAP, _AUDIO, _TENSOR, _BYTES = range(len(_READERS))


def put_value(out, value, depth=0):
    """Appends `value` to the bytearray `out`. Raises Unsupported."""
    if value is None:
        out.append(_NULL)
    elif isinstance(value, bool):
        out += bytes((_BOOL, value))
    elif isinstance(value, str):
        out.append(_TEXT)
        put_text(out, value)
    elif isinstance(value, int):
        value = integer(value)
        small = value < 2**63
        out.append(_INT if small else _UINT)
        put_varint(out, ((value << 1) ^ (value >> 63)) & (2**64 - 1) if small else value)
    elif isinstance(value, float):
        _put_float(out, value)
    elif isinstance(value, (dict, list, tuple)):
        if depth >= MAX_DEPTH:
            raise Unsupported(f"lists and maps nested more than {MAX_DEPTH} deep, or in themselves")
        (_put_map if isinstance(value, dict) else _put_items)(out, value, depth + 1)
    else:
        _put_bulk(out, value)


def _put_float(out, value):
    if math.isfinite(value):
        out.append(_FLOAT)
        out += F64.pack(value)
    else:
        out.append(_NULL)


def _put_items(out, items, depth):
    packed = pack_numbers(items) if len(items) >= PACKED else None
    if packed is not None:
        out.append(_PACKED)
        put_raw(out, packed.tobytes())
        return
    out.append(_ITEMS)
    put_varint(out, len(items))
    for it in items:
        put_value(out, it, depth)


def _put_map(out, entries, depth):
    out.append(_MAP)
    put_varint(out, len(entries))
    for key, it in entries.items():
        if not isinstance(key, str):
            raise Unsupported(f"a map whose key is no text but {type(key).__name__}")
        put_text(out, key)
        put_value(out, it, depth)


def _put_bulk(out, value):
    module = numpy()
    if module is not None and isinstance(value, module.generic) and value.ndim == 0:
        put_value(out, value.item(), MAX_DEPTH)
        return
    told, view = describe(value)
    if told["$rm"] == "audio":
        out.append(_AUDIO)
        put_varint(out, told["rate"])
        put_varint(out, told["channels"])
    elif told["$rm"] == "tensor":
        out.append(_TENSOR)
        _DTYPE.write(out, told["dtype"])
        _SHAPE.write(out, told["shape"])
    else:
        out.append(_BYTES)
        _OPTIONAL_TEXT.write(out, told["mime"])
        _OPTIONAL_TEXT.write(out, told["name"])
    put_raw(out, view)


# Messages

_TEXT_FIELD = Form(read_text, put_text)
_BOOL_FIELD = Form(read_bool, lambda out, it: out.append(bool(it)))
_U32, _U64 = Form(read_u32, put_varint), Form(read_u64, put_varint)
_F64_FIELD = Form(read_f64, lambda out, it: out.extend(F64.pack(it)))
_VALUE = Form(_read_value, put_value)
_OPTIONAL_TEXT = option(_TEXT_FIELD)
_TEXTS = list_of(_TEXT_FIELD)
_DTYPE, _SHAPE = word_of(_DTYPES), list_of(_U64)
_PART = struct_of({"index": _U32, "last": _BOOL_FIELD})
_KINDS = list_of(
    struct_of(
        {name: _TEXTS if name in ("aliases", "inputs", "outputs") else _TEXT_FIELD for name in
         ("name", "aliases", "description", "params", "inputs", "outputs")}
        | {"streaming": _BOOL_FIELD}
    )
)
_OUTPUT = struct_of({"input": _U32, "part": _PART, "value": _VALUE})

TO_GUEST = {
    "Hello": {"capabilities": _TEXTS},
    "Open": {"node": _U32, "id": _TEXT_FIELD, "kind": _TEXT_FIELD, "params": _VALUE},
    "Turn": {"node": _U32, "items": list_of(struct_of({"value": _VALUE, "part": _PART})), "outputs": _U32, "bytes": _U64},
    "Flush": {"node": _U32, "outputs": _U32, "bytes": _U64},
    "Close": {},
    "Register": {"name": _TEXT_FIELD, "source": _TEXT_FIELD},
}
FROM_GUEST = {
    "Hello": {"capabilities": _TEXTS, "kinds": _KINDS},
    "Opened": {},
    "Worked": {"outputs": list_of(_OUTPUT), "done": _U32, "state": word_of(STATES)},
    "Closed": {},
    "Kinds": {"kinds": _KINDS},
    "Fault": {"code": _TEXT_FIELD, "stage": _TEXT_FIELD, "message": _TEXT_FIELD, "traceback": _OPTIONAL_TEXT},
    "Log": {"node": option(_U32), "level": word_of(LEVELS), "message": _TEXT_FIELD},
    "Progress": {"node": _U32, "done": _F64_FIELD, "total": option(_F64_FIELD), "unit": word_of(UNITS)},
    "Partial": {"node": _U32, "value": _VALUE},
}


def decode(messages, frame):
    """The message of `messages` (TO_GUEST or FROM_GUEST) that `frame` is: its name and a dict of its fields."""
    global _seen
    data, _seen = memoryview(frame), 0
    if not data:
        raise AbiError("an empty frame")
    if len(data) > MAX_FRAME:
        raise AbiError(f"a frame of {len(data)} bytes, at most {MAX_FRAME}")
    if data[0] != VERSION:
        raise AbiError(f"a frame of node ABI version {data[0]}, expected {VERSION}")
    try:
        name, at = word_of(tuple(messages)).read(data, 1)
        fields, at = struct_of(messages[name]).read(data, at)
    except (IndexError, struct.error):
        raise AbiError("the message ends early") from None
    except AbiError:
        raise
    except (ValueError, TypeError) as error:
        raise AbiError(f"a value that cannot be: {error}") from None
    if at != len(data):
        raise AbiError(f"{len(data) - at} bytes left over after the message")
    return name, fields


def encode(messages, name, /, **fields):
    """The frame of a message. Raises Unsupported for a value that cannot travel."""
    out = bytearray((VERSION,))
    word_of(tuple(messages)).write(out, name)
    struct_of(messages[name]).write(out, fields)
    return out


class Encoder:
    """What `_host.Host` writes answers with; see `_wire.Encoder`. An answer is what `encode` takes."""

    def __init__(self):
        self.given = 0

    def output(self, index, value):
        """An output of the input number `index`, as `turn` takes it."""
        return self.piece(index, value, 0, True)

    def piece(self, index, value, part, last):
        """One part of an output."""
        out = bytearray()
        put_varint(out, index)
        _PART.write(out, {"index": part, "last": last})
        put_value(out, value)
        self.given += len(out)
        return out

    def turn(self, done, state, outputs):
        """What a turn came to, as a frame."""
        out = bytearray((VERSION, list(FROM_GUEST).index("Worked")))
        put_varint(out, len(outputs))
        out += b"".join(outputs)
        put_varint(out, done)
        out.append(state)
        return out

    def fault(self, told):
        """An exception, as `_errors.told` tells it, as a frame."""
        code = "OutOfMemory" if told["message"].startswith("MemoryError") else "NodeFailed"
        return encode(FROM_GUEST, "Fault", code=code, **told)

    def kinds(self, told):
        """The kinds of a source, as a frame."""
        return encode(FROM_GUEST, "Kinds", kinds=told)

    def log(self, node, level, message):
        """A line for the user, as a frame."""
        return encode(FROM_GUEST, "Log", node=None if node < 0 else node, level=level.capitalize(), message=message)

    def progress(self, node, done, total, unit):
        """How far a node is, as a frame."""
        return encode(FROM_GUEST, "Progress", node=node, done=done, total=total, unit=unit.capitalize())

    def partial(self, node, value):
        """A result that may still change, as a frame."""
        return encode(FROM_GUEST, "Partial", node=node, value=value)

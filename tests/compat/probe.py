"""What Python nodes see of the values in values.json, and that they can give them back."""

from remotemedia import Audio, Bytes, Tensor, node


@node()
def same(value):
    # To give None is to give nothing.
    return "None" if value is None else value


@node()
def shown(value):
    return show(value, 0)


def show(value, depth):
    """Type and content. Long content is told by its length, the types in it, its ends."""
    name = type(value).__name__
    if isinstance(value, Audio):
        return f"{name} {value.sample_rate} {value.channels} {list(value.samples)}"
    if isinstance(value, Tensor):
        assert memoryview(value.data).nbytes == len(value.tobytes())
        return f"{name} {value.dtype} {value.shape} {value.tolist()}"
    if isinstance(value, Bytes):
        assert value.size == len(value.data)
        return f"{name} {value.mime} {value.name} {bytes(value).hex()}"
    if isinstance(value, list) and depth == 0 and nesting(value) > 10:
        return f"{name} {nesting(value)} deep"
    if isinstance(value, list) and len(value) > 60:
        types = ",".join(sorted({type(it).__name__ for it in value}))
        return f"{name} {len(value)} {types} {value[0]!r} {value[-1]!r}"
    if isinstance(value, str) and len(value) > 1000:
        return f"{name} {len(value)}"
    text = inner(value, depth)
    return f"{name} {text}" if depth == 0 else text


def inner(value, depth):
    if isinstance(value, list):
        return f"[{', '.join(show(it, depth + 1) for it in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {show(it, depth + 1)}' for key, it in value.items())}}}"
    return repr(value)


def nesting(value):
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth

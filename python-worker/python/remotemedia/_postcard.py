"""postcard: the primitives that frames of the node ABI are written in. What comes in is taken for hostile."""

from struct import Struct

from ._wire import Unsupported

F64 = Struct("<d")


class AbiError(ValueError):
    """Bytes that are no message."""


class Form:
    """How one type of field is read and written: `read(data, at)` gives the value and where it ends."""

    def __init__(self, read, write):
        self.read = read
        self.write = write


def _varint(bits):
    most = -(-bits // 7)

    def read(data, at):
        value = 0
        for step in range(most):
            byte = data[at + step]
            value |= (byte & 0x7F) << (7 * step)
            if byte < 0x80:
                if value >> bits:
                    break
                return value, at + step + 1
        raise AbiError(f"a number of more than {bits} bits")

    return read


def put_varint(out, value):
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


read_u16, read_u32, read_u64 = _varint(16), _varint(32), _varint(64)


def read_bool(data, at):
    byte = data[at]
    if byte > 1:
        raise AbiError(f"a truth value of {byte}")
    return byte == 1, at + 1


def read_f64(data, at):
    return F64.unpack_from(data, at)[0], at + 8


def read_raw(data, at):
    size, at = read_u64(data, at)
    if size > len(data) - at:
        raise AbiError(f"{size} bytes announced, {len(data) - at} there")
    return data[at : at + size], at + size


def read_text(data, at):
    raw, at = read_raw(data, at)
    return str(raw, "utf-8"), at


def put_raw(out, raw):
    put_varint(out, len(raw))
    out += raw


def put_text(out, text):
    try:
        put_raw(out, text.encode())
    except UnicodeEncodeError as error:
        raise Unsupported(f"text with a lone surrogate (\\u{ord(error.object[error.start]):04x})") from None


def option(form):
    def read(data, at):
        there, at = read_bool(data, at)
        return form.read(data, at) if there else (None, at)

    def write(out, value):
        out.append(value is not None)
        if value is not None:
            form.write(out, value)

    return Form(read, write)


def list_of(form):
    def read(data, at):
        count, at = read_u64(data, at)
        if count > len(data) - at:
            raise AbiError(f"{count} elements announced, {len(data) - at} bytes there")
        items = []
        for _ in range(count):
            item, at = form.read(data, at)
            items.append(item)
        return items, at

    def write(out, items):
        put_varint(out, len(items))
        for item in items:
            form.write(out, item)

    return Form(read, write)


def word_of(names):
    def read(data, at):
        index, at = read_u32(data, at)
        if index >= len(names):
            raise AbiError(f"no variant has the number {index}")
        return names[index], at

    return Form(read, lambda out, name: put_varint(out, names.index(name)))


def struct_of(fields):
    def read(data, at):
        found = {}
        for name, form in fields.items():
            found[name], at = form.read(data, at)
        return found, at

    def write(out, values):
        for name, form in fields.items():
            form.write(out, values[name])

    return Form(read, write)

"""The user's own nodes, as python.test.ts registers them."""

import asyncio
import builtins
import json
import os
import sys
from array import array

from remotemedia import Node, Number, Param, node, to_envelope

seen = []


@node()
def double(x):
    return x * 2


@node()
def times(x: Number, *, factor: int = 10) -> Number:
    return x * factor


@node()
async def later(x):
    await asyncio.sleep(0)
    return x + 1


@node()
def pair(x):
    return x, x


class Scale(Node):
    """Multiplies numbers."""

    aliases = ("Scaler",)
    factor: float = Param(1, minimum=0, description="what items are multiplied by")

    def process(self, data: Number) -> Number:
        return data * self.factor


class UpTo(Node):
    def process(self, data):
        yield from range(data)


class UpToLater(Node):
    async def process(self, data):
        for it in range(data):
            await asyncio.sleep(0)
            yield it


class Odd(Node):
    def process(self, data):
        return data if data % 2 else None


class Pair(Node):
    def process(self, data):
        return [data, data]


class Sum(Node):
    def initialize(self):
        self.sum = 0

    def process(self, data):
        self.sum += data

    def flush(self):
        return self.sum


class Reversed(Node):
    def __init__(self, name, config):
        super().__init__(name, config)
        self.items = []

    def process(self, data):
        self.items.append(data)

    async def flush(self):
        for it in reversed(self.items):
            yield it


class Finish(Node):
    count = 0

    def process(self, data):
        self.count += 1

    def finish_streaming(self):
        return f"end of {self.count}"


class Ready(Node):
    def initialize(self):
        self.word = "ready"

    def process(self, data):
        return [self.word, data]


class ReadyLater(Node):
    async def initialize(self):
        await asyncio.sleep(0)
        self.word = "ready later"

    def process(self, data):
        return [self.word, data]


class Remember(Node):
    def process(self, data):
        count = self.state.get(data, 0) + 1
        self.state.set(data, count)
        return count


class Leaky(Node):
    """Leaves something wherever it can, and tells how much was there."""

    made = 0

    def process(self, data):
        seen.append(data)
        Leaky.made += 1
        builtins.leaked = getattr(builtins, "leaked", 0) + 1
        os.environ["LEAKED"] = str(int(os.environ.get("LEAKED", 0)) + 1)
        json.leaked = None
        return [len(seen), Leaky.made, builtins.leaked, int(os.environ["LEAKED"])]


class Talk(Node):
    def process(self, data):
        self.log("hello")
        self.log("careful", level="warn")
        print("printed", data)
        print("to stderr", file=sys.stderr)
        for done in range(data):
            self.progress(done + 1, data)
        self.partial({"id": 0, "text": "so far", "final": True})
        return data

    def cleanup(self):
        # Without the end of a line.
        sys.stdout.write("at the end")


class Fails(Node):
    """Fails when it is told to."""

    when: str = Param("none")

    def initialize(self):
        self.fail("initialize")

    def process(self, data):
        if self.when == "generator":
            return self.generate(data)
        if self.when == "later":
            return self.wait()
        self.fail("process")
        return data

    def generate(self, data):
        yield data
        self.fail("generator")

    async def wait(self):
        await asyncio.sleep(0)
        self.fail("later")

    def flush(self):
        self.fail("flush")

    def cleanup(self):
        import js

        # Through before the run is: nothing has to be waited for.
        request = js.XMLHttpRequest.new()
        request.open("GET", f"/cleaned/{self.name}", False)
        request.send()
        self.fail("cleanup")

    def fail(self, when):
        if self.when == when:
            raise ValueError(f"no {when}")


class Name(Node):
    def process(self, data):
        return self.name


class Bulk(Node):
    how: str = Param("same")

    def process(self, data):
        return getattr(self, self.how)(data)

    def same(self, data):
        return data

    def views(self, data):
        view = data.samples if hasattr(data, "samples") else data.data
        return f"{type(data).__name__} {type(view).__name__} {view.format} {view.readonly}"

    def half(self, audio):
        # In place: what arrives is the node's own.
        for i, it in enumerate(audio.samples):
            audio.samples[i] = it / 2
        return audio

    def memoryview(self, tensor):
        return memoryview(tensor.data)

    def array(self, _):
        return array("h", [1, 2, 3])

    def bytes(self, _):
        return b"\x01\x02\xff"

    def bytearray(self, _):
        return bytearray(b"\x01\x02\xff")

    def piecewise(self, data):
        pieces = (data.read(2, 3), data.read(8, 100), data.read(20))
        return [data.size, *(bytes(it).decode() for it in pieces)]

    def envelope(self, tensor):
        return to_envelope(tensor)

    def object(self, _):
        return object()

    def surrogate(self, _):
        return "\ud800"


class Spin(Node):
    def process(self, data):
        self.log("spinning")
        while True:
            pass


class Crash(Node):
    def process(self, data):
        os._exit(1)

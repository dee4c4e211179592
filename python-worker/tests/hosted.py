"""A host in plain CPython, and what the tests ask of it."""

import asyncio
from json import dumps, loads
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))

from remotemedia import _wire  # noqa: E402
from remotemedia._host import Host  # noqa: E402

IDLE, MORE, WAITING = 0, 1, 2
PLENTY = 10**9


class Bench:
    """A host whose mail is kept in lists. Values cross as in the browser: as JSON text and bytes."""

    def __init__(self, source=None):
        self.said, self.buffers, self.woken = [], [], []
        self.host = Host(self._say, self._sink, self.woken.append)
        if source is not None:
            self.kinds = self.answer(self.host.register(source))["kinds"]

    def _say(self, text):
        self.said.append(loads(text))

    def _sink(self, view):
        self.buffers.append(bytes(view))
        return len(self.buffers) - 1

    def answer(self, text):
        answer = loads(text)
        if "fault" in answer:
            raise Fault(answer["fault"])
        return answer

    def open(self, kind, params=None, key=0, name="it"):
        text = _wire.Encoder(self._sink).text(params or {})
        done, state, outputs = self.answer(self.host.open(key, name, kind, text, self.buffers))
        assert (done, outputs) == (0, [])
        return state

    def turn(self, items=(), key=0, outputs=PLENTY, parts=None, size=PLENTY, milliseconds=PLENTY):
        text = _wire.Encoder(self._sink).text([list(items), parts]) if items else ""
        return self._told(self.host.turn(key, text, self.buffers, outputs, size, milliseconds))

    def flush(self, key=0, outputs=PLENTY):
        return self._told(self.host.flush(key, outputs, PLENTY, PLENTY))

    def _told(self, text):
        done, state, outputs = self.answer(text)
        values = _wire.decode(dumps([it[1] for it in outputs]), self.buffers)
        return done, state, [(it[0], value) for it, value in zip(outputs, values)]

    def values(self, items, key=0, **more):
        done, state, outputs = self.turn(items, key, **more)
        assert (done, state) == (len(items), IDLE), (done, state)
        return [value for _, value in outputs]

    def end(self):
        assert loads(self.host.close()) == [0, IDLE, []]
        self.host.reset()

    async def until_idle(self, step):
        """Repeats `step` until it does not wait any more, and gives what it gave in all."""
        total, given = 0, []
        while True:
            done, state, outputs = step()
            given += [(total + at, value) for at, value in outputs]
            total += done
            if state == IDLE:
                return total, [value for _, value in given]
            await asyncio.sleep(0)


class Fault(Exception):
    def __init__(self, fault):
        super().__init__(fault["message"])
        self.traceback, self.stage = fault["traceback"], fault["stage"]


def node(body, head="def process(self, data):"):
    """Source of a node class called `It` with the method `head` and its `body`."""
    lines = "\n".join("        " + line for line in body.strip().split("\n"))
    return f"from remotemedia import *\nclass It(Node):\n    {head}\n{lines}\n"


def run(source, items, params=None, kind="It"):
    """What the node of `source` gives for `items`."""
    bench = Bench(source)
    bench.open(kind, params)
    return bench.values(items)

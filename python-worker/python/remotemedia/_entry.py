"""One node of a run, and the turns it takes."""

import asyncio
import inspect
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator

from .node import Node, Part
from .values import Piece

IDLE, MORE, WAITING = 0, 1, 2
"""What a turn comes to: all given items are done; more could be done now; a coroutine is being waited for."""
_FLUSH = object()
_ONE = frozenset((str, int, float, bool, dict, list, tuple, type(None)))
_WHOLE = Part(0, True)


class Entry:
    """A node with the items it was given, and whatever it left unfinished when its last turn ended.

    `wake()` is called when a coroutine that a turn waited for has ended; another turn may then go on.
    """

    def __init__(self, node, wake):
        self.node = node
        self._wake = wake
        self._pending = deque()
        self._parts = deque()
        self._source = None
        self._task = None
        self._then = None
        self._streaming = bool(getattr(node, "streaming", False))
        self._flushing = False
        self._part = 0

    def initialize(self):
        """Begins the node's `initialize`; IDLE once it is through, else WAITING: call again when woken."""
        if self._task is None:
            result = _method(self.node, "initialize")
            if inspect.isawaitable(result):
                self._await(result, lambda _: None)
        return self._settle()

    def give(self, values, parts):
        """More items for `process`; `parts` is None where all are whole, as they are for every node but streaming ones."""
        self._pending.extend(values)
        if self._streaming:
            self._parts.extend([_WHOLE] * len(values) if parts is None else (Part(*part) for part in parts))

    def begin_flush(self):
        """Asks for what is held back, after everything given so far. Asked again, it changes nothing."""
        if not self._flushing:
            self._flushing = True
            self._pending.append(_FLUSH)

    def turn(self, encoder, outputs, size, seconds):
        """Works until there is nothing to do, `outputs` outputs or `size` bytes were given, or `seconds` have passed.

        Returns (items done with, state, outputs as `encoder` writes them).
        """
        self._done, self._out, self._encoder, start = 0, [], encoder, encoder.given
        deadline = time.monotonic() + seconds
        while True:
            if self._task is not None:
                if not self._task.done():
                    return self._done, WAITING, self._out
                task, self._task = self._task, None
                self._then(task.result())
                continue
            if self._source is None and not self._pending:
                return self._done, IDLE, self._out
            full = len(self._out) >= outputs or encoder.given - start >= size
            if full or ((self._out or self._done) and time.monotonic() >= deadline):
                return self._done, MORE, self._out
            if self._source is None:
                self._work(outputs, start + size, deadline)
            else:
                self._pull()

    def _work(self, outputs, size, deadline):
        """Items one after the other, as long as each gives one plain result: the usual case, and the one that must be fast."""
        pending, out, encoder, node = self._pending, self._out, self._encoder, self.node
        call, output = node.process, encoder.output
        while pending and len(out) < outputs and encoder.given < size:
            self._item = item = pending.popleft()
            if item is _FLUSH:
                return self._result(_flush(node))
            if self._streaming:
                node._part = self._parts.popleft()
            result = call(item)
            if type(result) not in _ONE:
                return self._result(result)
            if result is not None:
                out.append(output(self._done, result))
            self._done += 1
            if time.monotonic() >= deadline:
                return None
        return None

    def _result(self, result):
        if type(result) in _ONE:
            self._emit(result)
            self._end()
        elif isinstance(result, (Iterator, AsyncIterator)):
            self._source = result
        elif inspect.isawaitable(result):
            self._await(result, self._result)
        else:
            self._emit(result)
            self._end()

    def _pull(self):
        if isinstance(self._source, AsyncIterator):
            self._await(_next(self._source), self._pulled)
            return
        try:
            value = next(self._source)
        except StopIteration:
            self._end()
        else:
            self._emit(value)

    def _pulled(self, step):
        if step is None:
            self._end()
        else:
            self._emit(step[0])

    def _end(self):
        self._source = None
        if self._item is not _FLUSH:
            self._done += 1
        self._item = None

    def _emit(self, value):
        if value is None:
            return
        if isinstance(value, Piece):
            self._out.append(self._encoder.piece(self._done, value.value, self._part, value.last))
            self._part = 0 if value.last else self._part + 1
        else:
            self._out.append(self._encoder.output(self._done, value))

    def _await(self, awaitable, then):
        self._task, self._then = _start(awaitable), then
        if not self._task.done():
            self._task.add_done_callback(lambda _: self._wake())

    def _settle(self):
        if self._task is None:
            return IDLE
        if not self._task.done():
            return WAITING
        task, self._task = self._task, None
        task.result()
        return IDLE

    def stop(self):
        """Begins to end whatever is under way. Follow with `stopped`."""
        self._pending.clear()
        source, self._source = self._source, None
        if self._task is not None:
            self._task.cancel()
        if isinstance(source, Iterator) and hasattr(source, "close"):
            source.close()
        elif source is not None and hasattr(source, "aclose") and self._task is None:
            self._task = _start(source.aclose())
        self._notify()

    def stopped(self):
        """Whether nothing is under way any more."""
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            if not task.cancelled():
                # Asked for, so that nobody complains that it was not: the run is over.
                task.exception()
        return self._task is None

    def cleanup(self):
        """Begins the node's `cleanup`; follow with `stopped`."""
        result = _method(self.node, "cleanup")
        if inspect.isawaitable(result):
            self._task = _start(result)
            self._notify()

    def _notify(self):
        if self._task is not None and not self._task.done():
            self._task.add_done_callback(lambda _: self._wake())


def _method(node, name):
    method = getattr(node, name, None)
    return None if method is None else method()


def _flush(node):
    flush = getattr(type(node), "flush", None)
    if flush is Node.flush or flush is None:
        return _method(node, "finish_streaming")
    return node.flush()


def _start(awaitable):
    loop = asyncio.get_running_loop()
    coroutine = awaitable if inspect.iscoroutine(awaitable) else _wait(awaitable)
    try:
        # Most coroutines never wait for anything: an eager task is through before it comes back.
        return asyncio.Task(coroutine, loop=loop, eager_start=True)
    except TypeError:
        # Before Python 3.12 there are no eager tasks.
        return loop.create_task(coroutine)


async def _wait(awaitable):
    return await awaitable


async def _next(source):
    try:
        return (await source.__anext__(),)
    except StopAsyncIteration:
        return None

"""Pipelines of Python nodes, run in this very process: for tests, and where nothing else is installed."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any, Awaitable, Callable, Iterable, Iterator, Mapping, Optional

from .. import kinds
from .._entry import IDLE, WAITING
from .._host import Host
from .._wire import Encoder, decode
from ..node import Node
from .errors import Code, PipelineError

_PLENTY = 1 << 30
_TURN_MS = 50
_PATIENCE = 0.05


def events(
    manifest: Mapping[str, Any],
    classes: Mapping[str, type[Node]],
    inputs: Optional[Iterable[Any]],
    timeout: Optional[float],
) -> Iterator[dict[str, Any]]:
    """What happens in the run; the last is `finished`."""
    run = _Run(manifest, classes, timeout)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run.events(inputs)
    # This thread's loop is busy with whoever asks (a notebook, say): it runs beside, to its end.
    return _beside(lambda: list(run.events(inputs)))


def _beside(work: Callable[[], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    found: list[Any] = []

    def attempt() -> None:
        try:
            found.extend(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    for it in found:
        if isinstance(it, BaseException):
            raise it
        yield it


class _Run:
    def __init__(self, manifest: Mapping[str, Any], classes: Mapping[str, type[Node]], timeout: Optional[float]) -> None:
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._nodes = {node["id"]: node for node in manifest["nodes"]}
        self._keys = {id: key for key, id in enumerate(self._nodes)}
        self._before: dict[str, list[str]] = {id: [] for id in self._nodes}
        for connection in manifest["connections"]:
            self._before[connection["to"]].append(connection["from"])
        fed = {it for before in self._before.values() for it in before}
        self._sinks = [id for id in self._nodes if id not in fed]
        self._order = self._sorted()
        self._buffers: list[bytes] = []
        self._said: list[dict[str, Any]] = []
        self._parts: dict[str, list[Any]] = {}
        self._check(classes)
        self._host = Host(self._say, self._sink, lambda node: self._wake.set(), classes=dict(classes))

    def events(self, inputs: Optional[Iterable[Any]]) -> Iterator[dict[str, Any]]:
        loop = asyncio.new_event_loop()
        self._wake = loop.run_until_complete(_event())
        begun, outputs = time.monotonic(), []
        try:
            yield {"type": "started", "order": self._order}
            for step in self._steps(inputs, loop.run_until_complete):
                for event in step:
                    if event["type"] == "output":
                        outputs.append((self._sinks.index(event["node"]), event["value"]))
                    yield event
        finally:
            loop.run_until_complete(self._close())
            loop.close()
        yield from self._heard()
        # Each sink's in the order they came, sinks in the order of the manifest.
        values = [value for _, value in sorted(outputs, key=lambda it: it[0])]
        graph: dict[str, Any] = {"node_count": len(self._nodes), "source_count": sum(not it for it in self._before.values())}
        graph |= {"sink_count": len(self._sinks), "execution_order": self._order}
        metrics = {"totalMs": (time.monotonic() - begun) * 1000}
        result = {"status": "success", "outputs": values, "graph_info": graph, "metrics": metrics}
        yield {"type": "finished", "result": result}

    def _steps(self, inputs: Optional[Iterable[Any]], wait: Callable[[Awaitable[Any]], Any]) -> Iterator[list[dict[str, Any]]]:
        for id in self._order:
            wait(self._open(id))
            yield self._heard()
        for item in [None] if inputs is None else inputs:
            given: dict[str, list[Any]] = {}
            for id in self._order:
                before = self._before[id]
                items = [it for source in before for it in given[source]] if before else [item]
                given[id] = wait(self._work(id, items))
                yield self._heard() + self._outputs(id, given[id])
        held: dict[str, list[Any]] = {}
        for id in self._order:
            items = [it for source in self._before[id] for it in held[source]]
            held[id] = wait(self._work(id, items)) + wait(self._work(id, None))
            yield self._heard() + self._outputs(id, held[id])

    def _outputs(self, id: str, values: list[Any]) -> list[dict[str, Any]]:
        return [{"type": "output", "node": id, "value": it} for it in values] if id in self._sinks else []

    async def _open(self, id: str) -> None:
        node = self._nodes[id]
        params = self._text(node.get("params") or {})
        _, state, _ = self._answer(id, self._host.open(self._keys[id], id, node["node_type"], params, self._buffers))
        while state == WAITING:
            await self._sleep()
            _, state, _ = self._answer(id, self._host.opened(self._keys[id]))

    async def _work(self, id: str, items: Optional[list[Any]]) -> list[Any]:
        """What the node makes of `items`; None flushes it."""
        if items == []:
            return []
        key, values = self._keys[id], []
        text = "" if items is None else self._text([items, None])
        while True:
            if items is None:
                answer = self._host.flush(key, _PLENTY, _PLENTY, _TURN_MS)
            else:
                answer = self._host.turn(key, text, self._buffers, _PLENTY, _PLENTY, _TURN_MS)
            text = ""
            _, state, outputs = self._answer(id, answer)
            for output in outputs:
                values += self._joined(id, *output[1:])
            if state == IDLE:
                return values
            if self._deadline is not None and time.monotonic() > self._deadline:
                raise PipelineError("TimedOut", "the run took longer than its timeout", node=id)
            if state == WAITING:
                await self._sleep()

    async def _close(self) -> None:
        while json.loads(self._host.close())[1] == WAITING:
            await self._sleep()

    async def _sleep(self) -> None:
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), _PATIENCE)
        except asyncio.TimeoutError:
            pass

    def _joined(self, id: str, value: Any, part: int = 0, last: bool = True) -> list[Any]:
        parts = self._parts.setdefault(id, [])
        parts.append(value)
        if not last:
            return []
        del self._parts[id]
        if len(parts) == 1:
            return parts
        if all(isinstance(it, str) for it in parts):
            return ["".join(parts)]
        if all(isinstance(it, list) for it in parts):
            return [[it for part in parts for it in part]]
        raise PipelineError("NotSupported", 'executor "python" joins pieces of text and of lists only', node=id)

    def _answer(self, id: str, answer: Any) -> Any:
        told = decode(answer, self._buffers)
        self._buffers.clear()
        if isinstance(told, dict):
            fault = told["fault"]
            code: Code = "OutOfMemory" if fault["message"].startswith("MemoryError") else "NodeFailed"
            raise PipelineError(code, fault["message"], node=id, traceback=fault["traceback"])
        return told

    def _text(self, value: Any) -> str:
        try:
            return Encoder(self._sink).text(value)
        except TypeError as error:
            raise PipelineError("InvalidInput", f"this is {error}") from None

    def _sink(self, view: memoryview) -> int:
        self._buffers.append(bytes(view))
        return len(self._buffers) - 1

    def _say(self, text: str) -> None:
        node, kind, *rest = decode(text, self._buffers)
        names = {"log": ("level", "message"), "progress": ("done", "total", "unit"), "partial": ("value",)}[kind]
        where = {} if node < 0 else {"node": list(self._nodes)[node]}
        self._said.append({"type": kind, **where, **dict(zip(names, rest))})

    def _heard(self) -> list[dict[str, Any]]:
        said, self._said = self._said, []
        return said

    def _check(self, classes: Mapping[str, type[Node]]) -> None:
        known = kinds.builtin_classes().keys() | classes.keys()
        for id, node in self._nodes.items():
            if node["node_type"] not in known:
                text = f"executor \"python\" runs Python nodes only, and {node['node_type']!r} is none"
                raise PipelineError("NotSupported", text, node=id)

    def _sorted(self) -> list[str]:
        """Every node after those before it; else in the order of the manifest."""
        order: list[str] = []
        while len(order) < len(self._nodes):
            ready = (id for id, before in self._before.items() if id not in order and all(it in order for it in before))
            order.append(next(ready))
        return order


async def _event() -> asyncio.Event:
    # Before Python 3.10 an event belongs to the loop that is there when it is made.
    return asyncio.Event()

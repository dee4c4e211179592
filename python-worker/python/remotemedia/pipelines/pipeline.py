"""Pipelines in code."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Callable, Iterable, Iterator, Mapping, Optional, Sequence, Union

from ..kinds import name_of, params_schema
from ..node import Node
from . import archive, running, sources
from .errors import PipelineError

NodeType = Union[str, "type[Node]", Callable[..., Any]]
"""A built-in node by its name; one of your own as its class or its `@node` function."""
After = Union[None, str, Sequence[str]]
_PREVIOUS: Any = object()
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Pipeline:
    """Nodes and what connects them.

        Pipeline("calculator").add("MultiplyNode", factor=2).add("AddNode", addend=10)

    Every method that changes it returns the pipeline itself. What is wrong is a PipelineError at once, with nothing changed.
    """

    def __init__(self, name: str = "pipeline", **metadata: Any) -> None:
        """`metadata`: `description`, `version`, `author`, `license`, or whatever else the manifest is to tell."""
        if not isinstance(name, str) or not name:
            raise _wrong("a pipeline has a name")
        self.metadata: dict[str, Any] = {"name": name, **metadata}
        self._nodes: dict[str, dict[str, Any]] = {}
        self._classes: dict[str, type[Node]] = {}
        self._connections: list[tuple[str, str]] = []
        self._last: Optional[str] = None

    def add(
        self,
        node: NodeType,
        *,
        id: Optional[str] = None,
        after: After = _PREVIOUS,
        params: Optional[Mapping[str, Any]] = None,
        **more: Any,
    ) -> Pipeline:
        """Adds a node, connected to the one added before.

        `id`: else one is made of its type. `after`: the ids it is connected to instead; `None` or `[]` makes it a source.
        Parameters are keywords; one that is called `id`, `after`, `node` or `params` goes into `params`.
        """
        cls = _class_of(node)
        node_type = str(node) if cls is None else name_of(cls)
        id = self._free_id(node_type) if id is None else id
        if not isinstance(id, str) or not id:
            raise _wrong("the id of a node is text")
        if id in self._nodes:
            raise _wrong(f"there is a node called {id!r} already", id)
        before = self._before(id, after)
        given = {**(params or {}), **more}
        _check_params(id, cls, given)
        if cls is not None and not sources.is_builtin(cls):
            self._learn(id, node_type, cls)
        self._nodes[id] = {"id": id, "node_type": node_type, **({"params": given} if given else {})}
        self._connections += [(it, id) for it in before]
        self._last = id
        return self

    def connect(self, source: str, target: str) -> Pipeline:
        """Lets `target` have what `source` gives, after all that it has already."""
        for id in (source, target):
            if id not in self._nodes:
                raise _wrong(f"there is no node called {id!r}; there are {self._listed()}", id)
        path = self._path(target, source)
        if path:
            raise _wrong(f"{' → '.join([source, *path])} would be a cycle", target)
        self._connections.append((source, target))
        return self

    @property
    def nodes(self) -> list[str]:
        """The ids, in the order in which the nodes were added."""
        return list(self._nodes)

    @property
    def classes(self) -> dict[str, type[Node]]:
        """The node classes of your own, by the name of their type."""
        return dict(self._classes)

    def to_manifest(self) -> dict[str, Any]:
        """The manifest, version v1."""
        if not self._nodes:
            raise _wrong("Pipeline must contain at least one node")
        return json.loads(
            json.dumps(
                {
                    "version": "v1",
                    "metadata": self.metadata,
                    "nodes": list(self._nodes.values()),
                    "connections": [{"from": source, "to": target} for source, target in self._connections],
                }
            )
        )

    def to_json(self, indent: Optional[int] = 2) -> str:
        """The manifest as JSON text."""
        return json.dumps(self.to_manifest(), indent=indent, ensure_ascii=False)

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Writes the manifest to a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.to_json() + "\n")

    @classmethod
    def from_manifest(cls, manifest: Union[str, bytes, Mapping[str, Any]]) -> Pipeline:
        """The pipeline of a manifest: JSON text, or what that stands for."""
        try:
            told = json.loads(manifest) if isinstance(manifest, (str, bytes)) else manifest
            made = cls()
            made.metadata = dict(told.get("metadata") or made.metadata)
            for node in told["nodes"]:
                more = {key: it for key, it in node.items() if key not in ("id", "node_type", "params")}
                made.add(node["node_type"], id=node["id"], after=None, params=node.get("params"))
                made._nodes[node["id"]].update(more)
            for connection in told["connections"]:
                made.connect(connection["from"], connection["to"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _wrong(f"no manifest: {type(error).__name__}: {error}") from error
        return made

    def pack(self, path: Union[str, os.PathLike[str]], **contents: Any) -> archive.Package:
        """Writes a package: the manifest, the modules of your own node classes, and the `contents`.

        `models`, `media`: `{name: file or folder}`, or a list of them, which keep their names. `wheels`, `plugins`: lists of
        files. `python`: further modules and folders for `python/`. `metadata`: what `metadata.json` says. `example`: a list of
        input items to try it with; `{"media": "media/NAME"}` stands for that file. The same contents give the same bytes.
        """
        modules = sources.modules(self._classes)
        return archive.pack(path, self.to_manifest(), modules, **contents)

    def run(self, inputs: Optional[Iterable[Any]] = None, **options: Any) -> running.Result:
        """Runs it over `inputs`; without, every source is called once with None.

        `executor`: "native" (the command `remotemedia`), "wasm" (`pipeline_executor_wasm.wasm` in wasmtime; needs
        `remotemedia[wasm]`), or "python" (here; for nodes in Python only). `program`: the command or the `.wasm` file, else
        $REMOTEMEDIA or $REMOTEMEDIA_WASM says where it is, or the PATH. `params`: `{id: {…}}` over those of the pipeline.
        `timeout`: seconds. `on_event(event)`: hears what happens meanwhile, dicts with a `type`.
        """
        return running.run(self, inputs, **options)

    def events(self, inputs: Optional[Iterable[Any]] = None, **options: Any) -> Iterator[dict[str, Any]]:
        """Runs it, and gives what happens as it happens; the last event is `finished`, with the result."""
        return running.events(self, inputs, **options)

    def __repr__(self) -> str:
        return f"Pipeline({self.metadata.get('name')!r}, {len(self._nodes)} nodes, {len(self._connections)} connections)"

    def _free_id(self, node_type: str) -> str:
        stem = node_type[:-4] if node_type.endswith("Node") and len(node_type) > 4 else node_type
        stem = _HUMP.sub("-", stem).lower()
        tried, number = stem, 1
        while tried in self._nodes:
            number += 1
            tried = f"{stem}-{number}"
        return tried

    def _before(self, id: str, after: After) -> list[str]:
        if after is _PREVIOUS:
            return [] if self._last is None else [self._last]
        before = [] if after is None else [after] if isinstance(after, str) else list(after)
        for it in before:
            if it not in self._nodes:
                raise _wrong(f"{id!r} is to come after {it!r}, and there is no such node; there are {self._listed()}", id)
        return before

    def _learn(self, id: str, node_type: str, cls: type[Node]) -> None:
        known = self._classes.setdefault(node_type, cls)
        if known is not cls:
            raise _wrong(f"two classes are called {node_type!r}: of {known.__module__} and of {cls.__module__}", id)

    def _path(self, source: str, target: str) -> list[str]:
        """The ids on a way from `source` to `target`; none if there is no way."""
        ways = [[source]]
        seen = {source}
        while ways:
            way = ways.pop()
            if way[-1] == target:
                return way
            for _, it in (found for found in self._connections if found[0] == way[-1]):
                if it not in seen:
                    seen.add(it)
                    ways.append([*way, it])
        return []

    def _listed(self) -> str:
        return ", ".join(map(repr, self._nodes)) or "none yet"


def _class_of(node: NodeType) -> Optional[type[Node]]:
    if isinstance(node, str):
        if not node:
            raise _wrong("a node has a type")
        return None
    cls = getattr(node, "__remotemedia__", node)
    if isinstance(cls, type) and issubclass(cls, Node) and cls is not Node:
        return cls
    raise _wrong(f"a node is the name of a type, a class that extends Node, or a function under @node(), not {node!r}")


def _check_params(id: str, cls: Optional[type[Node]], given: Mapping[str, Any]) -> None:
    try:
        json.dumps(given, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _wrong(f"the parameters of {id!r} are no JSON: {error}", id) from None
    schema = {} if cls is None else params_schema(cls)
    known = schema.get("properties")
    if known is None:
        return
    names = {it: (it, *words.get("x-aliases", ())) for it, words in known.items()}
    missing = [it for it in schema.get("required", ()) if not any(name in given for name in names[it])]
    if missing:
        raise _wrong(f"{id!r} lacks {', '.join(map(repr, missing))}", id)
    unknown = [name for name in given if not any(name in it for it in names.values())]
    if unknown:
        raise _wrong(f"{id!r} has no parameter {', '.join(map(repr, unknown))}; it has {', '.join(known)}", id)


def _wrong(message: str, node: Optional[str] = None) -> PipelineError:
    return PipelineError("InvalidManifest", message, node=node)

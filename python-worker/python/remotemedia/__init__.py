"""Nodes of RemoteMedia pipelines, in Python.

A node is a class or a function::

    from remotemedia import Audio, Node, Number, Param, Text, node

    class Loudness(Node):
        window: float = Param(1.0, minimum=0.01, description="seconds")

        def process(self, data: Audio) -> Number:
            return max(abs(x) for x in data.samples)

    @node()
    def word_count(text: Text) -> Number:
        return len(text.split())

A program builds pipelines of them, packs and runs them::

    from remotemedia import Pipeline

    Pipeline("loudness").add(Loudness, window=0.5).run([sound], executor="python")

This package needs nothing but Python 3.9 and imports no browser module, so nodes are tested in plain CPython.
"""

import typing

from .envelope import from_envelope, to_envelope
from .node import Node, Param, Part, node
from .state import StateManager
from .values import Audio, Bytes, Json, Number, Piece, Tensor, Text

if typing.TYPE_CHECKING:
    from .pipelines import Package, Pipeline, PipelineError, Result

__version__ = "0.1.0"
__all__ = [
    "Audio",
    "Bytes",
    "Json",
    "Node",
    "Number",
    "Package",
    "Param",
    "Part",
    "Piece",
    "Pipeline",
    "PipelineError",
    "Result",
    "StateManager",
    "Tensor",
    "Text",
    "from_envelope",
    "node",
    "to_envelope",
]


def __getattr__(name):
    # Nodes have no use for these, and a browser does not even have them.
    if name not in ("Package", "Pipeline", "PipelineError", "Result"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import pipelines
    except ModuleNotFoundError:
        raise ImportError(f"{name} is for programs, and not here in the browser: keep nodes in a module of their own") from None
    return getattr(pipelines, name)

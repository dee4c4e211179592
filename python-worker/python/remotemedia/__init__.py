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

This package needs nothing but Python 3.11 and imports no browser module, so nodes are tested in plain CPython.
"""

from .envelope import from_envelope, to_envelope
from .node import Node, Param, Part, node
from .state import StateManager
from .values import Audio, Bytes, Json, Number, Piece, Tensor, Text

__all__ = [
    "Audio",
    "Bytes",
    "Json",
    "Node",
    "Number",
    "Param",
    "Part",
    "Piece",
    "StateManager",
    "Tensor",
    "Text",
    "from_envelope",
    "node",
    "to_envelope",
]

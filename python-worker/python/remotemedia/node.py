"""What a Python node is."""

import functools
import inspect
from typing import NamedTuple

from .state import StateManager

_MISSING = object()


class Part(NamedTuple):
    """Which part of an item a streaming node is being given."""

    index: int
    """From 0."""
    last: bool
    """Whether the item ends with it."""


class Param:
    """Declares a parameter: of a class node as an annotated class attribute, of a function node as the default of an
    annotated keyword-only argument. The annotation gives its type, this its default and limits (words of JSON Schema).

        factor: float = Param(2.0, minimum=0, description="what samples are multiplied by")
    """

    def __init__(self, default=_MISSING, *, minimum=None, maximum=None, enum=None, description=None, aliases=()):
        words = {"minimum": minimum, "maximum": maximum, "description": description}
        words |= {"enum": list(enum) if enum else None, "x-aliases": list(aliases) or None}
        self.words = {word: value for word, value in words.items() if value is not None}
        self.default = default
        self.name = None

    @property
    def required(self):
        """Whether it has no default."""
        return self.default is _MISSING

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        # A constructor of the user's own may not have called this package's.
        value = instance.__dict__.get("config", {}).get(self.name, self.default)
        if value is _MISSING:
            raise AttributeError(f"parameter {self.name!r} was not given")
        return value


class Node:
    """A node of a run. It is made once per run and keeps what it knows from item to item.

    `process` takes one item and gives one (a list or tuple is one item), or None for none, or is a generator for several.
    `process`, `initialize`, `flush` and `cleanup` may be `async`.
    """

    streaming = False
    """Whether `process` gets the parts of a large item as they come (`self.part` tells which) instead of joined."""
    node_type = None
    """The manifest's `node_type`; the name of the class if None."""
    aliases = ()
    """Other accepted `node_type`s."""

    def __init__(self, name, config=None):
        self.name = name
        self.config = {} if config is None else config

    def initialize(self):
        """Called once, before the first item."""

    def process(self, data):
        """Called with each item (with each part, if `streaming`)."""
        raise NotImplementedError(f"{type(self).__name__} has no process()")

    def flush(self):
        """Called once after the last item: gives what was held back, as `process` gives. `finish_streaming` is an alias."""

    def cleanup(self):
        """Called once at the end, after errors too."""

    @property
    def state(self):
        """What this node remembers, for one run."""
        found = self.__dict__.get("_state")
        if found is None:
            found = self.__dict__["_state"] = StateManager()
        return found

    @property
    def part(self):
        """Which part of an item is being processed."""
        return self.__dict__.get("_part") or Part(0, True)

    def progress(self, done, total=None, unit="items"):
        """Tells how far the node is with its own work; `unit`: items, seconds, bytes or tokens. `done` must not fall."""
        self._say("progress", done, total, unit)

    def partial(self, value):
        """Shows a result that may still change."""
        self._say("partial", value)

    def log(self, message, level="info"):
        """Says something to the user; `level`: debug, info, warn or error."""
        self._say("log", message, level)

    def _say(self, *what):
        # Outside a run (a unit test, say) nobody listens, and nothing is said.
        listener = self.__dict__.get("_listener")
        if listener is not None:
            listener(*what)


class FunctionNode(Node):
    """The class behind a function node; `function` is set by `node`."""

    function = None

    def __init__(self, name, config=None):
        super().__init__(name, config)
        known = _keywords(self.function)
        given = {key: value for key, value in self.config.items() if key in known}
        defaults = {
            key: it.default.default
            for key, it in known.items()
            if isinstance(it.default, Param) and not it.default.required
        }
        self.process = functools.partial(self.function, **(defaults | given))


def _keywords(function):
    parameters = inspect.signature(function).parameters.values()
    return {it.name: it for it in parameters if it.kind is inspect.Parameter.KEYWORD_ONLY}


def node(name=None, *, aliases=(), streaming=False):
    """Makes a function a node kind: `@node()` or `@node("word-count")`.

    The function takes the item; its keyword-only arguments are its parameters. It stays callable as it was, so a test
    just calls it.
    """
    if callable(name):
        return node()(name)

    def made(function):
        function.__remotemedia__ = type(
            function.__name__,
            (FunctionNode,),
            {
                "__doc__": function.__doc__,
                "__module__": function.__module__,
                "function": staticmethod(function),
                "node_type": name or function.__name__,
                "aliases": tuple(aliases),
                "streaming": streaming,
            },
        )
        return function

    return made

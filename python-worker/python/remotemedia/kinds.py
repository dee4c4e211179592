"""Node kinds as planner and users see them. `python -m remotemedia.kinds` prints those of the built-in nodes."""

import collections.abc
import functools
import importlib
import inspect
import json
import pkgutil
import types
import typing

from .node import FunctionNode, Node, Param
from .values import Audio, Bytes, Json, Piece, Tensor

_WORDS = {str: "text", int: "number", float: "number", Audio: "audio", Tensor: "tensor", Json: "json"}
_WORDS |= {Bytes: "bytes", bytes: "bytes", bytearray: "bytes", memoryview: "tensor"}
_WORDS |= {dict: "json", list: "json", tuple: "json", bool: "json"}
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array", tuple: "array"}
_MANY = (collections.abc.Iterator, collections.abc.Iterable, collections.abc.Generator)
_MANY += (collections.abc.AsyncIterator, collections.abc.AsyncIterable, collections.abc.AsyncGenerator)
_MANY += (collections.abc.Awaitable, collections.abc.Coroutine)
# `int | str` is a type of its own from Python 3.10 on.
_UNIONS = (typing.Union, getattr(types, "UnionType", typing.Union))


def kind_of(cls):
    """The kind of a node class: a dict of strings, lists and a bool, as the planner reads it."""
    function = cls.function if issubclass(cls, FunctionNode) else cls.process
    inputs, outputs = _wires(function)
    return {
        "name": name_of(cls),
        "aliases": list(cls.aliases),
        "language": "python",
        "home": "python",
        "description": _summary(cls),
        "params": json.dumps(params_schema(cls), ensure_ascii=False, sort_keys=True),
        "inputs": inputs,
        "outputs": outputs,
        "streaming": bool(cls.streaming),
    }


def name_of(cls):
    """The `node_type` of a node class."""
    return cls.node_type or cls.__name__


@functools.cache
def builtin_classes():
    """The built-in node classes by name, in the order of their names.

    Cached not for speed: an interpreter restored from a snapshot has the modules, but no files to find them by.
    """
    package = importlib.import_module(__package__ + ".nodes")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        found |= classes_of(importlib.import_module(f"{package.__name__}.{module.name}"))
    return dict(sorted(found.items()))


def classes_of(module):
    """The node classes that `module` itself defines, by name, in the order they are written."""
    found = {}
    for name, it in vars(module).items():
        cls = getattr(it, "__remotemedia__", it)
        own = inspect.isclass(cls) and issubclass(cls, Node) and cls.__module__ == module.__name__
        if own and not name.startswith("_") and not inspect.isabstract(cls):
            found[name_of(cls)] = cls
    return found


def params_schema(cls):
    """JSON Schema of a node's parameters. A node that declares none takes any."""
    declared = _function_params(cls) if issubclass(cls, FunctionNode) else _class_params(cls)
    schema = {"type": "object"}
    if declared:
        schema["properties"] = {name: _property(*it) for name, it in declared.items()}
        required = [name for name, (_, it) in declared.items() if it.required]
        if required:
            schema["required"] = required
    return schema


def _class_params(cls):
    hints = _hints(cls)
    found = {}
    for base in reversed(cls.__mro__):
        found |= {name: it for name, it in vars(base).items() if isinstance(it, Param)}
    return {name: (hints.get(name), it) for name, it in found.items()}


def _function_params(cls):
    hints = _hints(cls.function)
    found = {}
    for it in inspect.signature(cls.function).parameters.values():
        if it.kind is inspect.Parameter.KEYWORD_ONLY:
            default = it.default
            if default is inspect.Parameter.empty:
                default = Param()
            found[it.name] = (hints.get(it.name), default if isinstance(default, Param) else Param(default))
    return found


def _property(hint, param):
    schema = _schema_of(hint)
    if not param.required and param.default is not None:
        json.dumps(param.default, allow_nan=False)
        schema["default"] = param.default
    return schema | param.words


def _schema_of(hint):
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _schema_of(args[0])
    if origin is typing.Literal:
        return {"enum": list(args)}
    if origin in _UNIONS:
        kinds = [_TYPES.get(typing.get_origin(it) or it) for it in args if it is not type(None)]
        nullable = ["null"] if type(None) in args else []
        kinds = list(dict.fromkeys(kinds))
        if None in kinds:
            return {}
        if set(kinds) == {"integer", "number"}:
            kinds = ["number"]
        kinds += nullable
        return {"type": kinds if len(kinds) > 1 else kinds[0]}
    if origin in (list, collections.abc.Sequence) and args:
        items = _schema_of(args[0])
        return {"type": "array", "items": items} if items else {"type": "array"}
    word = _TYPES.get(origin or hint)
    return {"type": word} if word else {}


def _wires(function):
    hints = _hints(function)
    names = [it.name for it in inspect.signature(function).parameters.values() if it.name != "self"]
    first = hints.get(names[0]) if names else None
    return _words(first), _words(hints.get("return"))


def _words(hint):
    words = sorted(_words_of(hint))
    return ["any"] if not words or "any" in words else words


def _words_of(hint):
    if hint is None or hint is type(None) or hint is Piece:
        return set()
    if hint in (typing.Any, object):
        return {"any"}
    if hint == Json:
        return {"json"}
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _words_of(args[0])
    if origin in _UNIONS:
        return set().union(*(_words_of(it) for it in args))
    if origin in _MANY:
        # Of a coroutine the last argument is what it gives, of a generator the first.
        last = issubclass(origin, (collections.abc.Coroutine, collections.abc.Awaitable))
        return _words_of(args[-1] if last else args[0]) if args else {"any"}
    return {_WORDS.get(origin or hint, "any")}


def _hints(it):
    try:
        return typing.get_type_hints(it, include_extras=True)
    except Exception:
        # An annotation that cannot be resolved says nothing; the node may be fine.
        return {}


def _summary(cls):
    text = inspect.cleandoc(cls.__doc__) if "__doc__" in vars(cls) and cls.__doc__ else ""
    return " ".join(text.split("\n\n")[0].split())


if __name__ == "__main__":
    # Imported under its own name as well: the classes must be those the nodes know.
    kinds = importlib.import_module(__package__ + ".kinds")
    print(json.dumps([kinds.kind_of(cls) for cls in kinds.builtin_classes().values()], indent=2, ensure_ascii=False))

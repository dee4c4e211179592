"""Where the node classes of the user's own are written."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import Mapping

from ..kinds import name_of
from ..node import Node
from .errors import PipelineError


def is_builtin(cls: type[Node]) -> bool:
    """Whether every host knows it anyway."""
    return cls.__module__.startswith(f"{Node.__module__.split('.')[0]}.nodes.")


def modules(classes: Mapping[str, type[Node]]) -> dict[str, pathlib.Path]:
    """The files of `classes`, each by the name of its module."""
    found: dict[str, pathlib.Path] = {}
    for cls in classes.values():
        path = _file_of(cls)
        if found.setdefault(path.name, path) != path:
            raise _wrong(f"two modules are called {path.name}: {found[path.name]} and {path}")
    return found


def _file_of(cls: type[Node]) -> pathlib.Path:
    name = name_of(cls)
    if "<locals>" in cls.__qualname__ or "." in cls.__qualname__:
        raise _wrong(f"`{name}` is defined inside of {cls.__qualname__.rsplit('.', 1)[0]}; put it at the top of a module")
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    if file is None or not os.path.isfile(file):
        raise _wrong(f"`{name}` was not read from a file, so it cannot be taken along; put it into a module")
    if "." in cls.__module__:
        package = cls.__module__.rpartition(".")[0]
        raise _wrong(f"`{name}` is in the package {package}; nodes are read from single modules: put it into one")
    return pathlib.Path(file).resolve()


def _wrong(message: str) -> PipelineError:
    return PipelineError("InvalidManifest", message)

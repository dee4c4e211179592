"""Between the command and the package `remotemedia`: finds the package in the program itself, and calls its host.

Run once with `FILES`, a dict of path to source, in its globals.
"""

import json
import sys
from importlib.machinery import ModuleSpec

ROOT = "<remotemedia>"


class Finder:
    """The modules of one folder of `FILES`, for `import` and for pkgutil."""

    def __init__(self, folder):
        if folder != ROOT and not folder.startswith(ROOT + "/"):
            raise ImportError
        self._folder = folder

    def find_spec(self, name, target=None):
        path = f"{self._folder}/{name.rpartition('.')[2]}"
        for file, folders in ((f"{path}/__init__.py", [path]), (f"{path}.py", None)):
            if file in FILES:
                spec = ModuleSpec(name, self, origin=file, is_package=folders is not None)
                spec.has_location = True
                spec.submodule_search_locations = folders
                return spec
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        file = module.__spec__.origin
        exec(compile(FILES[file], file, "exec", dont_inherit=True), vars(module))

    def iter_modules(self, prefix=""):
        inside = [it.removeprefix(self._folder + "/") for it in FILES if it.startswith(self._folder + "/")]
        for name in sorted(inside):
            if "/" not in name and name != "__init__.py":
                yield prefix + name.removesuffix(".py"), False


sys.path_hooks.insert(0, Finder)
sys.path.insert(0, ROOT)

from remotemedia._host import Host  # noqa: E402

_sunk, _said, _woken = [], [], []


def _sink(view):
    _sunk.append(bytes(view))
    return len(_sunk) - 1


_host = Host(_said.append, _sink, _woken.append)


def ask(method, arguments, buffers):
    """Calls the host; an argument that is `buffers` itself stands for the given ones.

    Gives bytes: the answer, JSON of what was said and woken meanwhile, and the buffers these refer to.
    """
    given = [memoryview(bytearray(it)) for it in buffers]
    text = getattr(_host, method)(*[given if it is None else it for it in arguments])
    text = text.encode() if isinstance(text, str) else text
    told = json.dumps({"said": _said, "woken": _woken}).encode()
    parts = [text, told, *_sunk]
    for it in (_sunk, _said, _woken):
        it.clear()
    return parts

"""Where node classes come from: the built-in ones, sources that the user registered, and a package."""

import linecache
import sys
import types

from . import kinds
from ._folder import Folder


class Sources:
    """Registered sources, compiled once and run anew for each run, so that no global survives a run."""

    def __init__(self, classes):
        self._builtin = kinds.builtin_classes() | classes
        self._sources = {}
        self._folder = None
        self._classes = None
        self._modules = []

    def register(self, source, file=None, needed=True):
        """The kinds that `source` defines, which tracebacks call `file`; none is an error if they are `needed`. Whatever
        compiling or running it raises is raised. Idempotent.
        """
        if source in self._sources:
            found = self._run(*self._sources[source])
        else:
            name = f"remotemedia_user_{len(self._sources) + 1}"
            file = file or f"<registered {len(self._sources) + 1}>"
            code = compile(source, file, "exec", dont_inherit=True)
            linecache.cache[file] = (len(source), None, source.splitlines(True), file)
            found = self._run(name, code)
            if not found and needed:
                raise ValueError("the source defines no node: a class that extends Node, or a function under @node()")
            self._sources[source] = (name, code)
        told = [kinds.kind_of(cls) for cls in found.values()]
        self.end_run()
        return told

    def install(self, path):
        """The kinds of the package that lies in the folder `path`, as `Folder` reads it; once."""
        self._folder = Folder(path)
        told = [kinds.kind_of(cls) for cls in self._folder.classes().values()]
        self.end_run()
        return told

    def find(self, kind):
        """The class of a kind, or None; the first question of a run runs the registered sources."""
        if self._classes is None:
            classes = dict(self._builtin)
            for name, code in self._sources.values():
                classes |= self._run(name, code)
            if self._folder is not None:
                classes |= self._folder.classes()
            self._classes = classes
        return self._classes.get(kind)

    def end_run(self):
        """Forgets the modules of this run."""
        self._classes = None
        for module in self._modules:
            sys.modules.pop(module.__name__, None)
            vars(module).clear()
        self._modules.clear()
        if self._folder is not None:
            self._folder.forget()

    def _run(self, name, code):
        module = types.ModuleType(name)
        module.__file__ = code.co_filename
        self._modules.append(module)
        # Dataclasses, for one, look their module up.
        sys.modules[name] = module
        exec(code, vars(module))
        return kinds.classes_of(module)

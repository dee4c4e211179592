"""Leaves an interpreter as it was found, so that one run cannot be felt by the next.

What is undone: new modules, rebound names of `builtins`, of this package and of the modules that were there, classes of
this package, environment, working directory, files made in the working and temporary directories, warning filters,
streams, `sys` hooks and limits, the state of `random`. It is order, no prison: code that means harm needs a fresh worker.
"""

import asyncio
import builtins
import gc
import os
import random
import sys
import tempfile
import threading
import types
import warnings

_HOOKS = ("stdin", "stdout", "stderr", "excepthook", "displayhook", "unraisablehook", "argv", "breakpointhook")
_LISTS = ("path", "meta_path", "path_hooks", "argv")
_SOLID = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)


class Baseline:
    """What the interpreter is like now. `roots`: directories in which new files are deleted."""

    def __init__(self, roots=()):
        self._modules = dict(sys.modules)
        own = [it for name, it in self._modules.items() if name.split(".")[0] == __package__]
        self._own = [(it, dict(vars(it))) for it in (builtins, *own)]
        self._classes = {cls: _rebindable(cls) for it in own for cls in vars(it).values() if _is_own_class(cls)}
        self._solid = [(it, _solid(it)) for it in self._modules.values() if isinstance(it, types.ModuleType)]
        self._hooks = {name: getattr(sys, name) for name in _HOOKS if hasattr(sys, name)}
        self._lists = {name: list(getattr(sys, name)) for name in _LISTS if hasattr(sys, name)}
        self._limit = sys.getrecursionlimit()
        self._environ = dict(os.environ)
        self._cwd = os.getcwd()
        self._roots = {root: _files(root) for root in roots}
        self._begin_warnings()

    def _begin_warnings(self):
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()

    def keep_path(self):
        """Modules are looked for where they are now, from now on."""
        self._lists["path"] = list(sys.path)

    def restore(self):
        """Puts everything back."""
        # First what the rest of this relies on.
        for module, entries in self._own:
            _put_back(module, entries, drop_new=True)
        for cls, entries in self._classes.items():
            _put_class_back(cls, entries)
        for module, entries in self._solid:
            _put_back(module, entries, drop_new=False)
        self._restore_sys()
        self._restore_process()
        self._drop_modules()
        random.seed()
        gc.enable()
        gc.collect()

    def _restore_sys(self):
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)
        for name, value in self._hooks.items():
            setattr(sys, name, value)
        for name, value in self._lists.items():
            if getattr(sys, name) != value:
                getattr(sys, name)[:] = value
        sys.setrecursionlimit(self._limit)
        self._warnings.__exit__(None, None, None)
        self._begin_warnings()
        sys.path_importer_cache.clear()

    def _restore_process(self):
        if dict(os.environ) != self._environ:
            os.environ.clear()
            os.environ.update(self._environ)
        if not os.path.isdir(self._cwd):
            os.makedirs(self._cwd)
        os.chdir(self._cwd)
        for root, known in self._roots.items():
            for path in sorted(_files(root) - known, reverse=True):
                _remove(path)

    def _drop_modules(self):
        for name in list(sys.modules):
            if name not in self._modules and not _installed(sys.modules[name]):
                del sys.modules[name]
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module


def default_roots():
    """The directories a browser's interpreter offers for files: nobody else's are in danger there."""
    if sys.platform != "emscripten":
        return ()
    return tuple({os.getcwd(), tempfile.gettempdir()})


def cancel_tasks():
    """Cancels every task of the running loop, if there is one."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return
    for task in tasks - {asyncio.current_task()}:
        task.cancel()


def _solid(module):
    return {name: it for name, it in vars(module).items() if isinstance(it, _SOLID)}


def _put_back(module, entries, drop_new):
    now = vars(module)
    for name, it in entries.items():
        if now.get(name, now) is not it:
            now[name] = it
    if drop_new and len(now) > len(entries):
        for name in now.keys() - entries.keys():
            if not isinstance(now[name], types.ModuleType):
                del now[name]


def _is_own_class(cls):
    return isinstance(cls, type) and cls.__module__.split(".")[0] == __package__


def _rebindable(cls):
    return {name: it for name, it in vars(cls).items() if name not in ("__dict__", "__weakref__")}


def _put_class_back(cls, entries):
    now = _rebindable(cls)
    for name in now.keys() - entries.keys():
        # Python itself adds some, such as the registry of an abstract class.
        if not name.startswith("_abc_"):
            delattr(cls, name)
    for name, it in entries.items():
        if now.get(name, now) is not it:
            setattr(cls, name, it)


def _installed(module):
    """Whether a module belongs to the interpreter or an installed package: native ones cannot be imported twice."""
    file = getattr(module, "__file__", None)
    spec = getattr(module, "__spec__", None)
    if spec is not None and spec.origin in ("built-in", "frozen"):
        return True
    paths = [file] if isinstance(file, str) else [str(it) for it in getattr(module, "__path__", ())]
    return any("site-packages" in it or "lib" in it.split(os.sep) or ".zip" in it for it in paths)


def _files(root):
    found = set()
    for folder, folders, files in os.walk(root):
        found.update(os.path.join(folder, name) for name in (*folders, *files))
    return found


def _remove(path):
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.remove(path)
    except OSError:
        # A folder that is still in use is empty at least.
        pass

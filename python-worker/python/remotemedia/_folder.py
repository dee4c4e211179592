"""The code of a package: modules of its own, and wheels, in a folder of the interpreter's file system."""

import importlib
import os
import re
import shutil
import sys
import sysconfig

from . import kinds

MAX_WHEELS = 512 << 20
"""Bytes that the wheels of a package may come to, unpacked."""
_WHEEL = re.compile(r"[^-]+-[^-]+(?:-\d[^-]*)?-([^-]+)-([^-]+)-([^-]+)\.whl")
_TOP = re.compile(r"[^/\\]+\.data/(?:purelib|platlib)/(.+)")


class Folder:
    """`python/` and `wheels/` below `path`: makes them importable, and finds the nodes in the modules at the top of `python/`.

    The modules run anew for each run, so that no global of theirs survives one; what comes from wheels stays.
    """

    def __init__(self, path):
        self._own, site = os.path.join(path, "python"), os.path.join(path, "site-packages")
        wheels = os.path.join(path, "wheels")
        os.makedirs(site, exist_ok=True)
        room = MAX_WHEELS
        for name in sorted(os.listdir(wheels)) if os.path.isdir(wheels) else ():
            check_wheel(name)
            room -= _unpack(os.path.join(wheels, name), site, room)
            # Unpacked it is of no use any more, and files are memory here.
            os.remove(os.path.join(wheels, name))
        self._modules = sorted(self._find_modules())
        # Nothing from a wheel takes the place of a module that Python itself brings.
        sys.path.insert(0, self._own)
        sys.path.append(site)
        importlib.invalidate_caches()

    def _find_modules(self):
        for name in os.listdir(self._own) if os.path.isdir(self._own) else ():
            module, extension = os.path.splitext(name)
            if module in sys.stdlib_module_names or module == __package__:
                raise ValueError(f"python/{name} has the name of a module that is there already")
            if extension == ".py" and module.isidentifier():
                yield module

    def classes(self):
        """The node classes of its modules, by name. Whatever running those raises is raised."""
        found = {}
        for name in self._modules:
            for kind, cls in kinds.classes_of(importlib.import_module(name)).items():
                if kind in found:
                    raise ValueError(f"{kind} is defined in python/{found[kind].__module__}.py and in python/{name}.py")
                found[kind] = cls
        return found

    def forget(self):
        """Forgets its modules."""
        for name, module in list(sys.modules.items()):
            if _lies_in(module, self._own):
                del sys.modules[name]
                vars(module).clear()


def check_wheel(name):
    """Raises unless a wheel of this name can be used by this interpreter."""
    tags = _WHEEL.fullmatch(name)
    if tags is None:
        raise ValueError(f"wheels/{name} is not named as wheels are: NAME-VERSION-PYTHON-ABI-PLATFORM.whl")
    python, abi, platform = (it.split(".") for it in tags.groups())
    minor = sys.version_info.minor
    own = {"py3", f"py3{minor}", f"cp3{minor}"}
    older = {f"py3{it}" for it in range(minor)} | ({f"cp3{it}" for it in range(minor)} if "abi3" in abi else set())
    if not (own | older).intersection(python):
        raise ValueError(f"wheels/{name} is not for Python 3.{minor}")
    if not {"none", "abi3", f"cp3{minor}"}.intersection(abi) or not _platforms().intersection(platform):
        raise ValueError(f"wheels/{name} is for another platform: only `any`, and Pyodide's own in a browser, can be used")


def _platforms():
    if sys.platform != "emscripten":
        return {"any"}
    found = {"any", re.sub("[-.]", "_", sysconfig.get_platform())}
    abi = sysconfig.get_config_var("PYODIDE_ABI_VERSION")
    return found | ({f"pyodide_{abi}_wasm32", f"pyemscripten_{abi}_wasm32"} if abi else set())


def _unpack(path, site, room):
    """Unpacks the wheel `path`; says how many bytes that came to."""
    import zipfile

    name, size = os.path.basename(path), 0
    with zipfile.ZipFile(path) as wheel:
        for it in wheel.infolist():
            size += it.file_size
            if size > room:
                raise ValueError(f"wheels/{name}: the wheels of a package may come to {MAX_WHEELS} bytes")
            inside = _TOP.fullmatch(it.filename)
            target = inside[1] if inside else it.filename
            steps = target.rstrip("/").split("/")
            if "\\" in target or any(step in ("", ".", "..") for step in steps):
                raise ValueError(f"wheels/{name} holds a file that is called {it.filename[:200]!r}")
            if it.is_dir() or (".data/" in it.filename and not inside):
                continue
            target = os.path.join(site, *steps)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            # Never more than the size that was counted: the reader stops there.
            with wheel.open(it) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)
    return size


def _lies_in(module, folder):
    file = getattr(module, "__file__", None)
    try:
        paths = [file] if isinstance(file, str) else list(getattr(module, "__path__", ()))
    except Exception:
        return False
    return any(isinstance(it, str) and (it == folder or it.startswith(folder + os.sep)) for it in paths)

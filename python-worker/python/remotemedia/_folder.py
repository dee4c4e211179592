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
_SYSTEM = re.compile(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_(.+)")
_LEGACY = re.compile("manylinux(1|2010|2014)(?=_)")
_MANYLINUX = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}
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
        sys.path.insert(_first_installed(), site)
        sys.path.insert(0, self._own)
        importlib.invalidate_caches()

    def _find_modules(self):
        for name in os.listdir(self._own) if os.path.isdir(self._own) else ():
            module, extension = os.path.splitext(name)
            if module in _library() or module == __package__:
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
    python, abi, systems = (it.split(".") for it in tags.groups())
    minor, is_cpython = sys.version_info.minor, sys.implementation.name == "cpython"
    # One without the lock of the interpreter has binaries of its own.
    free = "t" if "t" in getattr(sys, "abiflags", "") else ""
    stable = {"abi3"} if is_cpython and not free else set()
    own = {"py3", f"py3{minor}"} | ({f"cp3{minor}"} if is_cpython else set())
    older = {f"py3{it}" for it in range(minor)} | ({f"cp3{it}" for it in range(minor)} if stable.intersection(abi) else set())
    if not (own | older).intersection(python):
        raise ValueError(f"wheels/{name} is not for Python 3.{minor}")
    binary = stable | ({f"cp3{minor}{free}"} if is_cpython else set())
    if not ({"none"} | binary).intersection(abi) or not any(map(_fits, systems)):
        usable = "Pyodide's own in a browser" if sys.platform == "emscripten" else f"those of {_platform()}"
        raise ValueError(f"wheels/{name} is for another platform: only `any`, and {usable}, can be used")


def _platform():
    return re.sub("[-.]", "_", sysconfig.get_platform())


def _fits(tag):
    """Whether this system is what the platform tag `tag` of a wheel asks for."""
    if tag in ("any", _platform()):
        return True
    if sys.platform == "emscripten":
        abi = sysconfig.get_config_var("PYODIDE_ABI_VERSION")
        return bool(abi) and tag in (f"pyodide_{abi}_wasm32", f"pyemscripten_{abi}_wasm32")
    asked = _SYSTEM.fullmatch(_LEGACY.sub(lambda it: _MANYLINUX[it[0]], tag))
    there = asked and _version(asked[1])
    if not there:
        return False
    machines = {os.uname().machine} | ({"universal2"} if asked[1] == "macosx" else set())
    return asked[4] in machines and (int(asked[2]), int(asked[3])) <= there


def _version(family):
    """The version of what wheels of `family` are built against, or None if this system has none of it."""
    import platform

    if family == "macosx":
        found = platform.mac_ver()[0]
    elif "musl" in (sysconfig.get_config_var("SOABI") or ""):
        # The oldest that is still about; it does not say its version.
        found = "1.2" if family == "musllinux" else ""
    else:
        found = platform.libc_ver()[1] if family == "manylinux" and sys.platform == "linux" else ""
    numbers = re.findall(r"\d+", found)[:2]
    return tuple(map(int, numbers)) if len(numbers) == 2 else None


def _library():
    """The names of the modules that Python itself brings."""
    if sys.version_info >= (3, 10):
        return sys.stdlib_module_names
    # Python 3.9 has no list of them.
    there = (it.split(".")[0] for it in os.listdir(sysconfig.get_path("stdlib")))
    return {*there, *sys.builtin_module_names}


def _first_installed():
    """Where in `sys.path` the packages begin that were installed beside Python; in a browser they count as its own."""
    names = () if sys.platform == "emscripten" else ("site-packages", "dist-packages")
    found = (at for at, it in enumerate(sys.path) if os.path.basename(it) in names)
    return next(found, len(sys.path))


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

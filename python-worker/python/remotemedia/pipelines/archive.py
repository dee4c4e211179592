"""Packages: files with a pipeline and everything that it needs. Format 2 of `.rmpkg`."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import re
import zipfile
import zlib
from typing import Any, Iterable, Iterator, Mapping, Optional, Sequence, Union

from .errors import PipelineError

Path = Union[str, "os.PathLike[str]"]
Files = Union[Mapping[str, Path], Iterable[Path]]
MANIFEST, METADATA, LOCK, SIGNATURE = "manifest.json", "metadata.json", "package.lock.json", "signature"
MAX_ENTRIES = 4096
MAX_TEXT = 1 << 20
MAX_SIZE = 2 << 30
"""Bytes of one entry, and of the file."""
MAX_TOTAL = 4 << 30
RATIO, FREE = 100, 1 << 20
"""Unpacked bytes for each packed one, beyond those that are free."""
_STORED = ("models/", "media/")
_FIRST = (MANIFEST, METADATA, LOCK, SIGNATURE)
_NAME = re.compile(r'(?!/)(?!.*(?:^|/)\.{1,2}(?:/|$))(?!.*//)[^\\:<>"|?*\x00-\x1f\x7f]{1,255}(?<!/)\Z')
_PIECE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file of a package."""

    name: str
    size: int
    """Bytes, unpacked."""
    compressed: int
    """Bytes in the package."""
    sha256: str


class Package:
    """A package on disk, checked against its lock when it was opened. Signatures are made and checked by the command
    `remotemedia`, found as for runs: `program`, $REMOTEMEDIA, or on the PATH.
    """

    def __init__(self, path: pathlib.Path, entries: dict[str, Entry], manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._entries = entries

    @classmethod
    def open(cls, path: Path) -> Package:
        """Reads all of a package. Raises PipelineError, code PackageRejected, if it is not acceptable."""
        path = pathlib.Path(path)
        try:
            if path.stat().st_size > MAX_SIZE:
                raise _rejected(f"Package too large: {path.stat().st_size} bytes (max {MAX_SIZE})")
            with zipfile.ZipFile(path) as archive:
                return cls(path, *_checked(archive))
        except FileNotFoundError as error:
            raise PipelineError("LoadFailed", f"{path}: {error.strerror}") from None
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError) as error:
            raise _rejected(f"Failed to extract package: {error}") from None

    @property
    def entries(self) -> list[Entry]:
        """Every file in it, in the order of the package."""
        return list(self._entries.values())

    def read(self, name: str) -> bytes:
        """The contents of one entry."""
        entry = self._entries.get(name)
        if entry is None:
            raise PipelineError("LoadFailed", f"`{name}` is not in the package")
        with zipfile.ZipFile(self.path) as archive:
            found = b"".join(_pieces(archive, archive.getinfo(name)))
        if hashlib.sha256(found).hexdigest() != entry.sha256:
            raise _rejected(f"`{name}` has changed since the package was opened")
        return found

    @property
    def metadata(self) -> Optional[dict[str, Any]]:
        """What `metadata.json` says."""
        return json.loads(self.read(METADATA)) if METADATA in self._entries else None

    def run(self, inputs: Optional[Iterable[Any]] = None, **options: Any) -> Any:
        """Runs it with the command `remotemedia`, as `Pipeline.run`; `trust=True` lets its own Python and plugins run."""
        from . import running

        return running.run(self, inputs, **options)

    def sign(self, key: Path, *, program: Optional[Path] = None) -> Package:
        """Signs it, where it lies, with the secret key in the file `key`, as `remotemedia keygen` makes it; gives what it is now."""
        from . import signing

        signing.sign(self.path, key, program)
        return Package.open(self.path)

    def verify(self, *keys: Path, program: Optional[Path] = None) -> str:
        """"unsigned"; "trusted", if one of `keys` signed it, public keys in base64 or their files; "unknown", if others did;
        "none" for a package of format 1. Raises PipelineError, code PackageRejected, if a signature is wrong or missing.
        """
        from . import signing

        return signing.verify(self.path, keys, program)

    def __repr__(self) -> str:
        return f"Package({str(self.path)!r}, {len(self._entries)} entries)"


def pack(
    path: Path,
    manifest: Mapping[str, Any],
    modules: Mapping[str, pathlib.Path],
    *,
    models: Files = (),
    media: Files = (),
    wheels: Sequence[Path] = (),
    plugins: Sequence[Path] = (),
    python: Files = (),
    metadata: Optional[Mapping[str, Any]] = None,
    example: Optional[Sequence[Any]] = None,
) -> Package:
    """Writes a package; see `Pipeline.pack`."""
    files: dict[str, Union[bytes, pathlib.Path]] = {}
    for folder, given in (("python", modules), ("python", python), ("models", models), ("media", media)):
        _add(files, folder, given)
    _add(files, "wheels", wheels)
    _add(files, "plugins", plugins)
    told = {**manifest, "package": {"format": 2}}
    if example is not None:
        told["package"]["example"] = {"inputs": list(example)}
    files[MANIFEST] = _json(told)
    files[METADATA] = _json(dict(metadata) if metadata is not None else _metadata(manifest))
    facts = {name: _facts(files[name]) for name in sorted(files)}
    files[LOCK] = _json({"version": 1, "entries": facts})
    path = pathlib.Path(path)
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", allowZip64=False) as archive:
            for name in sorted(files, key=_rank):
                _write(archive, name, files[name])
        os.replace(partial, path)
    except (zipfile.LargeZipFile, OSError) as error:
        raise PipelineError("InvalidInput", f"the package cannot be written: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return Package.open(path)


def _add(files: dict[str, Union[bytes, pathlib.Path]], folder: str, given: Files) -> None:
    named = given.items() if isinstance(given, Mapping) else ((pathlib.Path(it).name, it) for it in given)
    for name, place in named:
        path, name = pathlib.Path(place), f"{folder}/{name}"
        if not path.exists():
            raise PipelineError("LoadFailed", f"there is no {path}")
        found = [path] if path.is_file() else sorted(it for it in path.rglob("*") if it.is_file())
        for file in found:
            if "__pycache__" in file.parts:
                continue
            full = name if file == path else f"{name}/{file.relative_to(path).as_posix()}"
            if files.setdefault(full, file) != file:
                raise PipelineError("InvalidInput", f"`{full}` is there twice: {files[full]} and {file}")
            if not _NAME.match(full):
                raise PipelineError("InvalidInput", f"`{full}` is no name for a file in a package")


def _metadata(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """As every packer makes it."""
    said = manifest.get("metadata") or {}
    types = list(dict.fromkeys(node["node_type"] for node in manifest["nodes"]))
    has_python = any("Python" in it or it in ("TextProcessorNode", "DataTransformNode") for it in types)
    return {
        "package_name": said.get("name") or "unnamed-pipeline",
        "package_version": said.get("version") or "1.0.0",
        "author": said.get("author") or "Unknown",
        "license": said.get("license") or "MIT",
        "runtime_info": {
            "wasm_size_bytes": 0,
            "has_python_nodes": has_python,
            "has_rust_nodes": any(it in ("MultiplyNode", "AddNode") for it in types),
            "node_types": types,
            "node_count": len(manifest["nodes"]),
            "connection_count": len(manifest["connections"]),
        },
        "performance_hints": {
            "expected_load_time_ms": 50,
            "expected_execution_time_ms": 50 if has_python else 10,
            "memory_requirement_mb": 20,
        },
    }


def _json(value: Any) -> bytes:
    try:
        return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise PipelineError("InvalidInput", f"no JSON: {error}") from None


def _rank(name: str) -> tuple[int, bytes]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name.encode())


def _reading(contents: Union[bytes, pathlib.Path]) -> Any:
    return io.BytesIO(contents) if isinstance(contents, bytes) else open(contents, "rb")


def _facts(contents: Union[bytes, pathlib.Path]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with _reading(contents) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return {"sha256": digest.hexdigest(), "size": size}


def _write(archive: zipfile.ZipFile, name: str, contents: Union[bytes, pathlib.Path]) -> None:
    info = zipfile.ZipInfo(name)
    # The first day there is, a plain file, made on Unix: the same everywhere.
    info.date_time, info.create_system, info.external_attr = (1980, 1, 1, 0, 0, 0), 3, 0o100644 << 16
    with _reading(contents) as file:
        data = file.read()
    deflated = not name.startswith(_STORED) and not _packs_too_well(data)
    archive.writestr(info, data, zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED, 9 if deflated else None)


def _packs_too_well(data: bytes) -> bool:
    """Whether it would be taken for a bomb."""
    return len(data) > RATIO * len(zlib.compress(data, 9))


def _checked(archive: zipfile.ZipFile) -> tuple[dict[str, Entry], dict[str, Any]]:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(names) > MAX_ENTRIES:
        raise _rejected(f"{len(names)} entries, at most {MAX_ENTRIES} are allowed")
    if len({name.casefold() for name in names}) < len(names):
        raise _rejected("two entries have the same name")
    wrong = next((name for name in names if not _NAME.match(name)), None)
    if wrong is not None:
        raise _rejected(f"`{wrong[:80]}` is no name for a file in a package")
    missing = [name for name in (MANIFEST, LOCK) if name not in names]
    if missing:
        raise _rejected(f"Missing required files: {', '.join(missing)}")
    entries, total = {}, 0
    for info in infos:
        digest, size = hashlib.sha256(), 0
        for piece in _pieces(archive, info):
            digest.update(piece)
            size, total = size + len(piece), total + len(piece)
            if total > MAX_TOTAL:
                raise _rejected(f"at most {MAX_TOTAL} bytes are allowed")
        entries[info.filename] = Entry(info.filename, size, info.compress_size, digest.hexdigest())
    _hold(entries, _object(archive, LOCK))
    manifest = _object(archive, MANIFEST)
    if (manifest.get("package") or {}).get("format") != 2:
        raise _rejected("only packages of format 2 are read here; `remotemedia inspect` reads the others, too")
    return entries, manifest


def _hold(entries: Mapping[str, Entry], lock: Mapping[str, Any]) -> None:
    """Holds what was read to the lock."""
    if lock.get("version") != 1 or not isinstance(lock.get("entries"), dict):
        raise _rejected(f"Unsupported version of {LOCK}: {lock.get('version')} (expected 1)")
    locked, problems = lock["entries"], []
    for name, entry in entries.items():
        if name in (LOCK, SIGNATURE):
            continue
        said = locked.get(name)
        if said is None:
            problems.append(f"`{name}` is not in {LOCK}")
        elif said != {"sha256": entry.sha256, "size": entry.size}:
            problems.append(f"`{name}` is not what {LOCK} says")
    problems += [f"`{name}` is missing" for name in locked if name not in entries]
    if lock.get("signed_by") and SIGNATURE not in entries:
        problems.append("Downgraded package: its signature is missing")
    if problems:
        raise PipelineError("PackageRejected", "\n".join(problems), problems=[{"message": it} for it in problems])


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The contents of an entry, bounded by what is read, whatever its header says."""
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _rejected(f"`{info.filename}` is encrypted, or packed in a way that is not known here")
    most = MAX_TEXT if info.filename in _FIRST else MAX_SIZE
    most, size = min(most, FREE + RATIO * info.compress_size), 0
    with archive.open(info) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > most:
                raise _rejected(f"`{info.filename}` has more than {most} bytes, which is more than is allowed")
            yield piece


def _object(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        found = json.loads(b"".join(_pieces(archive, archive.getinfo(name))))
    except (ValueError, RecursionError) as error:
        raise _rejected(f"Invalid {name}: {error}") from None
    if not isinstance(found, dict):
        raise _rejected(f"Invalid {name}: an object is expected")
    return found


def _rejected(message: str) -> PipelineError:
    return PipelineError("PackageRejected", message, problems=[{"message": message}])

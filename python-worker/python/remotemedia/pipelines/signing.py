"""Signatures of packages, by the command `remotemedia`: Python itself has no ed25519."""

from __future__ import annotations

import os
import subprocess
from typing import Any, Iterable

from . import forms, running
from .errors import PipelineError


def sign(path: os.PathLike[str], key: Any, program: running.Program) -> None:
    """See `Package.sign`."""
    done = _done(program, "sign", path, "--key", key)
    if done.returncode:
        raise PipelineError("InvalidInput", done.stderr.strip())


def verify(path: os.PathLike[str], keys: Iterable[Any], program: running.Program) -> str:
    """See `Package.verify`."""
    named = [word for key in keys for word in ("--key", key)]
    done = _done(program, "verify", path, "--json", *named)
    lines = done.stdout.splitlines()
    told = forms.value_of(lines[-1]) if lines else {}
    if told.get("type") == "failed":
        raise PipelineError.of(told["error"])
    if "signature" not in told:
        raise PipelineError("InvalidInput", done.stderr.strip())
    return str(told["signature"])


def _done(program: running.Program, *words: Any) -> subprocess.CompletedProcess[str]:
    command = [running.found(program), *map(os.fspath, words)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")

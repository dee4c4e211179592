"""The executor as a WASI command, in wasmtime."""

from __future__ import annotations

import functools
import os
import pathlib
import tempfile
import threading
from typing import Any, Optional

from .errors import PipelineError


def call(path: pathlib.Path, request: bytes, timeout: Optional[float]) -> tuple[str, str, int]:
    """What the command answers to `request`: its output, its log, its exit code."""
    try:
        import wasmtime
    except ImportError:
        text = 'executor "wasm" needs the package wasmtime: pip install "remotemedia[wasm]"'
        raise PipelineError("NotSupported", text) from None
    engine, linker, module = _compiled(os.fspath(path), path.stat().st_mtime_ns)
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as folder:
        files = [os.path.join(folder, name) for name in ("stdin", "stdout", "stderr")]
        with open(files[0], "wb") as file:
            file.write(request)
        config = wasmtime.WasiConfig()
        config.stdin_file, config.stdout_file, config.stderr_file = files
        store = wasmtime.Store(engine)
        store.set_wasi(config)
        # Without a time limit the clock never strikes.
        store.set_epoch_deadline(1)
        alarm = threading.Timer(timeout, engine.increment_epoch) if timeout is not None else None
        if alarm is not None:
            alarm.start()
        try:
            code = _start(wasmtime, store, linker.instantiate(store, module))
        finally:
            if alarm is not None:
                alarm.cancel()
        answer, log = (pathlib.Path(file).read_text(encoding="utf-8", errors="replace") for file in files[1:])
        return answer, log, code


def _start(wasmtime: Any, store: Any, instance: Any) -> int:
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as ended:
        return ended.code
    except wasmtime.Trap as trap:
        if trap.trap_code == wasmtime.TrapCode.INTERRUPT:
            raise PipelineError("TimedOut", "the run took longer than its timeout") from None
        raise PipelineError("WorkerCrashed", f"the executor trapped: {trap.message}") from None
    return 0


@functools.lru_cache(maxsize=2)
def _compiled(path: str, changed: int) -> tuple[Any, Any, Any]:
    """Compiling takes seconds; `changed` is when the file did."""
    import wasmtime

    config = wasmtime.Config()
    config.epoch_interruption = True
    # On disk, too, where that is possible.
    config.cache = True
    engine = wasmtime.Engine(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    try:
        return engine, linker, wasmtime.Module.from_file(engine, path)
    except wasmtime.WasmtimeError as error:
        raise PipelineError("StartFailed", f"{path} is no executor: {error}") from None

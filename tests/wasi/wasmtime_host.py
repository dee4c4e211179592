"""Runs a WASI command under wasmtime: jobs as JSON on standard input, what became of them on standard output.

    python wasmtime_host.py MODULE.wasm < [{"stdin": "…", "folders": {"/models": "models"}}]
"""

import json
import pathlib
import sys
import tempfile
import time

import wasmtime


def run(engine, module, job, folder):
    wasi = wasmtime.WasiConfig()
    paths = {name: folder / name for name in ("stdin", "stdout", "stderr")}
    paths["stdin"].write_text(job["stdin"], encoding="utf-8", newline="")
    wasi.stdin_file = str(paths["stdin"])
    wasi.stdout_file = str(paths["stdout"])
    wasi.stderr_file = str(paths["stderr"])
    for guest, host in job.get("folders", {}).items():
        wasi.preopen_dir(host, guest)
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    begun = time.perf_counter()
    code = 0
    try:
        instance = linker.instantiate(store, module)
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        code = end.code
    took = (time.perf_counter() - begun) * 1000
    told = {name: paths[name].read_text(encoding="utf-8") for name in ("stdout", "stderr")}
    return {"code": code, "ms": took, **told}


def main():
    engine = wasmtime.Engine()
    module = load(engine)
    with tempfile.TemporaryDirectory() as folder:
        results = [run(engine, module, job, pathlib.Path(folder)) for job in json.load(sys.stdin)]
    json.dump(results, sys.stdout)


def load(engine):
    """The module, compiled once for as long as its file stays as it is."""
    source = pathlib.Path(sys.argv[1])
    kept = source.with_suffix(".cwasm")
    if kept.exists() and kept.stat().st_mtime_ns > source.stat().st_mtime_ns:
        try:
            return wasmtime.Module.deserialize_file(engine, str(kept))
        except wasmtime.WasmtimeError:
            # Of another version of wasmtime, or another machine.
            pass
    module = wasmtime.Module.from_file(engine, str(source))
    kept.write_bytes(module.serialize())
    return module


main()

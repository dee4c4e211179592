"""Running pipelines: by the command `remotemedia`, by WebAssembly, or here."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any, Callable, Iterable, Iterator, Mapping, Optional, Union

from . import forms, sources
from .errors import Code, PipelineError

Event = dict[str, Any]
Program = Union[None, str, "os.PathLike[str]"]
_DETAIL = "Pipeline execution failed: "
_CODES: dict[str, Code] = {
    "Python VM error: ": "NodeFailed",
    "Execution error: ": "NodeFailed",
    "Manifest error: ": "InvalidManifest",
    "Failed to parse manifest: ": "InvalidManifest",
    "Failed to parse input: ": "InvalidInput",
    "Marshaling error: ": "InvalidInput",
    "I/O error: ": "LoadFailed",
}
"""By what the executor in WebAssembly says first."""


@dataclasses.dataclass
class Result:
    """What a run came to. Iterating gives the outputs."""

    outputs: list[Any]
    """In the order of the manifest's last nodes, each one's in the order of the items."""
    graph_info: dict[str, Any]
    """`node_count`, `source_count`, `sink_count`, `execution_order`."""
    metrics: dict[str, Any]
    """Measured by whoever ran it; empty if nothing was."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    def __getitem__(self, index: Any) -> Any:
        return self.outputs[index]


def run(
    pipeline: Any, inputs: Optional[Iterable[Any]], on_event: Optional[Callable[[Event], None]] = None, **options: Any
) -> Result:
    """See `Pipeline.run`."""
    last: Event = {}
    for last in events(pipeline, inputs, **options):
        if on_event is not None:
            on_event(last)
    result = last["result"]
    return Result(result["outputs"], result["graph_info"], result.get("metrics") or {})


def events(
    pipeline: Any,
    inputs: Optional[Iterable[Any]],
    *,
    executor: str = "native",
    program: Program = None,
    params: Optional[Mapping[str, Mapping[str, Any]]] = None,
    timeout: Optional[float] = None,
    trust: bool = False,
) -> Iterator[Event]:
    """See `Pipeline.events`."""
    if getattr(sys.modules.get("remotemedia.host"), "serving", False):
        text = 'this module was imported for its nodes: put what runs pipelines under `if __name__ == "__main__":`'
        raise PipelineError("NotSupported", text)
    is_package = hasattr(pipeline, "entries")
    if executor == "native":
        return _native(pipeline, inputs, program, params, timeout, trust)
    if executor not in ("wasm", "python"):
        raise PipelineError("NotSupported", f'there is no executor {executor!r}; there are "native", "wasm" and "python"')
    if is_package:
        raise PipelineError("NotSupported", f'packages are run by executor "native", not by {executor!r}')
    manifest = _with_params(pipeline.to_manifest(), params)
    if executor == "python":
        from . import local

        return local.events(manifest, pipeline.classes, inputs, timeout)
    own = sorted(pipeline.classes)
    if own:
        raise PipelineError("NotSupported", f'executor "wasm" has the built-in nodes only, not {", ".join(own)}')
    return _wasm(manifest, inputs, program, timeout)


def _with_params(manifest: dict[str, Any], params: Optional[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    nodes = {node["id"]: node for node in manifest["nodes"]}
    for id, given in (params or {}).items():
        if id not in nodes:
            raise PipelineError("InvalidManifest", f"parameters for {id!r}, and there is no such node", node=id)
        nodes[id]["params"] = {**(nodes[id].get("params") or {}), **given}
    return manifest


def _native(
    pipeline: Any,
    inputs: Optional[Iterable[Any]],
    program: Program,
    params: Optional[Mapping[str, Any]],
    timeout: Optional[float],
    trust: bool,
) -> Iterator[Event]:
    command = [found(program), "run"]
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as folder:
        command.append(_on_disk(pipeline, folder, command))
        command += ["--json", "--python", sys.executable]
        if inputs is not None:
            path = os.path.join(folder, "inputs.jsonl")
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(forms.text_of(it) + "\n" for it in inputs)
            command += ["--inputs", path]
        if params:
            command += ["--params", json.dumps(params)]
        if timeout is not None:
            command += ["--timeout", str(timeout)]
        if trust:
            command.append("--trust")
        yield from _followed(command, folder)


def _on_disk(pipeline: Any, folder: str, command: list[str]) -> str:
    """The file to run; what else it needs goes into `command`."""
    if hasattr(pipeline, "entries"):
        return str(pipeline.path)
    for file in sources.modules(pipeline.classes).values():
        command += ["--nodes", str(file)]
    path = os.path.join(folder, "manifest.json")
    pipeline.save(path)
    return path


def found(program: Program) -> str:
    """The file of the command. Raises PipelineError, code StartFailed, if there is none."""
    asked = program or os.environ.get("REMOTEMEDIA") or "remotemedia"
    found = shutil.which(os.fspath(asked))
    if found is None:
        text = f"there is no command `{asked}`: install it, put it on the PATH, or say where it is with `program` or $REMOTEMEDIA"
        raise PipelineError("StartFailed", text)
    return found


def _followed(command: list[str], folder: str) -> Iterator[Event]:
    with open(os.path.join(folder, "stderr"), "w+b") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        try:
            last: Event = {}
            for line in process.stdout:
                last = forms.value_of(line.decode())
                if last.get("type") == "failed":
                    raise PipelineError.of(last["error"])
                yield last
            code = process.wait()
            if last.get("type") != "finished":
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()[-4000:]
                raise PipelineError("StartFailed" if code == 2 else "WorkerCrashed", said or f"the command ended with {code}")
        finally:
            # Whoever stops listening stops the run.
            process.kill()
            process.stdout.close()
            process.wait()


def _wasm(
    manifest: dict[str, Any], inputs: Optional[Iterable[Any]], program: Program, timeout: Optional[float]
) -> Iterator[Event]:
    from . import wasi

    path = program or os.environ.get("REMOTEMEDIA_WASM")
    if path is None or not os.path.isfile(path):
        text = "say where pipeline_executor_wasm.wasm is, with `program` or $REMOTEMEDIA_WASM"
        raise PipelineError("StartFailed", text if path is None else f"there is no {path}: {text}")
    # Items one by one: each has its envelopes.
    items = None if inputs is None else ",".join(map(forms.text_of, inputs))
    request = json.dumps(manifest) if items is None else f'{{"manifest":{json.dumps(manifest)},"input_data":[{items}]}}'
    answer, log, code = wasi.call(pathlib.Path(path), request.encode(), timeout)
    said, _, why = log.rpartition(_DETAIL)
    for line in (said if code else log).splitlines():
        yield {"type": "log", "level": "info", "message": line}
    if code:
        raise _told(why.strip() or f"the executor ended with {code}")
    yield {"type": "finished", "result": forms.value_of(answer)}


def _told(detail: str) -> PipelineError:
    """The error that the executor's words are."""
    code: Code = next((code for prefix, code in _CODES.items() if detail.startswith(prefix)), "NodeFailed")
    place = re.search(r"^at node `(.*)`$", detail, re.MULTILINE)
    if place is None:
        return PipelineError(code, detail)
    traceback = detail[place.end() :].strip() or None
    return PipelineError(code, detail[: place.start()].strip(), node=place[1], traceback=traceback)

"""What goes wrong, in the words of every host of pipelines."""

from __future__ import annotations

from typing import Any, Literal, Optional, Sequence

Code = Literal[
    "InvalidManifest",
    "UnknownNode",
    "InvalidInput",
    "NodeFailed",
    "Cancelled",
    "TimedOut",
    "LimitExceeded",
    "WorkerCrashed",
    "StartFailed",
    "ProtocolMismatch",
    "LoadFailed",
    "PackageRejected",
    "ModelRejected",
    "StorageFull",
    "OutOfMemory",
    "NotSupported",
    "Closed",
]
"""The closed list of codes."""


class PipelineError(Exception):
    """A pipeline that cannot be made, packed or run.

    `code`: one of `Code`. `node`: the id of the node it is about. `traceback`: that of a Python node, text.
    `problems`: all defects of a manifest or package, each a dict with a `message`.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        node: Optional[str] = None,
        traceback: Optional[str] = None,
        problems: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.node = node
        self.traceback = traceback
        self.problems = list(problems)

    def __str__(self) -> str:
        place = f" ({self.node})" if self.node else ""
        return f"{self.code}{place}: {self.message}"

    @classmethod
    def of(cls, told: dict[str, Any]) -> PipelineError:
        """The error that the JSON of another host tells."""
        return cls(
            told.get("code", "NodeFailed"),
            told.get("message", ""),
            node=told.get("node"),
            traceback=told.get("traceback"),
            problems=told.get("problems") or (),
        )

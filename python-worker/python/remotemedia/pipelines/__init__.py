"""Pipelines for programs: built in code, packed, run by the command `remotemedia`, by WebAssembly, or here in Python."""

from .archive import Entry, Package
from .errors import Code, PipelineError
from .pipeline import Pipeline
from .running import Result

__all__ = ["Code", "Entry", "Package", "Pipeline", "PipelineError", "Result"]

"""The Python in the documentation, run in plain CPython.

` ```python file=NAME ` lies in a file that later snippets import. ` ```python needs=remotemedia ` runs where $REMOTEMEDIA says
where the command is, `needs=wasm` where $REMOTEMEDIA_WASM says where the executor is and wasmtime is installed.
"""

import importlib.util
import os
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python-worker" / "python"))

from remotemedia import Package, Pipeline  # noqa: E402
from remotemedia.node import Node  # noqa: E402

FENCE = re.compile(r"^```python([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = ["README.md", "python-worker/python/README.md", *sorted((ROOT / "docs" / "src").rglob("*.md"))]


def snippets():
    """Each as its place, the words after the language, and its code."""
    for path in (ROOT / it for it in DOCUMENTS):
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if "ignore: " not in found[1] and "include=" not in found[1]:
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path.relative_to(ROOT)}:{line}", found[1].split(), found[2]


def has(what):
    """Whether there is what a snippet needs."""
    if what == "wasm":
        return "REMOTEMEDIA_WASM" in os.environ and importlib.util.find_spec("wasmtime") is not None
    return "REMOTEMEDIA" in os.environ


def run(place, code):
    """What the code defines; its assertions hold."""
    names = {"__name__": "snippet"}
    exec(compile(code, place, "exec"), names)
    return names


class BookTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        sys.path.insert(0, folder.name)
        self.addCleanup(sys.path.remove, folder.name)

    def snippets(self):
        """Those that can be run, each run."""
        for place, words, code in snippets():
            named = dict(word.split("=") for word in words if "=" in word)
            if "needs" in named and not has(named["needs"]):
                continue
            if "file" in named:
                pathlib.Path(named["file"]).write_text(code)
                self.addCleanup(sys.modules.pop, pathlib.Path(named["file"]).stem, None)
            with self.subTest(place):
                yield run(place, code)

    def test_every_piece_of_python_runs_and_defines_a_node_or_a_pipeline(self):
        found = list(self.snippets())
        self.assertGreater(len(found), 8)
        for names in found:
            self.assertTrue(any(map(is_ours, names.values())), "no node and no pipeline in it")

    def test_the_tests_among_them_pass(self):
        loader, suite = unittest.TestLoader(), unittest.TestSuite()
        for names in self.snippets():
            cases = [it for it in names.values() if isinstance(it, type) and issubclass(it, unittest.TestCase)]
            suite.addTests(loader.loadTestsFromTestCase(it) for it in cases)
        result = unittest.TestResult()
        suite.run(result)
        self.assertGreater(result.testsRun, 0)
        self.assertEqual((result.failures, result.errors), ([], []))


def is_ours(it):
    is_node = isinstance(it, type) and issubclass(it, Node) and it is not Node
    return is_node or hasattr(it, "__remotemedia__") or isinstance(it, (Package, Pipeline))


if __name__ == "__main__":
    unittest.main()

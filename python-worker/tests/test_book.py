"""The Python in the documentation, run in plain CPython."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python-worker" / "python"))

from remotemedia.node import Node  # noqa: E402

FENCE = re.compile(r"^```python([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets():
    """Each as its place, and its code."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs" / "src").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if "ignore: " not in found[1] and "include=" not in found[1]:
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path.relative_to(ROOT)}:{line}", found[2]


def run(place, code):
    """What the code defines; its assertions hold."""
    names = {"__name__": "snippet"}
    exec(compile(code, place, "exec"), names)
    return names


class BookTest(unittest.TestCase):
    def test_every_piece_of_python_runs_and_defines_a_node(self):
        found = list(snippets())
        self.assertGreater(len(found), 3)
        for place, code in found:
            with self.subTest(place):
                kinds = [it for it in run(place, code).values() if is_node(it)]
                self.assertTrue(kinds, "no node in it")

    def test_the_tests_among_them_pass(self):
        loader, suite = unittest.TestLoader(), unittest.TestSuite()
        for place, code in snippets():
            names = run(place, code)
            cases = [it for it in names.values() if isinstance(it, type) and issubclass(it, unittest.TestCase)]
            suite.addTests(loader.loadTestsFromTestCase(it) for it in cases)
        result = unittest.TestResult()
        suite.run(result)
        self.assertGreater(result.testsRun, 0)
        self.assertEqual((result.failures, result.errors), ([], []))


def is_node(it):
    return hasattr(it, "__remotemedia__") or (isinstance(it, type) and issubclass(it, Node) and it is not Node)


if __name__ == "__main__":
    unittest.main()

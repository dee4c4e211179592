"""What one run does is not felt by the next, and what hostile code prints or raises is bounded."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import unittest

from hosted import Bench, Fault, node, run

CHANGES = {
    "builtins": ("import builtins; builtins.print = None; builtins.extra = 1", "import builtins; return [callable(print), hasattr(builtins, 'extra')]", [True, False]),
    "own package": ("import remotemedia; remotemedia.Node.process = None; remotemedia.Node.more = 1", "import remotemedia; return [callable(remotemedia.Node.process), hasattr(remotemedia.Node, 'more')]", [True, False]),
    "own machinery": ("import remotemedia._wire as w; w.decode = None; w.PACKED = 1", "import remotemedia._wire as w; return [callable(w.decode), w.PACKED]", [True, 64]),
    "standard library": ("import json; json.dumps = None; json.JSONEncoder = None", "import json; return [callable(json.dumps), json.JSONEncoder is not None]", [True, True]),
    "environment": ("import os; os.environ['RM_LEAK'] = '1'; del os.environ['PATH']", "import os; return ['RM_LEAK' in os.environ, 'PATH' in os.environ]", [False, True]),
    "working directory": ("import os; os.chdir('/')", "import os; return os.getcwd() == '/'", False),
    "modules": ("import sys, types; sys.modules['leak'] = types.ModuleType('leak'); sys.modules.pop('json')", "import sys; return ['leak' in sys.modules, 'json' in sys.modules]", [False, True]),
    "globals of the source": ("global LEAK; LEAK = 1", "return 'LEAK' in globals()", False),
    "recursion limit": ("import sys; sys.setrecursionlimit(123456)", "import sys; return sys.getrecursionlimit() == 123456", False),
    "search path": ("import sys; sys.path.insert(0, '/leak'); sys.meta_path.clear()", "import sys; return ['/leak' in sys.path, bool(sys.meta_path)]", [False, True]),
    "warnings": ("import warnings; warnings.filters.clear(); warnings.simplefilter('error')", "import warnings; return warnings.filters[0][0] == 'error'", False),
    "tracing": ("import sys; sys.settrace(lambda *a: None)", "import sys; return sys.gettrace() is None", True),
    "standard output": ("import sys; sys.stdout = None", "import sys; return sys.stdout is not None", True),
}


def two_runs(change, question):
    """What `question` answers in the run after the one that made `change`; in a process of its own."""
    bench = Bench(node(change).replace("It", "First") + node(question).replace("It", "Second"))
    streams = sys.stdout, sys.stderr
    try:
        bench.host.guard_globals()
        bench.open("First")
        with contextlib.suppress(Exception):
            bench.turn([0])
        bench.end()
        bench.open("Second")
        return bench.values([0])[0]
    finally:
        sys.stdout, sys.stderr = streams


class Reset(unittest.TestCase):
    def test_nothing_of_a_run_is_left(self):
        for name, (change, question, expected) in CHANGES.items():
            with self.subTest(name):
                script = f"import json, test_isolation as t\nprint(json.dumps(t.two_runs({change!r}, {question!r})))"
                done = subprocess.run(
                    [sys.executable, "-c", script], cwd=pathlib.Path(__file__).parent, capture_output=True, text=True, timeout=60
                )
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout), expected)

    def test_random_numbers_do_not_repeat(self):
        bench = Bench("import random\n" + node("random.seed(1)\nreturn 0").replace("It", "Seeds") + node("return random.random()"))
        drawn = set()
        streams = sys.stdout, sys.stderr
        try:
            bench.host.guard_globals()
            for _ in range(2):
                bench.open("Seeds", key=1)
                bench.turn([0], key=1)
                bench.end()
                bench.open("It")
                drawn.add(bench.values([0])[0])
                bench.end()
        finally:
            sys.stdout, sys.stderr = streams
        self.assertEqual(len(drawn), 2)

    def test_files_made_by_a_run_are_deleted(self):
        import tempfile

        from remotemedia._reset import Baseline

        with tempfile.TemporaryDirectory() as root:
            kept = pathlib.Path(root, "kept")
            kept.touch()
            baseline = Baseline((root,))
            os.makedirs(os.path.join(root, "a", "b"))
            pathlib.Path(root, "a", "b", "new").touch()
            baseline.restore()
            self.assertEqual(os.listdir(root), ["kept"])


class Output(unittest.TestCase):
    def said(self, body):
        bench = Bench(node(body))
        streams = sys.stdout, sys.stderr
        try:
            bench.host.guard_globals()
            bench.open("It")
            bench.turn([0])
            bench.end()
        finally:
            sys.stdout, sys.stderr = streams
        return bench.said

    def test_lines_become_logs_of_their_node(self):
        body = "import sys\nprint('a\\nb')\nprint('c', end='')\nprint('d', file=sys.stderr)"
        expected = [[0, "log", "info", "a"], [0, "log", "info", "b"], [0, "log", "warn", "d"], [0, "log", "info", "c"]]
        self.assertEqual(self.said(body), expected)

    def test_a_flood_is_counted_not_told(self):
        said = self.said("for i in range(50_000): print(i)")
        self.assertLess(len(said), 5000)
        self.assertRegex(said[-1][3], r"\d+ log lines left out")

    def test_a_line_that_never_ends_is_cut(self):
        for line in self.said("for i in range(100): print('x' * 1000, end='')"):
            self.assertLessEqual(len(line[3]), 8000)


class Errors(unittest.TestCase):
    def fault(self, body, source=""):
        with self.assertRaises(Fault) as caught:
            run(source + node(body), [0])
        return caught.exception

    def test_a_traceback_shows_the_users_frames_and_no_others(self):
        trace = self.fault("return helper(data)", "def helper(x):\n    return 1 / x\n").traceback
        self.assertEqual(
            trace,
            'Traceback (most recent call last):\n  File "<registered 1>", line 6, in process\n    return helper(data)\n'
            '  File "<registered 1>", line 2, in helper\n    return 1 / x\nZeroDivisionError: division by zero\n',
        )

    def test_causes_are_told(self):
        trace = self.fault("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('so') from e").traceback
        self.assertIn("direct cause", trace)
        self.assertIn("ZeroDivisionError", trace)

    def test_exceptions_that_print_badly_are_bounded(self):
        cases = {
            "return 'x' * 10**8": "ValueError2: (xxx|.its __str__ raised)",
            "raise KeyError": r"ValueError2: \(its __str__ raised KeyError\)",
            "return 5": r"ValueError2: \(its __str__ raised TypeError\)",
            "while True: pass": r"ValueError2: \(its __str__ raised TimeoutError\)",
            "raise SystemExit": r"ValueError2: \(its __str__ raised SystemExit\)",
        }
        for body, message in cases.items():
            with self.subTest(body):
                fault = self.fault("raise ValueError2", f"class ValueError2(Exception):\n    def __str__(self):\n        {body}\n")
                self.assertRegex(str(fault), message)
                self.assertLess(len(str(fault)) + len(fault.traceback), 20_000)

    def test_even_exits_are_faults(self):
        for name in ("SystemExit", "KeyboardInterrupt", "GeneratorExit"):
            self.assertTrue(str(self.fault(f"raise {name}")).startswith(name))

    def test_endless_recursion_is_a_fault_with_a_short_traceback(self):
        fault = self.fault("return f()", "def f():\n    return f()\n")
        self.assertRegex(str(fault), "RecursionError")
        self.assertLess(len(fault.traceback), 17_000)

    def test_defects_of_a_source_are_told_with_their_place(self):
        for source, message, place in [
            ("def f(:", "SyntaxError", "line 1"),
            ("x = 1\n1 / 0", "ZeroDivisionError", "line 2"),
            ("x = 1", "defines no node", ""),
            ("import nothing_like_it", "ModuleNotFoundError", "line 1"),
        ]:
            with self.subTest(source), self.assertRaisesRegex(Fault, message) as caught:
                Bench(source)
            self.assertIn(place, caught.exception.traceback)

    def test_registering_twice_changes_nothing(self):
        bench = Bench(node("return 1"))
        self.assertEqual(bench.answer(bench.host.register(node("return 1")))["kinds"], bench.kinds)
        bench.open("It")
        self.assertEqual(bench.values([0]), [1])


if __name__ == "__main__":
    unittest.main()

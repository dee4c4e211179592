"""Pipelines that Python builds, packs and runs, through the command that $REMOTEMEDIA names; and, where $REMOTEMEDIA_WASM
names the executor in WebAssembly and wasmtime is installed, through that. Run by `python_package.rs`.
"""

import base64
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

from remotemedia import Audio, Bytes, Package, Pipeline, PipelineError, Tensor

COMMAND = os.environ.get("REMOTEMEDIA")
CASES = pathlib.Path(__file__).resolve().parents[2] / "tests/compat/cases.json"
HAS_WASM = "REMOTEMEDIA_WASM" in os.environ and importlib.util.find_spec("wasmtime") is not None
MODULE = """
from remotemedia import Node, Piece, Tensor, node
try:
    import lent
except ImportError:
    lent = None

class Mine(Node):
    def process(self, data):
        print("seen", data)
        yield [data, lent and lent.K]

    def flush(self):
        return "end"

@node()
def same(it):
    return it

@node()
def fails(it):
    raise KeyError(it)

@node()
def slow(it):
    while True: pass
"""


def wheel(path):
    """A wheel with one module."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lent.py", "K = 7\n")
        archive.writestr("lent-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: lent\nVersion: 1\n")
        archive.writestr("lent-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return path


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.place = pathlib.Path(folder.name)
        (cls.place / "mine_of_test.py").write_text(MODULE)
        sys.path.insert(0, folder.name)
        cls.mine = importlib.import_module("mine_of_test")
        # The next class reads its own: this one's file is gone by then.
        cls.addClassCleanup(sys.modules.pop, "mine_of_test")
        cls.addClassCleanup(sys.path.remove, folder.name)

    def fault(self, run):
        with self.assertRaises(PipelineError) as caught:
            run()
        return caught.exception


@unittest.skipUnless(COMMAND, "no command")
class Native(Bench):
    def test_rust_and_python_nodes_and_those_of_the_user(self):
        pipeline = Pipeline("mixed ü").add("MultiplyNode", factor=3).add(self.mine.Mine, id="größe")
        heard = []
        result = pipeline.run([1, 2], on_event=heard.append)
        self.assertEqual(result.outputs, [[3, None], [6, None], "end"])
        self.assertEqual(result.graph_info["execution_order"], ["multiply", "größe"])
        self.assertEqual(result.metrics["nodes"]["größe"]["items"], 2)
        self.assertEqual([it["message"] for it in heard if it["type"] == "log"], ["seen 3", "seen 6"])
        self.assertEqual(heard[-1]["type"], "finished")
        self.assertEqual(pipeline.run([1], params={"multiply": {"factor": 5}}).outputs[0], [5, None])

    def test_every_kind_of_value_comes_back_as_it_was(self):
        values = [None, True, 2**60, 0.5, "ü", [1, [2]], {"a": {}}, [[1], 2], []]
        self.assertEqual(Pipeline().add("PassThrough").run(values).outputs, values)
        bulk = [Audio([0.5, -0.5], 8000, 2), Tensor(bytes(8), "int32", (2, 1)), Bytes(b"\0\xff", "a/b", "n")]
        for pipeline in (Pipeline().add("PassThrough"), Pipeline().add(self.mine.same)):
            audio, tensor, it = pipeline.run(bulk).outputs
            self.assertEqual((list(audio.samples), audio.sample_rate, audio.channels), ([0.5, -0.5], 8000, 2))
            self.assertEqual((tensor.dtype, tensor.shape, tensor.tobytes()), ("int32", (2, 1), bytes(8)))
            self.assertEqual((bytes(it), it.mime, it.name), (b"\0\xff", "a/b", "n"))

    def test_no_inputs_and_none_of_them(self):
        pipeline = Pipeline().add("PassThrough")
        self.assertEqual((pipeline.run().outputs, pipeline.run([]).outputs), ([None], []))

    def test_errors_are_what_they_are_everywhere(self):
        error = self.fault(lambda: Pipeline().add(self.mine.fails, id="bad").run([7]))
        self.assertEqual((error.code, error.node, error.message), ("NodeFailed", "bad", "KeyError: 7"))
        self.assertIn("mine_of_test.py", error.traceback)
        error = self.fault(lambda: Pipeline().add("NoSuchNode", id="n").run([1]))
        self.assertEqual((error.code, error.node), ("UnknownNode", "n"))
        error = self.fault(lambda: Pipeline().add("MultiplyNode", factor="x").add("Echo").run([1]))
        self.assertEqual((error.code, len(error.problems)), ("InvalidManifest", 1))
        error = self.fault(lambda: Pipeline().add(self.mine.slow).run([1], timeout=0.3))
        self.assertEqual(error.code, "TimedOut")

    def test_whoever_stops_listening_stops_the_run(self):
        events = Pipeline().add("PassThrough").add(self.mine.slow).events([1])
        self.assertEqual(next(events)["type"], "started")
        events.close()

    def packed(self):
        pipeline = Pipeline("packed", version="3.0").add("MultiplyNode", factor=2).add(self.mine.Mine, id="own")
        contents = {"wheels": [wheel(self.place / "lent-1-py3-none-any.whl")], "example": [1]}
        (self.place / "note.txt").write_text("x" * 100_000)
        return pipeline.pack(self.place / "a.rmpkg", media=[self.place / "note.txt"], **contents)

    def command(self, *arguments):
        return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8")

    def test_the_command_accepts_what_is_packed_and_says_the_same_of_it(self):
        package = self.packed()
        verified = self.command("verify", package.path)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        inspected = json.loads(self.command("inspect", package.path, "--json").stdout)
        self.assertEqual((inspected["name"], inspected["version"], inspected["format"]), ("packed", "3.0", 2))
        entries = {entry["name"]: (entry["size"], entry["sha256"]) for entry in inspected["entries"]}
        self.assertEqual(entries, {entry.name: (entry.size, entry.sha256) for entry in package.entries})

    def test_a_package_with_a_module_and_a_wheel_runs_with_consent(self):
        package = self.packed()
        self.assertEqual(package.run([1], trust=True).outputs, [[2, 7], "end"])
        self.assertNotEqual(self.fault(lambda: package.run([1])).code, "WorkerCrashed")

    def test_a_package_of_the_command_is_read_here(self):
        (self.place / "manifest.json").write_text(Pipeline("theirs").add("Echo").to_json())
        made = self.command("pack", self.place / "manifest.json", "-o", self.place / "theirs.rmpkg")
        self.assertEqual(made.returncode, 0, made.stderr)
        package = Package.open(self.place / "theirs.rmpkg")
        self.assertEqual(package.manifest["metadata"]["name"], "theirs")
        self.assertEqual(package.run([1]).outputs[0]["counter"], 1)


@unittest.skipUnless(HAS_WASM, "no executor in WebAssembly, or no wasmtime")
class Wasm(Bench):
    def test_every_case_of_the_original_gives_what_was_decided(self):
        cases = json.loads(CASES.read_text(encoding="utf-8"))
        ran = 0
        for case in cases:
            outputs = case["decided"].get("outputs")
            if outputs is None:
                continue
            with self.subTest(case["name"]):
                pipeline = Pipeline.from_manifest(case["manifest"])
                self.assertEqual(pipeline.run(case.get("input_data"), executor="wasm").outputs, outputs)
                ran += 1
        self.assertGreater(ran, 10)

    def test_values_that_json_has_no_word_for_cross(self):
        audio, it = Pipeline().add("PassThrough").run([Audio([0.5], 8000), b"\0"], executor="wasm").outputs
        self.assertEqual((list(audio.samples), bytes(it)), ([0.5], b"\0"))

    def test_errors_are_what_they_are_everywhere(self):
        divide = Pipeline().add("CalculatorNode", id="c", operation="divide", operand=0)
        error = self.fault(lambda: divide.run([1], executor="wasm"))
        self.assertEqual((error.code, error.node), ("NodeFailed", "c"))
        self.assertIn("Division by zero", error.message)


@unittest.skipUnless(COMMAND and HAS_WASM, "not both")
class Both(Bench):
    def test_the_same_pipeline_gives_the_same_everywhere(self):
        pipeline = Pipeline("calculator").add("MultiplyNode", factor=2).add("AddNode", addend=10)
        items = [5, 7, 3, 0.25, [1, "a"], base64.b64encode(b"x").decode()]
        self.assertEqual(pipeline.run(items, executor="wasm").outputs, pipeline.run(items).outputs)


if __name__ == "__main__":
    unittest.main()

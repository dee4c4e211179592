"""Pipelines in code: how they are built, what is refused, what they come to in this process."""

import asyncio
import json
import pathlib
import tempfile
import unittest

import hosted  # noqa: F401  (finds the package)
from remotemedia import Audio, Node, Param, Piece, Pipeline, PipelineError, Text, node
from remotemedia.pipelines import forms


class Shout(Node):
    mark: str = Param("!", aliases=["sign"])

    def process(self, data: Text) -> Text:
        return data.upper() + self.mark


class Kept(Node):
    """Holds everything back."""

    def initialize(self):
        self.kept = []

    def process(self, data):
        self.kept.append(data)

    def flush(self):
        yield from self.kept


class Fails(Node):
    def process(self, data):
        self.log("about to fail", "warn")
        raise ValueError(f"no {data}")


@node()
async def twice(it, *, pause: float):
    await asyncio.sleep(pause)
    return [it, it]


@node()
def several(count):
    yield from range(count)


@node()
def pieces(it):
    for letter in it:
        yield Piece(letter)
    yield Piece("", last=True)


def edges(pipeline):
    return [(it["from"], it["to"]) for it in pipeline.to_manifest()["connections"]]


class Building(unittest.TestCase):
    def test_each_node_follows_the_one_before(self):
        pipeline = Pipeline("calculator", author="me").add("MultiplyNode", id="m", factor=2).add("AddNode", addend=10)
        expected = {
            "version": "v1",
            "metadata": {"name": "calculator", "author": "me"},
            "nodes": [
                {"id": "m", "node_type": "MultiplyNode", "params": {"factor": 2}},
                {"id": "add", "node_type": "AddNode", "params": {"addend": 10}},
            ],
            "connections": [{"from": "m", "to": "add"}],
        }
        self.assertEqual(pipeline.to_manifest(), expected)
        self.assertEqual(json.loads(pipeline.to_json()), expected)
        self.assertEqual(Pipeline.from_manifest(pipeline.to_json()).to_manifest(), expected)

    def test_branches_and_what_joins_them(self):
        pipeline = Pipeline().add("Echo", id="a").add("Echo", id="b").add("Echo", id="c", after="a").add("Echo", id="d", after=["c", "b"])
        pipeline.add("Echo", id="e", after=None).connect("e", "d")
        self.assertEqual(edges(pipeline), [("a", "b"), ("a", "c"), ("c", "d"), ("b", "d"), ("e", "d")])

    def test_ids_are_made_of_types_and_parameters_may_have_any_name(self):
        pipeline = Pipeline().add("MultiplyNode").add("MultiplyNode").add("AudioResample").add(twice, pause=0).add("Echo", params={"id": 1}, x=2)
        self.assertEqual(pipeline.nodes, ["multiply", "multiply-2", "audio-resample", "twice", "echo"])
        self.assertEqual(pipeline.to_manifest()["nodes"][-1]["params"], {"id": 1, "x": 2})
        self.assertEqual(list(pipeline.classes), ["twice"])

    def test_what_is_wrong_is_said_at_once_and_changes_nothing(self):
        pipeline = Pipeline().add("Echo", id="a").add("Echo", id="b").add("Echo", id="c")
        before = pipeline.to_json()
        inner = type("Shout", (Node,), {"process": lambda self, data: data})
        for change, message in [
            (lambda: pipeline.add("Echo", id="a"), "there is a node called 'a' already"),
            (lambda: pipeline.add("Echo", after="z"), "'echo' is to come after 'z', and there is no such node; there are 'a', 'b', 'c'"),
            (lambda: pipeline.connect("a", "z"), "there is no node called 'z'"),
            (lambda: pipeline.connect("c", "a"), "c → a → b → c would be a cycle"),
            (lambda: pipeline.connect("b", "b"), "b → b would be a cycle"),
            (lambda: pipeline.add(3), "a node is the name of a type, a class"),
            (lambda: pipeline.add(Node), "a node is the name of a type, a class"),
            (lambda: pipeline.add(twice), "'twice' lacks 'pause'"),
            (lambda: pipeline.add(Shout, marc="?"), "'shout' has no parameter 'marc'; it has mark"),
            (lambda: pipeline.add("Echo", x=float("nan")), "the parameters of 'echo' are no JSON"),
            (lambda: Pipeline().add(Shout).add(inner), "two classes are called 'Shout'"),
            (lambda: Pipeline().to_manifest(), "Pipeline must contain at least one node"),
            (lambda: Pipeline(""), "a pipeline has a name"),
            (lambda: Pipeline.from_manifest('{"nodes": 1}'), "no manifest: TypeError"),
        ]:
            with self.subTest(message), self.assertRaises(PipelineError) as caught:
                change()
            self.assertEqual(caught.exception.code, "InvalidManifest")
            self.assertIn(message, caught.exception.message)
        self.assertEqual(pipeline.to_json(), before)
        pipeline.add(Shout, sign="?")


class Here(unittest.TestCase):
    CASES = [
        (Pipeline().add(Shout, mark="?"), ["a", "b"], ["A?", "B?"]),
        (Pipeline().add(several).add(twice, pause=0), [2, 1], [[0, 0], [1, 1], [0, 0]]),
        (Pipeline().add(Kept).add(several), [1, 2], [0, 0, 1]),
        (Pipeline().add(pieces).add(Shout), ["abc"], ["ABC!"]),
        (Pipeline().add("DataTransformNode", operation="double"), [1.0, [0.5] * 100], [2, [1] * 100]),
        (Pipeline().add("DataTransformNode"), [], []),
        (Pipeline().add("TextProcessorNode", operations=[]), None, [{"original_text": "None", "results": {}, "processed_by": "TextProcessorNode[text-processor]"}]),
        (Pipeline().add("DataTransformNode"), [{"$rm": 1}, [float("nan")], 2**60], [{"$rm": 1}, [None], 2**60]),
    ]

    def test_every_case(self):
        for pipeline, inputs, expected in self.CASES:
            with self.subTest(pipeline.nodes):
                self.assertEqual(pipeline.run(inputs, executor="python").outputs, expected)

    def test_branches_meet_item_by_item_in_the_order_of_their_connections(self):
        pipeline = Pipeline().add("DataTransformNode", id="a").add("DataTransformNode", id="b", operation="double")
        pipeline.add("DataTransformNode", id="c", after=["b", "a", "a"]).add("DataTransformNode", id="d", after="a", operation="increment")
        result = pipeline.run([1, 10], executor="python", params={"d": {"operation": "double"}})
        self.assertEqual(list(result), [2, 1, 1, 20, 10, 10, 2, 20])
        order = {"node_count": 4, "source_count": 1, "sink_count": 2, "execution_order": ["a", "b", "c", "d"]}
        self.assertEqual(result.graph_info, order)

    def test_events_tell_what_happens_and_end_with_the_result(self):
        events = list(Pipeline().add(Shout, id="s").events(["a"], executor="python"))
        self.assertEqual(events[:2], [{"type": "started", "order": ["s"]}, {"type": "output", "node": "s", "value": "A!"}])
        self.assertEqual((events[-1]["type"], events[-1]["result"]["outputs"]), ("finished", ["A!"]))

    def test_a_failing_node_is_named_with_its_traceback(self):
        heard = []
        with self.assertRaises(PipelineError) as caught:
            Pipeline().add(Fails, id="bad").run([7], executor="python", on_event=heard.append)
        error = caught.exception
        self.assertEqual((error.code, error.node, error.message), ("NodeFailed", "bad", "ValueError: no 7"))
        self.assertIn('raise ValueError(f"no {data}")', error.traceback)
        self.assertEqual(str(error), "NodeFailed (bad): ValueError: no 7")

    def test_what_cannot_run_here_says_why(self):
        for run, code in [
            (lambda: Pipeline().add("MultiplyNode").run([1], executor="python"), "NotSupported"),
            (lambda: Pipeline().add(Shout).run(["a"], executor="wasm"), "NotSupported"),
            (lambda: Pipeline().add(Shout).run(["a"], executor="moon"), "NotSupported"),
            (lambda: Pipeline().add(Shout).run(["a"], program="no-such-command"), "StartFailed"),
            (lambda: Pipeline().add("Echo").run([1], executor="wasm", program="no-such.wasm"), "StartFailed"),
            (lambda: Pipeline().add(Shout).run([object()], executor="python"), "InvalidInput"),
            (lambda: Pipeline().add(Shout).run(["a"], executor="python", params={"z": {}}), "InvalidManifest"),
            (lambda: Pipeline().add(twice, pause=9).run(["a"], executor="python", timeout=0.01), "TimedOut"),
        ]:
            with self.assertRaises(PipelineError) as caught:
                run()
            self.assertEqual(caught.exception.code, code, caught.exception)

    def test_it_runs_where_a_loop_runs_already(self):
        async def inside():
            return Pipeline().add(twice, pause=0).run([1], executor="python").outputs

        self.assertEqual(asyncio.run(inside()), [[1, 1]])


class Forms(unittest.TestCase):
    def test_values_go_through_json(self):
        for value, text in [
            ({"a": [1, 2.5, None, "ü"]}, '{"a":[1,2.5,null,"\\u00fc"]}'),
            ((float("inf"), True), "[null,true]"),
            (b"\x00\xff", '{"__bytes__":true,"data":"AP8="}'),
        ]:
            self.assertEqual(forms.text_of(value), text)
        audio = forms.value_of(forms.text_of([Audio([0.5, -0.5], 8000, 2)]))[0]
        self.assertEqual((list(audio.samples), audio.sample_rate, audio.channels), ([0.5, -0.5], 8000, 2))
        tensor = forms.value_of(forms.text_of(memoryview(bytearray(4)).cast("H")))
        self.assertEqual((tensor.dtype, tensor.shape), ("uint16", (2,)))

    def test_a_path_is_the_bytes_of_its_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "a.wav")
            path.write_bytes(b"RIFF")
            found = forms.value_of(forms.text_of(path))
            self.assertEqual((bytes(found), found.name), (b"RIFF", "a.wav"))
            with self.assertRaisesRegex(PipelineError, "a file cannot be read"):
                forms.text_of(pathlib.Path(folder, "gone"))


if __name__ == "__main__":
    unittest.main()

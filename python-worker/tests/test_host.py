"""How nodes live: opened, given items, flushed, closed; and what they say meanwhile."""

import asyncio
import json
import unittest

from hosted import IDLE, MORE, WAITING, Bench, Fault, node, run

SYNC = node("yield data\nyield data + 1")
ASYNC = "import asyncio\n" + node("await asyncio.sleep(0)\nreturn data * 2", "async def process(self, data):")


class Results(unittest.TestCase):
    CASES = [
        ("return data", [1, "a"], [1, "a"]),
        ("return None", [1, 2], []),
        ("return data if data > 1 else None", [1, 2, 3], [2, 3]),
        ("return (data, data)", [1], [[1, 1]]),
        ("for i in range(data): yield i", [2, 0, 3], [0, 1, 0, 1, 2]),
        ("yield None\nyield data", [1], [1]),
        ("return iter([data, 2])", [1], [1, 2]),
        ("return self.name", [1], ["it"]),
        ("self.state.set('n', self.state.get('n', 0) + data)\nreturn self.state['n']", [1, 2, 3], [1, 3, 6]),
    ]

    def test_one_none_or_many(self):
        for body, items, expected in self.CASES:
            with self.subTest(body):
                self.assertEqual(run(node(body), items), expected)

    def test_outputs_tell_their_input(self):
        bench = Bench(SYNC)
        bench.open("It")
        self.assertEqual(bench.turn([10, 20]), (2, IDLE, [(0, 10), (0, 11), (1, 20), (1, 21)]))

    def test_a_generator_is_pulled_only_while_credit_lasts(self):
        bench = Bench(node("n = 0\nwhile True:\n    yield n\n    n += 1"))
        bench.open("It")
        self.assertEqual(bench.turn([0], outputs=2), (0, MORE, [(0, 0), (0, 1)]))
        self.assertEqual(bench.turn(outputs=1), (0, MORE, [(0, 2)]))
        bench.end()

    def test_a_turn_ends_when_its_bytes_or_its_time_are_used_up(self):
        for limit in ({"size": 1}, {"milliseconds": 0}):
            bench = Bench(node("return data"))
            bench.open("It")
            self.assertEqual(bench.turn([1, 2], **limit), (1, MORE, [(0, 1)]))
            self.assertEqual(bench.turn(**limit), (1, IDLE, [(0, 2)]))

    def test_parts_are_told_to_streaming_nodes_and_pieces_are_numbered(self):
        body = "yield [self.part.index, self.part.last]\nyield Piece(1)\nyield Piece(2, last=True)"
        bench = Bench(node(body).replace("    def", "    streaming = True\n    def"))
        self.assertTrue(bench.kinds[0]["streaming"])
        bench.open("It")
        text = bench.host.turn(0, '[["a","b"],[[0,false],[1,true]]]', [], 99, 9999, 99)
        self.assertEqual(json.loads(text)[2][:4], [[0, [0, False]], [0, 1, 0, False], [0, 2, 1, True], [1, [1, True]]])


class Functions(unittest.TestCase):
    SOURCE = """
from typing import Annotated, Any, Iterator, Literal, Optional, Union
from remotemedia import *

@node("word-count", aliases=["wc"])
def word_count(text: Text, *, sep: str = " ", limit: Optional[int] = None, mode: Literal["a", "b"] = "a") -> Number:
    '''Counts words.

    And more.'''
    return len(text.split(sep))

@node
def gain(sound: Audio, *, factor: float = Param(2.0, minimum=0, maximum=10, description="times")) -> Audio:
    return sound

@node()
def parts(x: Union[dict, str], *, size: int, names: list[str] = ["a"]) -> Iterator[Tensor]:
    yield size

@node()
async def late(x):
    return x + 1

def helper(x): return x
"""

    def test_annotations_become_wires_and_parameters(self):
        bench = Bench(self.SOURCE)
        kinds = {kind["name"]: kind for kind in bench.kinds}
        self.assertEqual(list(kinds), ["word-count", "gain", "parts", "late"])
        wires = {name: (kind["inputs"], kind["outputs"]) for name, kind in kinds.items()}
        self.assertEqual(
            wires,
            {
                "word-count": (["text"], ["number"]),
                "gain": (["audio"], ["audio"]),
                "parts": (["json", "text"], ["tensor"]),
                "late": (["any"], ["any"]),
            },
        )
        self.assertEqual((kinds["word-count"]["description"], kinds["word-count"]["aliases"]), ("Counts words.", ["wc"]))
        params = {name: json.loads(kind["params"]) for name, kind in kinds.items()}
        self.assertEqual(
            params["word-count"]["properties"],
            {"sep": {"type": "string", "default": " "}, "limit": {"type": ["integer", "null"]}, "mode": {"enum": ["a", "b"], "default": "a"}},
        )
        factor = {"type": "number", "default": 2.0, "minimum": 0, "maximum": 10, "description": "times"}
        self.assertEqual(params["gain"]["properties"], {"factor": factor})
        self.assertEqual(params["parts"]["required"], ["size"])
        self.assertEqual(params["late"], {"type": "object"})

    def test_parameters_reach_the_function(self):
        self.assertEqual(run(self.SOURCE, ["a,b c"], {"sep": ","}, "word-count"), [2])
        self.assertEqual(run(self.SOURCE, ["x"], {"size": 7, "unknown": 1}, "parts"), [7])

    def test_parameters_of_classes_are_attributes(self):
        source = "from remotemedia import *\nclass It(Node):\n    k: int = Param(3, minimum=1)\n    def process(self, data):\n        return self.k * data\n"
        self.assertEqual((run(source, [2]), run(source, [2], {"k": 5})), ([6], [10]))

    def test_a_constructor_may_forget_its_parent(self):
        source = node("self.log('x')\nreturn self.mine") + "    def __init__(self, name, config):\n        self.mine = name\n"
        self.assertEqual(run(source, [0]), ["it"])


class Life(unittest.TestCase):
    SOURCE = """
from remotemedia import Node
class It(Node):
    def initialize(self): self.log("initialize"); self.kept = []
    def process(self, data): self.kept.append(data)
    def FLUSH(self):
        for it in self.kept: yield it
    def cleanup(self): self.log("cleanup")
"""

    def test_initialize_flush_cleanup_in_order(self):
        for name in ("flush", "finish_streaming"):
            bench = Bench(self.SOURCE.replace("FLUSH", name))
            bench.open("It")
            self.assertEqual(bench.turn([1, 2, 3]), (3, IDLE, []))
            self.assertEqual(bench.flush(outputs=2), (0, MORE, [(0, 1), (0, 2)]))
            self.assertEqual(bench.flush(), (0, IDLE, [(0, 3)]))
            self.assertEqual(bench.flush(), (0, IDLE, []))
            bench.end()
            self.assertEqual([it[3] for it in bench.said], ["initialize", "cleanup"])

    def test_cleanup_comes_after_errors_too_and_its_own_error_is_a_log(self):
        source = node("raise ValueError('no')") + "    def cleanup(self):\n        raise KeyError('again')\n"
        bench = Bench(source)
        bench.open("It")
        with self.assertRaisesRegex(Fault, "ValueError: no"):
            bench.turn([1])
        bench.end()
        self.assertEqual(bench.said, [[0, "log", "warn", "cleanup: KeyError: 'again'"]])

    def test_an_open_generator_is_closed(self):
        bench = Bench(node("try:\n    while True: yield 1\nfinally:\n    self.log('closed')"))
        bench.open("It")
        bench.turn([1], outputs=1)
        bench.end()
        self.assertEqual(bench.said, [[0, "log", "info", "closed"]])

    def test_unknown_kinds_and_failing_constructors_are_faults_of_open(self):
        for source, kind, message in [
            (SYNC, "zz'; import os; '", "no Python node kind is called"),
            (node("pass", "def __init__(self, name, config):") + "        raise OSError('gone')\n", "It", "OSError: gone"),
            (node("raise OSError('gone')", "def initialize(self):"), "It", "OSError: gone"),
        ]:
            with self.assertRaisesRegex(Fault, message) as caught:
                Bench(source).open(kind)
            self.assertEqual(caught.exception.stage, "open")


class Async(unittest.IsolatedAsyncioTestCase):
    async def test_coroutines_are_awaited(self):
        bench = Bench(ASYNC)
        bench.open("It")
        self.assertEqual(bench.turn([1, 2])[1], WAITING)
        self.assertEqual(await bench.until_idle(bench.turn), (2, [2, 4]))
        self.assertEqual(set(bench.woken), {0})

    async def test_async_generators_give_several(self):
        body = "import asyncio\nfor i in range(data):\n    await asyncio.sleep(0)\n    yield i"
        bench = Bench(node(body, "async def process(self, data):"))
        bench.open("It")
        bench.turn([2])
        self.assertEqual(await bench.until_idle(bench.turn), (1, [0, 1]))

    async def test_every_method_may_be_async(self):
        body = "import asyncio\nawait asyncio.sleep(0)\nself.log('initialize')"
        source = node(body, "async def initialize(self):")
        source += "    def process(self, data): pass\n"
        source += "    async def flush(self):\n        import asyncio\n        await asyncio.sleep(0)\n        return 5\n"
        source += "    async def cleanup(self):\n        import asyncio\n        await asyncio.sleep(0)\n        print('cleanup')\n        self.log('cleanup')\n"
        bench = Bench(source)
        state = bench.open("It")
        while state == WAITING:
            await asyncio.sleep(0)
            state = bench.answer(bench.host.opened(0))[1]
        bench.turn([1])
        bench.flush()
        self.assertEqual(await bench.until_idle(bench.flush), (0, [5]))
        while bench.answer(bench.host.close())[1] == WAITING:
            await asyncio.sleep(0)
        self.assertEqual([it[3] for it in bench.said], ["initialize", "cleanup"])

    async def test_closing_cancels_what_waits(self):
        source = node("import asyncio\ntry:\n    await asyncio.Event().wait()\nfinally:\n    self.log('stopped')", "async def process(self, data):")
        bench = Bench(source)
        bench.open("It")
        self.assertEqual(bench.turn([1])[1], WAITING)
        await asyncio.sleep(0)
        while bench.answer(bench.host.close())[1] == WAITING:
            await asyncio.sleep(0)
        self.assertEqual(bench.said, [[0, "log", "info", "stopped"]])

    async def test_errors_of_coroutines_carry_their_traceback(self):
        bench = Bench(node("import asyncio\nawait asyncio.sleep(0)\nraise ValueError('late')", "async def process(self, data):"))
        bench.open("It")
        bench.turn([1])
        with self.assertRaisesRegex(Fault, "ValueError: late") as caught:
            await bench.until_idle(bench.turn)
        self.assertIn("raise ValueError('late')", caught.exception.traceback)


class Said(unittest.TestCase):
    def said(self, body, source=None):
        bench = Bench(source or node(body))
        bench.open("It")
        bench.turn([1])
        return bench.said

    def test_progress_never_falls_and_the_last_is_always_told(self):
        said = self.said("for i in (1, 0, 5): self.progress(i, 5, unit='seconds')")
        self.assertEqual((said[0], said[-1]), ([0, "progress", 1.0, 5.0, "seconds"], [0, "progress", 5.0, 5.0, "seconds"]))

    def test_progress_without_sense_is_an_error_of_the_node(self):
        for call in ("self.progress(float('nan'))", "self.progress(-1)", "self.progress(1, unit='miles')"):
            with self.assertRaisesRegex(Fault, "progress is"):
                run(node(call), [1])

    def test_partial_results_are_values(self):
        self.assertEqual(self.said("self.partial({'text': 'so far'})"), [[0, "partial", {"text": "so far"}]])

    def test_logs_are_bounded_in_length_and_in_number(self):
        said = self.said("self.log('x' * 10**6)\nfor i in range(100_000): self.log(i, 'debug')")
        self.assertEqual(len(said[0][3]), 8000)
        self.assertLess(len(said), 5000)


class Outside(unittest.TestCase):
    def test_a_node_works_without_any_host(self):
        from remotemedia import Node

        class It(Node):
            def process(self, data):
                self.progress(1, 2)
                self.log("heard by nobody")
                return data

        self.assertEqual(It("a", {}).process(3), 3)


if __name__ == "__main__":
    unittest.main()

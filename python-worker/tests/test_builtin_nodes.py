"""The built-in nodes do what the original's do, and what was decided where it had no answer."""

import json
import pathlib
import unittest

from hosted import Bench, Fault
from remotemedia import kinds


def text(original, **results):
    return {"original_text": original, "results": results, "processed_by": "TextProcessorNode[text]"}


class TextProcessor(unittest.TestCase):
    CASES = [
        # params, item, result
        ({}, "ab", text("ab", uppercase="AB")),
        ({}, {"text": "Hello WASM", "operations": ["uppercase", "word_count"]}, text("Hello WASM", uppercase="HELLO WASM", word_count=2)),
        ({"operations": ["char_count"]}, {"text": "a b", "operations": ["reverse"]}, text("a b", char_count=3)),
        ({"operations": ["uppercase", "word_count", "char_count"]}, 15, text("15", uppercase="15", word_count=1, char_count=2)),
        ({"operations": ["lowercase", "reverse"]}, "Ab", text("Ab", lowercase="ab", reverse="bA")),
        ({"operations": ["fly", "lowercase"]}, "Ab", text("Ab", lowercase="ab")),
        ({"operations": []}, "Ab", text("Ab")),
        ({}, 5, text("5", uppercase="5")),
        ({}, 1.5, text("1.5", uppercase="1.5")),
        ({}, True, text("True", uppercase="TRUE")),
        ({}, None, text("None", uppercase="NONE")),
        ({}, [1, 2], text("[1, 2]", uppercase="[1, 2]")),
        ({}, {}, text("", uppercase="")),
        ({}, "straße", text("straße", uppercase="STRASSE")),
        ({"operations": ["char_count", "reverse"]}, "a😀", text("a😀", char_count=2, reverse="😀a")),
    ]

    def test_every_case(self):
        for params, item, expected in self.CASES:
            with self.subTest(params=params, item=item):
                bench = Bench()
                bench.open("TextProcessorNode", params, name="text")
                self.assertEqual(bench.values([item]), [expected])

    def test_text_that_is_no_text_is_named(self):
        bench = Bench()
        bench.open("TextProcessorNode")
        with self.assertRaisesRegex(Fault, "`text` is to be text, but is int"):
            bench.turn([{"text": 5}])


class DataTransform(unittest.TestCase):
    CASES = [
        ({}, "x", "x"),
        ({"operation": "double"}, 5, 10),
        ({"operation": "double"}, 1.25, 2.5),
        ({"operation": "double"}, [1, True, "a", None, [2]], [2, 2, "a", None, [2]]),
        ({"operation": "increment"}, True, 2),
        ({"operation": "increment"}, [1, 2], [2, 3]),
        ({"operation": "double"}, "x", {"operation": "double", "input": "x", "processed_by": "DataTransformNode[it]"}),
        ({"operation": "fly"}, 1, {"operation": "fly", "input": 1, "processed_by": "DataTransformNode[it]"}),
    ]

    def test_every_case(self):
        for params, item, expected in self.CASES:
            with self.subTest(params=params, item=item):
                bench = Bench()
                bench.open("DataTransformNode", params)
                self.assertEqual(bench.values([item]), [expected])


class Kinds(unittest.TestCase):
    def test_kinds_json_is_what_the_nodes_say(self):
        path = pathlib.Path(kinds.__file__).with_name("kinds.json")
        told = [kinds.kind_of(cls) for cls in kinds.builtin_classes().values()]
        self.assertEqual(json.loads(path.read_text()), told, "run `python -m remotemedia.kinds > kinds.json`")


if __name__ == "__main__":
    unittest.main()

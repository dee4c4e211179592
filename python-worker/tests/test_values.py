"""Values cross between the glue and a node unchanged, or are refused by name."""

import base64
import json
import struct
import unittest
from array import array

from hosted import Bench, Fault, node, run
from remotemedia import Audio, Bytes, Tensor, _wire, from_envelope, to_envelope
from remotemedia.values import FORMATS

try:
    import numpy
except ImportError:
    numpy = None

SAMPLES = {name: [0, 1, 1] if name == "bool" else [1, 2, 3] for name in FORMATS}


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def echo(value):
    buffers = []
    text = _wire.Encoder(lambda view: (buffers.append(bytes(view)), len(buffers) - 1)[1]).text(value)
    return _wire.decode(text, buffers)


class Plain(unittest.TestCase):
    SAME = [None, True, 0, -1, 2**63 - 1, -(2**63), 2**64 - 1, 0.5, 1e300, 2.0**60, "", "é😀\n\"", [], {}, [1, [2, {"a": None}]]]
    SAME += [{"__proto__": 1, "": 2}, {"$rm": "audio"}, {"$$rm": {"$rm": 1}}, {"a$rm": 1, "$$": 2}, nested(100)]
    SAME += [list(range(1000)), [x + 0.5 for x in range(1000)], [0.5, 2**60] * 100, [True] * 100, ["x"] * 100]

    def test_what_json_can_say_comes_back_as_it_was(self):
        for value in self.SAME:
            with self.subTest(value=str(value)[:60]):
                back = echo(value)
                self.assertEqual(back, value)
                self.assertEqual(json.dumps(back), json.dumps(value))

    def test_what_is_not_finite_is_none(self):
        for value, expected in [
            (float("nan"), None),
            ([1.5, float("inf")], [1.5, None]),
            ({"a": -float("inf")}, {"a": None}),
            ([float("nan")] * 100, [None] * 100),
        ]:
            self.assertEqual(echo(value), expected)

    def test_long_lists_of_numbers_travel_packed_and_keep_their_types(self):
        back = echo([1, 0.5] * 50)
        self.assertEqual({type(x) for x in back}, {int, float})
        self.assertEqual(set(map(type, echo([1.0] * 64))), {int})

    def test_tuples_are_lists_and_subclasses_are_what_they_extend(self):
        class Name(str):
            pass

        self.assertEqual(echo((1, (2,))), [1, [2]])
        self.assertEqual(echo({Name("a"): Name("b")}), {"a": "b"})


class Refused(unittest.TestCase):
    CASES = [
        ("2 ** 64", "gives an integer of 65 bits"),
        ("[10 ** 5000]", "gives an integer of 16610 bits"),
        ("{5: 1}", "gives a map whose key is no text but int"),
        ("{'a': {None: 1}}", "gives a map whose key is no text but NoneType"),
        ("'\\ud800'", r"gives text with a lone surrogate \(\\ud800\)"),
        ("{'\\udfff': 1}", "gives text with a lone surrogate"),
        ("object()", "gives a value of type object, which no pipeline carries"),
        ("[1, {2}]", "gives a value of type set"),
        ("1j", "gives a value of type complex"),
        ("Audio([0.0] * 3, 16000, 2)", "gives audio of 3 samples in 2 channels"),
    ]

    def test_what_cannot_travel_is_named(self):
        for expression, message in self.CASES:
            with self.subTest(expression), self.assertRaisesRegex(Fault, message):
                run(node(f"return {expression}"), [0])

    def test_cycles_and_deep_nests_are_errors_not_crashes(self):
        for body in ["d = {}\nd['d'] = d\nreturn d", "x = []\nx.append(x)\nreturn x", "x = 1\nfor _ in range(101): x = [x]\nreturn x",
                     "x = 1\nfor _ in range(100_000): x = [x]\nreturn x"]:
            with self.subTest(body), self.assertRaisesRegex(Fault, "nested more than 100 deep"):
                run(node(body), [0])


class Bulk(unittest.TestCase):
    def test_audio_arrives_as_float32_and_returns_changed(self):
        source = node("data.samples[0] = 0.5\nassert memoryview(data.samples).format == 'f'\nreturn data")
        bench = Bench(source)
        bench.open("It")
        bench.buffers.append(bytearray(struct.pack("<4f", 0, 0.25, 0, 0)))
        text = '[[{"$rm":"audio","rate":16000,"channels":2,"buffer":0}],null]'
        done, _, outputs = json.loads(bench.host.turn(0, text, bench.buffers, 9, 9**9, 99))
        self.assertEqual((done, outputs), (1, [[0, {"$rm": "audio", "rate": 16000, "channels": 2, "buffer": 1}]]))
        self.assertEqual(struct.unpack("<4f", bench.buffers[1]), (0.5, 0.25, 0, 0))

    def test_results_may_be_any_buffer(self):
        for expression, kind, dtype in [
            ("__import__('array').array('h', [1, 2])", Tensor, "int16"),
            ("memoryview(bytes(8)).cast('f')", Tensor, "float32"),
            ("memoryview(bytes(16)).cast('d')", Tensor, "float64"),
            ("Tensor(bytes(8), 'int32', [2, 1])", Tensor, "int32"),
            ("memoryview(bytes(16)).cast('i')[::2]", Tensor, "int32"),
            ("b'abc'", Bytes, None),
            ("bytearray(b'abc')", Bytes, None),
            ("Bytes(b'abc', 'text/plain', 'a.txt')", Bytes, None),
        ]:
            with self.subTest(expression):
                (value,) = run(node(f"return {expression}"), [0])
                self.assertIsInstance(value, kind)
                if dtype:
                    self.assertEqual(value.dtype, dtype)
                else:
                    self.assertEqual(bytes(value), b"abc")

    def test_a_buffer_is_taken_when_it_is_given(self):
        source = node("kept = bytearray(1)\nfor i in range(3):\n    kept[0] = i\n    yield kept")
        self.assertEqual([bytes(it) for it in run(source, [0])], [b"\0", b"\1", b"\2"])

    def test_a_map_is_taken_when_it_is_given(self):
        source = node("kept = {}\nfor i in range(3):\n    kept['i'] = i\n    yield kept")
        self.assertEqual(run(source, [0]), [{"i": 0}, {"i": 1}, {"i": 2}])

    def test_bytes_outside_memory_are_read_piecewise(self):
        class File:
            size, reads = 10, []

            def read(self, offset, size):
                self.reads.append((offset, size))
                return b"0123456789"[offset : offset + size]

        found = Bytes(File())
        self.assertEqual((bytes(found.read(2, 3)), bytes(found.read(8, 99)), len(found)), (b"234", b"89", 10))
        self.assertEqual(File.reads, [(2, 3), (8, 2)])
        self.assertEqual(bytes(found), b"0123456789")

    def test_tensors_check_their_shape(self):
        for data, dtype, shape in [(bytes(7), "int32", [2]), (bytes(8), "int32", [-1, -2]), (bytes(8), "float16", [4])]:
            with self.assertRaises((TypeError, ValueError)):
                Tensor(data, dtype, shape)
        self.assertEqual(Tensor(b"", "float32", [0, 3]).tolist(), [])
        self.assertEqual(Tensor(bytes(4), "float32", []).tolist(), 0.0)

    def test_audio_checks_its_rate_and_channels(self):
        for rate, channels in [(0, 1), (-1, 1), (2**32, 1), (16000, 0), (16000, 70000)]:
            with self.assertRaises(ValueError):
                Audio([], rate, channels)


class Envelope(unittest.TestCase):
    def test_every_dtype_makes_the_round_trip(self):
        for dtype, form in FORMATS.items():
            with self.subTest(dtype):
                data = bytes(array(form, SAMPLES[dtype])) if form != "?" else bytes(SAMPLES[dtype])
                tensor = Tensor(data, dtype, [3, 1])
                envelope = json.loads(json.dumps(to_envelope(tensor)))
                self.assertEqual(envelope["array"]["meta"]["dtype"], dtype)
                back = from_envelope(envelope)
                self.assertEqual((back.dtype, back.shape, back.tobytes()), (dtype, (3, 1), data))
                over_the_wire = echo(tensor)
                self.assertEqual((over_the_wire.dtype, over_the_wire.shape, over_the_wire.tobytes()), (dtype, (3, 1), data))

    def test_an_item_with_an_envelope_reaches_the_node_as_a_tensor(self):
        envelope = to_envelope(array("d", [1.5, 2.5]))
        self.assertEqual(run(node("return data['x'].tolist()"), [{"x": envelope}]), [[1.5, 2.5]])

    def test_the_original_s_own_envelope_is_read(self):
        data = base64.b64encode(struct.pack("<4d", 1, 2, 3, 4)).decode()
        meta = {"shape": [2, 2], "dtype": "float64", "size": 4, "c_contiguous": True, "f_contiguous": False}
        tensor = from_envelope({"__numpy__": True, "array": {"meta": meta, "data": data}})
        self.assertEqual(tensor.tolist(), [[1, 2], [3, 4]])

    def test_damaged_and_hostile_envelopes_are_refused(self):
        good = to_envelope(array("d", [1.5]))
        for change, message in [
            ({"array": None}, "holds array.meta"),
            ({"array": {"meta": {"dtype": "object", "shape": [1]}, "data": ""}}, "not 'object'"),
            ({"array": {"meta": {"dtype": "int8", "shape": [2**62, 9]}, "data": "AA=="}}, "1 bytes are no int8 tensor"),
            ({"array": {"meta": {"dtype": "int8", "shape": [1]}, "data": "?"}}, "no base64"),
            ({"array": {"meta": {"dtype": "int8", "shape": "1"}, "data": "AA=="}}, "list of lengths"),
            ({"__numpy__": False, "__pickled__": True}, "run code of whoever wrote it"),
            ({"__numpy__": False, "__pyobj__": True}, "run code of whoever wrote it"),
        ]:
            with self.subTest(message), self.assertRaisesRegex(Fault, message):
                run(node("return 1"), [good | change])


@unittest.skipIf(numpy is None, "numpy is not installed")
class Numpy(unittest.TestCase):
    def test_every_dtype_arrives_as_an_array_and_returns(self):
        for dtype in FORMATS:
            with self.subTest(dtype):
                values = numpy.array([[0, 1], [1, 0]], dtype=dtype)
                (back,) = run(node("assert type(data.data).__name__ == 'ndarray'\nreturn data.data.T"), [Tensor(values)])
                self.assertEqual(back.dtype, dtype)
                numpy.testing.assert_array_equal(back.data, values.T)

    def test_numpy_scalars_are_numbers(self):
        self.assertEqual(run(node("import numpy\nreturn numpy.int16(5)"), [0]), [5])
        self.assertEqual(run(node("import numpy\nreturn {'x': numpy.float32(0.5)}"), [0]), [{"x": 0.5}])


if __name__ == "__main__":
    unittest.main()
